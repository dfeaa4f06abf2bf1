/** Redirect URIs that browsers and other parsers read differently, or that lead nowhere, at every door they come in by. */
import assert from "node:assert/strict";
import { createClients } from "../../lib/oauth/clients/client_table.ts";
import { createLease } from "../../lib/store/lease.ts";
import { createStore } from "../../lib/store/kv.ts";
import { createChance, randomBytes } from "../../lib/runtime/chance.ts";
import {
  assertOAuthError,
  authorizeQuery,
  challenge,
  getTokens,
  json,
  type KvTestApp,
  kvTestApp,
  origin,
  publicClient,
  redirectOf,
  redirectUri,
  register,
  text,
} from "../helpers.ts";

/** What is wrong with each, in the words of the answer. */
const bad: Readonly<Record<string, RegExp>> = {
  "http://localhost:65536/cb": /has a port that does not exist.*RFC 3986 3.2.3/,
  "http://localhost:99999/cb": /has a port that does not exist/,
  "http://localhost:/cb": /has a port that does not exist/,
  "http://localhost:080/cb": /has a port that does not exist/,
  "https://client.example:65536/cb": /has a port that does not exist/,
  "https://client.example:1:2/cb": /has a port that does not exist/,
  "com.example.app://host:65536/cb": /has a port that does not exist/,
  "http://127.0.0.1\\@evil.example/": /has characters that a URI cannot have.*RFC 3986 2/,
  "http://localhost\\.evil.example/": /has characters that a URI cannot have/,
  "https:\\\\evil.example/cb": /has characters that a URI cannot have/,
  "https://client.example/a|b": /has characters that a URI cannot have/,
  "com.example.app:\\cb": /has characters that a URI cannot have/,
  "https:evil.example/cb": /has no host.*RFC 9110 4.2/,
  "https:/evil.example/cb": /has no host/,
  "https:///evil.example/cb": /has no host/,
  "http:localhost/cb": /has no host/,
  "https://?cb": /has no host/,
  "https://:443/cb": /is not an absolute URI/,
  "https://\tevil.example/cb": /is not an absolute URI/,
  "https://ev\nil.example/cb": /is not an absolute URI/,
  " https://client.example/cb": /is not an absolute URI/,
  "https://client.example/cb ": /is not an absolute URI/,
  "https://client.example/漢": /is not an absolute URI/,
  "https://évil.example/cb": /is not an absolute URI/,
  "//client.example/cb": /is not an absolute URI/,
  "/cb": /is not an absolute URI/,
  "https://[::1/cb": /has a port that does not exist/,
  "https://user@client.example/cb": /carries credentials.*RFC 9110 4.2.4/,
  "https://user:word@client.example/cb": /carries credentials/,
  "https://@client.example/cb": /carries credentials/,
  "https://:@client.example/cb": /carries credentials/,
  "cursor://user@host/cb": /carries credentials/,
  "https://%65vil.example/cb": /more than one way.*RFC 3986 6.2.2/,
  "http://%6cocalhost/cb": /more than one way/,
  "http://2130706433/cb": /more than one way/,
  "http://0x7f.1/cb": /more than one way/,
  "http://127.1/cb": /more than one way/,
  "http://[0:0:0:0:0:0:0:1]/cb": /more than one way/,
  "https://client.example/cb#": /has a fragment.*RFC 6749 3.1.2/,
  "https://client.example/cb#x": /has a fragment/,
  "javascript:alert(1)": /scheme that no client can listen on.*RFC 8252 7.1/,
  "JavaScript://client.example/%0aalert(1)": /scheme that no client can listen on/,
};

const good = [
  "https://client.example/cb",
  "HTTPS://Client.Example/cb",
  "https://client.example:443/cb?x=%0d%0a",
  "https://client.example:65535/cb",
  "https://xn--bcher-kva.example/cb",
  "https://client.example?a=https://other.example/x@y",
  "http://localhost/cb",
  "http://localhost:0/cb",
  "http://127.0.0.1:51004/cb",
  "http://[::1]:8080/",
  "com.example.app:/cb",
  "com.example.app:cb",
  "com.example.app:///cb",
  "cursor://anysphere.cursor-retrieval/oauth/user-mcp/callback",
  "vscode://publisher.extension/callback?x=1",
  "msal0a1b://auth",
];

/** A client that was kept before such URIs were refused. */
async function keep({ kv }: KvTestApp, uri: string): Promise<string> {
  const clientId = `kept ${encodeURIComponent(uri)}`;
  const clients = createClients(
    createStore(kv, createChance(randomBytes)),
    () => Promise.reject(new Error()),
    createLease({ isShared: false, monotonicMs: () => 0, sleep: () => Promise.resolve() }),
  );
  const metadata = {
    redirect_uris: [uri],
    grant_types: ["authorization_code"],
    response_types: ["code"],
    token_endpoint_auth_method: "none",
  } as const;
  await clients.put("main", [{ clientId, issuedAtSeconds: 0, metadata }]);
  return clientId;
}

