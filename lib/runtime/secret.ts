// Comparing secrets.
import { nodeCrypto } from "./node_crypto.ts";

/**
 * Whether two secrets are the same, in a time that tells nothing but their lengths: where the length is a secret too, compare hashes.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert(isSameSecret("correct horse", "correct horse"));
 * assert(!isSameSecret("correct horse", "correct"));
 * ```
 */
export function isSameSecret(sent: string | Uint8Array, expected: string | Uint8Array): boolean {
  const [a, b] = [Buffer.from(sent), Buffer.from(expected)];
  return a.length === b.length && nodeCrypto().timingSafeEqual(a, b);
}
