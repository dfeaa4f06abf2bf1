import assert from "node:assert/strict";
import { boundedMap } from "../../lib/runtime/bounded_map.ts";

Deno.test("boundedMap() forgets the oldest entry first, and counts one that is set again as new", () => {
  const map = boundedMap<number, string>(3);
  for (const key of [1, 2, 3, 1, 4, 5]) map.set(key, `${key}`);
  assert.deepEqual([...map.keys()], [1, 4, 5]);
  assert.deepEqual([map.get(2), map.get(1), map.has(3), map.has(5)], [undefined, "1", false, true]);
});

for (const max of [1, 7, 100, 1000, 10_000]) {
  Deno.test(`boundedMap() of ${max} holds at most that many and never forgets more than a hundredth at once`, () => {
    const map = boundedMap<number, number>(max);
    const batch = Math.ceil(max / 100);
    let held = 0;
    for (let key = 0; key < 3 * max; key++) {
      map.set(key, key);
      held = held + 1 > max ? held + 1 - batch : held + 1;
      assert(map.has(key) && map.has(key - held + 1) && !map.has(key - held), `${key} of ${max}`);
    }
    assert.equal([...map.keys()].length, held);
    assert(held <= max && held > max - batch);
  });
}
