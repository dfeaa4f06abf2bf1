import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { hash } from "node:crypto";
import { isSameSecret } from "../../lib/runtime/secret.ts";
import { sha256, sha256Bytes } from "../../lib/runtime/sha256.ts";

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

Deno.test("sha256() and sha256Bytes() give the hash that node:crypto gives, of any length (FIPS 180-4)", () => {
  for (let length = 0; length < 1100; length += length < 200 ? 1 : 13) {
    for (const character of ["a", "é", "漢", "\u{1f600}", "\ud800"]) {
      const text = character.repeat(length);
      assert.equal(sha256(text), hash("sha256", text, "base64url"), `${length} times ${JSON.stringify(character)}`);
    }
    const bytes = Uint8Array.from({ length }, (_, index) => index * 7 + length);
    assert.equal(sha256Bytes(bytes).toString("hex"), hash("sha256", bytes, "hex"), `${length} bytes`);
  }
});
