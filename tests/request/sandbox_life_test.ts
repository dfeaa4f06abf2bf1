/** Many sandboxes, many processes, and sandboxes that are no longer used. */
import assert from "node:assert/strict";
import { createChance, randomBytes } from "../../lib/runtime/chance.ts";
import { parseAddress } from "../../lib/sandbox/sandbox.ts";
import { standard } from "../../lib/scenarios/catalogue/standard.ts";
import { createStore } from "../../lib/store/kv.ts";
import { createSandboxTable } from "../../lib/sandbox/sandbox_table.ts";
import { createLease, LEASE_MS } from "../../lib/store/lease.ts";
import { IDLE_MS } from "../../lib/sandbox/held_sandbox.ts";
import { createLiveSandboxes, type LiveSandbox, type LiveSandboxes } from "../../lib/sandbox/live_sandboxes.ts";
import {
  below,
  callOauth,
  claimsOf,
  getTokens,
  kvTestApp,
  origin,
  register,
  startMs,
  testApp,
  text,
} from "../helpers.ts";

async function countRows(kv: Deno.Kv): Promise<number> {
  let count = 0;
  for await (const _ of kv.list({ prefix: [] })) count++;
  return count;
}

Deno.test("1,000 sandboxes at once each have a flow of their own, and leave nothing behind when a day has passed", async () => {
  await using test = await kvTestApp();
  await test.get("/health");
  const before = await countRows(test.kv);
  const flow = async (index: number): Promise<string> => {
    const sandbox = below(test, `/s/standard~load-${index}`);
    const { clientId } = await register(sandbox);
    const token = text(await getTokens(sandbox, clientId), "access_token");
    const welcome = await callOauth(sandbox, token);
    assert.equal(welcome.status, 200, `sandbox ${index}`);
    await welcome.body?.cancel();
    assert.equal(claimsOf(token).iss, `${origin}/s/standard~load-${index}`);
    return token;
  };
  const tokens = await Promise.all(Array.from({ length: 1000 }, (_, index) => flow(index)));
  for (const [index, token] of tokens.slice(0, 20).entries()) {
    const response = await callOauth(below(test, `/s/standard~load-${index + 1}`), token);
    assert.equal(response.status, 401, `a token of sandbox ${index} in the next one`);
  }
  assert(await countRows(test.kv) > before + 4000);
  test.clock.nowMs += IDLE_MS + 2 * 60 * 60 * 1000;
  // Every request clears some away.
  for (let request = 0; request < 60; request++) await test.get("/health");
  assert.equal(await countRows(test.kv), before);
});

Deno.test("a sandbox that is used stays, and one that comes again after a day is new", async () => {
  await using test = await testApp();
  const [busy, idle] = [below(test, "/s/standard~busy"), below(test, "/s/standard~idle")];
  const token = { busy: "", idle: "" };
  token.busy = text(await getTokens(busy, (await register(busy)).clientId), "access_token");
  token.idle = text(await getTokens(idle, (await register(idle)).clientId), "access_token");
  for (let hour = 0; hour < 30; hour++) {
    test.clock.nowMs += 60 * 60 * 1000;
    await busy.get("/health");
  }
  const welcome = await callOauth(busy, token.busy);
  assert.equal(welcome.status, 200);
  await welcome.body?.cancel();
  assert.equal((await callOauth(idle, token.idle)).status, 401);
});

interface Process {
  readonly liveSandboxes: LiveSandboxes;
  readonly forgotten: string[];
  readonly waits: number[];
}

/** Two processes on one database, with a clock for both. */
async function openProcesses(
  clock: { monotonicMs: number },
): Promise<{ readonly kv: Deno.Kv; readonly one: Process; readonly two: Process }> {
  const kv = await Deno.openKv(":memory:");
  const open = (): Process => {
    const forgotten: string[] = [];
    const waits: number[] = [];
    const liveSandboxes = createLiveSandboxes({
      table: createSandboxTable(createStore(kv, createChance(randomBytes))),
      findScenario: (name) => Promise.resolve(name === "standard" ? standard : undefined),
      ownScenario: () => Promise.resolve(standard),
      patch: {},
      now: () => startMs,
      lease: createLease({
        monotonicMs: () => clock.monotonicMs,
        sleep: (ms) => {
          waits.push(ms);
          clock.monotonicMs += ms;
          return Promise.resolve();
        },
        isShared: true,
      }),
      onRotate: () => {},
      onSweepError: (error) => assert.fail(String(error)),
      onForget: (id) => forgotten.push(id),
    });
    return { liveSandboxes, forgotten, waits };
  };
  return { kv, one: open(), two: open() };
}

