import assert from "node:assert/strict";
import { boundedMap } from "../../lib/runtime/bounded_map.ts";
import { createDice } from "../../lib/runtime/dice.ts";

Deno.test("boundedMap() forgets the oldest entry first, and counts one that is set again as new", () => {
  const map = boundedMap<number, string>(3);
  for (const key of [1, 2, 3, 1, 4, 5]) map.set(key, `${key}`);
  assert.deepEqual([...map.keys()], [1, 4, 5]);
  assert.deepEqual([map.get(2), map.get(1), map.has(3), map.has(5)], [undefined, "1", false, true]);
});

for (const max of [1, 2, 7, 100, 10_000]) {
  Deno.test(`boundedMap() of ${max} forgets one entry for each that is too many`, () => {
    const map = boundedMap<number, number>(max);
    for (let key = 0; key < 3 * max; key++) {
      map.set(key, key);
      assert(map.has(key) && !map.has(key - max), `${key} of ${max}`);
      assert(key < max || map.has(key - max + 1), `${key} of ${max}`);
    }
    assert.equal([...map.keys()].length, max);
  });
}

Deno.test("boundedMap() keeps its order whatever is set, deleted and cleared in between", () => {
  const map = boundedMap<number, number>(5);
  const roll = createDice(1);
  let expected: readonly number[] = [];
  for (let turn = 0; turn < 20_000; turn++) {
    const [deed, key] = [roll() % 100, roll() % 9];
    expected = deed === 0 ? [] : expected.filter((known) => known !== key);
    if (deed === 0) map.clear();
    else if (deed < 20) map.delete(key);
    else {
      map.set(key, turn);
      expected = [...expected, key].slice(-5);
    }
    assert.deepEqual([...map.keys()], expected);
  }
});

Deno.test("boundedMap() forgets the oldest entries until the others fit into its budget of bytes, and takes none beyond it", () => {
  const map = boundedMap<string, number>(10, { bytesOf: (key, value) => key.length + value, maxBytes: 100 });
  for (const [key, bytes] of [["a", 39], ["b", 39], ["a", 9], ["c", 49]] as const) map.set(key, bytes);
  assert.deepEqual([...map.keys()], ["b", "a", "c"]);
  map.set("d", 0);
  assert.deepEqual([...map.keys()], ["a", "c", "d"]);
  map.delete("c");
  map.set("e", 88);
  assert.deepEqual([...map.keys()], ["a", "d", "e"]);
  map.set("f", 0);
  assert.deepEqual([...map.keys()], ["d", "e", "f"]);
  for (const bytes of [100, Infinity]) map.set("e", bytes);
  assert.deepEqual([...map.keys()], ["d", "f"]);
  map.clear();
  map.set("f", 99);
  assert.deepEqual([...map.keys()], ["f"]);
});
