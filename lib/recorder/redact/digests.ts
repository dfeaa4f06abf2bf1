// What is shown instead of a secret.
import { hash, nodeCrypto } from "../../runtime/node_crypto.ts";
import type { SecretKind } from "./secret_names.ts";

/** Gives what to show instead of a secret; nothing of a secret is remembered. */
export type Digests = (value: string, kind: SecretKind) => string;

/** A secret of this length cannot be guessed from its digest: 32 characters of base64url are 192 bits. */
const UNGUESSABLE_LENGTH = 32;
/** Of a secret shorter than this, not even the beginning is shown. */
const MIN_SHOWN_LENGTH = 16;

/**
 * Makes the function that names secrets.
 *
 * @param key Random bytes: digests of what could be guessed are keyed with them.
 */
export function createDigests(key: Uint8Array): Digests {
  const keyed = (value: string): string =>
    nodeCrypto().createHmac("sha256", key).update(value).digest("base64url").slice(0, 22);
  return (value, kind) => {
    if (kind === "personal") return `…${keyed(value)}`;
    const isUnguessable = kind === "verifier"
      ? /^[A-Za-z0-9._~-]{43,128}$/.test(value)
      : value.length >= UNGUESSABLE_LENGTH;
    const shown = value.length < MIN_SHOWN_LENGTH ? "" : value.slice(0, 4);
    return `${shown}…${value.length}…${isUnguessable ? hash("sha256", value, "base64url") : keyed(value)}`;
  };
}

/** What equal secrets have in common once they are redacted. */
export function digestOf(redacted: string): string {
  return redacted.slice(redacted.lastIndexOf("…") + 1);
}
