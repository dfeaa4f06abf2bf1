/** Users with claims of their own: declared ones, and auto-generated ones of a request's making. */
import assert from "node:assert/strict";
import { parseUsersFile } from "../../lib/cli/users_file.ts";
import {
  assertErrorRedirect,
  assertOAuthError,
  authorizeQuery,
  callOauth,
  claimsOf,
  codeFields,
  getTokens,
  json,
  redirectOf,
  register,
  type TestApp,
  testApp,
  text,
} from "../helpers.ts";

const ada = {
  email: "Ada@example.com",
  password: "correct horse",
  name: "Ada Lovelace",
  userId: "ada",
  roles: ["admin", "author"],
  claims: { tenant: { id: 7 }, email_verified: false },
};

function logIn(email: string, password: string): Record<string, string | undefined> {
  return { auto_approve: undefined, auto_approve_email: email, auto_approve_password: password };
}

async function userinfo({ get }: TestApp, token: string): Promise<Record<string, unknown>> {
  return await json(await get("/oauth/userinfo", { authorization: `Bearer ${token}` }));
}

async function callUserInfo(test: TestApp, token: string): Promise<Record<string, unknown>> {
  const begun = await callOauth(test, token);
  await begun.body?.cancel();
  const response = await test.fetch("/oauth", {
    method: "POST",
    headers: {
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      "mcp-session-id": begun.headers.get("mcp-session-id") ?? "",
    },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "userInfo", arguments: {} } }),
  });
  const answer = await response.text();
  const { result } = JSON.parse(answer.startsWith("{") ? answer : answer.replace(/^[\s\S]*?data: /, ""));
  return result.structuredContent;
}

Deno.test("declared users log in, and their claims reach JWT, userinfo, id_token and the userInfo tool (RFC 9068 2.2.3)", async () => {
  await using test = await testApp({ users: [ada] });
  const { clientId } = await register(test);
  const scope = "openid profile email";
  const tokens = await getTokens(test, clientId, { ...logIn("ada@EXAMPLE.com", ada.password), scope });
  const token = text(tokens, "access_token");
  const own = { roles: ada.roles, tenant: { id: 7 }, email_verified: false };
  const { sub, name, email, roles, tenant } = claimsOf(token);
  assert.deepEqual([sub, name, email, roles, tenant], ["ada", ada.name, ada.email, ada.roles, own.tenant]);
  const told = { sub: "ada", name: ada.name, email: ada.email, ...own };
  assert.deepEqual(await userinfo(test, token), told);
  const idToken = claimsOf(text(tokens, "id_token"));
  for (const [claim, value] of Object.entries(told)) assert.deepEqual(idToken[claim], value, claim);
  const { sessionId: _, ...user } = await callUserInfo(test, token);
  assert.deepEqual(user, { userId: "ada", userName: ada.name, email: ada.email, authenticated: true, claims: own });

  const refreshed = await json(
    await test.postForm("/oauth/token", {
      grant_type: "refresh_token",
      client_id: clientId,
      refresh_token: text(tokens, "refresh_token"),
    }),
  );
  assert.deepEqual(claimsOf(text(refreshed, "access_token")).roles, ada.roles);
});

Deno.test("a declared user has one password, and who is not declared still signs up", async () => {
  await using test = await testApp({ users: [{ email: "a@b.example", password: "right" }] });
  const { clientId } = await register(test);
  const wrong = await test.get(authorizeQuery(clientId, logIn("a@b.example", "wrong")));
  assert.equal(wrong.status, 401);
  await wrong.body?.cancel();
  const { sub, name } = claimsOf(text(await getTokens(test, clientId, logIn("A@b.example", "right")), "access_token"));
  assert.equal(name, "a");
  assert.match(String(sub), /^mock-user-[0-9a-f]{12}$/);
  await getTokens(test, clientId, logIn("new@b.example", "any"));
});

Deno.test("the consent page has a button for each declared user, which logs in without a password (issue 16)", async () => {
  await using test = await testApp({ users: [ada, { email: "grace@b.example", password: "x" }] });
  const { clientId } = await register(test);
  const path = authorizeQuery(clientId, { auto_approve: undefined });
  const page = await (await test.get(path, { accept: "text/html" })).text();
  const buttons = [...page.matchAll(/<button type="submit" name="email" value="([^"]+)">([^<]+)/g)];
  assert.deepEqual(buttons.map(([, email, name]) => [email, name]), [
    [ada.email, ada.name],
    ["grace@b.example", "grace@b.example"],
  ]);
  const code = redirectOf(await test.postForm(path, { action: "declared", email: ada.email })).searchParams.get("code");
  const tokens = await json(await test.postForm("/oauth/token", codeFields(clientId, code ?? "")));
  const { sub, name } = claimsOf(text(tokens, "access_token"));
  assert.deepEqual([sub, name], ["ada", ada.name]);
});

Deno.test("action=declared lets in nobody but declared users, and nobody on a public server (issue 16)", async (t) => {
  const attempts = [
    ["somebody new", {}, "new@b.example"],
    ["somebody who signed up", {}, "known@b.example"],
    ["nobody", {}, undefined],
    ["a declared user, with --public", { public: true }, ada.email],
  ] as const;
  for (const [name, options, email] of attempts) {
    await t.step(name, async () => {
      await using test = await testApp({ users: [ada], ...options });
      const { clientId } = await register(test);
      await getTokens(test, clientId, logIn("known@b.example", "x"));
      const path = authorizeQuery(clientId, { auto_approve: undefined });
      const answer = await test.postForm(path, { action: "declared", ...(email === undefined ? {} : { email }) });
      assert.match(await assertOAuthError(answer, 400, "invalid_request"), /Not a declared user/);
      const page = await (await test.get(path, { accept: "text/html" })).text();
      assert.equal(page.includes(`value="${ada.email}"`), !("public" in options));
    });
  }
});

