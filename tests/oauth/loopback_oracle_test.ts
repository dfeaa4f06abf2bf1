/** What a page of another site can find out, through this server, about what listens on the same machine: nothing. */
import assert from "node:assert/strict";
import { generateKeyPair, SignJWT } from "jose";
import { authorizeQuery, json, register, startMs, type TestApp, testApp } from "../helpers.ts";

const target = "http://127.0.0.1:9200/client.json";
const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const { privateKey } = await generateKeyPair("ES256");

/** What can be at the target, as an attacker would like to know. */
const services: Readonly<Record<string, () => Promise<Response>>> = {
  "a closed port": () => Promise.reject(new TypeError("Connection refused")),
  "a redirect": () => Promise.resolve(new Response(null, { status: 302, headers: { location: "/login" } })),
  "JSON": () => Promise.resolve(Response.json({ version: 7 })),
  "a page": () => Promise.resolve(new Response("<p>", { headers: { "content-type": "text/html" } })),
};

async function assertionOf(sub: string): Promise<string> {
  return await new SignJWT({ iss: sub, sub, aud: "http://localhost:8789", exp: startMs / 1000 + 60, jti: "j" })
    .setProtectedHeader({ alg: "ES256", kid: "1" }).sign(privateKey);
}

type Headers = Record<string, string>;

/** Every way to name a URL that is fetched. */
const doors: Readonly<Record<string, (test: TestApp, headers: Headers) => Promise<Response>>> = {
  "GET /oauth/authorize": ({ get }, headers) => get(authorizeQuery(target, { auto_approve: "true" }), headers),
  "POST /oauth/par": ({ postForm }, headers) => postForm("/oauth/par", { client_id: target }, headers),
  "POST /oauth/token": ({ postForm }, headers) =>
    postForm("/oauth/token", { client_id: target, grant_type: "authorization_code", code: "x" }, headers),
  "POST /oauth/token with HTTP Basic": ({ postForm }, headers) =>
    postForm("/oauth/token", { grant_type: "authorization_code", code: "x" }, {
      ...headers,
      authorization: `Basic ${btoa(`${encodeURIComponent(target)}:x`)}`,
    }),
  "POST /oauth/token with an assertion": async ({ postForm }, headers) =>
    postForm("/oauth/token", {
      grant_type: "authorization_code",
      code: "x",
      client_assertion_type: assertionType,
      client_assertion: await assertionOf(target),
    }, headers),
  "POST /oauth/token of a client with jwks_uri": async (test, headers) => {
    const { clientId } = await register(test, { token_endpoint_auth_method: "private_key_jwt", jwks_uri: target });
    const response = await test.postForm("/oauth/token", {
      grant_type: "authorization_code",
      code: "x",
      client_assertion_type: assertionType,
      client_assertion: await assertionOf(clientId),
    }, headers);
    return response;
  },
  "POST /oauth/device": ({ postForm }, headers) => postForm("/oauth/device", { client_id: target }, headers),
  "POST /oauth/introspect": ({ postForm }, headers) =>
    postForm("/oauth/introspect", { client_id: target, token: "x" }, headers),
  "POST /oauth/revoke": ({ postForm }, headers) =>
    postForm("/oauth/revoke", { client_id: target, token: "x" }, headers),
};

