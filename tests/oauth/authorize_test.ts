import assert from "node:assert/strict";
import {
  assertErrorRedirect,
  assertOAuthError,
  authorizeQuery,
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
  type TestApp,
  testApp,
  text,
} from "../helpers.ts";

/** Redeems the code of a redirect; gives the token response. */
async function redeem(test: TestApp, clientId: string, response: Response): Promise<Record<string, unknown>> {
  const code = redirectOf(response).searchParams.get("code") ?? "";
  return json(await test.postForm("/oauth/token", codeFields(clientId, code)));
}

Deno.test("GET /oauth/authorize takes every query parameter of the seed", async (t) => {
  await using test = await testApp();
  const { clientId } = await register(test);
  const ask = (more: Record<string, string | undefined>): Promise<Response> =>
    test.get(authorizeQuery(clientId, { auto_approve: "true", ...more }));

  await t.step("client_id: required", async () => {
    const description = await assertOAuthError(await ask({ client_id: undefined }), 400, "invalid_request");
    assert.match(description, /^Invalid OAuth request: missing client_id/);
  });
  await t.step("redirect_uri: where the code goes", async () => {
    assert(redirectOf(await ask({})).href.startsWith(`${redirectUri}?code=`));
  });
  await t.step("state: comes back as it was sent", async () => {
    const state = "a b+c&d=é%20/?#\u{1f600}";
    assert.equal(redirectOf(await ask({ state })).searchParams.get("state"), state);
  });
  await t.step("code_challenge: required", async () => {
    assert.match(
      assertErrorRedirect(await ask({ code_challenge: undefined }), "invalid_request"),
      /code_challenge is missing/,
    );
  });
  await t.step("auto_approve: skips consent and makes up a user", async () => {
    const claims = claimsOf(text(await redeem(test, clientId, await ask({})), "access_token"));
    assert.match(text(claims, "sub"), /^mock-user-auto-1767323045000-[0-9a-z]{7}$/);
    assert.match(text(claims, "email"), /^mock-auto-1767323045000-[0-9a-z]{7}@example\.com$/);
    assert.equal(claims.name, "Mock Test User");
  });
  await t.step("auto_approve_email and auto_approve_password: log in, and win over auto_approve", async () => {
    const pair = { auto_approve_email: "ada@example.com", auto_approve_password: "lovelace" };
    const first = claimsOf(text(await redeem(test, clientId, await ask(pair)), "access_token"));
    const second = claimsOf(text(await redeem(test, clientId, await ask(pair)), "access_token"));
    assert.match(text(first, "sub"), /^mock-user-1767323045000-[0-9a-z]{7}$/);
    assert.equal(first.sub, second.sub);
    assert.equal(first.email, "ada@example.com");
    assert.equal(first.name, "ada");
  });
  await t.step("expires_in: seconds until the token expires; without it the token does not", async () => {
    const limited = await redeem(test, clientId, await ask({ expires_in: "60" }));
    const claims = claimsOf(text(limited, "access_token"));
    assert.equal(limited.expires_in, 60);
    assert.equal(Number(claims.exp) - Number(claims.iat), 60);
    const endless = await redeem(test, clientId, await ask({}));
    assert(!("expires_in" in endless));
    assert(!("exp" in claimsOf(text(endless, "access_token"))));
  });
});

