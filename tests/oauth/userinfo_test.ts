/** Who a token stands for: userinfo and the id_token (OpenID Connect Core 5.3, 5.4, 3.1.3.6). */
import assert from "node:assert/strict";
import { hash } from "node:crypto";
import * as jose from "jose";
import {
  assertOAuthError,
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

function userinfo({ fetch }: TestApp, token: string, method = "GET"): Promise<Response> {
  return fetch("/oauth/userinfo", { method, headers: { authorization: `Bearer ${token}` } });
}

Deno.test("GET and POST /oauth/userinfo tell what the scopes open (OpenID Connect Core 5.3.2, 5.4)", async (t) => {
  await using test = await testApp();
  const { clientId } = await register(test);
  const cases: [scope: string, members: readonly string[]][] = [
    ["openid", ["sub"]],
    ["openid profile", ["name", "sub"]],
    ["openid email", ["email", "email_verified", "sub"]],
    ["openid profile email mcp:read", ["email", "email_verified", "name", "sub"]],
  ];
  for (const [scope, members] of cases) {
    await t.step(scope, async () => {
      const tokens = await getTokens(test, clientId, { scope, resource: "https://api.example/x" });
      const token = text(tokens, "access_token");
      for (const method of ["GET", "POST"]) {
        const response = await userinfo(test, token, method);
        assert.equal(response.status, 200);
        assert.equal(response.headers.get("cache-control"), "no-store");
        const body = await json(response);
        assert.deepEqual(Object.keys(body).sort(), members);
        const { sub, name, email } = claimsOf(token);
        for (const [member, value] of Object.entries({ sub, name, email, email_verified: true })) {
          if (members.includes(member)) assert.equal(body[member], value, member);
        }
      }
      const idToken = claimsOf(text(tokens, "id_token"));
      for (const member of ["name", "email", "email_verified"]) {
        assert.equal(member in idToken, members.includes(member), member);
      }
    });
  }
});

Deno.test("GET /oauth/userinfo challenges as RFC 6750 3 asks", async (t) => {
  await using test = await testApp();
  const { clientId } = await register(test);
  const challenge = (response: Response): string => response.headers.get("www-authenticate") ?? "";

  await t.step("no token", async () => {
    const response = await test.get("/oauth/userinfo");
    assert.equal(challenge(response), "Bearer");
    await assertOAuthError(response, 401, "invalid_token");
  });
  await t.step("no token of ours", async () => {
    const response = await userinfo(test, "nonsense");
    assert.match(challenge(response), /^Bearer error="invalid_token", error_description="[^"]+"$/);
    await assertOAuthError(response, 401, "invalid_token");
  });
  await t.step("without openid", async () => {
    const response = await userinfo(test, text(await getTokens(test, clientId, { scope: "email" }), "access_token"));
    assert.match(challenge(response), /^Bearer error="insufficient_scope", .*, scope="openid"$/);
    await assertOAuthError(response, 403, "insufficient_scope");
  });
  await t.step("an id_token", async () => {
    const tokens = await getTokens(test, clientId, { scope: "openid" });
    await assertOAuthError(await userinfo(test, text(tokens, "id_token")), 401, "invalid_token");
  });
  await t.step("revoked", async () => {
    const tokens = await getTokens(test, clientId, { scope: "openid" });
    const token = text(tokens, "access_token");
    await test.postForm("/oauth/revoke", { client_id: clientId, token });
    assert.match(await assertOAuthError(await userinfo(test, token), 401, "invalid_token"), /revoked/);
  });
  await t.step("expired", async () => {
    const token = text(await getTokens(test, clientId, { scope: "openid", expires_in: "5" }), "access_token");
    test.clock.nowMs += 5000;
    assert.match(await assertOAuthError(await userinfo(test, token), 401, "invalid_token"), /expired/);
  });
  await t.step("another issuer", async () => {
    const token = text(await getTokens(test, clientId, { scope: "openid" }), "access_token");
    const response = await test.get("http://127.0.0.1:8789/oauth/userinfo", { authorization: `Bearer ${token}` });
    assert.match(await assertOAuthError(response, 401, "invalid_token"), /another issuer/);
  });
});

Deno.test("id_tokens are signed with RS256 and bound to their access token, whatever signs that (OpenID Connect Core 3.1.3.6)", async (t) => {
  for (const alg of ["EdDSA", "RS256"] as const) {
    await t.step(alg, async () => {
      await using test = await testApp({ alg });
      const { clientId } = await register(test);
      const tokens = await getTokens(test, clientId, { scope: "openid", nonce: "n" });
      const keys = jose.createLocalJWKSet(await (await test.get("/oauth/jwks")).json());
      const { payload } = await jose.jwtVerify(text(tokens, "id_token"), keys, {
        algorithms: ["RS256"],
        issuer: origin,
        audience: clientId,
        typ: "JWT",
        currentDate: new Date(startMs),
      });
      const digest = hash("sha256", text(tokens, "access_token"), "buffer");
      assert.equal(payload.at_hash, digest.subarray(0, 16).toString("base64url"));
      assert.equal(payload.nonce, "n");
      const access = await jose.jwtVerify(text(tokens, "access_token"), keys, { algorithms: [alg] });
      assert.equal(access.payload.sub, payload.sub);
    });
  }
});