Deno.test("auto_approve_claims makes the auto-generated user what a test needs", async () => {
  await using test = await testApp();
  const { clientId } = await register(test);
  const wanted = { name: "Grace", email: "grace@admin.example", roles: ["admin"], "https://x.example/tier": 3 };
  const more = { scope: "openid profile email", auto_approve_claims: JSON.stringify(wanted) };
  const token = text(await getTokens(test, clientId, more), "access_token");
  const { sub, ...told } = await userinfo(test, token);
  assert.match(String(sub), /^mock-user-auto-/);
  assert.deepEqual(told, { ...wanted, email_verified: true });

  // The same through the consent page's button.
  const decided = await test.postForm(authorizeQuery(clientId, more), { action: "auto" });
  const code = redirectOf(decided).searchParams.get("code") ?? "";
  const tokens = await json(await test.postForm("/oauth/token", codeFields(clientId, code)));
  assert.deepEqual(claimsOf(text(tokens, "access_token")).roles, ["admin"]);
});

Deno.test("auto_approve_claims refuses reserved claims and anything but an object (RFC 7519 4.1)", async (t) => {
  await using test = await testApp();
  const { clientId } = await register(test);
  const wrong: [claims: string, expected: RegExp][] = [
    ...["iss", "sub", "aud", "exp", "iat", "jti", "client_id", "scope", "sid", "cnf", "at_hash", "nonce"].map((
      name,
    ): [string, RegExp] => [`{"${name}":"x"}`, new RegExp(`${name} cannot be overridden`)]),
    ["{", /is not JSON/],
    ["[]", /is not a JSON object/],
    ["null", /is not a JSON object/],
    ['"text"', /is not a JSON object/],
    ['{"name":7}', /name that is not text/],
    ['{"email":"nobody"}', /is not an e-mail address/],
    [JSON.stringify({ much: "x".repeat(5000) }), /too long/],
  ];
  for (const [claims, expected] of wrong) {
    await t.step(claims.slice(0, 40), async () => {
      const query = authorizeQuery(clientId, { auto_approve: "true", auto_approve_claims: claims });
      assert.match(assertErrorRedirect(await test.get(query), "invalid_request"), expected);
    });
  }
  await t.step("with somebody who logs in", async () => {
    const query = authorizeQuery(clientId, { ...logIn("a@b.example", "x"), auto_approve_claims: "{}" });
    assert.match(assertErrorRedirect(await test.get(query), "invalid_request"), /not for one who logs in/);
  });
});

Deno.test("claims cannot change what a token is by the names of JavaScript's own members", async () => {
  await using test = await testApp();
  const { clientId } = await register(test);
  const auto_approve_claims = '{"__proto__":{"sub":"root","exp":1},"constructor":"x"}';
  const token = text(await getTokens(test, clientId, { scope: "openid", auto_approve_claims }), "access_token");
  const { sub, exp } = claimsOf(token);
  assert.match(String(sub), /^mock-user-auto-/);
  assert.equal(exp, undefined);
  assert.match(String((await userinfo(test, token)).sub), /^mock-user-auto-/);
});

Deno.test("parseUsersFile reads users, and says in one line what is wrong without a password", async (t) => {
  assert.deepEqual(parseUsersFile(JSON.stringify([ada])), [ada]);
  assert.deepEqual(parseUsersFile("[]"), []);
  const base = { email: "a@b.example", password: "hunter2" };
  const wrong: [name: string, text: string, expected: RegExp][] = [
    ["no JSON", '[{"password":"hunter2"', /^the file is not JSON: see line 1, column 23 on$/],
    ["no list", JSON.stringify(base), /^the file: /],
    ["no password", '[{"email":"a@b.example"}]', /^0\.password: /],
    ["no address", JSON.stringify([{ ...base, email: "nobody" }]), /^0\.email: /],
    ["a slip", JSON.stringify([{ ...base, role: "admin" }]), /^0: .*role/],
    ["twice", JSON.stringify([base, { ...base, email: "A@b.example" }]), /^1\.email: A@b\.example is declared twice$/],
    ["too long", JSON.stringify([{ ...base, roles: ["x".repeat(5000)] }]), /^0: claims is too long/],
    ["reserved", JSON.stringify([{ ...base, claims: { iss: "x" } }]), /^0: claims cannot be used: iss/],
  ];
  for (const [name, file, expected] of wrong) {
    await t.step(name, () => {
      assert.throws(() => parseUsersFile(file), (error) => {
        assert(error instanceof Error);
        assert.match(error.message, expected);
        assert.doesNotMatch(error.message, /hunter2|\n/);
        return true;
      });
    });
  }
});

Deno.test("an e-mail address is one wherever it comes in: a login, a user, a token, a file (README)", async (t) => {
  const cases = {
    "a@localhost": true,
    "a@b.c": true,
    "ada@example.com": true,
    "ada": false,
    "a b@c": false,
    "@c": false,
  };
  for (const [email, isOne] of Object.entries(cases)) {
    await t.step(email, async () => {
      await using test = await testApp();
      const { clientId } = await register(test);
      const user = { email, password: "x" };
      const answers = [
        await test.postJson("/control/users", user),
        await test.postJson("/control/tokens", { user: email }),
        await test.postForm(authorizeQuery(clientId), { action: "login", ...user }),
      ];
      assert.deepEqual(answers.map(({ status }) => status < 400), [isOne, isOne, isOne]);
      for (const answer of answers) await answer.body?.cancel();
      const read = (): unknown => parseUsersFile(JSON.stringify([user]));
      if (isOne) assert.ok(read());
      else assert.throws(read, /an e-mail address such as/);
    });
  }
});