Deno.test("POST /oauth/authorize takes every form field of the seed", async (t) => {
  await using test = await testApp();
  const { clientId } = await register(test);
  const post = (fields: Record<string, string>): Promise<Response> => test.postForm(authorizeQuery(clientId), fields);

  await t.step("action=auto makes up a user", async () => {
    const response = await post({ action: "auto" });
    assert.equal(response.status, 303);
    const claims = claimsOf(text(await redeem(test, clientId, response), "access_token"));
    assert.match(text(claims, "sub"), /^mock-user-auto-/);
  });
  await t.step("action=login with email and password creates the user, then checks the password", async () => {
    const grace = { action: "login", email: "grace@example.com", password: "hopper" };
    const first = claimsOf(text(await redeem(test, clientId, await post(grace)), "access_token"));
    const second = claimsOf(text(await redeem(test, clientId, await post(grace)), "access_token"));
    assert.equal(first.sub, second.sub);
    const refused = await post({ ...grace, password: "wrong" });
    assert.equal(refused.status, 401);
    assert.equal(refused.headers.get("location"), null);
    const page = await refused.text();
    assert.match(page, /Authentication failed: Invalid password/);
    assert.match(page, /grace@example\.com/);
    assert.doesNotMatch(page, /hopper|wrong</);
  });
  await t.step("email and password are required when action=login", async () => {
    for (
      const fields of [{ action: "login" }, { action: "login", email: "a@b.c" }, { action: "login", password: "x" }]
    ) {
      const response = await post(fields);
      assert.equal(response.status, 400);
      assert.match(await response.text(), /Email and password are required/);
    }
  });
  await t.step("action=deny goes back with access_denied", async () => {
    assertErrorRedirect(await post({ action: "deny" }), "access_denied");
  });
  await t.step("any other action is refused with the original's words", async () => {
    assert.match(await assertOAuthError(await post({ action: "steal" }), 400, "invalid_request"), /^Invalid action/);
    assert.match(
      await assertOAuthError(await post({}), 400, "invalid_request"),
      /^Invalid action.*auto, login, declared or deny/,
    );
  });
  await t.step("expires_in in the form replaces the query's", async () => {
    const response = await test.postForm(authorizeQuery(clientId, { expires_in: "60" }), {
      action: "auto",
      expires_in: "90",
    });
    assert.equal((await redeem(test, clientId, response)).expires_in, 90);
    const never = await test.postForm(authorizeQuery(clientId, { expires_in: "60" }), {
      action: "auto",
      expires_in: "",
    });
    assert(!("expires_in" in await redeem(test, clientId, never)));
    const wrong = await test.postForm(authorizeQuery(clientId), { action: "auto", expires_in: "-5" });
    assert.match(assertErrorRedirect(wrong, "invalid_request"), /expires_in is not a token lifetime/);
  });
  await t.step("the request's parameters may stand in the form (RFC 6749 3.1)", async () => {
    const [path = "", query = ""] = authorizeQuery(clientId).split("?");
    const response = await test.postForm(path, new URLSearchParams(`${query}&action=auto`));
    assert.equal(redirectOf(response).searchParams.get("state"), "xyz");
  });
  await t.step("a wrong password leaves a form that still knows the request", async () => {
    const [path = "", query = ""] = authorizeQuery(clientId).split("?");
    await post({ action: "login", email: "mary@example.com", password: "right" });
    const wrong = new URLSearchParams(`${query}&action=login&email=mary@example.com&password=wrong`);
    const page = await (await test.postForm(path, wrong)).text();
    assert.match(page, new RegExp(`action="/oauth/authorize\\?[^"]*client_id=${clientId}`));
    assert.doesNotMatch(page, /password=wrong/);
  });
});

Deno.test("GET /oauth/authorize shows who asks, where the code goes and what for (MCP authorization, consent)", async () => {
  await using test = await testApp();
  const { clientId } = await register(test, {
    client_name: "Mallory & Sons <b>",
    redirect_uris: ["http://127.0.0.1:3000/cb"],
  });
  const response = await test.get(
    authorizeQuery(clientId, {
      redirect_uri: "http://127.0.0.1:3000/cb",
      scope: "notes:read",
      resource: `${origin}/oauth`,
    }),
  );
  assert.equal(response.status, 200);
  assert.match(response.headers.get("content-security-policy") ?? "", /default-src 'none'/);
  assert.match(response.headers.get("content-security-policy") ?? "", /frame-ancestors 'none'/);
  const page = await response.text();
  for (const expected of ["Mallory &amp; Sons &lt;b>", clientId, "127.0.0.1", "notes:read", "this computer"]) {
    assert(page.includes(expected), `the page lacks ${expected}`);
  }
  const remote = await register(test);
  const other = await (await test.get(authorizeQuery(remote.clientId))).text();
  assert(!other.includes("runs on this computer"));
  assert(other.includes("client.example"));
});

Deno.test("GET /oauth/authorize never redirects an error it cannot trust (RFC 6749 4.1.2.1)", async (t) => {
  await using test = await testApp();
  const { clientId } = await register(test);
  const cases: [string, Record<string, string | undefined>, RegExp][] = [
    ["unknown client", { client_id: "nobody" }, /client_id is not registered here/],
    ["foreign redirect URI", { redirect_uri: "https://evil.example/cb" }, /redirect_uri is not registered/],
    ["redirect URI with another path", { redirect_uri: `${redirectUri}/` }, /redirect_uri is not registered/],
    ["redirect URI with a query", { redirect_uri: `${redirectUri}?x=1` }, /redirect_uri is not registered/],
    ["redirect URI with a fragment", { redirect_uri: `${redirectUri}#x` }, /redirect_uri is not registered/],
    ["redirect URI in other case", { redirect_uri: "https://CLIENT.example/cb" }, /redirect_uri is not registered/],
    ["client_id with a NUL", { client_id: "a\0b" }, /NUL/],
  ];
  for (const [name, more, expected] of cases) {
    await t.step(name, async () => {
      const asJson = await test.get(authorizeQuery(clientId, { auto_approve: "true", ...more }));
      assert.equal(asJson.status, 400);
      assert.equal(asJson.headers.get("location"), null);
      assert.match(text(await json(asJson), "error_description"), expected);
      const asPage = await test.get(authorizeQuery(clientId, more), { accept: "text/html" });
      assert.equal(asPage.status, 400);
      assert.equal(asPage.headers.get("location"), null);
      assert.match(await asPage.text(), /<!doctype html>/i);
    });
  }
  await t.step("client_id or redirect_uri twice", async () => {
    for (const again of ["&client_id=x", `&redirect_uri=${encodeURIComponent(redirectUri)}`]) {
      assert.match(
        await assertOAuthError(await test.get(authorizeQuery(clientId) + again), 400, "invalid_request"),
        /sent more than once/,
      );
    }
  });
});

