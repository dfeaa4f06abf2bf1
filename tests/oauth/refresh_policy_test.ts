/** What policy makes of refresh tokens, and what stays true under each. */
import assert from "node:assert/strict";
import {
  assertOAuthError,
  callOauth,
  codeFields,
  getCode,
  getTokens,
  json,
  register,
  type TestApp,
  testApp,
  text,
} from "../helpers.ts";

function refresh(
  test: TestApp,
  clientId: string,
  token: string,
  more: Record<string, string> = {},
): Promise<Response> {
  return test.postForm("/oauth/token", {
    grant_type: "refresh_token",
    client_id: clientId,
    refresh_token: token,
    ...more,
  });
}

Deno.test("within refreshGraceSeconds a used refresh token gets the successor it got, after them the login ends (policy)", async () => {
  await using test = await testApp({ policy: { refreshGraceSeconds: 30 } });
  const { clientId } = await register(test);
  const first = text(await getTokens(test, clientId), "refresh_token");
  const answers = await Promise.all([1, 2, 3].map(async () => await json(await refresh(test, clientId, first))));
  const successors = new Set(answers.map((body) => text(body, "refresh_token")));
  assert.equal(successors.size, 1);
  test.clock.nowMs += 29_999;
  const [successor = ""] = successors;
  assert.equal(text(await json(await refresh(test, clientId, first)), "refresh_token"), successor);
  test.clock.nowMs += 1;
  await assertOAuthError(await refresh(test, clientId, first), 400, "invalid_grant");
  await assertOAuthError(await refresh(test, clientId, successor), 400, "invalid_grant");
});

Deno.test("POST /oauth/introspect calls a used refresh token active while it would still work (RFC 7662 2.2)", async () => {
  await using test = await testApp({ policy: { refreshGraceSeconds: 30 } });
  const { clientId } = await register(test);
  const judge = await register(test, { token_endpoint_auth_method: "client_secret_post" });
  const isActive = async (token: string): Promise<unknown> => {
    const asked = { client_id: judge.clientId, client_secret: judge.secret, token };
    return (await json(await test.postForm("/oauth/introspect", asked))).active;
  };
  const [first, second] = [await getTokens(test, clientId), await getTokens(test, clientId)];
  const [ages, ends] = [text(first, "refresh_token"), text(second, "refresh_token")];
  for (const token of [ages, ends]) {
    assert.equal((await refresh(test, clientId, token)).status, 200);
    assert.equal(await isActive(token), true);
  }
  await test.postForm("/oauth/revoke", { client_id: clientId, token: ends });
  assert.equal(await isActive(ends), false);
  test.clock.nowMs += 29_999;
  assert.equal(await isActive(ages), true);
  test.clock.nowMs += 1;
  assert.equal(await isActive(ages), false);
});

Deno.test("a grace window revives no login that was revoked (policy)", async () => {
  await using test = await testApp({ policy: { refreshGraceSeconds: 30 } });
  const { clientId } = await register(test);
  const code = await getCode(test, clientId);
  const tokens = await json(await test.postForm("/oauth/token", codeFields(clientId, code)));
  const first = text(tokens, "refresh_token");
  assert.equal((await refresh(test, clientId, first)).status, 200);
  await assertOAuthError(await test.postForm("/oauth/token", codeFields(clientId, code)), 400, "invalid_grant");
  await assertOAuthError(await refresh(test, clientId, first), 400, "invalid_grant");
});

Deno.test("rotateRefreshTokens decides whose refresh tokens are good for one use (OAuth 2.1 4.3.1)", async (t) => {
  for (
    const [policy, method, rotates] of [
      ["always", "none", true],
      ["always", "client_secret_post", true],
      ["public", "none", true],
      ["public", "client_secret_post", false],
      ["never", "none", false],
    ] as const
  ) {
    await t.step(`${policy}, ${method}`, async () => {
      await using test = await testApp({ policy: { rotateRefreshTokens: policy } });
      const { clientId, secret } = await register(test, { token_endpoint_auth_method: method });
      const who: Record<string, string> = secret === "" ? {} : { client_secret: secret };
      const code = await getCode(test, clientId);
      const tokens = await json(await test.postForm("/oauth/token", codeFields(clientId, code, who)));
      const token = text(tokens, "refresh_token");
      const next = await json(await refresh(test, clientId, token, who));
      assert.equal("refresh_token" in next, rotates);
      assert.equal((await callOauth(test, text(next, "access_token"))).status, 200);
      const again = await refresh(test, clientId, token, who);
      assert.equal(again.status, rotates ? 400 : 200);
      // A code used twice ends the login, whatever the policy.
      await test.postForm("/oauth/token", codeFields(clientId, code, who));
      await assertOAuthError(await refresh(test, clientId, token, who), 400, "invalid_grant");
    });
  }
});

Deno.test("a refresh with less scope leaves the successor all of it (RFC 6749 6)", async () => {
  await using test = await testApp();
  const { clientId } = await register(test);
  const first = text(await getTokens(test, clientId, { scope: "a b" }), "refresh_token");
  const narrowed = await json(await refresh(test, clientId, first, { scope: "a" }));
  assert.equal(narrowed.scope, "a");
  const whole = await json(await refresh(test, clientId, text(narrowed, "refresh_token")));
  assert.equal(whole.scope, "a b");
  assert.match(
    await assertOAuthError(
      await refresh(test, clientId, text(whole, "refresh_token"), { scope: "a b c" }),
      400,
      "invalid_scope",
    ),
    /exceeds/,
  );
});
