/** Two processes on one database, played by two apps: what one has acknowledged, the other knows. */
import assert from "node:assert/strict";
import { LEASE_MS } from "../../lib/store/lease.ts";
import { control, listOf } from "./helpers.ts";
import {
  assertOAuthError,
  authorizeQuery,
  callOauth,
  claimsOf,
  getTokens,
  json,
  redirectOf,
  register,
  startMs,
  type TestApp,
  testApp,
  text,
} from "../helpers.ts";

interface Pair extends AsyncDisposable {
  readonly a: TestApp;
  readonly b: TestApp;
  /** What both have waited for, in milliseconds. */
  readonly waited: () => number;
}

/** Their clocks stand still, except that waiting moves the one for durations: so nothing is known by the time that passes. */
async function openPair(): Promise<Pair> {
  const kv = await Deno.openKv(":memory:");
  let monotonicMs = 0;
  const shared = {
    kv,
    shared: true,
    // The recorder waits too, for other things.
    record: false,
    monotonicMs: () => monotonicMs,
    sleep: (ms: number) => {
      monotonicMs += ms;
      return Promise.resolve();
    },
  };
  const [a, b] = [await testApp(shared), await testApp(shared)];
  // Each has seen the sandbox and its keys, and believes that it knows them.
  for (const app of [a, b]) await (await app.get("/oauth/jwks")).body?.cancel();
  return {
    a,
    b,
    waited: () => monotonicMs,
    [Symbol.asyncDispose]: async () => {
      await Promise.all([a, b].map((app) => app[Symbol.asyncDispose]()));
      kv.close();
    },
  };
}

async function statusWith(test: TestApp, token: string): Promise<number> {
  const response = await callOauth(test, token);
  await response.body?.cancel();
  return response.status;
}

Deno.test("a change is acknowledged when every process knows it, and not before", async () => {
  await using pair = await openPair();
  await control(pair.a, "POST /control/clock", { advance_seconds: 60 });
  assert.equal(pair.waited(), LEASE_MS);
});

Deno.test("the clock is moved on one process for both, and moves add up", async () => {
  await using pair = await openPair();
  await Promise.all(
    [pair.a, pair.b, pair.a, pair.b].map((app) => control(app, "POST /control/clock", { advance_seconds: 15 })),
  );
  for (const app of [pair.a, pair.b]) {
    assert.equal((await control(app, "GET /control/clock")).now_ms, startMs + 60_000);
  }
});

Deno.test("a fault with times happens so often on both processes together, also to requests at the same time", async () => {
  await using pair = await openPair();
  await control(pair.a, "POST /control/faults", {
    name: "down",
    match: { endpoint: "jwks" },
    nth: 3,
    life: { times: 5 },
    answer: { status: 503 },
  });
  const responses = await Promise.all(
    Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? pair.a : pair.b).get("/oauth/jwks")),
  );
  await Promise.all(responses.map((response) => response.body?.cancel()));
  assert.equal(responses.filter(({ status }) => status === 503).length, 5);
  for (const app of [pair.a, pair.b]) {
    const { met, has_ended } = await control(app, "GET /control/faults/down");
    assert.deepEqual([met, has_ended], [5, true]);
  }
});

Deno.test("a fault that is replaced on one process begins anew on both, and one that is removed is gone from both", async () => {
  await using pair = await openPair();
  const fault = { name: "down", match: { endpoint: "jwks" }, answer: { status: 503 } };
  const ask = async (app: TestApp): Promise<number> => (await app.get("/oauth/jwks")).status;
  await control(pair.a, "POST /control/faults", fault);
  assert.deepEqual([await ask(pair.b), await ask(pair.a)], [503, 200]);
  await control(pair.b, "POST /control/faults", fault);
  assert.deepEqual([await ask(pair.a), await ask(pair.b)], [503, 200]);
  await control(pair.a, "POST /control/faults", { ...fault, life: "always" });
  await control(pair.b, "DELETE /control/faults");
  assert.deepEqual([await ask(pair.a), await ask(pair.b)], [200, 200]);
});