Deno.test("GET /oauth/authorize sends other errors back with state and iss (RFC 6749 4.1.2.1, RFC 9207)", async (t) => {
  await using test = await testApp();
  const { clientId } = await register(test);
  const cases: [string, Record<string, string | undefined>, string, RegExp][] = [
    ["no response_type", { response_type: undefined }, "invalid_request", /response_type is missing/],
    ["a request object", { request: "a.b.c" }, "request_not_supported", /Request objects are not supported/],
    ["response_type=token", { response_type: "token" }, "unsupported_response_type", /expected code/],
    ["response_mode=web_message", { response_mode: "web_message" }, "invalid_request", /response_mode/],
    ["no code_challenge_method", { code_challenge_method: undefined }, "invalid_request", /expected S256/],
    ["code_challenge_method=plain", { code_challenge_method: "plain" }, "invalid_request", /expected S256/],
    ["a short code_challenge", { code_challenge: "abc" }, "invalid_request", /43 characters/],
    ["expires_in negative", { expires_in: "-1" }, "invalid_request", /whole number of seconds/],
    ["expires_in zero", { expires_in: "0" }, "invalid_request", /whole number of seconds/],
    ["expires_in no number", { expires_in: "soon" }, "invalid_request", /received 'soon'/],
    ["expires_in a fraction", { expires_in: "1.5" }, "invalid_request", /whole number of seconds/],
    ["expires_in in hexadecimal", { expires_in: "0x10" }, "invalid_request", /whole number of seconds/],
    ["expires_in beyond reason", { expires_in: "999999999999" }, "invalid_request", /whole number of seconds/],
    ["scope with a quote", { scope: 'a"b' }, "invalid_scope", /printable ASCII/],
    ["scope not ASCII", { scope: "größe" }, "invalid_scope", /printable ASCII/],
    ["resource relative", { resource: "/oauth" }, "invalid_target", /absolute URI/],
    ["resource with a fragment", { resource: "https://a.example/#x" }, "invalid_target", /absolute URI/],
    ["half a pair", { auto_approve_email: "a@example.com" }, "invalid_request", /must be sent together/],
    ["the other half", { auto_approve_password: "secret-word" }, "invalid_request", /must be sent together/],
    ["auto_approve=yes", { auto_approve: "yes" }, "invalid_request", /received 'yes'; expected true/],
    ["scope with a NUL", { scope: "a\0" }, "invalid_request", /NUL/],
    ["a huge parameter", { nonce: "n".repeat(20_000) }, "invalid_request", /too long/],
  ];
  for (const [name, more, code, expected] of cases) {
    await t.step(name, async () => {
      const description = assertErrorRedirect(await test.get(authorizeQuery(clientId, more)), code);
      assert.match(description, expected);
      assert.doesNotMatch(description, /secret-word/);
    });
  }
  await t.step("a parameter twice", async () => {
    const response = await test.get(`${authorizeQuery(clientId)}&scope=a&scope=b`);
    assert.match(assertErrorRedirect(response, "invalid_request"), /scope is sent more than once/);
  });
});

Deno.test("GET /oauth/authorize refuses the wrong password of auto_approve_email here and not at the client", async () => {
  await using test = await testApp();
  const { clientId } = await register(test);
  const pair = (password: string): string =>
    authorizeQuery(clientId, { auto_approve_email: "ada@example.com", auto_approve_password: password });
  redirectOf(await test.get(pair("right")));
  const description = await assertOAuthError(await test.get(pair("wrong")), 401, "access_denied");
  assert.match(description, /^Authentication failed: Invalid password/);
  assert.doesNotMatch(description, /right|wrong/);
  const noAddress = await test.get(
    authorizeQuery(clientId, { auto_approve_email: "nobody", auto_approve_password: "x" }),
  );
  assert.match(await assertOAuthError(noAddress, 400, "invalid_request"), /not an e-mail address/);
});