async function find({ liveSandboxes }: Process): Promise<LiveSandbox> {
  const address = parseAddress(new URL(`${origin}/s/standard~shared/oauth`), () => true);
  const live = address && await liveSandboxes.find(address);
  assert(live);
  return live;
}

Deno.test("a change of a sandbox is acknowledged when every process knows of it", async () => {
  const clock = { monotonicMs: 0 };
  const { kv, one, two } = await openProcesses(clock);
  using _ = kv;
  const here = await find(one);
  assert.equal((await find(two)).now(), startMs);
  const change = one.liveSandboxes.change(here, (state) => ({ ...state, clockOffsetMs: 5000 }));
  await change;
  assert.deepEqual(one.waits, [LEASE_MS]);
  assert.equal(here.now(), startMs + 5000);
  assert.equal((await find(two)).now(), startMs + 5000);
});

Deno.test("a process asks the store about a sandbox once in a lease, not with every request", async () => {
  const clock = { monotonicMs: 0 };
  const { kv, one, two } = await openProcesses(clock);
  using _ = kv;
  const [here, there] = [await find(one), await find(two)];
  const table = createSandboxTable(createStore(kv, createChance(randomBytes)));
  await table.change(here.name, (state) => ({ ...state, clockOffsetMs: 1000 }));
  clock.monotonicMs += LEASE_MS - 1;
  assert.equal((await find(two)).now(), startMs);
  clock.monotonicMs += 1;
  assert.equal((await find(two)).now(), startMs + 1000);
  assert.equal(there.now(), startMs + 1000);
});

Deno.test("a reset gives a sandbox another id, under which nothing lies, and forgets the old one's keys", async () => {
  const clock = { monotonicMs: 0 };
  const { kv, one, two } = await openProcesses(clock);
  using _ = kv;
  const live = await find(one);
  assert.equal(live.id(), "standard~shared");
  await kv.set([live.id(), "client", "x"], 1);
  await one.liveSandboxes.reset(live);
  assert.equal(live.id(), "standard~shared#1");
  assert.equal((await find(two)).id(), "standard~shared#1");
  assert(one.forgotten.includes("standard~shared"));
  assert.equal((await kv.get(["standard~shared", "client", "x"])).versionstamp, null);
});

Deno.test("a process drops sandboxes that have not been used for a day, including their keys", async () => {
  const clock = { nowMs: startMs };
  using kv = await Deno.openKv(":memory:");
  const forgotten = new Set<string>();
  const liveSandboxes = createLiveSandboxes({
    table: createSandboxTable(createStore(kv, createChance(randomBytes))),
    findScenario: () => Promise.resolve(standard),
    ownScenario: () => Promise.resolve(standard),
    patch: {},
    now: () => clock.nowMs,
    lease: createLease({ monotonicMs: () => clock.nowMs, sleep: () => Promise.resolve(), isShared: false }),
    onRotate: () => {},
    onSweepError: (error) => assert.fail(String(error)),
    onForget: (id) => forgotten.add(id),
  });
  const visit = async (path: string): Promise<void> => {
    const address = parseAddress(new URL(origin + path), () => true);
    assert(address && await liveSandboxes.find(address));
  };
  for (let index = 0; index < 100; index++) await visit(`/s/standard~label-${index}/oauth`);
  await visit("/health");
  assert.equal(liveSandboxes.size(), 101);
  clock.nowMs += IDLE_MS + 2 * 60 * 60 * 1000;
  await visit("/health");
  assert.equal(liveSandboxes.size(), 1);
  for (let index = 0; index < 100; index++) assert(forgotten.has(`standard~label-${index}`), String(index));
});
