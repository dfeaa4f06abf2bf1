/** Attackers of 1, 10 and 1,000 addresses on what all share: nobody is kept out, and nobody else loses anything. */
import assert from "node:assert/strict";
import { createChance, randomBytes } from "../../lib/runtime/chance.ts";
import { leastShare, quotaOf, RETENTION_MS } from "../../lib/limits/limits.ts";
import { ownerOf, withQuotas } from "../../lib/limits/quotas.ts";
import { createStore } from "../../lib/store/kv.ts";
import type { Key } from "../../lib/store/store.ts";
import { paths } from "../../lib/http/urls.ts";
import {
  assertOAuthError,
  authorizeQuery,
  callOauth,
  codeFields,
  getTokens,
  json,
  type KvTestApp,
  publicClient,
  redirectOf,
  register,
  text,
} from "../helpers.ts";
import { type PublicApp, publicApp } from "./public_app.ts";

const addressOf = (attacker: number): string => `93.${attacker >> 8}.${attacker & 255}.7`;
const newcomerOf = (newcomer: number): string => `8.8.${newcomer >> 8}.${newcomer & 255}`;

/** Tables that a flow writes into. */
const tables = [
  "client",
  "user",
  "session",
  "spent",
  "replay",
  "revoked",
  "device",
  "user_code",
  "pushed",
  "note",
] as const;

/** Fills the tables of the root from a part of their quotas to another with rows of attackers, the books included. */
async function fill({ kv, clock }: KvTestApp, parts: readonly [number, number], attackers: number): Promise<void> {
  const owners = Array.from({ length: attackers }, (_, attacker) => ownerOf(addressOf(attacker)));
  for (const table of tables) {
    const [first = 0, most = 0] = parts.map((part) => Math.ceil((quotaOf("main", table)?.rows ?? 0) * part));
    for (let from = first; from < most; from += 400) {
      const atomic = kv.atomic();
      for (let row = from; row < Math.min(most, from + 400); row++) {
        const key = ["main", table, `attack${row}`];
        const owner = owners[row % attackers];
        const booking = {
          key,
          owner,
          bytes: 100,
          writtenAtMs: clock.nowMs - row,
          goneAtMs: clock.nowMs + RETENTION_MS,
        };
        atomic.set(key, {}).set(["#owned", ...key], booking);
      }
      await atomic.commit();
    }
  }
}

/** All that somebody new does: registers, logs in with a new e-mail address, calls a tool. Gives the access token. */
async function walk(test: PublicApp, newcomer: number): Promise<string> {
  const at = test.from(newcomerOf(newcomer));
  const { clientId } = await register(at);
  const credentials = { auto_approve_email: `new${newcomer}@example.com`, auto_approve_password: "x" };
  const code = redirectOf(await at.get(authorizeQuery(clientId, credentials))).searchParams.get("code") ?? "";
  const answer = await json(await at.postForm(paths.token, codeFields(clientId, code)));
  const token = text(answer, "access_token");
  const session = await callOauth(at, token);
  assert.equal(session.status, 200, await session.text());
  assert.notEqual(session.headers.get("mcp-session-id"), null);
  const call = await at.fetch(paths.oauth, {
    method: "POST",
    headers: {
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      "mcp-session-id": session.headers.get("mcp-session-id") ?? "",
    },
    body: JSON.stringify({
      jsonrpc: "2.0",
      id: 2,
      method: "tools/call",
      params: { name: "mock_create_note", arguments: { title: "t", content: "c" } },
    }),
  });
  assert.match(await call.text(), /"isError":false|"content":/);
  return token;
}

/** How many of an attack's rows are left in a table. */
async function countLeft({ kv }: KvTestApp, table: string): Promise<number> {
  const rows = await Array.fromAsync(kv.list({ prefix: ["main", table] }));
  return rows.filter(({ key }) => String(key[2]).startsWith("attack")).length;
}

