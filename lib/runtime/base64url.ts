// Texts as base64url, without memory of their own for each.

/** Enough for what is signed or sealed as a rule. */
const SCRATCH_LENGTH = 16 * 1024;
let scratch: Buffer | undefined;
/** A character of a text takes three bytes at most. */
const MAX_SCRATCHED = Math.floor(SCRATCH_LENGTH / 3);

/**
 * The base64url of a text in UTF-8, without padding (RFC 4648 5).
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(toBase64url('{"a":"ü"}'), "eyJhIjoiw7wifQ");
 * ```
 */
export function toBase64url(text: string): string {
  if (text.length > MAX_SCRATCHED) return Buffer.from(text).toString("base64url");
  scratch ??= Buffer.alloc(SCRATCH_LENGTH);
  return scratch.toString("base64url", 0, scratch.write(text));
}