Deno.test("?fault= that is sent to both processes is set once", async () => {
  await using pair = await openPair();
  const seen = [];
  for (const app of [pair.a, pair.b, pair.b, pair.a]) {
    const response = await app.get("/oauth?fault=mcp:503*2");
    seen.push(response.status);
    await response.body?.cancel();
  }
  assert.deepEqual(seen, [503, 503, 401, 401]);
  assert.equal(listOf(await control(pair.b, "GET /control/faults"), "faults").length, 1);
});

Deno.test("a rule that is overridden on one process is in force on both", async () => {
  await using pair = await openPair();
  const { clientId } = await register(pair.a);
  await Promise.all([
    control(pair.a, "PATCH /control/plan", { policy: { send_iss: false } }),
    control(pair.b, "PATCH /control/plan", { mint: { access_token_ttl_seconds: 7 } }),
  ]);
  for (const app of [pair.a, pair.b]) {
    const answer = redirectOf(await app.get(authorizeQuery(clientId, { auto_approve: "true" })));
    assert.equal(answer.searchParams.has("iss"), false);
    assert.equal((await getTokens(app, clientId)).expires_in, 7);
  }
});

Deno.test("keys that are rotated on one process are those of both, and the old ones are good on neither", async () => {
  await using pair = await openPair();
  const kid = (token: string): unknown => JSON.parse(atob(token.split(".")[0] ?? "")).kid;
  const old = text(await control(pair.b, "POST /control/tokens"), "access_token");
  assert.deepEqual([await statusWith(pair.a, old), await statusWith(pair.b, old)], [200, 200]);
  await control(pair.a, "POST /control/keys/rotate", { keep_old_seconds: 0 });
  assert.deepEqual([await statusWith(pair.a, old), await statusWith(pair.b, old)], [401, 401]);
  const next = text(await control(pair.b, "POST /control/tokens"), "access_token");
  assert.notEqual(kid(next), kid(old));
  assert.deepEqual([await statusWith(pair.a, next), await statusWith(pair.b, next)], [200, 200]);
});

Deno.test("logins that are taken back on one process are void on both", async () => {
  await using pair = await openPair();
  const { clientId } = await register(pair.a);
  const tokens = await getTokens(pair.b, clientId);
  await control(pair.a, "POST /control/tokens/revoke", { all: true });
  assert.equal(await statusWith(pair.b, text(tokens, "access_token")), 401);
  const again = text(await getTokens(pair.b, clientId), "access_token");
  assert.equal(await statusWith(pair.a, again), 200);
  assert.notEqual(claimsOf(again).sid, claimsOf(text(tokens, "access_token")).sid);
});

Deno.test("a sandbox that is reset on one process begins anew on both", async () => {
  await using pair = await openPair();
  const { clientId } = await register(pair.b);
  const token = text(await getTokens(pair.b, clientId), "access_token");
  await control(pair.b, "POST /control/clock", { advance_seconds: 60 });
  await control(pair.a, "POST /control/reset");
  assert.equal((await control(pair.b, "GET /control/clock")).now_ms, startMs);
  assert.equal(await statusWith(pair.b, token), 401);
  for (const app of [pair.a, pair.b]) {
    await assertOAuthError(await app.get(authorizeQuery(clientId)), 400, "invalid_client");
  }
  const next = await register(pair.a);
  assert.equal(await statusWith(pair.a, text(await getTokens(pair.b, next.clientId), "access_token")), 200);
  const jwks = await Promise.all([pair.a, pair.b].map(async (app) => await json(await app.get("/oauth/jwks"))));
  assert.deepEqual(jwks[0], jwks[1]);
});

Deno.test("a scenario that is brought along on one process is there on the other", async () => {
  await using pair = await openPair();
  const plan = { policy: { send_iss: false } };
  const [defined] = listOf(await control(pair.a, "POST /control/scenarios", { name: "mine", plan }), "scenarios");
  const told = await control(pair.b, `GET /s/${defined?.name}/control/plan`);
  assert.equal(Object(told.plan).policy.send_iss, false);
});
