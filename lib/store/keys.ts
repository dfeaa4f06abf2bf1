/**
 * The secrets of a sandbox: what it signs with and what it seals with. Made once, by whichever process comes first.
 *
 * @module
 */
import type { Store } from "./kv.ts";

/** Signature algorithms for access tokens. */
export const signingAlgorithms = ["EdDSA", "ES256", "RS256"] as const;
/** One of {@link signingAlgorithms}. */
export type SigningAlgorithm = typeof signingAlgorithms[number];

/** A signing key as it is kept. */
export interface SigningKeyRecord {
  /** The key's thumbprint (RFC 7638). */
  readonly kid: string;
  /** What it signs with. */
  readonly alg: SigningAlgorithm;
  /** The private key as a JWK (RFC 7517). */
  readonly privateJwk: Readonly<Record<string, string>>;
}

/** The secrets of all sandboxes. */
export interface KeyTable {
  /** The sandbox's signing key for an algorithm, made by `make` if it has none. */
  readonly signingKey: (
    sandboxId: string,
    alg: SigningAlgorithm,
    make: () => Promise<SigningKeyRecord>,
  ) => Promise<SigningKeyRecord>;
  /** The sandbox's 32 bytes for sealing codes and refresh tokens, made by `make` if it has none. */
  readonly sealingKey: (sandboxId: string, make: () => Uint8Array) => Promise<Uint8Array>;
}

/**
 * Opens the table of keys.
 *
 * @param store The store.
 */
export function createKeyTable(store: Store): KeyTable {
  async function getOrMake<T>(key: readonly string[], make: () => T | Promise<T>): Promise<T> {
    const { value } = await store.get<T>(key);
    if (value !== undefined) return value;
    const made = await make();
    if (await store.create(key, made)) return made;
    return getOrMake(key, make);
  }
  return {
    signingKey: (sandboxId, alg, make) => getOrMake([sandboxId, "key", alg], make),
    sealingKey: (sandboxId, make) => getOrMake([sandboxId, "key", "seal"], make),
  };
}
