/**
 * Codes and refresh tokens that carry their own contents, encrypted and authenticated (AES-256-GCM). A code is not
 * written down when it is issued; only that it was used is, when it is. That saves the slowest step of a flow, and a code
 * can neither be read nor be made up.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { createCipheriv, createDecipheriv } from "node:crypto";
import type { Chance } from "../chance.ts";

/** What is sealed; it is bound to the ciphertext, so that a code is never taken for a refresh token. */
export type SealKind = "code" | "refresh";

const IV_LENGTH = 12;
const TAG_LENGTH = 16;

/**
 * Seals a value.
 *
 * @param kind What it is; also the readable beginning of the result.
 * @param key The sandbox's 32 bytes.
 * @param value Anything JSON can carry.
 * @param chance Where the nonce comes from.
 * @returns `<kind>_<base64url>`.
 */
export function seal(kind: SealKind, key: Uint8Array, value: unknown, chance: Chance): string {
  const iv = chance.bytes(IV_LENGTH);
  const cipher = createCipheriv("aes-256-gcm", key, iv);
  cipher.setAAD(Buffer.from(kind));
  const sealed = [iv, cipher.update(JSON.stringify(value), "utf8"), cipher.final(), cipher.getAuthTag()];
  return `${kind}_${Buffer.concat(sealed).toString("base64url")}`;
}

/**
 * Opens what {@link seal} made.
 *
 * @param kind What it must be.
 * @param key The sandbox's 32 bytes.
 * @param sealed What came from outside.
 * @returns The value, or undefined for anything this sandbox has not sealed as this kind.
 */
export function unseal(kind: SealKind, key: Uint8Array, sealed: string): unknown {
  if (!sealed.startsWith(`${kind}_`) || !/^[A-Za-z0-9_-]+$/.test(sealed)) return undefined;
  const bytes = Buffer.from(sealed.slice(kind.length + 1), "base64url");
  if (bytes.length < IV_LENGTH + TAG_LENGTH) return undefined;
  try {
    const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, IV_LENGTH));
    decipher.setAAD(Buffer.from(kind));
    decipher.setAuthTag(bytes.subarray(bytes.length - TAG_LENGTH));
    const text = decipher.update(bytes.subarray(IV_LENGTH, bytes.length - TAG_LENGTH), undefined, "utf8");
    return JSON.parse(text + decipher.final("utf8"));
  } catch {
    return undefined;
  }
}
