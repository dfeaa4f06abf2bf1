// The secrets of a sandbox: what it signs with and what it seals with. Made once, by whichever process comes first.
import type { Key, Store } from "../../store/store.ts";
import { updateRow } from "../../store/update.ts";

/** Signature algorithms for access tokens. */
export const signingAlgorithms = ["EdDSA", "ES256", "RS256"] as const;
/** One of {@link signingAlgorithms}. */
export type SigningAlgorithm = typeof signingAlgorithms[number];

/** A signing key as it is kept. */
export interface SigningKeyRecord {
  /** The key's thumbprint (RFC 7638). */
  readonly kid: string;
  /** The algorithm that it signs with. */
  readonly alg: SigningAlgorithm;
  /** The private key as a JWK (RFC 7517). */
  readonly privateJwk: Readonly<Record<string, string>>;
}

/** The public half of a signing key, as it is kept once another has replaced it. */
export interface PublicKeyRecord {
  /** The key's thumbprint (RFC 7638). */
  readonly kid: string;
  /** The algorithm that it signs with. */
  readonly alg: SigningAlgorithm;
  /** The public key as a JWK. */
  readonly publicJwk: Readonly<Record<string, string>>;
  /** End of its life in milliseconds since 1970 on the sandbox's clock; absent if it verifies as long as it is kept. */
  readonly verifiesUntilMs?: number;
}

/** The signing keys of a sandbox for one algorithm. */
export interface SigningKeys {
  /** The one that signs. */
  readonly current: SigningKeyRecord;
  /** Those it has replaced, the latest first, each with the end of its life as far as that is known. */
  readonly retired: readonly PublicKeyRecord[];
}

/** The secrets of all sandboxes. */
export interface KeyTable {
  /** The sandbox's signing keys for an algorithm, the first made by `make` if it has none. */
  readonly signingKeys: (
    sandboxId: string,
    alg: SigningAlgorithm,
    make: () => Promise<SigningKeyRecord>,
  ) => Promise<SigningKeys>;
  /** Whether the sandbox has a signing key for an algorithm. */
  readonly hasSigningKey: (sandboxId: string, alg: SigningAlgorithm) => Promise<boolean>;
  /** Replaces the current key; false, with nothing changed, if another is current by now. */
  readonly replaceSigningKey: (
    sandboxId: string,
    next: SigningKeyRecord,
    replaced: PublicKeyRecord,
  ) => Promise<boolean>;
  /**
   * Notes that a key has signed something that lives so long (milliseconds since 1970, Infinity for good), so that it
   * verifies at least until then once it is replaced; gives the end that is noted now, which may be later.
   */
  readonly coverUntil: (sandboxId: string, kid: string, untilMs: number) => Promise<number>;
  /** The sandbox's 32 bytes for sealing codes and refresh tokens, made by `make` if it has none. */
  readonly sealingKey: (sandboxId: string, make: () => Uint8Array) => Promise<Uint8Array>;
}

/** Some 500 bytes each, and a value holds 65,536: more rotations than this forget the oldest. */
const MAX_RETIRED = 60;

/** Opens the table of keys. */
export function createKeyTable(store: Store): KeyTable {
  async function getOrMake<T>(key: readonly string[], make: () => T | Promise<T>): Promise<T> {
    const { value } = await store.get<T>(key);
    if (value !== undefined) return value;
    const made = await make();
    if (await store.create(key, made)) return made;
    return getOrMake(key, make);
  }
  const currentKey = (sandboxId: string, alg: SigningAlgorithm): readonly string[] => [sandboxId, "key", alg];
  const retiredKey = (sandboxId: string, alg: SigningAlgorithm): Key => [sandboxId, "key", alg, "retired"];
  const coverKey = (sandboxId: string, kid: string): Key => [sandboxId, "key", kid, "until"];

  async function replaceSigningKey(
    sandboxId: string,
    next: SigningKeyRecord,
    replaced: PublicKeyRecord,
  ): Promise<boolean> {
    const [current, retired] = await Promise.all([
      store.get<SigningKeyRecord>(currentKey(sandboxId, next.alg)),
      store.get<readonly PublicKeyRecord[]>(retiredKey(sandboxId, next.alg)),
    ]);
    if (current.value?.kid !== replaced.kid) return false;
    return await store.commit({
      checks: [current, retired].map(({ key, versionstamp }) => ({ key, versionstamp })),
      sets: [
        { key: current.key, value: next },
        { key: retired.key, value: [replaced, ...retired.value ?? []].slice(0, MAX_RETIRED) },
      ],
    });
  }

  async function coverUntil(sandboxId: string, kid: string, untilMs: number): Promise<number> {
    const { endMs } = await updateRow(store, coverKey(sandboxId, kid), (notedMs: number = 0) => ({
      value: notedMs < untilMs ? untilMs : undefined,
      endMs: Math.max(notedMs, untilMs),
    }));
    return endMs;
  }

  /** What a rotation has said of a key's life counts; else it lives as long as what it has signed. */
  async function withEnd(sandboxId: string, record: PublicKeyRecord): Promise<PublicKeyRecord> {
    if (record.verifiesUntilMs !== undefined) return record;
    const { value: verifiesUntilMs } = await store.get<number>(coverKey(sandboxId, record.kid));
    return verifiesUntilMs === undefined ? record : { ...record, verifiesUntilMs };
  }

  return {
    signingKeys: async (sandboxId, alg, make) => {
      const [current, { value: retired = [] }] = await Promise.all([
        getOrMake(currentKey(sandboxId, alg), make),
        store.get<readonly PublicKeyRecord[]>(retiredKey(sandboxId, alg)),
      ]);
      return { current, retired: await Promise.all(retired.map((record) => withEnd(sandboxId, record))) };
    },
    hasSigningKey: async (sandboxId, alg) => (await store.get(currentKey(sandboxId, alg))).versionstamp !== null,
    replaceSigningKey,
    coverUntil,
    sealingKey: (sandboxId, make) => getOrMake([sandboxId, "key", "seal"], make),
  };
}
