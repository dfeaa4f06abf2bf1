/** Tokens without a flow, tokens taken back, and keys. */
import assert from "node:assert/strict";
import { createRemoteJWKSet, customFetch, jwtVerify } from "jose";
import { below, control, listOf, send } from "./helpers.ts";
import {
  assertOAuthError,
  callOauth,
  claimsOf,
  codeFields,
  getCode,
  getTokens,
  json,
  kvTestApp,
  origin,
  register,
  startMs,
  type TestApp,
  testApp,
  text,
} from "../helpers.ts";

async function mint(test: TestApp, body: object = {}): Promise<string> {
  return text(await control(test, "POST /control/tokens", body), "access_token");
}

async function statusWith(test: TestApp, token: string): Promise<number> {
  const response = await callOauth(test, token);
  await response.body?.cancel();
  return response.status;
}

Deno.test("POST /control/tokens mints a token that is good at /oauth at once (RFC 9068 2.2)", async () => {
  await using test = await testApp();
  const answer = await control(test, "POST /control/tokens");
  const token = text(answer, "access_token");
  const claims = claimsOf(token);
  assert.deepEqual(answer.claims, claims);
  assert.deepEqual([claims.iss, claims.aud, claims.client_id, claims.sid], [
    origin,
    `${origin}/oauth`,
    "control",
    answer.session_id,
  ]);
  assert.equal(claims.exp, undefined);
  assert.equal(await statusWith(test, token), 200);
  assert.equal(await statusWith(below(test, "/s/standard~other"), token), 401);
});

Deno.test("a minted token is for whom and what it was asked", async () => {
  await using test = await testApp();
  await control(test, "POST /control/users", { email: "ada@example.com", password: "x", user_id: "ada", roles: ["r"] });
  const user = { name: "Eve", email: "eve@example.com", tenant: 7 };
  const cases: readonly (readonly [object, Record<string, unknown>])[] = [
    [{ user: "ada@example.com" }, { sub: "ada", email: "ada@example.com", roles: ["r"] }],
    [{ user: "new@example.com" }, { email: "new@example.com" }],
    [{ user }, { name: "Eve", email: "eve@example.com", tenant: 7 }],
    [{ scope: "mcp:read  mcp:write", client_id: "me" }, { scope: "mcp:read mcp:write", client_id: "me" }],
    [{ expires_in: 60 }, { iat: startMs / 1000, exp: startMs / 1000 + 60 }],
    [{ resource: "https://a.example/mcp" }, { aud: "https://a.example/mcp" }],
    [{ audience: ["https://a.example", "https://b.example"] }, { aud: ["https://a.example", "https://b.example"] }],
    [{ claims: { iss: "https://evil.example", aud: "x" } }, { iss: "https://evil.example", aud: "x" }],
  ];
  for (const [body, expected] of cases) {
    const claims = claimsOf(await mint(test, body));
    const seen = Object.fromEntries(Object.keys(expected).map((name) => [name, claims[name]]));
    assert.deepEqual(seen, expected);
  }
  assert.equal(await statusWith(test, await mint(test, { expires_in: -1 })), 401);
  assert.equal(await statusWith(test, await mint(test, { claims: { aud: "x" } })), 401);
  const both = await send(test, "POST /control/tokens", {
    resource: "https://a.example",
    audience: "https://b.example",
  });
  assert.match(await assertOAuthError(both, 400, "invalid_request"), /^audience .*not both/);
});

Deno.test("a minted refresh token is good for its client, and needs one that can refresh (RFC 6749 6)", async () => {
  await using test = await testApp();
  const { clientId } = await register(test);
  const answer = await control(test, "POST /control/tokens", { client_id: clientId, refresh_token: true });
  const fields = {
    grant_type: "refresh_token",
    client_id: clientId,
    refresh_token: text(answer, "refresh_token"),
  };
  const next = await json(await test.postForm("/oauth/token", fields));
  assert.equal(claimsOf(text(next, "access_token")).sid, answer.session_id);
  await assertOAuthError(await test.postForm("/oauth/token", fields), 400, "invalid_grant");
  for (const client_id of [undefined, "nobody"]) {
    const refused = await send(test, "POST /control/tokens", { client_id, refresh_token: true });
    assert.match(await assertOAuthError(refused, 400, "invalid_request"), /refresh token needs a client/);
  }
});

