/** The fixture that other people's tests start: every member of it, and that it leaves nothing open. */
import { auth, type OAuthClientProvider } from "@modelcontextprotocol/client";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import assert from "node:assert/strict";
import { type MockServer, startMockServer } from "../main.ts";
import {
  authorizeQuery,
  challenge,
  claimsOf,
  json,
  publicClient,
  redirectUri,
  startMs,
  text,
  verifier,
} from "./helpers.ts";

const ada = { email: "ada@example.com", password: "pass-phrase", name: "Ada", claims: { tenant: 7 } };
const app = { ...publicClient, client_id: "my-app" };

/** The status of a call of userinfo with a token. */
async function statusOf({ fetch }: MockServer, token: string): Promise<number> {
  const response = await fetch("/oauth/userinfo", { headers: { authorization: `Bearer ${token}` } });
  await response.body?.cancel();
  return response.status;
}

async function redeem({ fetch }: MockServer, callback: URL): Promise<Response> {
  return await fetch("/oauth/token", {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "authorization_code",
      client_id: app.client_id,
      code: callback.searchParams.get("code") ?? "",
      redirect_uri: redirectUri,
      code_verifier: verifier,
    }),
  });
}

Deno.test("startMockServer gives an issuer and an MCP endpoint, without a socket (README)", async () => {
  await using mock = await startMockServer();
  const metadata = await json(await mock.fetch("/.well-known/oauth-authorization-server"));
  assert.equal(metadata.issuer, mock.url);
  assert.equal(mock.mcpUrl, `${mock.url}/oauth`);
  assert.equal((await mock.fetch(mock.mcpUrl, { method: "POST" })).status, 401);
  await assert.rejects(mock.fetch("https://example.com/"), /Only http:\/\/localhost:8789 can be reached/);
});

Deno.test("startMockServer: fetch follows redirects within the server, as fetch does (Fetch standard)", async () => {
  await using mock = await startMockServer({ scenario: "slash-redirect" });
  const send = (redirect: RequestRedirect): Promise<Response> =>
    mock.fetch(mock.mcpUrl, { method: "POST", body: "{}", redirect, headers: { "content-type": "application/json" } });
  const seen = await send("manual");
  const target = seen.headers.get("location");
  assert(seen.status >= 300 && seen.status < 400 && target !== null, `${seen.status}`);
  await seen.body?.cancel();
  const followed = await send("follow");
  await followed.body?.cancel();
  assert.equal(followed.status, 401, "the endpoint behind the redirect has seen the request");
  await assert.rejects(send("error"), /redirects to/);
});

Deno.test("startMockServer: token mints a token that is good until the clock says otherwise (README)", async () => {
  await using mock = await startMockServer({ users: [ada], now: () => startMs });
  const token = await mock.token({
    user: ada.email,
    scope: "openid",
    expiresIn: 60,
    clientId: "c",
    claims: { a: 1 },
  });
  const { sub, scope, client_id, aud, a, exp } = claimsOf(token);
  assert.deepEqual([scope, client_id, aud, a, exp], ["openid", "c", mock.mcpUrl, 1, startMs / 1000 + 60]);
  assert.equal(claimsOf(await mock.token({ user: ada.email })).sub, sub);
  assert.equal(await statusOf(mock, token), 200);
  await mock.clock.advance(61);
  assert.equal(await mock.clock.now(), startMs + 61_000);
  assert.equal(await statusOf(mock, token), 401);
  await mock.clock.set(new Date(startMs));
  assert.equal(await statusOf(mock, token), 200);
  await mock.clock.set("2026-01-03T00:00:00Z");
  assert.equal(await mock.clock.now(), Date.UTC(2026, 0, 3));
});

Deno.test("startMockServer: authorize does what a browser and a person do, and the code is good (README)", async (t) => {
  await using mock = await startMockServer({ users: [ada], clients: [app] });
  const url = mock.url + authorizeQuery(app.client_id, { scope: "openid" });
  await t.step("as somebody made up", async () => {
    const callback = await mock.authorize(url);
    assert.equal(callback.origin + callback.pathname, redirectUri);
    assert.equal(callback.searchParams.get("state"), "xyz");
    const tokens = await json(await redeem(mock, callback));
    assert.equal(await statusOf(mock, text(tokens, "access_token")), 200);
  });
  await t.step("as a declared user", async () => {
    const tokens = await json(await redeem(mock, await mock.authorize(url, { user: "ADA@example.com" })));
    const { name, tenant } = claimsOf(text(tokens, "access_token"));
    assert.deepEqual([name, tenant], [ada.name, ada.claims.tenant]);
  });
  await t.step("as a new user, twice", async () => {
    for (const _ of ["created", "known"]) {
      const tokens = await json(await redeem(mock, await mock.authorize(url, { user: "bob@example.com" })));
      assert.equal(claimsOf(text(tokens, "access_token")).email, "bob@example.com");
    }
    await assert.rejects(mock.authorize(url, { user: "bob@example.com", password: "other" }), /401/);
  });
  await t.step("as somebody who refuses", async () => {
    const callback = await mock.authorize(new URL(url), { deny: true });
    assert.equal(callback.searchParams.get("error"), "access_denied");
  });
  await t.step("a request that is wrong is shown, and said", async () => {
    await assert.rejects(mock.authorize(mock.url + authorizeQuery("nobody")), /400.*client_id/);
  });
});

