// Access tokens that a test has minted without a flow, so that they can be listed.
import { hash } from "../../runtime/node_crypto.ts";
import type { Key, Store } from "../../store/store.ts";

/** What is kept of a token; never the token. */
export interface MintedRecord {
  readonly jti: string;
  /** What a record of requests knows it by, once it is redacted; absent from what earlier versions have kept. */
  readonly digest?: string;
  readonly sessionId: string;
  readonly clientId: string;
  readonly userId: string;
  readonly scope: string;
  readonly mintedAtMs: number;
  /** When it expires, in seconds since 1970; absent if never. */
  readonly expiresAtSeconds?: number;
}

/** The minted tokens of all sandboxes. */
export interface Minted {
  /** Keeps one, for a day. */
  readonly add: (sandboxId: string, token: MintedRecord) => Promise<void>;
  /** Those of a sandbox, the latest last, at most 1,000. */
  readonly list: (sandboxId: string) => Promise<readonly MintedRecord[]>;
}

const KEEP_MS = 24 * 60 * 60 * 1000;
const MAX_LISTED = 1000;

/** Opens the table of minted tokens. */
export function createMinted(store: Store): Minted {
  const keyOf = (sandboxId: string, jti: string): Key => [sandboxId, "minted", hash("sha256", jti, "base64url")];
  return {
    add: async (sandboxId, token) => {
      await store.commit({ sets: [{ key: keyOf(sandboxId, token.jti), value: token, expireInMs: KEEP_MS }] });
    },
    list: async (sandboxId) =>
      (await store.list<MintedRecord>([sandboxId, "minted"], MAX_LISTED)).flatMap(({ value }) => value ?? [])
        .sort((a, b) => a.mintedAtMs - b.mintedAtMs),
  };
}
