import assert from "node:assert/strict";
import * as jose from "jose";
import {
  assertOAuthError,
  authorizeQuery,
  callOauth,
  challengeOf,
  claimsOf,
  codeFields,
  getCode,
  getTokens,
  json,
  kvTestApp,
  origin,
  redirectOf,
  redirectUri,
  register,
  startMs,
  testApp,
  text,
  verifier,
} from "../helpers.ts";

Deno.test("POST /oauth/token answers a code with a JWT of RFC 9068's shape, signed by a key of the JWKS", async (t) => {
  for (const alg of ["EdDSA", "ES256", "RS256"] as const) {
    await t.step(alg, async () => {
      await using test = await testApp({ alg });
      const { clientId } = await register(test);
      const code = await getCode(test, clientId, {
        scope: "a b",
        resource: "https://api.example/x",
        expires_in: "300",
      });
      const response = await test.postForm("/oauth/token", codeFields(clientId, code));
      assert.equal(response.status, 200);
      assert.equal(response.headers.get("cache-control"), "no-store");
      assert.equal(response.headers.get("content-type"), "application/json");
      const body = await json(response);
      assert.equal(body.token_type, "Bearer");
      assert.equal(body.expires_in, 300);
      assert.equal(body.scope, "a b");
      const keys = await (await test.get("/oauth/jwks")).json();
      const { payload, protectedHeader } = await jose.jwtVerify(
        text(body, "access_token"),
        jose.createLocalJWKSet(keys),
        { issuer: origin, audience: "https://api.example/x", typ: "at+jwt", currentDate: new Date(startMs) },
      );
      assert.equal(protectedHeader.alg, alg);
      assert.equal(payload.client_id, clientId);
      assert.equal(payload.scope, "a b");
      assert.equal(payload.iat, startMs / 1000);
      assert.equal(payload.exp, startMs / 1000 + 300);
      for (const claim of ["sub", "jti", "email", "name", "sid"]) assert.equal(typeof payload[claim], "string", claim);
    });
  }
});

Deno.test("POST /oauth/token issues an id_token for openid (OpenID Connect Core 3.1.3.3)", async () => {
  await using test = await testApp();
  const { clientId } = await register(test);
  const body = await getTokens(test, clientId, { scope: "openid", nonce: "n-0S6_WzA2Mj" });
  const keys = await (await test.get("/oauth/jwks")).json();
  const { payload } = await jose.jwtVerify(text(body, "id_token"), jose.createLocalJWKSet(keys), {
    issuer: origin,
    audience: clientId,
    currentDate: new Date(startMs),
  });
  assert.equal(payload.nonce, "n-0S6_WzA2Mj");
  assert.equal(payload.sub, claimsOf(text(body, "access_token")).sub);
  assert(!("id_token" in await getTokens(test, clientId)));
});

Deno.test("POST /oauth/token rejects a reused code and revokes what it issued (RFC 6749 4.1.2)", async () => {
  await using test = await testApp();
  const { clientId } = await register(test);
  const code = await getCode(test, clientId);
  const tokens = await json(await test.postForm("/oauth/token", codeFields(clientId, code)));
  const accessToken = text(tokens, "access_token");
  assert.equal((await callOauth(test, accessToken)).status, 200);
  const again = await test.postForm("/oauth/token", codeFields(clientId, code));
  assert.match(await assertOAuthError(again, 400, "invalid_grant"), /^Authorization code already used/);
  const refused = await callOauth(test, accessToken);
  assert.match(await assertOAuthError(refused, 401, "invalid_token"), /revoked/);
  const refresh = await test.postForm("/oauth/token", {
    grant_type: "refresh_token",
    client_id: clientId,
    refresh_token: text(tokens, "refresh_token"),
  });
  assert.match(await assertOAuthError(refresh, 400, "invalid_grant"), /revoked/);
});

