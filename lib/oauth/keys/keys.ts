// A sandbox's keys, loaded once per process: what access tokens are signed with, what id_tokens are signed with, and what
// codes and refresh tokens are sealed with.
import type { Chance } from "../../runtime/chance.ts";
import type { KeyTable, SigningAlgorithm } from "./key_table.ts";
import { type GenerateKey, type KeySet, loadKeySet, type Rotation } from "./key_set.ts";
import { generateSigningKey, type SigningKey, type VerifyingKey } from "./signing_key.ts";

/** What id_tokens are signed with: the one algorithm that every OpenID Connect client knows (Core 15.1). */
export const ID_TOKEN_ALG: SigningAlgorithm = "RS256";

/** What a sandbox signs and seals with. */
export interface Keys {
  /** Signs access tokens. */
  readonly signing: SigningKey;
  /** 32 bytes for codes and refresh tokens. */
  readonly sealing: Uint8Array;
  /** Signs id_tokens; generated when first needed, as an RSA key takes some tenths of a second. */
  readonly idTokenSigning: () => Promise<SigningKey>;
  /** The key that tokens with its id are verified with, as far as this process knows. */
  readonly find: (kid: string, nowMs: number) => VerifyingKey | undefined;
  /** The same, after a look into the store, where another process may have put it. */
  readonly findStored: (kid: string, nowMs: number) => Promise<VerifyingKey | undefined>;
  /** All keys that verify, as they are in the store now. */
  readonly published: (nowMs: number) => Promise<readonly VerifyingKey[]>;
  /** Looks into the store, where another process may have put new keys. */
  readonly reload: () => Promise<void>;
  /** To be called before one of these keys signs something that lives so long; see {@link KeySet.cover}. */
  readonly cover: KeySet["cover"];
  /** Keys that verify, as they are in the store now, without generating one for id_tokens. */
  readonly made: (nowMs: number) => Promise<readonly SignedWith[]>;
  /**
   * Generates new keys for access tokens and, where one was needed before, for id_tokens; the old ones continue to verify.
   * One rotation at a time.
   */
  readonly rotate: (rotation: Rotation) => Promise<void>;
}

interface SignedWith {
  readonly key: VerifyingKey;
  /** Whether new tokens are signed with it. */
  readonly signs: boolean;
}

/** Finds a sandbox's keys, generated on first use. */
export type KeysOf = (sandboxId: string) => Promise<Keys>;

/** The keys of all sandboxes. */
export interface KeyRing extends KeysOf {
  readonly forget: (sandboxId: string) => void;
}

/** How long a process may sign with a key that another has replaced, in milliseconds. */
const RELOAD_MS = 60_000;

/** A sandbox's keys, and when they were looked up. */
interface Ring {
  readonly keys: Promise<Keys>;
  loadedAtMs: number;
}

/**
 * Makes the function that finds a sandbox's keys, generated on first use and the same on every process that shares the store.
 */
export function createKeyRing(
  table: KeyTable,
  alg: SigningAlgorithm,
  chance: Chance,
  now: () => number,
  generateKey: GenerateKey = generateSigningKey,
): KeyRing {
  const rings = new Map<string, Ring>();
  const generateRsa = inTurn(generateKey);
  // The processor's time for an RSA key is that of thousands of requests, so no more than one is generated at once.
  const generate: GenerateKey = (of) => of === ID_TOKEN_ALG ? generateRsa(of) : generateKey(of);

  async function load(sandboxId: string): Promise<Keys> {
    const [access, sealing] = await Promise.all([
      loadKeySet(table, sandboxId, alg, generate),
      table.sealingKey(sandboxId, () => chance.bytes(32)),
    ]);
    return createKeys(access, sealing, {
      load: () => alg === ID_TOKEN_ALG ? Promise.resolve(access) : loadKeySet(table, sandboxId, ID_TOKEN_ALG, generate),
      isMade: () => table.hasSigningKey(sandboxId, ID_TOKEN_ALG),
    });
  }

  /** One request a minute waits for the look; the others go on with what is known. */
  async function refresh(ring: Ring): Promise<Keys> {
    ring.loadedAtMs = now();
    const keys = await ring.keys;
    await keys.reload();
    return keys;
  }

  const keysOf = (sandboxId: string): Promise<Keys> => {
    const known = rings.get(sandboxId);
    // Clocks can be set back, too.
    if (known) return Math.abs(now() - known.loadedAtMs) < RELOAD_MS ? known.keys : refresh(known);
    const keys = load(sandboxId);
    rings.set(sandboxId, { keys, loadedAtMs: now() });
    // A store that failed once may answer the next time.
    keys.catch(() => rings.delete(sandboxId));
    return keys;
  };
  return Object.assign(keysOf, { forget: (sandboxId: string) => void rings.delete(sandboxId) });
}

/** The keys for id_tokens, which are generated on first need. */
interface IdTokenKeys {
  readonly load: () => Promise<KeySet>;
  /** Whether there are any, made by this process or another. */
  readonly isMade: () => Promise<boolean>;
}

function createKeys(access: KeySet, sealing: Uint8Array, { load, isMade }: IdTokenKeys): Keys {
  let idTokens: KeySet | undefined;
  const idToken = once(async () => idTokens = await load());
  const both = async (): Promise<readonly KeySet[]> => [...new Set([access, await idToken()])];
  const present = async (): Promise<readonly KeySet[]> => await isMade() ? await both() : [access];
  // An id_token in an access token's place is to be told that it is one, so its key counts as known.
  const find = (kid: string, nowMs: number): VerifyingKey | undefined =>
    access.find(kid, nowMs) ?? idTokens?.find(kid, nowMs);

  const reload = async (): Promise<void> => {
    await Promise.all([access.reload(), ...(idTokens && idTokens !== access ? [idTokens.reload()] : [])]);
  };

  return {
    get signing() {
      return access.current();
    },
    sealing,
    idTokenSigning: async () => (await idToken()).current(),
    find,
    findStored: async (kid, nowMs) => {
      await reload();
      return find(kid, nowMs);
    },
    reload,
    cover: (key, expiresAtMs) => (key.alg === ID_TOKEN_ALG ? idTokens ?? access : access).cover(key, expiresAtMs),
    published: async (nowMs) => {
      const sets = await both();
      await reload();
      return sets.flatMap((set) => set.all(nowMs));
    },
    made: async (nowMs) => {
      const sets = await present();
      await reload();
      return sets.flatMap((set) => set.all(nowMs).map((key) => ({ key, signs: key.kid === set.current().kid })));
    },
    rotate: inTurn(async (rotation: Rotation) => {
      await Promise.all((await present()).map((set) => set.rotate(rotation)));
    }),
  };
}

/** Lets a call begin when the one before it has ended, however that did. */
function inTurn<A, T>(act: (argument: A) => Promise<T>): (argument: A) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (argument) => {
    const result = last.then(() => act(argument));
    last = result.catch(() => {});
    return result;
  };
}

/** Remembers what was made, unless making it failed. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    if (made) return made;
    const making = make();
    made = making;
    making.catch(() => made = undefined);
    return making;
  };
}
