/** Revocation (RFC 7009) and introspection (RFC 7662). */
import assert from "node:assert/strict";
import {
  assertOAuthError,
  callOauth,
  claimsOf,
  getTokens,
  json,
  origin,
  register,
  startMs,
  type TestApp,
  testApp,
  text,
} from "../helpers.ts";

async function introspect(
  test: TestApp,
  client: { readonly clientId: string; readonly secret: string },
  token: string,
): Promise<Record<string, unknown>> {
  const response = await test.postForm("/oauth/introspect", { token }, basic(client));
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("cache-control"), "no-store");
  return await json(response);
}

function basic({ clientId, secret }: { readonly clientId: string; readonly secret: string }): Record<string, string> {
  return { authorization: `Basic ${btoa(`${clientId}:${secret}`)}` };
}

function refresh(test: TestApp, clientId: string, token: string): Promise<Response> {
  return test.postForm("/oauth/token", { grant_type: "refresh_token", client_id: clientId, refresh_token: token });
}

Deno.test("POST /oauth/revoke ends an access token, and that one alone (RFC 7009 2.1)", async () => {
  await using test = await testApp();
  const { clientId } = await register(test);
  const [gone, stays] = [await getTokens(test, clientId), await getTokens(test, clientId)];
  const token = text(gone, "access_token");
  assert.equal((await callOauth(test, token)).status, 200);
  const response = await test.postForm("/oauth/revoke", {
    client_id: clientId,
    token,
    token_type_hint: "refresh_token",
  });
  assert.equal(response.status, 200);
  assert.equal(await response.text(), "");
  assert.equal(response.headers.get("access-control-allow-origin"), "*");
  assert.match(await assertOAuthError(await callOauth(test, token), 401, "invalid_token"), /revoked/);
  assert.equal((await callOauth(test, text(stays, "access_token"))).status, 200);
  const renewed = await json(await refresh(test, clientId, text(gone, "refresh_token")));
  assert.equal((await callOauth(test, text(renewed, "access_token"))).status, 200);
});

Deno.test("POST /oauth/revoke ends the whole login with a refresh token, used or not (RFC 7009 2.1)", async () => {
  await using test = await testApp();
  const { clientId } = await register(test);
  const first = await getTokens(test, clientId);
  const second = await json(await refresh(test, clientId, text(first, "refresh_token")));
  const revoked = await test.postForm("/oauth/revoke", { client_id: clientId, token: text(first, "refresh_token") });
  assert.equal(revoked.status, 200);
  for (const tokens of [first, second]) {
    assert.equal((await callOauth(test, text(tokens, "access_token"))).status, 401);
  }
  const again = await refresh(test, clientId, text(second, "refresh_token"));
  assert.match(await assertOAuthError(again, 400, "invalid_grant"), /revoked/);
});

Deno.test("POST /oauth/revoke accepts an unknown or expired token (RFC 7009 2.2)", async () => {
  await using test = await testApp();
  const { clientId } = await register(test);
  const expired = text(await getTokens(test, clientId, { expires_in: "1" }), "access_token");
  test.clock.nowMs += 2000;
  for (const token of ["unknown", "a.b.c", "refresh_x.y", expired]) {
    assert.equal((await test.postForm("/oauth/revoke", { client_id: clientId, token })).status, 200, token);
  }
});

Deno.test("POST /oauth/revoke refuses another client's token and one that fails to authenticate (RFC 7009 2.1)", async () => {
  await using test = await testApp();
  const { clientId } = await register(test);
  const other = await register(test);
  const confidential = await register(test, { token_endpoint_auth_method: "client_secret_basic" });
  const tokens = await getTokens(test, clientId);
  for (const name of ["access_token", "refresh_token"]) {
    const response = await test.postForm("/oauth/revoke", { client_id: other.clientId, token: text(tokens, name) });
    assert.match(await assertOAuthError(response, 400, "invalid_grant"), /another client/);
  }
  assert.equal((await callOauth(test, text(tokens, "access_token"))).status, 200);
  const token = text(tokens, "access_token");
  const unproven = await test.postForm("/oauth/revoke", { client_id: confidential.clientId, token });
  await assertOAuthError(unproven, 401, "invalid_client");
  await assertOAuthError(await test.postForm("/oauth/revoke", { client_id: "nobody", token }), 401, "invalid_client");
  const empty = await test.postForm("/oauth/revoke", { client_id: clientId });
  assert.match(await assertOAuthError(empty, 400, "invalid_request"), /token is missing/);
});