Deno.test("GET /oauth/authorize lets the port of a loopback redirect URI vary, and nothing else (RFC 8252 7.3)", async (t) => {
  await using test = await testApp();
  const { clientId } = await register(test, {
    redirect_uris: ["http://127.0.0.1/cb", "http://localhost:4000/cb", "http://[::1]:1/cb"],
  });
  const ask = (redirect: string): Promise<Response> =>
    test.get(authorizeQuery(clientId, { redirect_uri: redirect, auto_approve: "true" }));
  for (
    const uri of ["http://127.0.0.1:51004/cb", "http://127.0.0.1/cb", "http://localhost:1/cb", "http://[::1]:65535/cb"]
  ) {
    await t.step(`takes ${uri}`, async () => {
      assert((await ask(uri)).headers.get("location")?.startsWith(`${uri}?code=`));
    });
  }
  const refused = [
    "http://127.0.0.1:51004/other",
    "http://127.0.0.2:51004/cb",
    "https://127.0.0.1:51004/cb",
    "http://127.0.0.1:51004/cb?x",
    "http://user@127.0.0.1:51004/cb",
    "http://127.0.0.1:51004@evil.example/cb",
    "http://127.0.0.1:999999/cb",
    "http://127.0.0.1.evil.example/cb",
    "http://localhost:1\t/cb",
  ];
  for (const uri of refused) {
    await t.step(`refuses ${JSON.stringify(uri)}`, async () => {
      assert.equal((await ask(uri)).status, 400);
    });
  }
});

Deno.test("GET /oauth/authorize keeps the query of a redirect URI (RFC 6749 3.1.2)", async () => {
  await using test = await testApp();
  const uri = "https://client.example/cb?tenant=a%20b&x";
  const { clientId } = await register(test, { redirect_uris: [uri] });
  const response = await test.get(authorizeQuery(clientId, { redirect_uri: uri, auto_approve: "true" }));
  assert(response.headers.get("location")?.startsWith(`${uri}&code=`));
});

Deno.test("GET /oauth/authorize takes the only registered redirect URI when none is sent (RFC 6749 3.1.2.3)", async () => {
  await using test = await testApp();
  const { clientId } = await register(test);
  const code = await getCode(test, clientId, { redirect_uri: undefined });
  const { redirect_uri: _, ...fields } = codeFields(clientId, code);
  assert.equal((await test.postForm("/oauth/token", fields)).status, 200);
  const two = await register(test, { redirect_uris: [redirectUri, "https://client.example/other"] });
  const ask = test.get(authorizeQuery(two.clientId, { redirect_uri: undefined, auto_approve: "true" }));
  assert.match(await assertOAuthError(await ask, 400, "invalid_request"), /redirect_uri is missing/);
});

Deno.test("authorization responses carry iss, the issuer byte for byte (RFC 9207 2)", async () => {
  await using test = await testApp();
  const { clientId } = await register(test);
  const response = await test.get(authorizeQuery(clientId, { auto_approve: "true" }));
  assert.equal(response.status, 302);
  assert.equal(response.headers.get("cache-control"), "no-store");
  assert.equal(redirectOf(response).searchParams.get("iss"), origin);
});

Deno.test("users are kept, auto-generated ones are not (seed, user persistence)", async () => {
  await using test = await kvTestApp();
  const { clientId } = await register(test);
  await getTokens(test, clientId);
  const count = async (): Promise<number> => (await Array.fromAsync(test.kv.list({ prefix: ["main", "user"] }))).length;
  assert.equal(await count(), 0);
  const pair = { auto_approve_email: "Ada@Example.com", auto_approve_password: "lovelace" };
  await getTokens(test, clientId, pair);
  await getTokens(test, clientId, { ...pair, auto_approve_email: "ada@example.com" });
  assert.equal(await count(), 1);
  const [entry] = await Array.fromAsync(test.kv.list({ prefix: ["main", "user"] }));
  const stored = JSON.stringify(entry?.value);
  assert.match(stored, /scrypt\$16384\$8\$1\$/);
  assert.doesNotMatch(stored, /lovelace|bG92ZWxhY2/);
});

Deno.test("two first logins with one address at once make one user, and one password counts", async () => {
  await using test = await testApp();
  const { clientId } = await register(test);
  const log = (password: string): Promise<Response> =>
    test.get(authorizeQuery(clientId, { auto_approve_email: "twin@example.com", auto_approve_password: password }));
  const statuses = (await Promise.all([log("one"), log("two")])).map(({ status }) => status).sort();
  assert.deepEqual(statuses, [302, 401]);
});

Deno.test("POST /oauth/authorize insists on a form", async () => {
  await using test = await testApp();
  const { clientId } = await register(test);
  const response = await test.postJson(authorizeQuery(clientId), { action: "auto" });
  await assertOAuthError(response, 415, "invalid_request");
});