for (const attackers of [1, 10, 1000]) {
  Deno.test(`public: with every table of the root filled by ${attackers} addresses, who is new registers, logs in and calls a tool, and keeps what they have (README, host it)`, async () => {
    await using test = await publicApp();
    const tokens: string[] = [];
    for (const parts of [[0, 0.5], [0.5, 1]] as const) {
      await fill(test, parts, attackers);
      // The books are read again, as they were by any process that shares the database.
      test.durations.nowMs += 60_000;
      for (let turn = 0; turn < 2; turn++) {
        for (let attack = 0; attack < 10; attack++) {
          const attacker = test.from(addressOf(attack % attackers));
          const { status } = await attacker.postJson(paths.register, publicClient);
          assert.equal(status, 201);
        }
        tokens.push(await walk(test, tokens.length));
      }
    }
    for (const token of tokens) assert.equal((await callOauth(test, token)).status, 200);
    const clients = await Array.fromAsync(test.kv.list({ prefix: ["main", "client"] }));
    assert.equal(clients.length, quotaOf("main", "client")?.rows);
    // What was used and revoked stays so.
    for (const table of ["spent", "revoked"]) {
      assert.equal(await countLeft(test, table), quotaOf("main", table)?.rows, table);
    }
  });
}

Deno.test("public: one address that fills the root's clients with large registrations locks no one out (README, host it)", async () => {
  await using test = await publicApp();
  const attacker = test.from(addressOf(0));
  const n = (length: number): object => ({
    ...publicClient,
    jwks: { keys: [{ kty: "RSA", e: "AQAB", n: "x".repeat(length) }] },
  });
  for (const length of [...Array<number>(400).fill(30_000), 8000, 2000, 500, 100, 1]) {
    test.durations.nowMs += 50;
    assert.equal((await attacker.postJson(paths.register, n(length))).status, 201);
  }
  await walk(test, 0);
  const other = test.from(newcomerOf(1));
  assert.equal((await other.postJson(paths.register, n(30_000))).status, 201);
});

/** A store with quotas on an empty database, asked for one address after another. */
async function quotaStore(): Promise<
  & ReturnType<typeof withQuotas>
  & Disposable
  & { readonly kv: Deno.Kv; readonly by: (address: string) => void; readonly clock: { nowMs: number } }
> {
  const kv = await Deno.openKv(":memory:");
  const clock = { nowMs: 0 };
  let asker = "";
  const store = withQuotas(createStore(kv, createChance(randomBytes)), {
    monotonicMs: () => clock.nowMs,
    now: () => clock.nowMs,
    asker: () => asker,
  });
  return { ...store, kv, clock, by: (address) => void (asker = address), [Symbol.dispose]: () => kv.close() };
}

/** Writes rows at once, as parallel requests do. */
async function write(
  { create }: Pick<ReturnType<typeof withQuotas>, "create">,
  table: Key,
  [from, to]: readonly [number, number],
): Promise<void> {
  await Promise.all(Array.from({ length: to - from }, (_, row) => create([...table, `${from + row}`], from + row)));
}

Deno.test("withQuotas removes the oldest rows of the address that has most, and none of those that have fewer (README, host it)", async () => {
  using store = await quotaStore();
  const rows = quotaOf("main", "client")?.rows ?? 0;
  store.by("few");
  await write(store, ["main", "client"], [0, 3]);
  for (const [at, address] of ["many", "most"].entries()) {
    store.clock.nowMs++;
    store.by(address);
    await write(store, ["main", "client"], [10_000 * (at + 1), 10_000 * (at + 1) + (at === 0 ? 100 : rows - 103)]);
  }
  store.by("new");
  await write(store, ["main", "client"], [50_000, 50_010]);
  const left = (await store.list<number>(["main", "client"], 20_000)).map(({ value }) => value ?? 0).sort((a, b) =>
    a - b
  );
  assert.equal(left.length, rows);
  assert.deepEqual(left.slice(0, 3), [0, 1, 2]);
  assert.equal(left.filter((row) => row >= 10_000 && row < 20_000).length, 100);
  // The ten oldest of the address that has most.
  assert.equal(left.find((row) => row >= 20_000), 20_010);
  assert.equal((await Array.fromAsync(store.kv.list({ prefix: ["#owned", "main", "client"] }))).length, rows);
});