Deno.test("a revoked token stays revoked on another process with the same database (RFC 7009 2.2)", async () => {
  using kv = await Deno.openKv(":memory:");
  await using one = await testApp({ kv });
  await using two = await testApp({ kv });
  const { clientId } = await register(one);
  const token = text(await getTokens(one, clientId), "access_token");
  assert.equal((await callOauth(two, token)).status, 200);
  await one.postForm("/oauth/revoke", { client_id: clientId, token });
  assert.equal((await callOauth(two, token)).status, 401);
});

Deno.test("POST /oauth/introspect tells all that is known of a live token (RFC 7662 2.2)", async () => {
  await using test = await testApp();
  const client = await register(test);
  const judge = await register(test, { token_endpoint_auth_method: "client_secret_basic" });
  const tokens = await getTokens(test, client.clientId, { scope: "mcp:read", expires_in: "60" });
  const claims = claimsOf(text(tokens, "access_token"));
  assert.deepEqual(await introspect(test, judge, text(tokens, "access_token")), {
    ...claims,
    active: true,
    token_type: "Bearer",
    username: claims.email,
  });
  const { jti, ...described } = await introspect(test, judge, text(tokens, "refresh_token"));
  assert.equal(typeof jti, "string");
  assert.deepEqual(described, {
    active: true,
    iss: origin,
    sub: claims.sub,
    client_id: client.clientId,
    scope: "mcp:read",
    exp: startMs / 1000 + 30 * 24 * 60 * 60,
    sid: claims.sid,
    username: claims.email,
  });
});

Deno.test("POST /oauth/introspect says of an expired or unknown token only that it is inactive (RFC 7662 2.2)", async (t) => {
  await using test = await testApp();
  const { clientId } = await register(test);
  const judge = await register(test, { token_endpoint_auth_method: "client_secret_basic" });
  const inactive = async (token: string): Promise<void> =>
    assert.deepEqual(await introspect(test, judge, token), { active: false });

  await t.step("unknown", () => inactive("unknown"));
  await t.step("changed", async () => inactive(`${text(await getTokens(test, clientId), "access_token")}x`));
  await t.step("used refresh token", async () => {
    const token = text(await getTokens(test, clientId), "refresh_token");
    await (await refresh(test, clientId, token)).body?.cancel();
    await inactive(token);
  });
  await t.step("revoked", async () => {
    const tokens = await getTokens(test, clientId);
    await test.postForm("/oauth/revoke", { client_id: clientId, token: text(tokens, "refresh_token") });
    await inactive(text(tokens, "refresh_token"));
    await inactive(text(tokens, "access_token"));
  });
  await t.step("expired", async () => {
    const tokens = await getTokens(test, clientId, { expires_in: "60" });
    test.clock.nowMs += 60_000;
    await inactive(text(tokens, "access_token"));
    test.clock.nowMs += 30 * 24 * 60 * 60 * 1000;
    await inactive(text(tokens, "refresh_token"));
  });
  await t.step("of another issuer", async () => {
    const token = text(await getTokens(test, clientId), "access_token");
    const response = await test.postForm("http://127.0.0.1:8789/oauth/introspect", { token }, basic(judge));
    assert.deepEqual(await json(response), { active: false });
  });
});

Deno.test("POST /oauth/introspect asks who asks, and for proof of it (RFC 7662 2.1)", async () => {
  await using test = await testApp();
  const client = await register(test);
  const judge = await register(test, { token_endpoint_auth_method: "client_secret_basic" });
  const token = text(await getTokens(test, client.clientId), "access_token");
  const open = await test.postForm("/oauth/introspect", { client_id: client.clientId, token });
  assert.match(await assertOAuthError(open, 401, "invalid_client"), /public client/);
  const wrong = await test.postForm("/oauth/introspect", { token }, basic({ ...judge, secret: "wrong" }));
  assert.match(wrong.headers.get("www-authenticate") ?? "", /^Basic /);
  await assertOAuthError(wrong, 401, "invalid_client");
  await assertOAuthError(await test.postForm("/oauth/introspect", { token }), 400, "invalid_request");
});
