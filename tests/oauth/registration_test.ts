import assert from "node:assert/strict";
import { createChance, randomBytes } from "../../lib/runtime/chance.ts";
import { createClientAuthenticator } from "../../lib/oauth/clients/authenticate.ts";
import { createKeyRing } from "../../lib/oauth/keys/keys.ts";
import { parseParams } from "../../lib/oauth/params.ts";
import { buildSandbox, type Sandbox } from "../../lib/sandbox/sandbox.ts";
import { standardPlan } from "../../lib/scenarios/plan.ts";
import { createReplays } from "../../lib/oauth/replay_table.ts";
import { createClients } from "../../lib/oauth/clients/client_table.ts";
import { createLease } from "../../lib/store/lease.ts";
import { createKeyTable } from "../../lib/oauth/keys/key_table.ts";
import { createStore } from "../../lib/store/kv.ts";
import { registerHandler } from "../../routes/oauth/register.ts";
import { registrationHandlers } from "../../routes/oauth/registration.ts";
import {
  assertOAuthError,
  authorizeQuery,
  callOauth,
  codeFields,
  getCode,
  getTokens,
  json,
  kvTestApp,
  origin,
  publicClient,
  redirectUri,
  register,
  startMs,
  type TestApp,
  testApp,
  text,
} from "../helpers.ts";

interface Registered {
  readonly body: Record<string, unknown>;
  readonly clientId: string;
  /** Asks about the registration, with its token unless told otherwise. */
  readonly manage: (method: string, body?: unknown, headers?: Record<string, string>) => Promise<Response>;
}

async function registerAt(test: TestApp, metadata: Record<string, unknown> = {}): Promise<Registered> {
  const body = await json(await test.postJson("/oauth/register", { ...publicClient, ...metadata }));
  return { body, clientId: text(body, "client_id"), manage: managerOf(test, body) };
}

function managerOf(test: TestApp, body: Record<string, unknown>): Registered["manage"] {
  return (method, sent, headers = { authorization: `Bearer ${body.registration_access_token}` }) =>
    test.fetch(text(body, "registration_client_uri"), {
      method,
      headers: { ...headers, "content-type": "application/json" },
      ...(sent === undefined ? {} : { body: JSON.stringify(sent) }),
    });
}

Deno.test("GET /oauth/register/<client_id> tells a client what is registered (RFC 7592 2.1)", async () => {
  await using test = await testApp();
  const { body, manage } = await registerAt(test, { token_endpoint_auth_method: "client_secret_basic" });
  const response = await manage("GET");
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("cache-control"), "no-store");
  // The secret is kept as a hash, so it is told once.
  const { client_secret: _s, client_secret_expires_at: _e, ...rest } = body;
  assert.deepEqual(await json(response), rest);
});

Deno.test("/oauth/register/<client_id> is for the holder of its token alone (RFC 7592 2)", async (t) => {
  await using test = await kvTestApp();
  const { clientId, manage, body } = await registerAt(test);
  const other = await registerAt(test);
  const wrong: [string, Record<string, string>][] = [
    ["none", {}],
    ["another", { authorization: "Bearer registration_wrong" }],
    ["another client's", { authorization: `Bearer ${other.body.registration_access_token}` }],
    ["another scheme", { authorization: `Basic ${body.registration_access_token}` }],
    ["its hash", { authorization: `Bearer ${clientId}` }],
  ];
  for (const method of ["GET", "PUT", "DELETE"]) {
    for (const [name, headers] of wrong) {
      await t.step(`${method} with ${name}`, async () => {
        const sent = method === "PUT" ? { ...publicClient, client_id: clientId } : undefined;
        const response = await manage(method, sent, headers);
        assert.match(response.headers.get("www-authenticate") ?? "", /^Bearer .*error="invalid_token"/);
        await assertOAuthError(response, 401, "invalid_token");
      });
    }
  }
  await t.step("an unknown client looks the same", async () => {
    const headers = { authorization: `Bearer ${body.registration_access_token}` };
    await assertOAuthError(await test.get("/oauth/register/client_unknown", headers), 401, "invalid_token");
  });
  assert.equal((await manage("GET")).status, 200);
  const stored = JSON.stringify(
    (await Array.fromAsync(test.kv.list({ prefix: ["main", "client"] }))).map((e) => e.value),
  );
  assert(!stored.includes(text(body, "registration_access_token")));
});

