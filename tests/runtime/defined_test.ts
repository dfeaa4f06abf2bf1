import assert from "node:assert/strict";
import { defined } from "../../lib/runtime/defined.ts";

Deno.test("defined() leaves out what is undefined, and nothing else", () => {
  const members = { a: undefined, b: null, c: 0, d: "", e: false, f: NaN, g: [undefined], h: { i: undefined } };
  const { a: _a, ...others } = members;
  const kept = defined(members);
  assert.deepEqual(kept, others);
  assert(!("a" in kept));
  assert.deepEqual(Object.keys(kept), Object.keys(others));
});
