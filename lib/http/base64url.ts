// Base64url as the JOSE standards write it, and no other spelling: decoders forgive padding, foreign characters and bits
// that no byte needs, so that one signature could be sent in many spellings, each of them a token of its own to whatever
// remembers tokens by their text.
import { isNestedTooDeep } from "./json.ts";

/**
 * Decodes base64url without padding.
 *
 * @returns Undefined for any text but the one that encoding the same bytes gives.
 * @see {@link https://www.rfc-editor.org/rfc/rfc7515.html#section-2}
 * @see {@link https://www.rfc-editor.org/rfc/rfc4648.html#section-3.5}
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(decodeBase64url("YQ")?.toString(), "a");
 * for (const text of ["YQ==", "YR", "Y Q", "Y"]) assert.equal(decodeBase64url(text), undefined);
 * ```
 */
export function decodeBase64url(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, "base64url");
  return bytes.toString("base64url") === text ? bytes : undefined;
}

/**
 * Whether all three parts of a signed JWT are written as {@link decodeBase64url} requires (RFC 7515 3.1), and none is JSON
 * that is nested too deeply to be read.
 */
export function isStrictJwt(token: string): boolean {
  const parts = token.split(".").map(decodeBase64url);
  return parts.length === 3 && parts.every((part) => part !== undefined && !isNestedTooDeep(part.toString("latin1")));
}