const evil = "https://evil.example";
const foreign: Readonly<Record<string, Headers>> = {
  "a script": { origin: evil, "sec-fetch-site": "cross-site", "sec-fetch-mode": "cors" },
  "a script of an old browser": { origin: evil },
  "a sandboxed frame": { origin: "null", "sec-fetch-site": "cross-site" },
  "a form of an old browser": { origin: "null" },
  "a link": { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", referer: `${evil}/` },
  "a link without a referrer": { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" },
  "a link of an old browser": { referer: `${evil}/` },
  "an image": { "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image" },
};
const own: Readonly<Record<string, Headers>> = {
  "a client": {},
  "a URL that a client opens": { "sec-fetch-site": "none", "sec-fetch-mode": "navigate" },
  "a form of this server": { origin: "null", "sec-fetch-site": "same-origin" },
  "a page of this machine": { origin: "http://127.0.0.1:6274", "sec-fetch-site": "cross-site" },
  "a link of a page of this machine": { referer: "http://127.0.0.1:6274/", "sec-fetch-site": "cross-site" },
  "a page under the same name": { "sec-fetch-site": "same-site", "sec-fetch-mode": "navigate" },
};

interface Watched {
  readonly test: TestApp;
  readonly sent: string[];
}

/** An app on this machine alone, whose way out leads to one service; any name but a loopback one is public. */
async function open(service: (url: string) => Promise<Response>): Promise<Watched> {
  const sent: string[] = [];
  const test = await testApp({
    loopbackOnly: true,
    resolveDns: () => Promise.resolve(["93.184.215.14"]),
    fetch: ({ url }) => {
      sent.push(url);
      return service(url);
    },
  });
  // Keys that are made beside a refusal would outlive the test.
  await (await test.postJson("/control/tokens", {})).body?.cancel();
  return { test, sent };
}

for (const [door, send] of Object.entries(doors)) {
  Deno.test(`${door} fetches nothing on this machine for a page of another site (RFC 9700 4.11)`, async (t) => {
    const told = new Set<string>();
    for (const service of Object.values(services)) {
      const { test, sent } = await open(service);
      await using _ = test;
      for (const [name, headers] of Object.entries(foreign)) {
        await t.step(name, async () => {
          const response = await send(test, { accept: "application/json", ...headers });
          const { error_description } = await json(response);
          assert.equal(response.headers.get("location"), null);
          assert.match(String(error_description), /is not fetched for a page from another site/);
          told.add(`${response.status} ${String(error_description)}`);
          assert.deepEqual(sent, []);
        });
      }
    }
    assert.equal(told.size, 1, "nothing tells what stands there");
  });

  Deno.test(`${door} fetches for clients, and for pages of this machine`, async (t) => {
    const { test, sent } = await open(() => Promise.resolve(Response.json({})));
    await using _ = test;
    for (const [name, headers] of Object.entries(own)) {
      await t.step(name, async () => {
        sent.length = 0;
        await (await send(test, headers)).body?.cancel();
        assert.equal(sent[0], target);
      });
    }
  });
}

Deno.test("a page whose name has been made to mean this machine has nothing fetched there (DNS rebinding)", async () => {
  const { test, sent } = await open(() => Promise.resolve(Response.json({})));
  await using _ = test;
  const rebound = authorizeQuery(target).replace(/^/, "http://evil.example:8789");
  const response = await test.get(rebound, { "sec-fetch-site": "same-origin" });
  assert.equal(response.status, 400);
  assert.deepEqual(sent, []);
});

Deno.test("a redirect does not lead inside for a page of another site either", async () => {
  const location = { location: target };
  const { test, sent } = await open(() => Promise.resolve(new Response(null, { status: 302, headers: location })));
  await using _ = test;
  const jwks_uri = "https://public.example/jwks";
  const { clientId } = await register(test, { token_endpoint_auth_method: "private_key_jwt", jwks_uri });
  await test.postForm("/oauth/token", {
    grant_type: "authorization_code",
    client_assertion_type: assertionType,
    client_assertion: await assertionOf(clientId),
  }, { origin: evil });
  assert.deepEqual(sent, [jwks_uri]);
});

Deno.test("a page of another site may send people to a client that is known without this machine", async () => {
  const metadata = { client_name: "x", redirect_uris: ["https://client.example/cb"] };
  const { test } = await open((client_id) => Promise.resolve(Response.json({ client_id, ...metadata })));
  await using _ = test;
  const link = { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", referer: `${evil}/` };
  const document = await test.get(authorizeQuery("https://public.example/c.json", { auto_approve: "true" }), link);
  assert.equal(document.status, 302);
  const { clientId } = await register(test);
  assert.equal((await test.get(authorizeQuery(clientId), link)).status, 200);
});