Deno.test("GET /control/tokens lists what was minted, and every login that has redeemed something", async () => {
  await using test = await testApp();
  const { clientId } = await register(test);
  const flow = claimsOf(text(await getTokens(test, clientId), "access_token"));
  const minted = claimsOf(await mint(test, { user: "ada@example.com", scope: "mcp:read", expires_in: 60 }));
  const listed = await control(test, "GET /control/tokens");
  assert.deepEqual(listed.tokens, [{
    jti: minted.jti,
    session_id: minted.sid,
    client_id: "control",
    user_id: minted.sub,
    scope: "mcp:read",
    minted_at_ms: startMs,
    expires_at: startMs / 1000 + 60,
    revoked: false,
  }]);
  assert.deepEqual(listed.sessions, [
    { session_id: minted.sid, client_id: "control", last_used_ms: startMs, revoked: false },
    { session_id: flow.sid, client_id: clientId, last_used_ms: startMs, revoked: false },
  ]);
});

Deno.test("POST /control/tokens/revoke takes back a token, a login, a client's logins, or all (RFC 7009 2.1)", async (t) => {
  await using test = await testApp();
  const [mine, other] = [(await register(test)).clientId, (await register(test)).clientId];
  /** Two logins of one client and one of another: which of their access tokens are still good. */
  const after = async (revoke: (tokens: Record<string, unknown>) => object): Promise<readonly boolean[]> => {
    const logins = [await getTokens(test, mine), await getTokens(test, mine), await getTokens(test, other)];
    await control(test, "POST /control/tokens/revoke", revoke(logins[0] ?? {}));
    return await Promise.all(
      logins.map(async (tokens) => await statusWith(test, text(tokens, "access_token")) === 200),
    );
  };
  const cases: readonly (readonly [string, (tokens: Record<string, unknown>) => object, readonly boolean[]])[] = [
    ["an access token", ({ access_token }) => ({ token: access_token }), [false, true, true]],
    ["a refresh token, and so its login", ({ refresh_token }) => ({ token: refresh_token }), [false, true, true]],
    ["a login", ({ access_token }) => ({ session_id: claimsOf(String(access_token)).sid }), [false, true, true]],
    ["a client's logins", () => ({ client_id: mine }), [false, false, true]],
    ["all logins", () => ({ all: true }), [false, false, false]],
  ];
  for (const [name, revoke, expected] of cases) {
    await t.step(name, async () => assert.deepEqual(await after(revoke), expected));
  }
  const foreign = await mint(below(test, "/s/standard~other"));
  const refused = await send(test, "POST /control/tokens/revoke", { token: foreign });
  assert.match(await assertOAuthError(refused, 400, "invalid_request"), /has not issued that token/);
});

Deno.test("POST /control/tokens/revoke refuses what cannot be the id of a login, and says which can (issue 16)", async () => {
  await using test = await testApp();
  const sid = String((await control(test, "POST /control/tokens")).session_id);
  for (const session_id of ["unknown", "control", `${sid} `, sid.slice(0, -1), sid.toUpperCase(), `x${sid}`]) {
    const refused = await send(test, "POST /control/tokens/revoke", { session_id });
    const description = await assertOAuthError(refused, 400, "invalid_request");
    assert.match(description, /session_id .*GET \/control\/tokens lists, or the sid of a token/, session_id);
  }
  const sessions = listOf(await control(test, "GET /control/tokens"), "sessions");
  assert.deepEqual(sessions.map(({ revoked }) => revoked), [false]);
  await control(test, "POST /control/tokens/revoke", { all: true });
  const later = (await control(test, "POST /control/tokens")).session_id;
  assert.deepEqual(await control(test, "POST /control/tokens/revoke", { session_id: later }), {
    revoked: { session_id: later },
  });
});

Deno.test("what was begun before all logins were taken back is void, and the next login is good, clock or no clock", async () => {
  await using test = await testApp();
  const { clientId } = await register(test);
  const code = await getCode(test, clientId);
  const refresh_token = text(await getTokens(test, clientId), "refresh_token");
  await control(test, "POST /control/tokens/revoke", { client_id: clientId });
  const refresh = { grant_type: "refresh_token", client_id: clientId, refresh_token };
  for (const fields of [codeFields(clientId, code), refresh]) {
    assert.match(await assertOAuthError(await test.postForm("/oauth/token", fields), 400, "invalid_grant"), /revoked/);
  }
  assert.equal(await statusWith(test, text(await getTokens(test, clientId), "access_token")), 200);
  await control(test, "POST /control/clock", { advance_seconds: -3600 });
  assert.equal(await statusWith(test, text(await getTokens(test, clientId), "access_token")), 200);
  const sessions = listOf(await control(test, "GET /control/tokens"), "sessions");
  assert.deepEqual(sessions.map(({ revoked }) => revoked).sort(), [false, false, true]);
});

