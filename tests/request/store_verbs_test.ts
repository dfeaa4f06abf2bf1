/** The verbs of the store, over two databases and in memory; over a KV server in `tests/host/kv_server_test.ts`. */
import assert from "node:assert/strict";
import { openSqliteKv } from "../../lib/node/sqlite_kv.ts";
import { createChance, randomBytes } from "../../lib/runtime/chance.ts";
import { createStore } from "../../lib/store/kv.ts";
import { createMemoryStore } from "../../lib/store/memory_store.ts";
import { openKvStore, testStore } from "./store_verbs.ts";

testStore("Deno.Kv", () => openKvStore(":memory:"));
testStore("SQLite", async () => {
  const kv = await openSqliteKv(":memory:", () => 0);
  return {
    store: createStore(kv, createChance(randomBytes)),
    [Symbol.asyncDispose]: () => Promise.resolve(kv.close()),
  };
});
testStore(
  "memory",
  () => Promise.resolve({ store: createMemoryStore(() => 0), [Symbol.asyncDispose]: () => Promise.resolve() }),
);

Deno.test("the store in memory sweeps what has expired, a minute late at most, and not what replaced it", async () => {
  let nowMs = 1_000_000_000;
  const store = createMemoryStore(() => nowMs);
  const write = (name: string, expireInMs?: number): Promise<boolean> =>
    store.commit({ sets: [{ key: ["k", name], value: name, expireInMs }] });
  const left = async (): Promise<readonly unknown[]> => (await store.list(["k"], 10)).map(({ value }) => value);
  await write("short", 1000);
  await write("replaced", 1000);
  await write("replaced", 600_000);
  await write("kept", 1000);
  await write("kept");
  await write("long", 600_000);
  assert.deepEqual(await left(), ["kept", "long", "replaced", "short"]);
  nowMs += 61_000;
  await write("another");
  assert.deepEqual(await left(), ["another", "kept", "long", "replaced"]);
  nowMs += 600_000;
  await write("another");
  assert.deepEqual(await left(), ["another", "kept"]);
});
