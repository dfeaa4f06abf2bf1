/** The device grant (RFC 8628), from the device's side and from the person's. */
import assert from "node:assert/strict";
import {
  assertOAuthError,
  callOauth,
  claimsOf,
  json,
  origin,
  publicClient,
  register,
  type TestApp,
  testApp,
  text,
} from "../helpers.ts";

const grantType = "urn:ietf:params:oauth:grant-type:device_code";
const tv = { redirect_uris: undefined, grant_types: [grantType, "refresh_token"], client_name: "Television" };

interface Device {
  readonly clientId: string;
  readonly code: string;
  readonly userCode: string;
  /** Where a person answers, with the code. */
  readonly page: string;
}

async function connect(test: TestApp, more: Record<string, string> = {}): Promise<Device> {
  const { clientId } = await register(test, tv);
  const response = await test.postForm("/oauth/device", { client_id: clientId, ...more });
  const body = await json(response);
  assert.equal(response.status, 200, JSON.stringify(body));
  assert.equal(response.headers.get("cache-control"), "no-store");
  const { device_code: _d, user_code: _u, verification_uri_complete: _v, ...rest } = body;
  assert.deepEqual(rest, { verification_uri: `${origin}/oauth/device/verify`, expires_in: 600, interval: 5 });
  const userCode = text(body, "user_code");
  assert.match(userCode, /^[B-DF-HJ-NP-TV-XZ]{4}-[B-DF-HJ-NP-TV-XZ]{4}$/);
  const page = text(body, "verification_uri_complete");
  assert.equal(page, `${origin}/oauth/device/verify?user_code=${userCode}`);
  return { clientId, code: text(body, "device_code"), userCode, page };
}

function poll(test: TestApp, { clientId, code }: Device): Promise<Response> {
  return test.postForm("/oauth/token", { grant_type: grantType, client_id: clientId, device_code: code });
}

Deno.test("a device gets tokens for the person who agreed, once (RFC 8628 3)", async () => {
  await using test = await testApp();
  const device = await connect(test, { scope: "mcp:read", resource: `${origin}/oauth` });
  await assertOAuthError(await poll(test, device), 400, "authorization_pending");
  const page = await (await test.get(device.page)).text();
  assert.match(page, /Television/);
  assert.match(page, /mcp:read/);
  assert(page.includes(device.userCode));
  const login = { action: "login", email: "ada@example.com", password: "p" };
  const done = await test.postForm(device.page, login);
  assert.equal(done.status, 200);
  assert.match(await done.text(), /your device is connected/);
  test.clock.nowMs += 5000;
  const body = await json(await poll(test, device));
  const token = text(body, "access_token");
  const { email, client_id, scope, aud } = claimsOf(token);
  assert.deepEqual({ email, client_id, scope, aud }, {
    email: "ada@example.com",
    client_id: device.clientId,
    scope: "mcp:read",
    aud: `${origin}/oauth`,
  });
  assert.equal((await callOauth(test, token)).status, 200);
  const refresh = {
    grant_type: "refresh_token",
    client_id: device.clientId,
    refresh_token: text(body, "refresh_token"),
  };
  assert.equal((await test.postForm("/oauth/token", refresh)).status, 200);
  await assertOAuthError(await poll(test, device), 400, "invalid_grant");
});

Deno.test("a device that polls too soon is told to slow down, each time by five seconds (RFC 8628 3.5)", async () => {
  await using test = await testApp();
  const device = await connect(test);
  const after = async (ms: number, code: string): Promise<void> => {
    test.clock.nowMs += ms;
    await assertOAuthError(await poll(test, device), 400, code);
  };
  await after(0, "authorization_pending");
  await after(5000, "authorization_pending");
  await after(4999, "slow_down");
  await after(9999, "slow_down");
  await after(15_000, "authorization_pending");
});