/** Verifies a token as a stranger would, with the published keys and nothing else. */
async function verify(test: TestApp, token: string): Promise<void> {
  const keys = createRemoteJWKSet(new URL(`${origin}/oauth/jwks`), { [customFetch]: (url) => test.get(url) });
  await jwtVerify(token, keys, { currentDate: new Date(startMs) });
}

Deno.test("POST /control/keys/rotate signs with new keys, and the old ones verify as long as they are told", async () => {
  await using test = await testApp();
  const old = await mint(test);
  await control(test, "POST /control/tokens", { scope: "openid" });
  const { keys } = await control(test, "POST /control/keys/rotate", { keep_old_seconds: 60 });
  assert(Array.isArray(keys));
  assert.deepEqual(keys.map(({ signs }) => signs), [true, false, true, false]);
  const next = await mint(test);
  await verify(test, old);
  await verify(test, next);
  assert.deepEqual([await statusWith(test, old), await statusWith(test, next)], [200, 200]);
  await control(test, "POST /control/clock", { advance_seconds: 60 });
  assert.deepEqual([await statusWith(test, old), await statusWith(test, next)], [401, 200]);
  await assert.rejects(verify(test, old), { code: "ERR_JWKS_NO_MATCHING_KEY" });
  await control(test, "POST /control/keys/rotate", { keep_old_seconds: 0 });
  assert.equal(await statusWith(test, next), 401);
});

Deno.test("POST /control/keys/rotate generates no key for id_tokens where none was needed yet", async () => {
  await using test = await kvTestApp();
  const { keys } = await control(test, "POST /control/keys/rotate", {});
  assert(Array.isArray(keys));
  assert.deepEqual(keys.map(({ alg, signs }) => [alg, signs]), [["EdDSA", true], ["EdDSA", false]]);
  assert.equal((await test.kv.get(["main", "key", "RS256"])).value, null);
});

Deno.test("rotations of one sandbox that are asked for at once happen one after another", async () => {
  await using test = await testApp();
  await control(test, "POST /control/tokens", { scope: "openid" });
  await Promise.all(Array.from({ length: 3 }, () => control(test, "POST /control/keys/rotate", {})));
  const { keys } = await control(test, "POST /control/keys/rotate", {});
  assert(Array.isArray(keys));
  assert.equal(keys.length, 2 * 5);
  assert.equal(keys.filter(({ signs }) => signs).length, 2);
});

Deno.test("POST /control/keys/break makes tokens that no stranger can verify, and none mends it (RFC 7515 5.2)", async (t) => {
  await using test = await testApp();
  const cases = [
    ["wrong_signature", { code: "ERR_JWS_SIGNATURE_VERIFICATION_FAILED" }, 401],
    ["foreign_key", { code: "ERR_JWKS_NO_MATCHING_KEY" }, 401],
    ["missing_key", { code: "ERR_JWKS_NO_MATCHING_KEY" }, 200],
  ] as const;
  for (const [how, error, status] of cases) {
    await t.step(how, async () => {
      await control(test, "POST /control/keys/break", { how });
      const answer = await control(test, "POST /control/tokens", { scope: "openid" });
      await assert.rejects(verify(test, text(answer, "access_token")), error);
      await assert.rejects(verify(test, text(answer, "id_token")), error);
      assert.equal(await statusWith(test, text(answer, "access_token")), status);
    });
  }
  await control(test, "POST /control/keys/break", { how: "none" });
  await verify(test, await mint(test));
});

Deno.test("a client with a minted token that is refused has not brought a foreign one (C24)", async () => {
  await using test = await testApp();
  const expired = await mint(test, { expires_in: -60 });
  assert.equal(await statusWith(test, expired), 401);
  const statusOf = async (): Promise<unknown> => {
    const [client] = listOf(await control(test, "GET /control/report"), "clients");
    return listOf(client ?? {}, "findings").find(({ rule }) => rule === "C24")?.status;
  };
  assert.equal(await statusOf(), "kept");
  assert.equal(await statusWith(test, await mint(below(test, "/s/standard~other"))), 401);
  assert.equal(await statusOf(), "broken");
});
