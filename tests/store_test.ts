import assert from "node:assert/strict";
import { createChance, randomBytes } from "../lib/chance.ts";
import { createCommitQueue } from "../lib/store/commit_queue.ts";
import { type Commit, createStore } from "../lib/store/kv.ts";
import { createReadQueue } from "../lib/store/read_queue.ts";
import { retryLocked } from "../lib/store/retry.ts";

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

Deno.test("createReadQueue asks for keys in one round trip, ten at the most (Deno KV limit)", async () => {
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

Deno.test("createReadQueue tells everybody who waited when a round trip fails, and goes on", async () => {
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
