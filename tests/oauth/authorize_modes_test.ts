/** How the answer of the authorization endpoint travels, and what a client may say of the person. */
import assert from "node:assert/strict";
import {
  assertErrorRedirect,
  authorizeQuery,
  codeFields,
  json,
  origin,
  redirectOf,
  redirectUri,
  register,
  testApp,
} from "../helpers.ts";

Deno.test("response_mode=fragment answers in the fragment, errors too (OAuth Multiple Response Types 2.1)", async () => {
  await using test = await testApp();
  const { clientId } = await register(test);
  const mode = { response_mode: "fragment", auto_approve: "true" };
  const { search, hash } = redirectOf(await test.get(authorizeQuery(clientId, mode)));
  assert.equal(search, "");
  const answer = new URLSearchParams(hash.slice(1));
  assert.deepEqual([...answer.keys()], ["code", "state", "iss"]);
  const response = await test.postForm("/oauth/token", codeFields(clientId, answer.get("code") ?? ""));
  assert.equal(response.status, 200);
  const refused = redirectOf(await test.get(authorizeQuery(clientId, { ...mode, scope: '"' })));
  assert.equal(new URLSearchParams(refused.hash.slice(1)).get("error"), "invalid_scope");
});

Deno.test("response_mode=form_post answers with a form that carries the code (OAuth Form Post Response Mode 2)", async () => {
  await using test = await testApp();
  const { clientId } = await register(test);
  const mode = { response_mode: "form_post", auto_approve: "true", state: 'a"><b>' };
  const response = await test.get(authorizeQuery(clientId, mode));
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("cache-control"), "no-store");
  assert.match(response.headers.get("content-security-policy") ?? "", /script-src 'self'/);
  const page = await response.text();
  assert(page.includes(`method="post" action="${redirectUri}"`), page);
  assert(!page.includes("<b>"), "a state is not markup");
  const code = /name="code" value="([^"]+)"/.exec(page)?.[1] ?? "";
  assert.match(page, new RegExp(`name="iss" value="${origin}"`));
  assert.equal((await json(await test.postForm("/oauth/token", codeFields(clientId, code)))).token_type, "Bearer");
  const script = await test.get("/assets/consent/form_post.js");
  assert(page.includes('src="/assets/consent/form_post.js"'));
  assert.match(await script.text(), /submit\(\)/);
  const refused = await (await test.get(authorizeQuery(clientId, { ...mode, scope: '"' }))).text();
  assert.match(refused, /name="error" value="invalid_scope"/);
});

Deno.test("prompt=none asks nobody: login_required, unless the request approves itself (OpenID Connect Core 3.1.2.6)", async () => {
  await using test = await testApp();
  const { clientId } = await register(test);
  const ask = (more: Record<string, string>): Promise<Response> =>
    test.get(authorizeQuery(clientId, { prompt: "none", ...more }));
  assertErrorRedirect(await ask({}), "login_required");
  assert(redirectOf(await ask({ auto_approve: "true" })).searchParams.has("code"));
  const login = (password: string): Promise<Response> =>
    ask({ auto_approve_email: "ada@example.com", auto_approve_password: password });
  assert(redirectOf(await login("right")).searchParams.has("code"));
  assertErrorRedirect(await login("wrong"), "interaction_required");
});

Deno.test("prompt=login and prompt=consent ask the person; others are refused (OpenID Connect Core 3.1.2.1)", async (t) => {
  await using test = await testApp();
  const { clientId } = await register(test);
  for (const prompt of ["login", "consent", "login consent"]) {
    await t.step(prompt, async () => {
      const response = await test.get(authorizeQuery(clientId, { prompt }));
      assert.match(await response.text(), /wants access/);
    });
  }
  for (const prompt of ["none login", "create", "none none", "Login"]) {
    await t.step(prompt, async () => {
      const response = await test.get(authorizeQuery(clientId, { prompt, auto_approve: "true" }));
      assert.match(assertErrorRedirect(response, "invalid_request"), /prompt is not supported/);
    });
  }
});

Deno.test("login_hint fills in the e-mail address, and max_age is a number of seconds (OpenID Connect Core 3.1.2.1)", async () => {
  await using test = await testApp();
  const { clientId } = await register(test);
  const query = authorizeQuery(clientId, { login_hint: "ada@example.com", max_age: "0" });
  assert.match(await (await test.get(query)).text(), /name="email"[^>]* value="ada@example.com"/);
  for (const max_age of ["-1", "soon"]) {
    assert.match(
      assertErrorRedirect(await test.get(authorizeQuery(clientId, { max_age })), "invalid_request"),
      /max_age/,
    );
  }
});