Deno.test("100 parallel redemptions of one code give one token (RFC 6749 4.1.2)", async () => {
  await using test = await testApp();
  const { clientId } = await register(test);
  const code = await getCode(test, clientId);
  const responses = await Promise.all(
    Array.from({ length: 100 }, () => test.postForm("/oauth/token", codeFields(clientId, code))),
  );
  const statuses = responses.map(({ status }) => status);
  assert.equal(statuses.filter((status) => status === 200).length, 1);
  assert.equal(statuses.filter((status) => status === 400).length, 99);
  await Promise.all(responses.map((response) => response.body?.cancel()));
});

Deno.test("POST /oauth/token rejects a code after ten minutes on the server's clock (RFC 6749 4.1.2)", async () => {
  await using test = await testApp();
  const { clientId } = await register(test);
  const [early, late] = [await getCode(test, clientId), await getCode(test, clientId)];
  test.clock.nowMs += 599_999;
  assert.equal((await test.postForm("/oauth/token", codeFields(clientId, early))).status, 200);
  test.clock.nowMs += 1;
  const response = await test.postForm("/oauth/token", codeFields(clientId, late));
  assert.match(await assertOAuthError(response, 400, "invalid_grant"), /expired 0 seconds ago/);
});

Deno.test("POST /oauth/token checks the code's client, redirect URI, verifier and resource, and a failed check does not use it up", async (t) => {
  await using test = await testApp();
  const { clientId } = await register(test);
  const other = await register(test);
  const code = await getCode(test, clientId, { resource: "https://api.example/x" });
  const cases: [string, Record<string, string>, string, RegExp][] = [
    ["another client", { client_id: other.clientId }, "invalid_grant", /Client ID mismatch/],
    [
      "another redirect URI",
      { redirect_uri: "https://client.example/other" },
      "invalid_grant",
      /redirect_uri differs from/,
    ],
    ["no redirect URI", { redirect_uri: "" }, "invalid_grant", /redirect_uri differs from/],
    ["no verifier", { code_verifier: "" }, "invalid_request", /code_verifier is missing/],
    ["a short verifier", { code_verifier: "short" }, "invalid_request", /43 to 128 characters/],
    ["a long verifier", { code_verifier: "v".repeat(129) }, "invalid_request", /43 to 128 characters/],
    ["a verifier of other characters", { code_verifier: "+".repeat(43) }, "invalid_request", /43 to 128 characters/],
    ["a wrong verifier", { code_verifier: "v".repeat(43) }, "invalid_grant", /does not match/],
    [
      "another resource",
      { resource: "https://api.example/y" },
      "invalid_target",
      /not part of the authorization request/,
    ],
    ["a code cut short", { code: code.slice(0, -1) }, "invalid_grant", /has not issued it/],
    ["a forged code", { code: "code_AAAA" }, "invalid_grant", /has not issued it/],
    ["no code", { code: "" }, "invalid_request", /code is missing/],
    ["no client", { client_id: "" }, "invalid_request", /client_id is missing/],
    [
      "another grant type",
      { grant_type: "password" },
      "unsupported_grant_type",
      /authorization_code or refresh_token or/,
    ],
    ["no grant type", { grant_type: "" }, "invalid_request", /grant_type is missing/],
  ];
  for (const [name, more, error, expected] of cases) {
    await t.step(name, async () => {
      const response = await test.postForm("/oauth/token", codeFields(clientId, code, more));
      const description = await assertOAuthError(response, 400, error);
      assert.match(description, expected);
      assert(!description.includes(code), "the error repeats the code");
      assert.equal(response.headers.get("cache-control"), "no-store");
    });
  }
  await t.step("then the code still works", async () => {
    assert.equal((await test.postForm("/oauth/token", codeFields(clientId, code))).status, 200);
  });
});

Deno.test("POST /oauth/token takes verifiers of 43 and of 128 characters, with every character allowed (RFC 7636 4.1)", async () => {
  await using test = await testApp();
  const { clientId } = await register(test);
  for (const codeVerifier of [verifier, `${"A-z0.9_~".repeat(16)}`]) {
    const code = await getCode(test, clientId, { code_challenge: challengeOf(codeVerifier) });
    const response = await test.postForm("/oauth/token", codeFields(clientId, code, { code_verifier: codeVerifier }));
    assert.equal(response.status, 200, `${codeVerifier.length} characters`);
  }
});

