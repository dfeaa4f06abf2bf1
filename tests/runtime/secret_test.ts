import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { isSameSecret } from "../../lib/runtime/secret.ts";

for (
  const [sent, expected, isSame] of [
    ["", "", true],
    ["", "a", false],
    ["a", "", false],
    ["abc", "abc", true],
    ["abc", "abd", false],
    ["abc", "abcd", false],
    // Lengths in bytes count: one character here, two bytes.
    ["é", "e", false],
    ["é", "é", true],
    ["é", Buffer.from("é"), true],
    [new Uint8Array([1, 2]), new Uint8Array([1, 2]), true],
    [new Uint8Array([1, 2]), new Uint8Array([1, 3]), false],
  ] as const
) {
  Deno.test(`isSameSecret() finds ${JSON.stringify(sent)} and ${JSON.stringify(expected)} ${isSame ? "equal" : "different"}`, () => {
    assert.equal(isSameSecret(sent, expected), isSame);
  });
}
