/** What ends in scenarios on their sandbox's own clock, to the millisecond: a day of waiting costs no time at all. */
import assert from "node:assert/strict";
import {
  assertOAuthError,
  authorizeQuery,
  callOauth,
  codeFields,
  getCode,
  json,
  register,
  type TestApp,
  testApp,
  text,
} from "../helpers.ts";
import { control } from "../control/helpers.ts";
import { probeSandbox } from "./sweep_probe.ts";
import { appOf, logIn, redeem, refresh, statusOf } from "./sweep_steps.ts";

/** A sandbox of a scenario in an app, as the helpers take it; the app's own clock stands still. */
function sandboxOf(test: TestApp, name: string): TestApp {
  return appOf(probeSandbox(test, { name, label: "clock" }));
}

/** Moves the clock of a sandbox, as a test does over HTTP. */
async function wait(sandbox: TestApp, ms: number): Promise<void> {
  await control(sandbox, "POST /control/clock", { advance_seconds: ms / 1000 });
}

Deno.test("POST /oauth/token takes a code for ten minutes and not a millisecond more (RFC 6749 4.1.2)", async () => {
  await using test = await testApp();
  const sandbox = sandboxOf(test, "standard");
  const { clientId } = await register(sandbox);
  const [inTime, late] = [await getCode(sandbox, clientId), await getCode(sandbox, clientId)];
  const elsewhere = await register(test);
  const other = await getCode(test, elsewhere.clientId);
  await wait(sandbox, 599_999);
  assert.equal((await sandbox.postForm("/oauth/token", codeFields(clientId, inTime))).status, 200);
  await wait(sandbox, 1);
  const refused = await sandbox.postForm("/oauth/token", codeFields(clientId, late));
  const description = await assertOAuthError(refused, 400, "invalid_grant");
  assert.match(description, /^Authorization code expired 0 seconds ago/);
  assert.equal((await test.postForm("/oauth/token", codeFields(elsewhere.clientId, other))).status, 200);
});

Deno.test("POST /oauth in short-tokens refuses a token after a minute, and takes what a refresh brings, day by day (RFC 6749 6)", async () => {
  await using test = await testApp();
  const sandbox = sandboxOf(test, "short-tokens");
  let login = await logIn(sandbox);
  for (let day = 1; day <= 29; day++) {
    await wait(sandbox, 59_999);
    assert.equal(await statusOf(sandbox, login.access), 200);
    await wait(sandbox, 1);
    const refused = await callOauth(sandbox, login.access);
    assert.match(await assertOAuthError(refused, 401, "invalid_token"), /^Access token expired/);
    await wait(sandbox, 24 * 60 * 60 * 1000);
    const tokens = await json(await refresh(sandbox, login));
    assert.equal(tokens.expires_in, 60);
    login = { ...login, tokens, access: text(tokens, "access_token") };
  }
  assert.equal(await statusOf(sandbox, login.access), 200);
});

Deno.test("POST /oauth/token takes a refresh token for thirty days after its issue (RFC 6749 6)", async () => {
  await using test = await testApp();
  const sandbox = sandboxOf(test, "standard");
  const [kept, used] = [await logIn(sandbox), await logIn(sandbox)];
  await wait(sandbox, 30 * 24 * 60 * 60 * 1000 - 1);
  const next = await json(await refresh(sandbox, used));
  await wait(sandbox, 1);
  assert.match(await assertOAuthError(await refresh(sandbox, kept), 400, "invalid_grant"), /^Refresh token expired/);
  // Its successor was issued a millisecond ago.
  assert.equal((await refresh(sandbox, { ...used, tokens: next })).status, 200);
});

Deno.test("POST /oauth/token in client-secret-expires refuses a secret from the second that client_secret_expires_at names (RFC 7591 3.2.1)", async () => {
  await using test = await testApp();
  const sandbox = sandboxOf(test, "client-secret-expires");
  const { clientId, secret, response } = await redeem(sandbox);
  const tokens = await json(response);
  const login = { clientId, secret, tokens, access: text(tokens, "access_token") };
  await wait(sandbox, 59_999);
  const next = await json(await refresh(sandbox, login));
  await wait(sandbox, 1);
  const refused = await refresh(sandbox, { ...login, tokens: next });
  assert.match(await assertOAuthError(refused, 401, "invalid_client"), /^The client secret has expired/);
  const { response: anew } = await redeem(sandbox);
  assert.equal(anew.status, 200);
});

Deno.test("a client is known for a minute in client-forgotten, and then unknown everywhere (RFC 6749 5.2)", async () => {
  await using test = await testApp();
  const sandbox = sandboxOf(test, "client-forgotten");
  const login = await logIn(sandbox);
  await wait(sandbox, 59_999);
  const next = await json(await refresh(sandbox, login));
  const code = await getCode(sandbox, login.clientId);
  await wait(sandbox, 1);
  const form = codeFields(login.clientId, code);
  await assertOAuthError(await sandbox.postForm("/oauth/token", form), 401, "invalid_client");
  await assertOAuthError(await refresh(sandbox, { ...login, tokens: next }), 401, "invalid_client");
  assert.equal((await sandbox.get(authorizeQuery(login.clientId))).status, 422);
  // What it was given before lives on until its own end.
  assert.equal(await statusOf(sandbox, text(next, "access_token")), 200);
  await wait(sandbox, 60_000);
  assert.equal(await statusOf(sandbox, text(next, "access_token")), 401);
});

Deno.test("a clock that is set back brings nothing back to life that was used up (OAuth 2.1 4.3.1)", async () => {
  await using test = await testApp();
  const sandbox = sandboxOf(test, "refresh-race");
  const login = await logIn(sandbox);
  await wait(sandbox, 120_000);
  assert.equal((await refresh(sandbox, login)).status, 200);
  await wait(sandbox, -110_000);
  assert.equal(await statusOf(sandbox, login.access), 200);
  await assertOAuthError(await refresh(sandbox, login), 400, "invalid_grant");
  assert.equal(await statusOf(sandbox, login.access), 401);
});
