// Authorization requests that clients have pushed (RFC 9126): each is kept until it is used or has expired.
import { hash } from "../../runtime/node_crypto.ts";
import type { Entry, Key, Store } from "../../store/store.ts";

/** A pushed request. */
export interface PushedRecord {
  /** The client that pushed it, and alone may use it. */
  readonly clientId: string;
  /** The request's parameters, as a query. */
  readonly query: string;
  readonly expiresAtMs: number;
}

/** The pushed requests of all sandboxes. */
export interface Pushed {
  readonly add: (sandboxId: string, requestUri: string, record: PushedRecord) => Promise<void>;
  readonly find: (sandboxId: string, requestUri: string) => Promise<Entry<PushedRecord>>;
  /** Uses a request up: of any number of callers one is told true. */
  readonly take: (entry: Entry<PushedRecord>) => Promise<boolean>;
}

/** Garbage collection runs on real time, and a sandbox's clock may be behind. */
const KEEP_MS = 24 * 60 * 60 * 1000;

/** Opens the table of pushed requests. */
export function createPushed(store: Store): Pushed {
  const keyOf = (sandboxId: string, requestUri: string): Key => [
    sandboxId,
    "pushed",
    hash("sha256", requestUri, "base64url"),
  ];
  return {
    add: async (sandboxId, requestUri, record) => {
      await store.create(keyOf(sandboxId, requestUri), record, KEEP_MS);
    },
    find: (sandboxId, requestUri) => store.get<PushedRecord>(keyOf(sandboxId, requestUri)),
    take: ({ key, versionstamp }) => store.commit({ checks: [{ key, versionstamp }], deletes: [key] }),
  };
}