Deno.test("POST /oauth/token puts resource into aud; the default is the /oauth endpoint (RFC 8707 2.2, RFC 9068 3)", async () => {
  await using test = await testApp();
  const { clientId } = await register(test);
  const audOf = async (more: Record<string, string>, fields: Record<string, string> = {}): Promise<unknown> => {
    const code = await getCode(test, clientId, more);
    const body = await json(await test.postForm("/oauth/token", codeFields(clientId, code, fields)));
    return claimsOf(text(body, "access_token")).aud;
  };
  assert.equal(await audOf({}), `${origin}/oauth`);
  assert.equal(await audOf({ resource: "https://a.example/mcp" }), "https://a.example/mcp");
  assert.equal(await audOf({}, { resource: "https://a.example/mcp" }), "https://a.example/mcp");
  const query = `${
    authorizeQuery(clientId, { auto_approve: "true", resource: "https://a.example/" })
  }&resource=https://b.example/`;
  const code = redirectOf(await test.get(query)).searchParams.get("code") ?? "";
  const narrowed = codeFields(clientId, code, { resource: "https://b.example/" });
  assert.equal(
    claimsOf(text(await json(await test.postForm("/oauth/token", narrowed)), "access_token")).aud,
    "https://b.example/",
  );
  const both = redirectOf(await test.get(query)).searchParams.get("code") ?? "";
  const body = await json(await test.postForm("/oauth/token", codeFields(clientId, both)));
  assert.deepEqual(claimsOf(text(body, "access_token")).aud, ["https://a.example/", "https://b.example/"]);
});

