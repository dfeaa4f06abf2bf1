/** Passwords are hashed a few at once, in a line that has an end. */
import assert from "node:assert/strict";
import { createDerivationLine, derivationLimits, derivations } from "../../lib/oauth/users/derivations.ts";
import { assertErrorRedirect, authorizeQuery, register, type TestApp, testApp } from "../helpers.ts";

Deno.test("derivations run so many at once and in turn, whatever comes of them, and beyond the line they are refused", async () => {
  const { run } = createDerivationLine({ atOnce: 2, waiting: 3 });
  const begun: PromiseWithResolvers<string>[] = [];
  const ask = (): Promise<string> =>
    run(() => {
      const derivation = Promise.withResolvers<string>();
      begun.push(derivation);
      return derivation.promise;
    });
  const asked = Array.from({ length: 5 }, ask);
  await assert.rejects(ask(), {
    code: "temporarily_unavailable",
    message: "Too many passwords are waiting to be checked",
  });
  assert.equal(begun.length, 2);
  begun[1]?.reject(new Error("broken"));
  await assert.rejects(asked[1] ?? Promise.resolve(), /broken/);
  assert.equal(begun.length, 3);
  asked.push(ask());
  for (const index of [0, 2, 3, 4, 5]) {
    begun[index]?.resolve(`${index}`);
    assert.equal(await asked[index], `${index}`);
  }
  assert.equal(begun.length, 6);
});

/** Keeps the line of the process full until the test ends. */
function fillLine(): AsyncDisposable {
  const { promise, resolve } = Promise.withResolvers<void>();
  const { atOnce, waiting } = derivationLimits;
  const held = Array.from({ length: atOnce + waiting }, () => derivations.run(() => promise));
  return {
    [Symbol.asyncDispose]: async () => {
      resolve();
      await Promise.all(held);
    },
  };
}

Deno.test("a login with a password answers 503 with Retry-After while too many are hashed (RFC 9110 15.6.4)", async (t) => {
  await using test = await testApp();
  const { clientId } = await register(test);
  const television = await register(test, { grant_types: ["urn:ietf:params:oauth:grant-type:device_code"] });
  const credentials = { email: "a@b.example", password: "x" };
  const unasked = { auto_approve: undefined, auto_approve_email: "a@b.example", auto_approve_password: "x" };
  const form = authorizeQuery(clientId, { auto_approve: undefined });
  const logins: Readonly<Record<string, (test: TestApp) => Promise<Response>>> = {
    "with the form": ({ postForm }) => postForm(form, { action: "login", ...credentials }),
    "in the query": ({ get }) => get(authorizeQuery(clientId, unasked)),
    "in the query, of a browser": ({ get }) => get(authorizeQuery(clientId, unasked), { accept: "text/html" }),
    "at a device": async ({ postForm }) => {
      const asked = await (await postForm("/oauth/device", { client_id: television.clientId })).json();
      return await postForm("/oauth/device/verify", { action: "login", user_code: asked.user_code, ...credentials });
    },
  };
  for (const [name, logIn] of Object.entries(logins)) {
    await t.step(name, async () => {
      await using _full = fillLine();
      const response = await logIn(test);
      assert.deepEqual([response.status, response.headers.get("retry-after")], [503, "1"]);
      assert.match(await response.text(), /Too many passwords are waiting to be checked/);
    });
  }
  await t.step("with prompt=none, the client is told (RFC 6749 4.1.2.1)", async () => {
    await using _full = fillLine();
    const response = await test.get(authorizeQuery(clientId, { ...unasked, prompt: "none", scope: "openid" }));
    assertErrorRedirect(response, "temporarily_unavailable");
  });
  await t.step("and everyone gets in afterwards", async () => {
    assert.equal((await test.get(authorizeQuery(clientId, unasked))).status, 302);
  });
});
