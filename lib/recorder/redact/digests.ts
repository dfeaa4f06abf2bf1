/**
 * What is shown in the place of a secret. The same token comes with every request, so what was worked out for it is kept
 * under a fingerprint, and the token itself is not.
 *
 * @module
 */
import { createHmac, hash } from "node:crypto";
import type { SecretKind } from "./secret_names.ts";
import { boundedMap } from "../../runtime/bounded_map.ts";

/** Gives what to show in the place of a secret. */
export type Digests = (value: string, kind: SecretKind) => string;

/** What is long enough cannot be guessed from its digest: 32 characters of base64url are 192 bits. */
const UNGUESSABLE_LENGTH = 32;
/** Of what is shorter than this, not even the beginning is shown. */
const MIN_SHOWN_LENGTH = 16;
/** Secrets whose digests are kept. */
const MAX_KEPT = 1000;

/**
 * Makes the function that names secrets.
 *
 * @param key Random bytes: digests of what could be guessed are keyed with them.
 */
export function createDigests(key: Uint8Array): Digests {
  const seed = new DataView(key.buffer, key.byteOffset, key.byteLength);
  const [first, second] = [seed.getUint32(0), seed.getUint32(4)];
  const kept = boundedMap<string, string>(MAX_KEPT);
  return (value, kind) => {
    const name = `${kind} ${value.length} ${fingerprint(value, first)} ${fingerprint(value, second)}`;
    const known = kept.get(name);
    if (known !== undefined) return known;
    const shown = describe(value, kind, key);
    kept.set(name, shown);
    return shown;
  };
}

function describe(value: string, kind: SecretKind, key: Uint8Array): string {
  const keyed = (): string => createHmac("sha256", key).update(value).digest("base64url").slice(0, 22);
  if (kind === "personal") return `…${keyed()}`;
  const isUnguessable = kind === "verifier"
    ? /^[A-Za-z0-9._~-]{43,128}$/.test(value)
    : value.length >= UNGUESSABLE_LENGTH;
  const shown = value.length < MIN_SHOWN_LENGTH ? "" : value.slice(0, 4);
  return `${shown}…${value.length}…${isUnguessable ? hash("sha256", value, "base64url") : keyed()}`;
}

/** A quick hash (FNV-1a with a seed): two of them tell a thousand secrets apart, and neither is ever shown. */
function fingerprint(value: string, seed: number): number {
  let state = seed ^ 0x811c9dc5;
  for (let index = 0; index < value.length; index++) {
    state = Math.imul(state ^ value.charCodeAt(index), 0x01000193);
    state ^= state >>> 15;
  }
  return state >>> 0;
}