Deno.test("POST /oauth/token authenticates clients (RFC 6749 2.3, 5.2)", async (t) => {
  await using test = await testApp();
  const post = await register(test, { token_endpoint_auth_method: "client_secret_post" });
  const basic = await register(test, { token_endpoint_auth_method: "client_secret_basic" });
  const open = await register(test);
  const basicOf = (id: string, secret: string): Record<string, string> => ({
    authorization: `Basic ${btoa(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`)}`,
  });

  await t.step("client_secret_post", async () => {
    const fields = codeFields(post.clientId, await getCode(test, post.clientId), { client_secret: post.secret });
    assert.equal((await test.postForm("/oauth/token", fields)).status, 200);
  });
  await t.step("client_secret_basic, with and without client_id in the body", async () => {
    for (const id of [basic.clientId, ""]) {
      const fields = codeFields(basic.clientId, await getCode(test, basic.clientId), { client_id: id });
      const response = await test.postForm("/oauth/token", fields, basicOf(basic.clientId, basic.secret));
      assert.equal(response.status, 200);
    }
  });
  const code = await getCode(test, basic.clientId);
  const fields = codeFields(basic.clientId, code, { client_id: "" });
  const cases: [string, Record<string, string>, Record<string, string>, number, string, RegExp][] = [
    [
      "a wrong secret in the header",
      fields,
      basicOf(basic.clientId, "wrong"),
      401,
      "invalid_client",
      /secret is wrong/,
    ],
    [
      "a wrong secret in the body",
      { ...fields, client_id: basic.clientId, client_secret: "wrong" },
      {},
      401,
      "invalid_client",
      /secret is wrong/,
    ],
    ["no secret", { ...fields, client_id: basic.clientId }, {}, 401, "invalid_client", /sent none/],
    ["an unknown client", { ...fields, client_id: "nobody" }, {}, 401, "invalid_client", /Client not found/],
    ["a header that is not Basic", fields, { authorization: "Basic !!!" }, 401, "invalid_client", /not HTTP Basic/],
    ["a Bearer header", fields, { authorization: "Bearer abc" }, 401, "invalid_client", /not HTTP Basic/],
    [
      "a stray percent sign",
      fields,
      { authorization: `Basic ${btoa("a%:b")}` },
      401,
      "invalid_client",
      /not HTTP Basic/,
    ],
    [
      "two ways at once",
      { ...fields, client_secret: basic.secret },
      basicOf(basic.clientId, basic.secret),
      400,
      "invalid_request",
      /two authentication methods/,
    ],
    [
      "two clients at once",
      { ...fields, client_id: open.clientId },
      basicOf(basic.clientId, basic.secret),
      400,
      "invalid_request",
      /two authentication methods/,
    ],
    [
      "a secret from a public client",
      codeFields(open.clientId, code, { client_secret: "x" }),
      {},
      401,
      "invalid_client",
      /public and has no secret/,
    ],
  ];
  for (const [name, body, headers, status, error, expected] of cases) {
    await t.step(name, async () => {
      const response = await test.postForm("/oauth/token", body, headers);
      assert.match(await assertOAuthError(response, status, error), expected);
      const challenge = response.headers.get("www-authenticate");
      if (status === 401 && "authorization" in headers) assert.match(challenge ?? "", /^Basic /);
      else assert.equal(challenge, null);
    });
  }
  await t.step("none of which used the code up", async () => {
    const response = await test.postForm("/oauth/token", fields, basicOf(basic.clientId, basic.secret));
    assert.equal(response.status, 200);
  });
});

Deno.test("secrets are kept as hashes only", async () => {
  await using test = await kvTestApp();
  const { secret, clientId } = await register(test, { token_endpoint_auth_method: "client_secret_post" });
  const code = await getCode(test, clientId);
  const fields = codeFields(clientId, code, { client_secret: secret });
  const tokens = await json(await test.postForm("/oauth/token", fields));
  const everything = JSON.stringify(
    await Array.fromAsync(test.kv.list({ prefix: [] }), ({ key, value }) => [key, value]),
  );
  for (const kept of [secret, code, text(tokens, "access_token"), text(tokens, "refresh_token")]) {
    assert(!everything.includes(kept.slice(-20)));
  }
  assert(everything.includes("secretHash"));
});

Deno.test("POST /oauth/token rotates refresh tokens (OAuth 2.1 4.3.1)", async (t) => {
  await using test = await testApp();
  const { clientId } = await register(test);
  const refresh = (token: string, more: Record<string, string> = {}): Promise<Response> =>
    test.postForm("/oauth/token", { grant_type: "refresh_token", client_id: clientId, refresh_token: token, ...more });

  await t.step("each answer has a new one, the same user and scope, and the asked lifetime", async () => {
    const first = await getTokens(test, clientId, { scope: "a b", expires_in: "60" });
    test.clock.nowMs += 1000;
    const second = await json(await refresh(text(first, "refresh_token")));
    assert.notEqual(second.refresh_token, first.refresh_token);
    assert.equal(second.scope, "a b");
    assert.equal(second.expires_in, 60);
    const [before, after] = [claimsOf(text(first, "access_token")), claimsOf(text(second, "access_token"))];
    assert.equal(after.sub, before.sub);
    assert.equal(after.aud, before.aud);
    assert.notEqual(after.jti, before.jti);
    assert.equal(Number(after.iat) - Number(before.iat), 1);
    assert.equal((await refresh(text(second, "refresh_token"))).status, 200);
  });
  await t.step("reuse of a rotated one revokes the family", async () => {
    const first = await getTokens(test, clientId);
    const second = await json(await refresh(text(first, "refresh_token")));
    assert.equal((await callOauth(test, text(second, "access_token"))).status, 200);
    assert.match(
      await assertOAuthError(await refresh(text(first, "refresh_token")), 400, "invalid_grant"),
      /already used/,
    );
    assert.match(await assertOAuthError(await refresh(text(second, "refresh_token")), 400, "invalid_grant"), /revoked/);
    await assertOAuthError(await callOauth(test, text(second, "access_token")), 401, "invalid_token");
  });
  await t.step("of eight at once, one wins", async () => {
    const { refresh_token } = await getTokens(test, clientId);
    const responses = await Promise.all(Array.from({ length: 8 }, () => refresh(String(refresh_token))));
    assert.equal(responses.filter(({ status }) => status === 200).length, 1);
    await Promise.all(responses.map((response) => response.body?.cancel()));
  });
  await t.step("scope may be narrowed, not widened (RFC 6749 6)", async () => {
    const { refresh_token } = await getTokens(test, clientId, { scope: "a b" });
    assert.match(
      await assertOAuthError(await refresh(String(refresh_token), { scope: "a c" }), 400, "invalid_scope"),
      /received 'c'/,
    );
    assert.equal((await json(await refresh(String(refresh_token), { scope: "a" }))).scope, "a");
  });
  await t.step("another client's is refused and not used up", async () => {
    const other = await register(test);
    const { refresh_token } = await getTokens(test, clientId);
    const stolen = await refresh(String(refresh_token), { client_id: other.clientId });
    assert.match(await assertOAuthError(stolen, 400, "invalid_grant"), /Client ID mismatch/);
    assert.equal((await refresh(String(refresh_token))).status, 200);
  });
  await t.step("expires after thirty days", async () => {
    const { refresh_token } = await getTokens(test, clientId);
    test.clock.nowMs += 30 * 24 * 60 * 60 * 1000;
    assert.match(await assertOAuthError(await refresh(String(refresh_token)), 400, "invalid_grant"), /expired/);
  });
  await t.step("forged, or a code instead", async () => {
    for (const token of ["refresh_AAAA", "nonsense", (await getCode(test, clientId)).replace("code_", "refresh_")]) {
      assert.match(await assertOAuthError(await refresh(token), 400, "invalid_grant"), /Invalid refresh token/);
    }
  });
});

Deno.test("POST /oauth/token gives no refresh token to a client that did not register for it (RFC 7591 2)", async () => {
  await using test = await testApp();
  const { clientId } = await register(test, { grant_types: ["authorization_code"] });
  assert(!("refresh_token" in await getTokens(test, clientId)));
  const other = await register(test);
  const { refresh_token } = await getTokens(test, other.clientId);
  const response = await test.postForm("/oauth/token", {
    grant_type: "refresh_token",
    client_id: clientId,
    refresh_token: String(refresh_token),
  });
  await assertOAuthError(response, 400, "unauthorized_client");
});

Deno.test("POST /oauth/token refuses bodies it cannot read, and stores nothing", async (t) => {
  await using test = await testApp();
  const { clientId } = await register(test);
  const code = await getCode(test, clientId);
  const good = new URLSearchParams(codeFields(clientId, code)).toString();
  const form = { "content-type": "application/x-www-form-urlencoded" };
  const cases: [string, RequestInit, number, RegExp][] = [
    ["JSON", { body: "{}", headers: { "content-type": "application/json" } }, 415, /expected application\/x-www-form/],
    ["no content type", { body: new Uint8Array([1]) }, 415, /no content-type header/],
    ["1 MiB and a byte", { body: "a".repeat(1024 * 1024 + 1), headers: form }, 413, /at most 1048576 bytes/],
    ["a parameter twice", { body: `${good}&code=x`, headers: form }, 400, /code is sent more than once/],
    ["a NUL", { body: `${good}&x=%00`, headers: form }, 400, /NUL/],
    ["a huge value", { body: `${good}&x=${"y".repeat(20_000)}`, headers: form }, 400, /x is too long/],
    ["not UTF-8", { body: new Uint8Array([0x61, 0x3d, 0xff]), headers: form }, 400, /not UTF-8/],
    ["nothing", { body: "", headers: form }, 400, /grant_type is missing/],
  ];
  for (const [name, init, status, expected] of cases) {
    await t.step(name, async () => {
      const response = await test.fetch("/oauth/token", { method: "POST", ...init });
      assert.match(await assertOAuthError(response, status, "invalid_request"), expected);
    });
  }
  await t.step("and the code still works", async () => {
    const response = await test.fetch("/oauth/token", { method: "POST", body: good, headers: form });
    assert.equal(response.status, 200);
  });
});

Deno.test("tokens of one app mean nothing to another", async () => {
  await using one = await testApp();
  await using two = await testApp();
  const { clientId } = await register(one);
  const tokens = await getTokens(one, clientId);
  await assertOAuthError(await callOauth(two, text(tokens, "access_token")), 401, "invalid_token");
  await assertOAuthError(await two.get(authorizeQuery(clientId)), 400, "invalid_client");
  assert(redirectUri.startsWith("https:"));
});