Deno.test("withQuotas refuses an address that has its share of marks, and says when the next is gone (RFC 4918 11.5)", async () => {
  using store = await quotaStore();
  const rows = quotaOf("main", "spent")?.rows ?? 0;
  store.by("greedy");
  await write(store, ["main", "spent"], [0, rows]);
  store.clock.nowMs += RETENTION_MS - 90 * 60_000;
  const refusal = await store.create(["main", "spent", "one more"], true).catch((error: unknown) => error);
  assert(refusal instanceof Error);
  assert.match(refusal.message, /^Your address's share of the quota of codes and refresh tokens used of this sandbox/);
  assert.match(
    JSON.stringify(refusal),
    /the next expires in 1 h 30 min; a sandbox of your own, \/s\/standard~LABEL, has its own quota/,
  );
  assert.match(JSON.stringify(refusal), /"status":507.*"retry-after":"5400"/);
  for (let newcomer = 0; newcomer < 3; newcomer++) {
    store.by(`new${newcomer}`);
    await write(store, ["main", "spent"], [20_000 + 100 * newcomer, 20_000 + 100 * newcomer + leastShare.rows]);
  }
  assert.equal((await store.list(["main", "spent"], 50_000)).length, rows + 3 * leastShare.rows);
  // When its time has come, there is room again.
  store.clock.nowMs += 90 * 60_000;
  store.by("greedy");
  assert.equal(await store.create(["main", "spent", "one more"], true), true);
});

Deno.test("withQuotas counts what is changed and removed, and what a failed commit has not written (README)", async () => {
  using store = await quotaStore();
  const { rows = 0, bytes = 0 } = quotaOf("standard~a", "user") ?? {};
  await write(store, ["standard~a", "user"], [0, rows]);
  await assert.rejects(store.create(["standard~a", "user", "one more"], true), /The quota of users of this sandbox/);
  // A change is no row more, but its size counts.
  const first = await store.get(["standard~a", "user", "0"]);
  const check = { key: first.key, versionstamp: first.versionstamp };
  const large = "x".repeat(60_000);
  await store.commit({ checks: [check], sets: [{ key: first.key, value: large }] });
  for (let row = 1; row < Math.floor(bytes / 60_000); row++) {
    await store.commit({ sets: [{ key: ["standard~a", "user", `${row}`], value: large }] });
  }
  await assert.rejects(store.commit({ sets: [{ key: ["standard~a", "user", "99"], value: large }] }), /quota of users/);
  assert.equal(await store.commit({ checks: [check], sets: [{ key: first.key, value: large }] }), false);
  await store.commit({ deletes: [["standard~a", "user", "0"], ["standard~a", "user", "1"]] });
  assert.equal(await store.create(["standard~a", "user", "new"], large), true);
  assert.equal(await store.create(["standard~a", "user", "new"], large), false);
  await store.removeAll(["standard~a"]);
  assert.deepEqual(await Array.fromAsync(store.kv.list({ prefix: [] })), []);
  await write(store, ["standard~a", "user"], [0, rows]);
});

Deno.test("public: custom scenarios of one address do not lock out those of others (README, bring your own)", async () => {
  using store = await quotaStore();
  const rows = quotaOf("#scenario", "any")?.rows ?? 0;
  store.by("new");
  await write(store, ["#scenario"], [0, 1]);
  store.by("greedy");
  await write(store, ["#scenario"], [1, rows]);
  await write(store, ["#scenario"], [rows, rows + 20]);
  assert.equal((await store.get(["#scenario", "0"])).value, 0);
  assert.equal((await store.get(["#scenario", "1"])).value, undefined);
});

Deno.test("public: a sandbox that all share and too many ask still answers each address some requests (RFC 6585 4)", async () => {
  await using test = await publicApp();
  let asked = 0;
  for (let attacker = 0; attacker < 30; attacker++) {
    for (let request = 0; request < 200; request++) {
      const response = await test.from(addressOf(attacker)).get(paths.robots);
      if (response.status === 200) asked++;
      await response.body?.cancel();
    }
  }
  // All that the sandbox gives at once, and what each of the last ten addresses has to spare.
  assert.equal(asked, 4000 + 10 * 40);
  await walk(test, 0);
});

Deno.test("public: an address that logs in too often waits, as each password costs what hundreds of requests do", async () => {
  await using test = await publicApp();
  const one = test.from(addressOf(0));
  const { clientId } = await register(one);
  const post = (): Promise<Response> =>
    one.postForm(authorizeQuery(clientId, { redirect_uri: "https://client.example/cb" }), { action: "auto" });
  for (let login = 0; login < 10; login++) assert.equal((await post()).status, 303);
  const refused = await post();
  assert.equal(refused.headers.get("retry-after"), "1");
  assert.match(await assertOAuthError(refused, 429, "temporarily_unavailable"), /^Too many logins from your/);
  await getTokens(one, clientId);
  await walk(test, 0);
});