Deno.test("PUT /oauth/register/<client_id> replaces the metadata, on every process (RFC 7592 2.2)", async (t) => {
  const kv = await Deno.openKv(":memory:");
  {
    await using test = await testApp({ kv });
    await using elsewhere = await testApp({ kv });
    const { clientId, manage, body } = await registerAt(test, { client_name: "Before", scope: "a" });
    const code = await getCode(elsewhere, clientId);
    const next = { redirect_uris: ["https://new.example/cb", redirectUri], client_id: clientId, client_name: "After" };
    const changed = await json(await manage("PUT", next));
    assert.deepEqual([changed.client_name, changed.scope, changed.client_id_issued_at], [
      "After",
      undefined,
      body.client_id_issued_at,
    ]);
    assert.deepEqual(changed.redirect_uris, next.redirect_uris);
    assert.equal(changed.token_endpoint_auth_method, "none");
    assert.equal((await test.get(authorizeQuery(clientId, { redirect_uri: "https://new.example/cb" }))).status, 200);
    await t.step("a code issued before is still good", async () => {
      assert.equal((await elsewhere.postForm("/oauth/token", codeFields(clientId, code))).status, 200);
    });
    const cases: [string, Record<string, unknown>, string][] = [
      ["no client_id", { client_id: undefined }, "invalid_client_metadata"],
      ["another client_id", { client_id: "client_x" }, "invalid_client_metadata"],
      ["its token", { registration_access_token: "x" }, "invalid_client_metadata"],
      ["its date", { client_id_issued_at: 1 }, "invalid_client_metadata"],
      ["a secret it has not got", { client_secret: "mine" }, "invalid_client_metadata"],
      ["another way to authenticate", { token_endpoint_auth_method: "client_secret_post" }, "invalid_client_metadata"],
      ["no redirect URI", { redirect_uris: [] }, "invalid_redirect_uri"],
    ];
    for (const [name, wrong, error] of cases) {
      await t.step(name, async () => {
        await assertOAuthError(await manage("PUT", { ...next, ...wrong }), 400, error);
        assert.equal((await json(await manage("GET"))).client_name, "After");
      });
    }
  }
  kv.close();
});

Deno.test("DELETE /oauth/register/<client_id> makes every process forget the client (RFC 7592 2.3)", async (t) => {
  const kv = await Deno.openKv(":memory:");
  {
    await using test = await testApp({ kv });
    await using elsewhere = await testApp({ kv });
    const { clientId, manage } = await registerAt(test);
    const { refresh_token } = await getTokens(elsewhere, clientId);
    const response = await manage("DELETE");
    assert.deepEqual([response.status, await response.text()], [204, ""]);
    await t.step("here it is unknown at once", async () => {
      await assertOAuthError(await test.get(authorizeQuery(clientId)), 400, "invalid_client");
      await assertOAuthError(await manage("GET"), 401, "invalid_token");
      await assertOAuthError(await test.postForm("/oauth/token", codeFields(clientId, "x")), 401, "invalid_client");
    });
    await t.step("elsewhere a code may be issued, but none is redeemed", async () => {
      const code = await getCode(elsewhere, clientId);
      const sent = await elsewhere.postForm("/oauth/token", codeFields(clientId, code));
      await assertOAuthError(sent, 401, "invalid_client");
      await assertOAuthError(await elsewhere.get(authorizeQuery(clientId)), 400, "invalid_client");
    });
    await t.step("its refresh tokens are worth nothing", async () => {
      const fields = { grant_type: "refresh_token", client_id: clientId, refresh_token: String(refresh_token) };
      for (const app of [test, elsewhere]) {
        await assertOAuthError(await app.postForm("/oauth/token", fields), 401, "invalid_client");
      }
    });
  }
  kv.close();
});

Deno.test("DELETE /oauth/register/<client_id> ends the client's tokens, and nobody else's (RFC 7592 2.3)", async () => {
  using kv = await Deno.openKv(":memory:");
  await using here = await testApp({ kv });
  await using elsewhere = await testApp({ kv });
  const { clientId, manage } = await registerAt(here);
  const stays = (await register(here)).clientId;
  const judge = await register(here, { token_endpoint_auth_method: "client_secret_post" });
  const tokens = await getTokens(here, clientId, { scope: "openid" });
  const others = await getTokens(here, stays, { scope: "openid" });
  const isActive = async (token: string): Promise<unknown> => {
    const asked = { client_id: judge.clientId, client_secret: judge.secret, token };
    return (await json(await elsewhere.postForm("/oauth/introspect", asked))).active;
  };
  assert.equal((await callOauth(elsewhere, text(tokens, "access_token"))).status, 200);
  assert.equal((await manage("DELETE")).status, 204);
  for (const app of [here, elsewhere]) {
    const refused = await callOauth(app, text(tokens, "access_token"));
    assert.match(await assertOAuthError(refused, 401, "invalid_token"), /revoked/);
    const bearer = { authorization: `Bearer ${text(tokens, "access_token")}` };
    assert.equal((await app.get("/oauth/userinfo", bearer)).status, 401);
    assert.equal((await callOauth(app, text(others, "access_token"))).status, 200);
  }
  for (const name of ["access_token", "refresh_token"]) {
    assert.equal(await isActive(text(tokens, name)), false, name);
    assert.equal(await isActive(text(others, name)), true, name);
  }
});

