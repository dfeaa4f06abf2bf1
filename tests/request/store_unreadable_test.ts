/** A row that cannot be read is an error of that row: rows written by hand, as an older version or a damaged file leaves them. */
import assert from "node:assert/strict";
import { createChance, randomBytes } from "../../lib/runtime/chance.ts";
import { createStore } from "../../lib/store/kv.ts";
import type { Key } from "../../lib/store/store.ts";
import { UnreadableRowError } from "../../lib/store/unreadable.ts";
import { unreadable } from "./unreadable.ts";

const chance = createChance(randomBytes);

Deno.test("createStore reads every other row that is asked for together with one that cannot be read", async () => {
  using kv = await Deno.openKv(":memory:");
  const told: Key[] = [];
  const store = createStore(kv, chance, (key) => told.push(key));
  const keys = Array.from({ length: 25 }, (_, index): Key => ["s", "t", index]);
  for (const key of keys) await kv.set([...key], key[2] === 3 || key[2] === 14 ? unreadable() : key[2]);
  for (let turn = 0; turn < 3; turn++) {
    const results = await Promise.allSettled(keys.map((key) => store.get(key)));
    results.forEach((result, index) => {
      if (index === 3 || index === 14) {
        assert(result.status === "rejected" && result.reason instanceof UnreadableRowError);
        assert.match(result.reason.detail.expected ?? "", /POST \/control\/reset/);
      } else assert(result.status === "fulfilled" && result.value.value === index);
    });
  }
  // Once of each, however often they are asked for.
  assert.deepEqual(told, [["s", "t", 3], ["s", "t", 14]]);
});

Deno.test("createStore lists and removes past rows that cannot be read, wherever they lie", async (t) => {
  const numbers = (count: number): readonly (string | number)[][] =>
    Array.from({ length: count }, (_, index) => [index - 3]);
  const hashes = Array.from({ length: 30 }, (_, index) => [`${index}-_Zz`.repeat(8).slice(0, 43)]).sort();
  const cases: readonly (readonly [string, readonly (readonly (string | number)[])[], readonly number[]])[] = [
    ["the first", numbers(5), [0]],
    ["the last", numbers(5), [4]],
    ["several in a row", numbers(9), [2, 3, 4]],
    ["all of them", numbers(3), [0, 1, 2]],
    ["the only one", [["only"]], [0]],
    ["hashes", hashes, [7, 8]],
    ["keys of several parts, one the beginning of another", [["a"], ["a", "b"], ["a", "b", 1], ["ab"]], [0, 2]],
    ["texts beyond ASCII", [["é"], ["漢"], ["\u{1f600}"]], [1, 2]],
    ["numbers of all kinds", [[-1e300], [-1.5], [-0.001], [0], [1], [2 ** 53], [1e300]], [0, 2, 3, 6]],
    ["more than a batch", numbers(230), [5, 120, 229]],
  ];
  for (const [what, keys, bad] of cases) {
    await t.step(what, async () => {
      using kv = await Deno.openKv(":memory:");
      const told: Key[] = [];
      const store = createStore(kv, chance, (key) => told.push(key));
      for (const neighbour of ["a", "tt", "u"]) await kv.set(["s", neighbour, "x"], unreadable());
      for (const [index, key] of keys.entries()) {
        await kv.set(["s", "t", ...key], bad.includes(index) ? unreadable() : index);
      }
      const good = keys.map((_, index) => index).filter((index) => !bad.includes(index));
      assert.deepEqual((await store.list(["s", "t"], 500)).map(({ value }) => value), good);
      assert.deepEqual(told, bad.map((index) => ["s", "t", ...keys[index] ?? []]));
      assert.deepEqual((await store.list(["s", "t"], 3)).map(({ value }) => value), good.filter((index) => index < 3));
      await store.removeAll(["s", "t"]);
      assert.deepEqual(await Array.fromAsync(kv.list({ prefix: ["s", "t"] })), []);
      await store.removeAll(["s"]);
      assert.deepEqual(await Array.fromAsync(kv.list({ prefix: ["s"] })), []);
    });
  }
});
