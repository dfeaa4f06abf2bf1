/** Everything that has a time runs on the sandbox's clock, which a test moves over HTTP; the app's own stands still. */
import assert from "node:assert/strict";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { below, control, send } from "./helpers.ts";
import {
  assertOAuthError,
  authorizeQuery,
  callOauth,
  claimsOf,
  codeFields,
  getCode,
  getTokens,
  json,
  origin,
  redirectOf,
  redirectUri,
  register,
  startMs,
  type TestApp,
  testApp,
  text,
} from "../helpers.ts";

async function advance(test: TestApp, seconds: number): Promise<void> {
  await control(test, "POST /control/clock", { advance_seconds: seconds });
}

Deno.test("POST /control/clock advances, sets and resets one sandbox's clock, and says what it shows", async () => {
  await using test = await testApp();
  const at = (ms: number, offset_seconds: number): object => ({
    now_ms: ms,
    iso: new Date(ms).toISOString(),
    offset_seconds,
  });
  assert.deepEqual(await control(test, "GET /control/clock"), at(startMs, 0));
  await advance(test, 1.5);
  assert.deepEqual(await control(test, "POST /control/clock", { advance_seconds: -0.5 }), at(startMs + 1000, 1));
  test.clock.nowMs += 500;
  assert.deepEqual(await control(test, "GET /control/clock"), at(startMs + 1500, 1));
  const set = await control(test, "POST /control/clock", { set: "2030-01-01T00:00:00+01:00" });
  assert.equal(set.iso, "2029-12-31T23:00:00.000Z");
  assert.equal((await control(test, "POST /control/clock", { set: 5000 })).now_ms, 5000);
  const other = below(test, "/s/standard~other");
  assert.deepEqual(await control(other, "GET /control/clock"), at(startMs + 500, 0));
  assert.deepEqual(await control(test, "POST /control/clock", { reset: true }), at(startMs + 500, 0));
  for (const body of [{ advance_seconds: -1e10 }, { set: 1e15 }, { set: "2030-13-01T00:00:00Z" }]) {
    await assertOAuthError(await send(test, "POST /control/clock", body), 400, "invalid_request");
  }
});

Deno.test("a code is over after its ten minutes on the sandbox's clock (RFC 6749 4.1.2)", async () => {
  await using test = await testApp();
  const { clientId } = await register(test);
  const [early, late] = [await getCode(test, clientId), await getCode(test, clientId)];
  await advance(test, 599);
  assert.equal((await test.postForm("/oauth/token", codeFields(clientId, early))).status, 200);
  await advance(test, 1);
  await assertOAuthError(await test.postForm("/oauth/token", codeFields(clientId, late)), 400, "invalid_grant");
});

Deno.test("an access token expires on the sandbox's clock, and a refresh token gets another, until it is over too", async () => {
  await using test = await testApp();
  const { clientId } = await register(test);
  const tokens = await getTokens(test, clientId, { expires_in: "60", scope: "openid" });
  const token = text(tokens, "access_token");
  await advance(test, 59);
  assert.equal((await callOauth(test, token)).status, 200);
  await advance(test, 1);
  await assertOAuthError(await callOauth(test, token), 401, "invalid_token");
  const refresh = (refresh_token: string): Promise<Response> =>
    test.postForm("/oauth/token", { grant_type: "refresh_token", client_id: clientId, refresh_token });
  const next = await json(await refresh(text(tokens, "refresh_token")));
  assert.equal((await callOauth(test, text(next, "access_token"))).status, 200);
  assert.deepEqual(claimsOf(text(next, "id_token")).iat, startMs / 1000 + 60);
  await advance(test, 30 * 24 * 3600);
  await assertOAuthError(await refresh(text(next, "refresh_token")), 400, "invalid_grant");
});

Deno.test("an MCP session ends after its idle time on the sandbox's clock", async () => {
  await using test = await testApp();
  const { clientId } = await register(test);
  const token = text(await getTokens(test, clientId), "access_token");
  const session = (await callOauth(test, token)).headers.get("mcp-session-id") ?? "";
  const list = async (): Promise<number> => {
    const response = await test.fetch("/oauth", {
      method: "POST",
      headers: {
        authorization: `Bearer ${token}`,
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        "mcp-session-id": session,
      },
      body: JSON.stringify({ jsonrpc: "2.0", id: 2, method: "tools/list" }),
    });
    await response.text();
    return response.status;
  };
  assert.equal(await list(), 200);
  await advance(test, 3600);
  assert.equal(await list(), 200);
  await advance(test, 2 * 3600);
  assert.equal(await list(), 404);
});

Deno.test("a client secret runs out, and a client is forgotten, on the sandbox's clock (RFC 7591 3.2.1)", async () => {
  await using test = await testApp();
  await control(test, "PATCH /control/plan", { policy: { client_secret_ttl_seconds: 60, client_ttl_seconds: 120 } });
  const grant = { grant_types: ["client_credentials"], token_endpoint_auth_method: "client_secret_post" };
  const { clientId, secret } = await register(test, grant);
  const ask = (): Promise<Response> =>
    test.postForm("/oauth/token", { grant_type: "client_credentials", client_id: clientId, client_secret: secret });
  await advance(test, 59);
  assert.equal((await ask()).status, 200);
  await advance(test, 1);
  assert.match(await assertOAuthError(await ask(), 401, "invalid_client"), /secret/);
  await advance(test, 60);
  assert.match(await assertOAuthError(await ask(), 401, "invalid_client"), /not found/);
});