Deno.test("POST /oauth/register ignores a software statement politely (RFC 7591 3.1.1)", async () => {
  await using test = await testApp();
  const response = await test.postJson("/oauth/register", { ...publicClient, software_statement: "a.b.c" });
  assert.equal(response.status, 201);
  assert(!("software_statement" in await json(response)));
});

Deno.test("POST /oauth/register holds redirect URIs against application_type, if it is given (OpenID Connect Registration 2)", async (t) => {
  await using test = await testApp();
  const cases: [string | undefined, string, boolean][] = [
    ["web", "https://client.example/cb", true],
    ["web", "http://localhost:3000/cb", false],
    ["web", "com.example.app:/cb", false],
    ["native", "http://127.0.0.1/cb", true],
    ["native", "http://localhost:3000/cb", true],
    ["native", "com.example.app:/cb", true],
    ["native", "https://client.example/cb", false],
    [undefined, "https://client.example/cb", true],
    [undefined, "http://localhost/cb", true],
  ];
  for (const [application_type, uri, isFitting] of cases) {
    await t.step(`${application_type} ${uri}`, async () => {
      const response = await test.postJson("/oauth/register", {
        ...publicClient,
        redirect_uris: [uri],
        ...(application_type === undefined ? {} : { application_type }),
      });
      if (isFitting) assert.equal(response.status, 201, await response.text());
      else assert.match(await assertOAuthError(response, 400, "invalid_redirect_uri"), /application_type/);
    });
  }
});

Deno.test("a client secret ends when client_secret_expires_at says, and an update brings another (RFC 7591 3.2.1)", async () => {
  using kv = await Deno.openKv(":memory:");
  const clock = { nowMs: startMs };
  const chance = createChance(randomBytes);
  const store = createStore(kv, chance);
  const alone = createLease({ isShared: false, monotonicMs: () => 0, sleep: () => Promise.resolve() });
  const clients = createClients(store, () => Promise.reject(new Error("no documents here")), alone);
  const keysOf = createKeyRing(createKeyTable(store), "EdDSA", chance, () => clock.nowMs);
  const authenticate = createClientAuthenticator({
    clients,
    keysOf,
    replays: createReplays(store),
    clientKeys: () => Promise.resolve({ keys: [] }),
  });
  const plan = { ...standardPlan, policy: { ...standardPlan.policy, clientSecretTtlSeconds: 60 } };
  const sandboxNow = (): Sandbox => buildSandbox({ origin, now: () => clock.nowMs });
  const registration = registrationHandlers({ clients, chance, keysOf });
  const handlers = new Map([["POST", registerHandler({ clients, chance, keysOf })], ["PUT", registration.update]]);
  const call = async (method: string, param: string, body: unknown, token = ""): Promise<Record<string, unknown>> => {
    const url = new URL(`${origin}/oauth/register`);
    const headers = { "content-type": "application/json", authorization: `Bearer ${token}` };
    const request = new Request(url, { method, headers, body: JSON.stringify(body) });
    const handler = handlers.get(method);
    assert(handler);
    return await json(await handler({ request, url, sandbox: sandboxNow(), plan, param, info: undefined }));
  };
  const metadata = { redirect_uris: [redirectUri], token_endpoint_auth_method: "client_secret_post" };
  const first = await call("POST", "", metadata);
  assert.equal(first.client_secret_expires_at, startMs / 1000 + 60);
  const clientId = text(first, "client_id");
  const enter = async (body: Record<string, unknown>): Promise<string> => {
    const fields = new URLSearchParams({ client_id: clientId, client_secret: text(body, "client_secret") });
    const request = new Request(`${origin}/oauth/token`, { method: "POST" });
    return (await authenticate(sandboxNow(), request, parseParams(fields))).value.clientId;
  };
  clock.nowMs += 59_999;
  assert.equal(await enter(first), clientId);
  clock.nowMs += 1;
  await assert.rejects(enter(first), { code: "invalid_client", message: "The client secret has expired" });
  const token = text(first, "registration_access_token");
  const second = await call("PUT", clientId, { ...metadata, client_id: clientId }, token);
  assert.equal(second.client_secret_expires_at, startMs / 1000 + 120);
  assert.notEqual(second.client_secret, first.client_secret);
  assert.equal(await enter(second), clientId);
  await assert.rejects(enter(first), { code: "invalid_client" });
});
