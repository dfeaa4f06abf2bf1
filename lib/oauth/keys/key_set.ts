// The signing keys of a sandbox for one algorithm: the current one, which signs, and those it has replaced, which verify
// what they have signed. Any number of processes share them through the store; each looks again when it meets a key it
// does not know.
import type { KeyTable, SigningAlgorithm, SigningKeyRecord, SigningKeys } from "./key_table.ts";
import { importSigningKey, importVerifyingKey, type SigningKey, type VerifyingKey } from "./signing_key.ts";

/** A rotation: when, and how long what it replaces still verifies. */
export interface Rotation {
  readonly nowMs: number;
  /** How long tokens of the replaced key stay good, in milliseconds; without it until the last of them has run out. */
  readonly keepOldMs?: number | undefined;
}

/** Keys of one algorithm. */
export interface KeySet {
  readonly current: () => SigningKey;
  /** The key with an id, current or replaced, while it verifies. */
  readonly find: (kid: string, nowMs: number) => VerifyingKey | undefined;
  /** All keys that verify, the current one first. */
  readonly all: (nowMs: number) => readonly VerifyingKey[];
  /** Reads the table again, in which another process may have put a new key. */
  readonly reload: () => Promise<void>;
  /** Makes a new current key; the old one keeps verifying. */
  readonly rotate: (rotation: Rotation) => Promise<SigningKey>;
  /**
   * To be called before something is signed: notes how long it will have to be verified, in milliseconds since 1970. It
   * says nothing to wait for where that is noted already, as it is nearly always.
   */
  readonly cover: (key: SigningKey, expiresAtMs: number) => Promise<void> | undefined;
}

/** Generates a key for an algorithm. */
export type GenerateKey = (alg: SigningAlgorithm) => Promise<SigningKeyRecord>;

/** How much more is noted than is needed, in milliseconds, so that a note is written at most once a minute. */
const COVER_AHEAD_MS = 60_000;

interface Loaded {
  readonly current: SigningKey;
  readonly retired: readonly { readonly key: VerifyingKey; readonly verifiesUntilMs: number }[];
}

/** Loads a sandbox's keys, making the first if there is none. */
export async function loadKeySet(
  table: KeyTable,
  sandboxId: string,
  alg: SigningAlgorithm,
  generate: GenerateKey,
): Promise<KeySet> {
  const read = (): Promise<SigningKeys> => table.signingKeys(sandboxId, alg, () => generate(alg));
  let loaded = importKeys(await read());

  const all = (nowMs: number): readonly VerifyingKey[] => [
    loaded.current,
    ...loaded.retired.filter(({ verifiesUntilMs }) => verifiesUntilMs > nowMs).map(({ key }) => key),
  ];

  const covered = new Map<string, number>();
  const note = async (kid: string, untilMs: number): Promise<void> => {
    covered.set(kid, await table.coverUntil(sandboxId, kid, untilMs));
  };

  const reload = async (): Promise<void> => {
    loaded = importKeys(await read(), loaded);
  };

  return {
    current: () => loaded.current,
    // There are few keys, and the one that is looked for is nearly always the first.
    find: (kid, nowMs) => loaded.current.kid === kid ? loaded.current : all(nowMs).find((key) => key.kid === kid),
    all,
    reload,
    cover: ({ kid }, expiresAtMs) =>
      (covered.get(kid) ?? 0) >= expiresAtMs ? undefined : note(kid, expiresAtMs + COVER_AHEAD_MS),
    rotate: async ({ nowMs, keepOldMs }) => {
      const next = await generate(alg);
      const verifiesUntilMs = keepOldMs === undefined ? undefined : nowMs + keepOldMs;
      for (;;) {
        const { kid, publicJwk: { kid: _kid, alg: _alg, use: _use, ...publicJwk } } = loaded.current;
        const replaced = {
          kid,
          alg,
          publicJwk: textsOf(publicJwk),
          ...(verifiesUntilMs === undefined ? {} : { verifiesUntilMs }),
        };
        const isDone = await table.replaceSigningKey(sandboxId, next, replaced);
        await reload();
        // Where another process came first, its key is the one to replace.
        if (isDone) return loaded.current;
      }
    },
  };
}

/** A key that is known already stays the object it was: importing one costs more than a signature. */
function importKeys({ current, retired }: SigningKeys, known?: Loaded): Loaded {
  return {
    current: known?.current.kid === current.kid ? known.current : importSigningKey(current),
    retired: retired.map((record) => ({
      key: known?.retired.find(({ key }) => key.kid === record.kid)?.key ?? importVerifyingKey(record),
      verifiesUntilMs: record.verifiesUntilMs ?? Infinity,
    })),
  };
}

function textsOf(jwk: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(jwk).map(([name, value]) => [name, String(value)]));
}
