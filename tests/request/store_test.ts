import assert from "node:assert/strict";
import { createChance, randomBytes } from "../../lib/runtime/chance.ts";
import { errorStatus, OAuthError } from "../../lib/http/errors.ts";
import { createCommitQueue } from "../../lib/store/commit_queue.ts";
import { createStore } from "../../lib/store/kv.ts";
import type { Commit } from "../../lib/store/store.ts";
import { createReadQueue } from "../../lib/store/read_queue.ts";
import { retryLocked } from "../../lib/store/retry.ts";
import { MAX_VALUE_BYTES, MAX_VALUE_LEVELS, storedBytes } from "../../lib/store/stored_value.ts";

const chance = createChance(randomBytes);

function setOf(key: string, value: unknown = 1): Commit {
  return { sets: [{ key: [key], value }] };
}

Deno.test("createCommitQueue sends commits that come together in one transaction", async () => {
  const sent: number[] = [];
  const commit = createCommitQueue((commits) => Promise.resolve(sent.push(commits.length) > 0));
  assert.deepEqual(await Promise.all(["a", "b", "c"].map((key) => commit(setOf(key)))), [true, true, true]);
  assert.deepEqual(sent, [3]);
});

Deno.test("createCommitQueue keeps commits apart whose order matters, and in their order", async () => {
  const sent: string[][] = [];
  const commit = createCommitQueue((commits) => {
    sent.push(commits.flatMap(({ sets = [] }) => sets.map(({ value }) => String(value))));
    return Promise.resolve(true);
  });
  const check: Commit = { checks: [{ key: ["a"], versionstamp: null }], sets: [{ key: ["b"], value: "checks a" }] };
  await Promise.all([
    commit(setOf("a", "first")),
    commit(setOf("a", "second")),
    commit(check),
    commit(setOf("c", "other")),
  ]);
  assert.deepEqual(sent, [["first", "other"], ["second"], ["checks a"]]);
});

Deno.test("createCommitQueue answers each commit for itself when one of them cannot be applied", async () => {
  for (const fails of [() => Promise.resolve(false), () => Promise.reject(new Error("Value too large"))]) {
    const commit = createCommitQueue((commits) =>
      commits.some(({ sets = [] }) => sets.some(({ value }) => value === "bad")) ? fails() : Promise.resolve(true)
    );
    const results = await Promise.allSettled([commit(setOf("a")), commit(setOf("b", "bad")), commit(setOf("c"))]);
    assert.deepEqual(results.map((result) => result.status === "fulfilled" && result.value), [true, false, true]);
  }
});

Deno.test("createReadQueue reads at most ten keys in one round trip (Deno KV limit)", async () => {
  const asked: number[] = [];
  const read = createReadQueue((keys) => {
    asked.push(keys.length);
    return Promise.resolve(keys.map((key) => ({ value: key[0], versionstamp: "1" })));
  });
  const names = Array.from({ length: 25 }, (_, index) => `key ${index}`);
  const values = await Promise.all(names.map((name) => read([name])));
  assert.deepEqual(values.map(({ value }) => value), names);
  assert(asked.every((count) => count >= 1 && count <= 10), asked.join());
  assert(asked.length <= 4, asked.join());
});

Deno.test("createReadQueue tells every waiting caller when a round trip fails, and continues", async () => {
  let fail = true;
  const read = createReadQueue((keys) =>
    fail ? Promise.reject(new Error("gone")) : Promise.resolve(keys.map(() => ({ value: 1, versionstamp: "1" })))
  );
  const results = await Promise.allSettled([read(["a"]), read(["b"])]);
  assert.deepEqual(results.map(({ status }) => status), ["rejected", "rejected"]);
  fail = false;
  assert.equal((await read(["a"])).value, 1);
});

Deno.test("retryLocked tries again while the database is locked, and no longer", async () => {
  let tries = 0;
  const result = await retryLocked(() => {
    if (++tries < 3) throw new TypeError("database is locked");
    return Promise.resolve("done");
  }, () => 0);
  assert.equal(result, "done");
  assert.equal(tries, 3);
  await assert.rejects(retryLocked(() => Promise.reject(new Error("disk full")), () => 0), /disk full/);
});

Deno.test("createStore creates a value once, of any number of callers", async () => {
  using kv = await Deno.openKv(":memory:");
  const store = createStore(kv, chance);
  const results = await Promise.all(Array.from({ length: 20 }, (_, index) => store.create(["k"], index)));
  assert.equal(results.filter(Boolean).length, 1);
  assert.equal((await store.get(["k"])).value, results.indexOf(true));
});

Deno.test("createStore reads what it wrote, lists it in order, and removes it", async () => {
  using kv = await Deno.openKv(":memory:");
  const store = createStore(kv, chance);
  await Promise.all([2, 1, 3].map((n) => store.commit({ sets: [{ key: ["list", n], value: n }] })));
  assert.deepEqual((await store.list(["list"], 2)).map(({ value }) => value), [1, 2]);
  assert.equal(
    await store.commit({ checks: [{ key: ["list", 1], versionstamp: null }], deletes: [["list", 2]] }),
    false,
  );
  assert.equal((await store.get(["list", 2])).value, 2);
  await store.commit({ deletes: [["list", 2]] });
  assert.deepEqual(await store.get(["list", 2]), { key: ["list", 2], value: undefined, versionstamp: null });
});

Deno.test("createStore refuses a value that the database cannot hold, or could not read again, and nothing else", async (t) => {
  using kv = await Deno.openKv(":memory:");
  const store = createStore(kv, chance);
  const nested = (levels: number, open = '{"a":', close = "}"): unknown =>
    JSON.parse(`${open.repeat(levels)}1${close.repeat(levels)}`);
  const cases: readonly (readonly [string, unknown, number | undefined])[] = [
    ["Latin-1 to the brim", "é".repeat(65_530), undefined],
    ["one byte more", "é".repeat(65_531), 413],
    ["two bytes a character", "漢".repeat(32_764), undefined],
    ["two bytes a character, one more", "漢".repeat(32_767), 413],
    ["one character beyond Latin-1", `漢${"a".repeat(40_000)}`, 413],
    ["what was cut from a text with one", `漢${"a".repeat(40_000)}`.slice(1), 413],
    ["many members", Object.fromEntries(Array.from({ length: 9000 }, (_, index) => [`k${index}`, 1])), 413],
    ["bytes", new Uint8Array(65_536), undefined],
    ["bytes, one more", new Uint8Array(65_537), 413],
    ["objects to the last level", nested(MAX_VALUE_LEVELS), undefined],
    ["objects, one level more", nested(MAX_VALUE_LEVELS + 1), 400],
    ["arrays, one level more", nested(MAX_VALUE_LEVELS + 1, "[", "]"), 400],
    ["objects that V8 writes and cannot read", nested(2700), 400],
    ["objects that V8 cannot write", nested(5000), 400],
  ];
  for (const [what, value, refused] of cases) {
    await t.step(what, async () => {
      const neighbour = store.create(["neighbour", what], 1);
      const written = store.commit({ sets: [{ key: ["row"], value }] });
      if (refused === undefined) {
        assert(await written);
        assert.deepEqual((await store.get(["row"])).value, value);
        assert.equal(storedBytes(value) <= MAX_VALUE_BYTES, true);
      } else await assert.rejects(written, (error) => error instanceof OAuthError && errorStatus(error) === refused);
      assert(await neighbour);
    });
  }
});
