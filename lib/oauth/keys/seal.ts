// Codes and refresh tokens that carry their own contents under a seal (HMAC-SHA256). A code is not stored when it
// is issued; only its use is. That saves the slowest step of a flow, and no code can be forged. Its
// holder can read the contents, which the token it is exchanged for tells as well; there is no secret in them.
import { toBase64url } from "../../runtime/base64url.ts";
import { hmacOf } from "../../runtime/mac.ts";
import { isSameSecret } from "../../runtime/secret.ts";
import { trusted } from "../../runtime/trusted.ts";
import type { SecretPrefix } from "../../http/secret_prefixes.ts";

/** What is sealed; the seal covers it, so that a code is never taken for a refresh token. */
type SealKind = Extract<SecretPrefix, "code" | "refresh"> | "nonce" | "state";

function isCredential(kind: SealKind): boolean {
  return kind === "code" || kind === "refresh";
}

/** How many places there are for what was sealed last; a power of two. */
const PLACES = 64;

interface Remembered {
  readonly sealed: string;
  readonly key: Uint8Array;
  readonly value: unknown;
}

/**
 * What was sealed last: most codes and refresh tokens come back soon, and to whom has made them. Each has one place, which
 * its seal tells, and stays there until another needs it.
 */
const latest: (Remembered | undefined)[] = Array.from({ length: PLACES }, () => undefined);

/** The place of a sealed text, by characters of its seal, each of which has six bits. */
function placeOf(sealed: string): number {
  return (sealed.charCodeAt(sealed.length - 2) * 31 + sealed.charCodeAt(sealed.length - 3)) % PLACES;
}

/**
 * Seals a value.
 *
 * @param kind What it is; also the readable beginning of the result.
 * @param key The sandbox's 32 bytes.
 * @param value Anything JSON can carry; nobody changes that of a code or a refresh token afterwards.
 * @returns `<kind>_<contents in base64url>.<seal in base64url>`.
 */
export function seal(kind: SealKind, key: Uint8Array, value: unknown): string {
  const text = `${kind}_${toBase64url(JSON.stringify(value))}`;
  const sealed = `${text}.${hmacOf(key, text)}`;
  if (isCredential(kind)) latest[placeOf(sealed)] = { sealed, key, value };
  return sealed;
}

/**
 * Opens what {@link seal} made.
 *
 * @returns The value, or undefined for anything this sandbox has not sealed as this kind.
 */
export function unseal<T>(kind: SealKind, key: Uint8Array, sealed: string): T | undefined {
  const end = sealed.lastIndexOf(".");
  if (end < 0 || !sealed.startsWith(`${kind}_`)) return undefined;
  const known = latest[placeOf(sealed)];
  if (known?.key === key && known.sealed === sealed) return trusted<T>(known.value);
  const text = sealed.slice(0, end);
  if (!isSameSecret(sealed.slice(end + 1), hmacOf(key, text))) return undefined;
  // What opens under our own key as this kind has the shape of everything that is sealed as this kind.
  return trusted<T>(JSON.parse(Buffer.from(text.slice(kind.length + 1), "base64url").toString()));
}
