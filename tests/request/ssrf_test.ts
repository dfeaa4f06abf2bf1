/**
 * What strangers name and the server might fetch (`client_id`, `jwks_uri`) or must not fetch at all (`logo_uri` and the
 * other pages of a client): whatever leads inside leaves no trace outside, at any endpoint.
 */
import assert from "node:assert/strict";
import { generateKeyPair, SignJWT } from "jose";
import {
  assertOAuthError,
  authorizeQuery,
  codeFields,
  getTokens,
  json,
  redirectUri,
  register,
  startMs,
  type TestApp,
  testApp,
} from "../helpers.ts";

/** Hosts that only this machine or its network can reach. */
const inside = {
  "by address": ["127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "0.0.0.0", "255.255.255.255"],
  "by an address written another way": ["2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0x7f.1", "①②⑦.0.0.1"],
  "by link-local address": ["169.254.1.1", "[fe80::1]"],
  "by a cloud's metadata address": ["169.254.169.254", "[fd00:ec2::254]", "100.100.100.200", "168.63.129.16"],
  "by IPv6 address": ["[::1]", "[::]", "[fc00::1]", "[fec0::1]", "[ff02::1]"],
  "by IPv6-mapped form": ["[::ffff:127.0.0.1]", "[::ffff:a9fe:a9fe]", "[0:0:0:0:0:ffff:10.0.0.1]", "[::127.0.0.1]"],
  "by a form that carries IPv4": ["[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[2001:0:7f00:1::]", "[2600::5efe:7f00:1]"],
  "by name": ["localhost", "app.localhost", "LOCALHOST", "localhost."],
  "by a name that resolves inside": [
    "private.example",
    "metadata.google.internal",
    "mapped.example",
    "v6.example",
    "mixed.example",
    "nowhere.example",
  ],
} as const;

const names: Readonly<Record<string, readonly string[]>> = {
  "private.example": ["10.0.0.1"],
  "metadata.google.internal": ["169.254.169.254"],
  "mapped.example": ["::ffff:169.254.169.254"],
  "v6.example": ["fe80::1"],
  "mixed.example": ["93.184.215.14", "127.0.0.1"],
  "nowhere.example": [],
};

interface Watched {
  readonly test: TestApp;
  /** What left the process. */
  readonly sent: string[];
}

async function openApp(answer: () => Response = () => Response.json({})): Promise<Watched> {
  const sent: string[] = [];
  const test = await testApp({
    fetch: ({ url }, address) => {
      sent.push(`${url} at ${address}`);
      return Promise.resolve(answer());
    },
    resolveDns: (name) => Promise.resolve(names[name] ?? ["93.184.215.14"]),
  });
  // Keys that are made beside a refusal would outlive the test.
  await (await test.get("/oauth/userinfo", { authorization: "Bearer x" })).body?.cancel();
  return { test, sent };
}

const { privateKey } = await generateKeyPair("ES256");

/** Authenticates with an assertion, for which the server needs the client's keys. */
async function authenticate(test: TestApp, clientId: string, path: string): Promise<Response> {
  const claims = { iss: clientId, sub: clientId, aud: "x", exp: startMs / 1000 + 60, jti: crypto.randomUUID() };
  const assertion = await new SignJWT(claims).setProtectedHeader({ alg: "ES256" }).sign(privateKey);
  return await test.postForm(path, {
    ...codeFields(clientId, "code"),
    token: "t",
    client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    client_assertion: assertion,
  });
}

for (const [way, hosts] of Object.entries(inside)) {
  Deno.test(`a client_id that leads inside ${way} is never fetched, at any endpoint (CIMD 6)`, async (t) => {
    const { test, sent } = await openApp();
    await using _ = test;
    for (const host of hosts) {
      await t.step(host, async () => {
        const id = `https://${host}/client.json`;
        await assertOAuthError(await test.get(authorizeQuery(id)), 400, "invalid_client");
        for (const path of ["token", "par", "device", "revoke", "introspect"]) {
          const response = await test.postForm(`/oauth/${path}`, { ...codeFields(id, "code"), token: "t" });
          await assertOAuthError(response, 400, "invalid_client");
        }
        assert.deepEqual(sent, []);
      });
    }
  });

  Deno.test(`a jwks_uri that leads inside ${way} is never fetched, at any endpoint (RFC 7591 5)`, async (t) => {
    const { test, sent } = await openApp();
    await using _ = test;
    for (const host of hosts) {
      await t.step(host, async () => {
        const metadata = { token_endpoint_auth_method: "private_key_jwt", jwks_uri: `https://${host}/jwks` };
        const { clientId } = await register(test, metadata);
        for (const path of ["token", "par", "device", "revoke", "introspect"]) {
          const response = await authenticate(test, clientId, `/oauth/${path}`);
          assert.match(await assertOAuthError(response, 401, "invalid_client"), /keys cannot be used/);
        }
        assert.deepEqual(sent, []);
      });
    }
  });
}

Deno.test("a redirect inside is not followed, from a client_id or from a jwks_uri (CIMD 6)", async (t) => {
  let answer = { status: 302, location: "" };
  const { test, sent } = await openApp(() =>
    new Response(null, { status: answer.status, headers: { location: answer.location } })
  );
  await using _ = test;
  const id = "https://app.example/client.json";
  const metadata = { token_endpoint_auth_method: "private_key_jwt", jwks_uri: "https://app.example/jwks" };
  const { clientId } = await register(test, metadata);
  for (const host of [...inside["by address"], ...inside["by IPv6-mapped form"], "private.example", "localhost"]) {
    for (const status of [301, 302, 303, 307, 308]) {
      await t.step(`${status} ${host}`, async () => {
        answer = { status, location: `https://${host}/` };
        sent.length = 0;
        await assertOAuthError(await test.get(authorizeQuery(id)), 400, "invalid_client");
        await assertOAuthError(await authenticate(test, clientId, "/oauth/token"), 401, "invalid_client");
        // The public halves were asked for, and nothing behind them.
        assert.deepEqual(sent, [`${id} at 93.184.215.14`, "https://app.example/jwks at 93.184.215.14"]);
      });
    }
  }
});

Deno.test("logo_uri and the other pages of a client are never fetched, wherever they lie (RFC 7591 5)", async (t) => {
  const hosts = ["client.example", ...Object.values(inside).flat()];
  const pagesAt = (host: string): Record<string, string> =>
    Object.fromEntries(
      ["logo_uri", "client_uri", "tos_uri", "policy_uri"].map((name) => [name, `https://${host}/${name}`]),
    );
  const id = "https://app.example/client.json";
  let document: object = {};
  const { test, sent } = await openApp(() => Response.json(document, { headers: { "cache-control": "no-store" } }));
  await using _ = test;
  for (const host of hosts) {
    await t.step(host, async () => {
      sent.length = 0;
      const { clientId } = await register(test, pagesAt(host));
      document = { client_id: id, client_name: "An app", redirect_uris: [redirectUri], ...pagesAt(host) };
      for (const client of [clientId, id]) {
        const page = await test.get(authorizeQuery(client));
        assert.equal(page.status, 200);
        await page.body?.cancel();
        await getTokens(test, client, { scope: "openid" });
      }
      assert.deepEqual(new Set(sent), new Set([`${id} at 93.184.215.14`]), "the document alone");
    });
  }
});

Deno.test("what is public is fetched: the watch sees what leaves (CIMD 4)", async () => {
  const { test, sent } = await openApp();
  await using _ = test;
  const metadata = { token_endpoint_auth_method: "private_key_jwt", jwks_uri: "https://client.example/jwks" };
  const { clientId } = await register(test, metadata);
  assert.match(String((await json(await authenticate(test, clientId, "/oauth/token"))).error_description), /JWK Set/);
  assert.deepEqual(sent, ["https://client.example/jwks at 93.184.215.14"]);
});
