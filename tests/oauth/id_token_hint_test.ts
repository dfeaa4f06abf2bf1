/** `id_token_hint` at the authorization endpoint: the person of the hint, or nobody (OpenID Connect Core 3.1.2.1, 3.1.2.2). */
import assert from "node:assert/strict";
import { generateSigningKey } from "../../lib/oauth/keys/signing_key.ts";
import { control } from "../control/helpers.ts";
import {
  assertErrorRedirect,
  assertOAuthError,
  authorizeQuery,
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

const ada = { email: "ada@example.com", password: "lovelace", userId: "ada" };
const eve = { email: "eve@example.com", password: "x" };
type Fields = Readonly<Record<string, string | undefined>>;

function pair({ email, password }: { readonly email: string; readonly password: string }): Fields {
  return { auto_approve: undefined, auto_approve_email: email, auto_approve_password: password };
}

/** An id_token of somebody who has logged in. */
async function idTokenOf(test: TestApp, clientId: string, more: Fields = {}): Promise<string> {
  return text(await getTokens(test, clientId, { scope: "openid", ...more }), "id_token");
}

/** What became of a request: the subject who signed in, the client's error, or the page. */
async function outcomeOf(test: TestApp, clientId: string, response: Response): Promise<string> {
  if (response.status === 200) {
    await response.body?.cancel();
    return "page";
  }
  const { searchParams } = redirectOf(response);
  const error = searchParams.get("error");
  if (error !== null) return error;
  const answer = await json(await test.postForm("/oauth/token", codeFields(clientId, searchParams.get("code") ?? "")));
  return text(claimsOf(text(answer, "access_token")), "sub");
}

const auto = { auto_approve: "true" };

/** Hint, and what each way to approve comes to; `new` stands for a person who was not there before. */
const table: readonly (readonly [hint: string, approval: Fields, outcome: string, withPromptNone: string])[] = [
  ["none", {}, "page", "login_required"],
  ["none", auto, "new", "new"],
  ["none", pair(ada), "ada", "ada"],
  ["none", pair(eve), "new", "new"],
  ["declared", {}, "page", "login_required"],
  ["declared", auto, "ada", "ada"],
  ["declared", pair(ada), "ada", "ada"],
  ["declared", pair({ ...ada, email: " ADA@example.com" }), "ada", "ada"],
  ["declared", pair(eve), "login_required", "login_required"],
  ["persisted", {}, "page", "login_required"],
  ["persisted", auto, "bob", "bob"],
  ["persisted", pair(ada), "login_required", "login_required"],
  ["generated", {}, "page", "login_required"],
  ["generated", auto, "generated", "generated"],
  ["generated", pair(eve), "login_required", "login_required"],
  ["forgotten", {}, "page", "login_required"],
  ["forgotten", auto, "login_required", "login_required"],
  ["forgotten", pair({ email: "carl@example.com", password: "x" }), "login_required", "login_required"],
];

Deno.test("hint x prompt x auto_approve x auto_approve_email: nobody else signs in, nobody is created (OpenID Connect Core 3.1.2.2)", async (t) => {
  await using test = await testApp({ users: [ada] });
  const { clientId } = await register(test);
  const persisted = await idTokenOf(test, clientId, pair({ email: "bob@example.com", password: "x" }));
  const forgotten = await idTokenOf(test, clientId, pair({ email: "carl@example.com", password: "x" }));
  await (await test.fetch("/control/users/carl%40example.com", { method: "DELETE" })).body?.cancel();
  const generated = await idTokenOf(test, clientId);
  const hints = new Map<string, string | undefined>([
    ["none", undefined],
    ["declared", await idTokenOf(test, clientId, pair(ada))],
    ["persisted", persisted],
    ["generated", generated],
    ["forgotten", forgotten],
  ]);
  const subjects = new Map([
    ["bob", claimsOf(persisted).sub],
    ["generated", claimsOf(generated).sub],
  ]);
  // Long expired by now, as an id_token is when it is needed.
  test.clock.nowMs += 30 * 24 * 60 * 60 * 1000;
  for (const [hint, approval, outcome, withPromptNone] of table) {
    for (const [prompt, expected] of [[undefined, outcome], ["none", withPromptNone], ["login", outcome]] as const) {
      await t.step(`${hint} ${JSON.stringify(approval)} prompt=${prompt}: ${expected}`, async () => {
        const before = (await control(test, "GET /control/users")).users;
        const more = { scope: "openid", id_token_hint: hints.get(hint), prompt, auto_approve: undefined, ...approval };
        const got = await outcomeOf(test, clientId, await test.get(authorizeQuery(clientId, more)));
        if (expected === "new") assert.match(got, /^mock-user-/);
        else assert.equal(got, subjects.get(expected) ?? expected);
        if (hint !== "none") assert.deepEqual((await control(test, "GET /control/users")).users, before);
        await (await test.fetch("/control/users/eve%40example.com", { method: "DELETE" })).body?.cancel();
      });
    }
  }
});

Deno.test("the consent page answers with the person of the hint or with login_required (OpenID Connect Core 3.1.2.2)", async (t) => {
  await using test = await testApp({ users: [ada, { email: "grace@b.example", password: "x", userId: "grace" }] });
  const { clientId } = await register(test);
  const hint = await idTokenOf(test, clientId, pair(ada));
  const path = authorizeQuery(clientId, { id_token_hint: hint, login_hint: "somebody@else.example" });
  const page = await (await test.get(path)).text();
  assert.match(page, /name="email"[^>]*value="ada@example\.com"/);
  const decisions: readonly (readonly [fields: Record<string, string>, outcome: string])[] = [
    [{ action: "auto" }, "ada"],
    [{ action: "login", email: ada.email, password: ada.password }, "ada"],
    [{ action: "login", ...eve }, "login_required"],
    [{ action: "declared", email: ada.email }, "ada"],
    [{ action: "declared", email: "grace@b.example" }, "login_required"],
    [{ action: "deny" }, "access_denied"],
  ];
  for (const [fields, outcome] of decisions) {
    await t.step(`${JSON.stringify(fields)}: ${outcome}`, async () => {
      assert.equal(await outcomeOf(test, clientId, await test.postForm(path, fields)), outcome);
    });
  }
  const { users } = await control(test, "GET /control/users");
  assert.doesNotMatch(JSON.stringify(users), /eve/);
});

Deno.test("policy.answer approves for the person of the hint and denies as ever (OpenID Connect Core 3.1.2.2)", async (t) => {
  for (const [answer, outcome] of [["approve", "ada"], ["deny", "access_denied"], ["ask", "page"]] as const) {
    await t.step(answer, async () => {
      await using test = await testApp({ users: [ada] });
      const { clientId } = await register(test);
      const hint = await idTokenOf(test, clientId, pair(ada));
      await control(test, "PATCH /control/plan", { policy: { answer } });
      const response = await test.get(authorizeQuery(clientId, { id_token_hint: hint }));
      assert.equal(await outcomeOf(test, clientId, response), outcome);
    });
  }
});

Deno.test("an auto-generated person signs in again as they were told, and auto_approve_claims may change them", async () => {
  await using test = await testApp();
  const { clientId } = await register(test);
  const wanted = { name: "Grace", email: "grace@b.example", roles: ["admin"] };
  const scope = "openid profile email";
  const hint = await idTokenOf(test, clientId, { scope, auto_approve_claims: JSON.stringify(wanted) });
  const again = claimsOf(text(await getTokens(test, clientId, { id_token_hint: hint }), "access_token"));
  assert.deepEqual([again.sub, again.name, again.email, again.roles], [
    claimsOf(hint).sub,
    wanted.name,
    wanted.email,
    wanted.roles,
  ]);
  const more = { id_token_hint: hint, auto_approve_claims: '{"name":"Ada"}' };
  const changed = claimsOf(text(await getTokens(test, clientId, more), "access_token"));
  assert.deepEqual([changed.sub, changed.name], [claimsOf(hint).sub, "Ada"]);
});

/** A JWT with other contents, its signature left as it was. */
function forged(token: string, change: Record<string, unknown>): string {
  const [header, , signature] = token.split(".");
  const payload = btoa(JSON.stringify({ ...claimsOf(token), ...change })).replaceAll("+", "-").replaceAll("/", "_");
  return [header, payload.replaceAll("=", ""), signature].join(".");
}

Deno.test("an id_token_hint that is not an id_token of this server is refused, in the request and in a pushed one (OpenID Connect Core 3.1.2.2)", async (t) => {
  await using test = await testApp({ users: [ada] });
  await using other = await testApp({ users: [ada], generateKey: generateSigningKey });
  const { clientId } = await register(test);
  const mine = await idTokenOf(test, clientId, pair(ada));
  const wrong: Readonly<Record<string, string>> = {
    "no JWT": "ada",
    "two parts": "eyJhbGciOiJub25lIn0.e30",
    "no signature": `${mine.split(".").slice(0, 2).join(".")}.`,
    "alg none": `eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.${mine.split(".")[1]}.`,
    "four parts": `${mine}.x`,
    "another's claims": forged(mine, { sub: "eve" }),
    "an access token": text(await getTokens(test, clientId, pair(ada)), "access_token"),
    "another server's": await idTokenOf(other, (await register(other)).clientId, pair(ada)),
  };
  for (const [name, id_token_hint] of Object.entries(wrong)) {
    for (const more of [{ ...auto }, { ...auto, prompt: "none" }, {}]) {
      await t.step(`${name} ${JSON.stringify(more)}`, async () => {
        const response = await test.get(authorizeQuery(clientId, { id_token_hint, ...more }));
        assert.match(assertErrorRedirect(response, "invalid_request"), /^id_token_hint /);
      });
    }
    await t.step(`${name}, pushed`, async () => {
      const form = new URL(authorizeQuery(clientId, { id_token_hint }), "http://x").searchParams;
      assert.match(
        await assertOAuthError(await test.postForm("/oauth/par", form), 400, "invalid_request"),
        /^id_token_hint /,
      );
    });
  }
  await t.step("one that another client was given is good", async () => {
    const { clientId: second } = await register(test);
    const response = await test.get(authorizeQuery(second, { id_token_hint: mine, ...auto }));
    assert.equal(await outcomeOf(test, second, response), "ada");
  });
  await t.step("an issuer of another name", async () => {
    const path = authorizeQuery(clientId, { id_token_hint: mine, ...auto });
    const response = await test.get(`http://127.0.0.1:8789${path}`);
    assert.equal(redirectOf(response).searchParams.get("error"), "invalid_request");
  });
});
