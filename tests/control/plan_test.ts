/** Rules that a test overrides, and a new beginning. */
import assert from "node:assert/strict";
import { policySchema } from "../../lib/scenarios/schema/plan_schema.ts";
import { withNames } from "../../lib/scenarios/schema/names.ts";
import { standardPlan } from "../../lib/scenarios/plan.ts";
import { below, control, listOf, send } from "./helpers.ts";
import {
  assertOAuthError,
  authorizeQuery,
  callOauth,
  codeFields,
  getCode,
  getTokens,
  json,
  kvTestApp,
  redirectOf,
  register,
  startMs,
  testApp,
  text,
} from "../helpers.ts";

const metadata = "/.well-known/oauth-authorization-server";

Deno.test("PATCH /control/plan overrides rules and tokens of one sandbox, and the metadata follows at once", async () => {
  await using test = await testApp();
  const { clientId } = await register(test);
  assert.equal((await json(await test.get(metadata))).authorization_response_iss_parameter_supported, true);
  const changed = await control(test, "PATCH /control/plan", {
    policy: { send_iss: false },
    mint: { access_token_ttl_seconds: 60, claims: { tenantId: 7 } },
  });
  assert.deepEqual(changed.overrides, {
    policy: { send_iss: false },
    mint: { access_token_ttl_seconds: 60, claims: { tenantId: 7 } },
  });
  assert.equal((await json(await test.get(metadata))).authorization_response_iss_parameter_supported, undefined);
  const answer = redirectOf(await test.get(authorizeQuery(clientId, { auto_approve: "true" })));
  assert.equal(answer.searchParams.has("iss"), false);
  assert.equal((await getTokens(test, clientId)).expires_in, 60);
  const other = await json(await test.get(`${metadata}/s/standard~other`));
  assert.equal(other.authorization_response_iss_parameter_supported, true);
});

Deno.test("PATCH /control/plan merges: null takes one override away, DELETE all of them (RFC 7396 2)", async () => {
  await using test = await testApp();
  await control(test, "PATCH /control/plan", { policy: { send_iss: false, code_ttl_seconds: 5 } });
  const merged = await control(test, "PATCH /control/plan", {
    policy: { send_iss: null, require_state: true },
    mint: { clock_skew_seconds: -10 },
  });
  const overrides = {
    policy: { code_ttl_seconds: 5, require_state: true },
    mint: { clock_skew_seconds: -10 },
  };
  assert.deepEqual(merged.overrides, overrides);
  assert.deepEqual((await control(test, "GET /control/plan")).overrides, overrides);
  await assertOAuthError(
    await send(test, "PATCH /control/plan", { policy: { code_ttl_seconds: -1 } }),
    400,
    "invalid_request",
  );
  assert.deepEqual((await control(test, "GET /control/plan")).overrides, overrides);
  const cleared = await control(test, "DELETE /control/plan");
  assert.deepEqual(cleared.overrides, { policy: {}, mint: {} });
  assert.deepEqual(cleared.plan, {
    policy: withNames(standardPlan.policy, "snake"),
    mint: withNames(standardPlan.mint, "snake"),
  });
});

Deno.test("every rule of the standard plan goes out and comes in again under the same name", () => {
  const wire = withNames(standardPlan.policy, "snake");
  assert.deepEqual(policySchema.parse(wire), { ...standardPlan.policy });
  for (const name of Object.keys(wire)) assert.match(name, /^[a-z0-9]+(_[a-z0-9]+)*$/);
});

Deno.test("POST /control/reset begins a sandbox anew: people, clients, tokens, faults, rules and clock are gone", async () => {
  await using test = await kvTestApp();
  const sandbox = below(test, "/s/standard~mine");
  const { clientId } = await register(sandbox);
  const { clientId: clientOfMain } = await register(test);
  await control(sandbox, "POST /control/users", { email: "ada@example.com", password: "x" });
  await control(sandbox, "PATCH /control/plan", { policy: { require_state: true } });
  await control(sandbox, "POST /control/faults", { match: {}, life: "always", edit: { headers: { "x-fault": "1" } } });
  await control(sandbox, "POST /control/clock", { advance_seconds: 60 });
  await control(sandbox, "POST /control/tokens/revoke", { client_id: (await register(sandbox)).clientId });
  const code = await getCode(sandbox, clientId);
  const token = text(await control(sandbox, "POST /control/tokens"), "access_token");
  assert.equal((await control(sandbox, "POST /control/reset")).now_ms, startMs);
  const told = await control(sandbox, "GET /control/plan");
  assert.deepEqual(told.overrides, { policy: {}, mint: {} });
  assert.deepEqual(await control(sandbox, "GET /control/users"), { users: [] });
  assert.deepEqual(await control(sandbox, "GET /control/clients"), { clients: [] });
  assert.deepEqual(await control(sandbox, "GET /control/tokens"), { tokens: [], sessions: [] });
  assert.deepEqual(listOf(await control(sandbox, "GET /control/faults"), "faults"), []);
  assert.equal((await sandbox.get("/health")).headers.get("x-fault"), null);
  await assertOAuthError(await callOauth(sandbox, token), 401, "invalid_token");
  await assertOAuthError(await sandbox.postForm("/oauth/token", codeFields(clientId, code)), 401, "invalid_client");
  assert.deepEqual(await Array.fromAsync(test.kv.list({ prefix: ["standard~mine"] })), []);
  // A second use, and main beside it, are as good as new.
  assert.equal((await getTokens(sandbox, (await register(sandbox)).clientId)).token_type, "Bearer");
  assert.equal((await getTokens(test, clientOfMain)).token_type, "Bearer");
});

Deno.test("policy.answer approves or denies in the person's place, with the URL that the client made (README)", async (t) => {
  for (const [answer, member] of [["approve", "code"], ["deny", "error"]] as const) {
    await t.step(answer, async () => {
      await using test = await testApp();
      const { clientId } = await register(test);
      assert.equal((await test.get(authorizeQuery(clientId))).status, 200, "a page asks");
      await control(test, "PATCH /control/plan", { policy: { answer } });
      assert(redirectOf(await test.get(authorizeQuery(clientId))).searchParams.has(member));
    });
  }
});