/** Every door that a redirect URI comes in by, and what it answers with. */
const doors: Readonly<Record<string, (test: KvTestApp, uri: string) => Promise<Response>>> = {
  "POST /oauth/register": ({ postJson }, uri) => postJson("/oauth/register", { ...publicClient, redirect_uris: [uri] }),
  "PUT /oauth/register/:id": async (test, uri) => {
    const body = await json(await test.postJson("/oauth/register", publicClient));
    return await test.fetch(text(body, "registration_client_uri"), {
      method: "PUT",
      headers: {
        authorization: `Bearer ${text(body, "registration_access_token")}`,
        "content-type": "application/json",
      },
      body: JSON.stringify({ ...publicClient, client_id: body.client_id, redirect_uris: [uri] }),
    });
  },
  "POST /control/clients": ({ postJson }, uri) =>
    postJson("/control/clients", { ...publicClient, redirect_uris: [uri] }),
  "a client metadata document": ({ get }, uri) => {
    const id = `${origin}/client-metadata/x.json?redirect_uri=${encodeURIComponent(uri)}`;
    return get(authorizeQuery(id, { redirect_uri: uri }), { accept: "application/json" });
  },
  "GET /oauth/authorize, not registered": async (test, uri) => {
    const { clientId } = await register(test, { redirect_uris: ["http://localhost/cb", redirectUri] });
    return await test.get(authorizeQuery(clientId, { redirect_uri: uri, auto_approve: "true" }), {
      accept: "application/json",
    });
  },
  "GET /oauth/authorize, kept before it was refused": async (test, uri) => {
    const clientId = await keep(test, uri);
    return await test.get(authorizeQuery(clientId, { redirect_uri: uri, auto_approve: "true" }), {
      accept: "application/json",
    });
  },
  "GET /oauth/authorize without redirect_uri": async (test, uri) => {
    const clientId = await keep(test, uri);
    return await test.get(authorizeQuery(clientId, { redirect_uri: undefined, auto_approve: "true" }), {
      accept: "application/json",
    });
  },
  "POST /oauth/par": async (test, uri) => {
    const clientId = await keep(test, uri);
    return await test.postForm("/oauth/par", {
      client_id: clientId,
      redirect_uri: uri,
      response_type: "code",
      code_challenge: challenge,
      code_challenge_method: "S256",
    });
  },
};

for (const [door, send] of Object.entries(doors)) {
  Deno.test(`${door} refuses a redirect URI that parsers read differently (RFC 9700 4.1)`, async (t) => {
    await using test = await kvTestApp({ loopbackOnly: true });
    for (const [uri, expected] of Object.entries(bad)) {
      await t.step(JSON.stringify(uri), async () => {
        const response = await send(test, uri);
        assert.equal(response.headers.get("location"), null);
        const { error, error_description } = await json(response);
        assert.equal(response.status, 400, String(error_description));
        assert(["invalid_request", "invalid_redirect_uri", "invalid_client"].includes(String(error)), String(error));
        assert.match(String(error_description), expected);
      });
    }
  });
}

Deno.test("a redirect URI that everybody reads alike is registered and redirected to, native apps' too (RFC 8252 7)", async (t) => {
  await using test = await kvTestApp();
  for (const uri of good) {
    await t.step(uri, async () => {
      const { clientId } = await register(test, { redirect_uris: [uri] });
      const { searchParams, href } = redirectOf(
        await test.get(authorizeQuery(clientId, { redirect_uri: uri, auto_approve: "true" })),
      );
      assert(searchParams.get("code"), href);
      assert(await test.postJson("/control/clients", { ...publicClient, redirect_uris: [uri] }).then(({ ok }) => ok));
    });
  }
  await getTokens(test, (await register(test)).clientId);
});

Deno.test("a declared client's redirect URIs are held to the same, but may be http on another computer", async (t) => {
  await using test = await kvTestApp();
  const define = (uri: string): Promise<Response> =>
    test.postJson("/control/scenarios", {
      name: "declared",
      plan: {},
      clients: [{
        client_id: "c",
        token_endpoint_auth_method: "none",
        grant_types: ["authorization_code"],
        redirect_uris: [uri],
      }],
    });
  for (const uri of Object.keys(bad)) {
    await t.step(JSON.stringify(uri), async () => {
      assert.match(await assertOAuthError(await define(uri), 400, "invalid_request"), /redirect_uris/);
    });
  }
  for (const uri of [...good, "http://client.internal/cb"]) {
    await t.step(uri, async () => assert((await define(uri)).ok));
  }
});