Deno.test("a device learns of a refusal, and that its code has expired (RFC 8628 3.5)", async () => {
  await using test = await testApp();
  const refused = await connect(test);
  assert.match(await (await test.postForm(refused.page, { action: "deny" })).text(), /was refused/);
  await assertOAuthError(await poll(test, refused), 400, "access_denied");
  const late = await connect(test);
  test.clock.nowMs += 600_000;
  await assertOAuthError(await poll(test, late), 400, "expired_token");
  assert.equal((await test.get(late.page)).status, 400);
});

Deno.test("auto_approve on the device authorization request spares the person", async () => {
  await using test = await testApp();
  const device = await connect(test, { auto_approve: "true", expires_in: "60" });
  const body = await json(await poll(test, device));
  assert.equal(body.expires_in, 60);
});

Deno.test("the lifetime in the device page's form counts, an empty one means never, and none leaves what was asked", async (t) => {
  await using test = await testApp();
  const cases: [Record<string, string>, number | undefined][] = [
    [{}, 60],
    [{ expires_in: "5" }, 5],
    [{ expires_in: "" }, undefined],
  ];
  for (const [form, expected] of cases) {
    await t.step(JSON.stringify(form), async () => {
      const device = await connect(test, { expires_in: "60" });
      assert.match(await (await test.get(device.page)).text(), /name="expires_in"[^>]* value="60"/);
      assert.equal((await test.postForm(device.page, { action: "auto", ...form })).status, 200);
      assert.equal((await json(await poll(test, device))).expires_in, expected);
    });
  }
  const device = await connect(test);
  assert.equal((await test.postForm(device.page, { action: "auto", expires_in: "soon" })).status, 400);
  await assertOAuthError(await poll(test, device), 400, "authorization_pending");
});

Deno.test("of three polls at once one gets the tokens (RFC 8628 3.5)", async () => {
  await using test = await testApp();
  const device = await connect(test, { auto_approve: "true" });
  const answers = await Promise.all([poll(test, device), poll(test, device), poll(test, device)]);
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 400, 400]);
});

Deno.test("a device code is refused to another client, and the grant to one that did not register for it (RFC 8628 3.4)", async () => {
  await using test = await testApp();
  const device = await connect(test, { auto_approve: "true" });
  const { clientId: stranger } = await register(test, tv);
  const problem = await assertOAuthError(await poll(test, { ...device, clientId: stranger }), 400, "invalid_grant");
  assert.match(problem, /another client/);
  await assertOAuthError(await poll(test, { ...device, code: "device_x" }), 400, "invalid_grant");
  const { clientId } = await register(test, publicClient);
  await assertOAuthError(await test.postForm("/oauth/device", { client_id: clientId }), 400, "unauthorized_client");
  await assertOAuthError(await test.postForm("/oauth/device", { client_id: "nobody" }), 401, "invalid_client");
  assert.equal((await poll(test, device)).status, 200);
});

Deno.test("the device page forgives how a code is typed, and nothing else (RFC 8628 3.3, 6.1)", async () => {
  await using test = await testApp();
  const device = await connect(test);
  const path = "/oauth/device/verify";
  assert.match(await (await test.get(path)).text(), /the code on your device/);
  const typed = device.userCode.toLowerCase().replace("-", " ");
  const page = await (await test.get(`${path}?user_code=${encodeURIComponent(typed)}`)).text();
  assert.match(page, /Television/);
  assert(page.includes(`>${device.userCode}<`), "shown as the device shows it");
  const wrong = await test.get(`${path}?user_code=BBBB-BBBB`);
  assert.equal(wrong.status, 400);
  assert.match(await wrong.text(), /This code is unknown/);
  const known = { action: "login", email: "ada@example.com", password: "p" };
  assert.equal((await test.postForm((await connect(test)).page, known)).status, 200);
  const again = await test.postForm(device.page, { ...known, password: "wrong" });
  assert.equal(again.status, 401);
  assert.match(await again.text(), /Invalid password/);
  assert.equal((await test.postForm(device.page, { action: "auto" })).status, 200);
  assert.equal((await test.postForm(device.page, { action: "deny" })).status, 400, "it has its answer");
});
