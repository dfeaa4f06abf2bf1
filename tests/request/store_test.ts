import assert from "node:assert/strict";
import { createCommitQueue } from "../../lib/store/commit_queue.ts";
import type { Commit } from "../../lib/store/store.ts";
import { createReadQueue } from "../../lib/store/read_queue.ts";
import { retryLocked } from "../../lib/store/retry.ts";

function setOf(key: string, value: unknown = 1): Commit {
  return { sets: [{ key: [key], value }] };
}

Deno.test("createCommitQueue sends commits that come together in one transaction", async () => {
  const sent: number[] = [];
  const commit = createCommitQueue((commits) => Promise.resolve(sent.push(commits.length) > 0));
  assert.deepEqual(await Promise.all(["a", "b", "c"].map((key) => commit(setOf(key)))), [true, true, true]);
  assert.deepEqual(sent, [3]);
});

Deno.test("createCommitQueue sends no more than 32 commits in one transaction, and the others in those after it", async () => {
  const sent: number[] = [];
  const commit = createCommitQueue((commits) => Promise.resolve(sent.push(commits.length) > 0));
  await Promise.all(Array.from({ length: 100 }, (_, key) => commit(setOf(`${key}`))));
  assert.deepEqual(sent, [32, 32, 32, 4]);
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