Deno.test("a DPoP proof and its nonce grow old on the sandbox's clock (RFC 9449 8, 11.1)", async () => {
  await using test = await testApp();
  await control(test, "PATCH /control/plan", { policy: { require_dpop_nonce: true } });
  await control(test, "POST /control/clock", { set: "2030-01-01T00:00:00Z" });
  const { clientId } = await register(test);
  const { privateKey, publicKey } = await generateKeyPair("ES256");
  const jwk = await exportJWK(publicKey);
  let count = 0;
  const redeem = async (more: Record<string, unknown>): Promise<Response> => {
    const { now_ms } = await control(test, "GET /control/clock");
    const claims = { htm: "POST", htu: `${origin}/oauth/token`, iat: Math.floor(Number(now_ms) / 1000), ...more };
    const proof = await new SignJWT({ jti: `clock-${++count}`, ...claims })
      .setProtectedHeader({ alg: "ES256", typ: "dpop+jwt", jwk }).sign(privateKey);
    return await test.postForm("/oauth/token", codeFields(clientId, await getCode(test, clientId)), { dpop: proof });
  };
  const nonce = (await redeem({})).headers.get("dpop-nonce");
  assert.equal((await redeem({ nonce })).status, 200);
  assert.match(await assertOAuthError(await redeem({ nonce, iat: startMs / 1000 }), 400, "invalid_dpop_proof"), /old/);
  await advance(test, 3600);
  await assertOAuthError(await redeem({ nonce }), 400, "use_dpop_nonce");
});

Deno.test("a client's document is fetched again when it is stale on the sandbox's clock (CIMD 5.3)", async () => {
  const clientId = "https://app.example/client.json";
  let fetched = 0;
  await using test = await testApp({
    fetch: () => {
      fetched += 1;
      const document = { client_id: clientId, client_name: "App", redirect_uris: [redirectUri] };
      return Promise.resolve(Response.json(document, { headers: { "cache-control": "max-age=600" } }));
    },
    resolveDns: () => Promise.resolve(["93.184.215.14"]),
  });
  await getCode(test, clientId);
  await advance(test, 599);
  await getCode(test, clientId);
  assert.equal(fetched, 1);
  await advance(test, 2);
  await getCode(test, clientId);
  assert.equal(fetched, 2);
});

Deno.test("a device's code is over on the sandbox's clock, which also paces its polling (RFC 8628 3.2)", async () => {
  await using test = await testApp();
  const grantType = "urn:ietf:params:oauth:grant-type:device_code";
  const { clientId } = await register(test, { redirect_uris: undefined, grant_types: [grantType] });
  const device = await json(await test.postForm("/oauth/device", { client_id: clientId }));
  const poll = (): Promise<Response> =>
    test.postForm("/oauth/token", {
      grant_type: grantType,
      client_id: clientId,
      device_code: text(device, "device_code"),
    });
  await assertOAuthError(await poll(), 400, "authorization_pending");
  await assertOAuthError(await poll(), 400, "slow_down");
  await advance(test, 60);
  await assertOAuthError(await poll(), 400, "authorization_pending");
  await advance(test, 540);
  await assertOAuthError(await poll(), 400, "expired_token");
});

Deno.test("a pushed request is over on the sandbox's clock (RFC 9126 2.2)", async () => {
  await using test = await testApp();
  const { clientId } = await register(test);
  const push = async (): Promise<string> => {
    const query = new URL(authorizeQuery(clientId), origin).searchParams;
    return text(await json(await test.postForm("/oauth/par", query)), "request_uri");
  };
  const use = async (request_uri: string): Promise<Response> =>
    await test.get(
      `/oauth/authorize?${new URLSearchParams({ client_id: clientId, request_uri, auto_approve: "true" })}`,
    );
  const [early, late] = [await push(), await push()];
  await advance(test, 89);
  assert.equal(redirectOf(await use(early)).searchParams.has("code"), true);
  await advance(test, 1);
  await assertOAuthError(await use(late), 400, "invalid_request_uri");
});

Deno.test("an identity provider's assertion is over on the sandbox's clock (RFC 7523 3)", async () => {
  await using test = await testApp();
  const jwtBearer = "urn:ietf:params:oauth:grant-type:jwt-bearer";
  const { clientId, secret } = await register(test, {
    grant_types: [jwtBearer, "client_credentials"],
    token_endpoint_auth_method: "client_secret_post",
  });
  const own = { client_id: clientId, client_secret: secret };
  const issue = async (): Promise<string> => {
    const asked = { grant_type: "client_credentials", audience: origin, ...own };
    return text(await json(await test.postForm("/idp/token", asked)), "access_token");
  };
  const redeem = (assertion: string): Promise<Response> =>
    test.postForm("/oauth/token", { grant_type: jwtBearer, assertion, ...own });
  const [early, late] = [await issue(), await issue()];
  assert.equal((await redeem(early)).status, 200);
  await advance(test, 24 * 3600);
  assert.match(await assertOAuthError(await redeem(late), 400, "invalid_grant"), /exp/);
});

Deno.test("a clock that is set back makes what had expired good again, and what was used no better", async () => {
  await using test = await testApp();
  const { clientId } = await register(test);
  const code = await getCode(test, clientId);
  const tokens = await getTokens(test, clientId, { expires_in: "60" });
  await advance(test, 3600);
  await assertOAuthError(await callOauth(test, text(tokens, "access_token")), 401, "invalid_token");
  await control(test, "POST /control/clock", { reset: true });
  assert.equal((await callOauth(test, text(tokens, "access_token"))).status, 200);
  assert.equal((await test.postForm("/oauth/token", codeFields(clientId, code))).status, 200);
  await advance(test, -3600);
  await assertOAuthError(await test.postForm("/oauth/token", codeFields(clientId, code)), 400, "invalid_grant");
});