Deno.test("startMockServer: faults.next goes wrong once, faults.add as long as it says, clear ends all (README)", async () => {
  await using mock = await startMockServer();
  const jwks = async (): Promise<number> => {
    const response = await mock.fetch("/oauth/jwks");
    await response.body?.cancel();
    return response.status;
  };
  assert.deepEqual(await mock.faults.next("jwks:503"), ["jwks:503"]);
  assert.deepEqual([await jwks(), await jwks()], [503, 200]);
  await mock.faults.next({ match: { endpoint: "jwks" }, answer: { status: 418 } });
  assert.deepEqual([await jwks(), await jwks()], [418, 200]);
  await mock.faults.add({ match: { endpoint: "jwks" }, answer: { status: 500 }, life: "always" });
  assert.deepEqual([await jwks(), await jwks()], [500, 500]);
  await mock.faults.clear();
  assert.equal(await jwks(), 200);
  await assert.rejects(mock.faults.next("nothing:503"), /POST \/control\/faults: /);
});

Deno.test("startMockServer: exchanges and report tell what the client did (README)", async () => {
  await using mock = await startMockServer({ clients: [app] });
  const tokens = await redeem(mock, await mock.authorize(mock.url + authorizeQuery(app.client_id)));
  await tokens.body?.cancel();
  const exchanges = await mock.exchanges();
  assert.deepEqual(exchanges.map(({ route }) => route), ["authorize", "decide", "token"]);
  assert(!JSON.stringify(exchanges).includes(verifier), "a secret is recorded");
  assert(JSON.stringify(exchanges).includes(challenge));
  const { sandbox, scenario, clients } = await mock.report();
  assert.deepEqual([sandbox, scenario, clients.length], ["main", "standard", 1]);
});

Deno.test("startMockServer: reset begins anew, with the clients that were there from the start (README)", async () => {
  await using mock = await startMockServer({ users: [ada], clients: [app], now: () => startMs });
  const token = await mock.token({ scope: "openid" });
  assert.equal(await statusOf(mock, token), 200);
  await mock.clock.advance(3600);
  await mock.faults.add("jwks:503*always");
  await mock.reset();
  assert.equal(await statusOf(mock, token), 401);
  assert.equal(await mock.clock.now(), startMs);
  assert.equal((await mock.fetch("/oauth/jwks")).status, 200);
  const callback = await mock.authorize(mock.url + authorizeQuery(app.client_id), { user: ada.email });
  assert.equal((await redeem(mock, callback)).status, 200);
});

Deno.test("startMockServer: the official client logs in and calls a tool through fetch alone (MCP authorization)", async () => {
  await using mock = await startMockServer({ scenario: "standard" });
  let saved: Record<string, string> = {};
  let callback: URL | undefined;
  const provider: OAuthClientProvider = {
    redirectUrl: redirectUri,
    clientMetadata: { redirect_uris: [redirectUri], client_name: "test" },
    clientInformation: () => saved.client === undefined ? undefined : JSON.parse(saved.client),
    saveClientInformation: (client) => {
      saved = { ...saved, client: JSON.stringify(client) };
    },
    tokens: () => saved.tokens === undefined ? undefined : JSON.parse(saved.tokens),
    saveTokens: (tokens) => {
      saved = { ...saved, tokens: JSON.stringify(tokens) };
    },
    redirectToAuthorization: async (url) => {
      callback = await mock.authorize(url);
    },
    saveCodeVerifier: (code) => {
      saved = { ...saved, code };
    },
    codeVerifier: () => saved.code ?? "",
  };
  const options = { serverUrl: mock.mcpUrl, fetchFn: mock.fetch };
  assert.equal(await auth(provider, options), "REDIRECT");
  const { searchParams } = callback ?? new URL("none:");
  const [authorizationCode, iss] = [searchParams.get("code") ?? "", searchParams.get("iss") ?? ""];
  assert.equal(await auth(provider, { ...options, authorizationCode, iss }), "AUTHORIZED");
  const client = new Client({ name: "test", version: "0" });
  await client.connect(
    new StreamableHTTPClientTransport(new URL(mock.mcpUrl), { fetch: mock.fetch, authProvider: provider }),
  );
  const { content } = await client.callTool({ name: "mock_echo", arguments: { message: "hello" } });
  assert.deepEqual(content, [{ type: "text", text: "Echo: hello" }]);
  await client.close();
  assert.equal((await mock.report()).verdict, "pass");
});

Deno.test("startMockServer: a client that cannot be, and a scenario that is not, leave nothing open (README)", async () => {
  await assert.rejects(
    startMockServer({ clients: [{ client_id: "a", redirect_uris: 1 }] }),
    /POST \/control\/clients: /,
  );
  await assert.rejects(startMockServer({ scenario: "nowhere" }), /There is no scenario nowhere/);
});
