// MCP sessions of the revisions up to 2025-11-25, as every process that shares the store sees them: what was agreed when
// a session began, and until when it lives. A session has ended when its row is gone or has expired.
import { hash } from "node:crypto";
import type { Entry, Key, Store } from "../../store/store.ts";

/** What a session began with, and how long it lives. */
export interface SessionRecord {
  /** The endpoint it was begun at. */
  readonly mode: string;
  /** The only caller that may use it; absent where callers can be told apart only by the id. */
  readonly owner?: string;
  readonly revision: string;
  /** The client's capabilities, as its `initialize` had them. */
  readonly capabilities: Readonly<Record<string, unknown>>;
  readonly clientInfo: { readonly name: string; readonly version: string };
  /** End of the session in milliseconds since 1970, on its sandbox's clock. */
  readonly expiresAtMs: number;
}

/** The sessions of all sandboxes. */
export interface SessionTable {
  readonly find: (sandboxId: string, id: string) => Promise<Entry<SessionRecord>>;
  readonly begin: (sandboxId: string, id: string, record: SessionRecord) => Promise<void>;
  /** Moves a session's end, unless it has changed or ended meanwhile. */
  readonly extend: (entry: Entry<SessionRecord>, expiresAtMs: number) => Promise<void>;
  readonly end: (sandboxId: string, id: string) => Promise<void>;
}

/** Rows that are not extended are removed after a day, whatever a sandbox's clock says. */
const ROW_LIFETIME_MS = 24 * 60 * 60 * 1000;

/** Opens the table of sessions. */
export function createSessionTable(store: Store): SessionTable {
  // Hashed, since the id is all that a client of an open endpoint needs to take a session over.
  const keyOf = (sandboxId: string, id: string): Key => [sandboxId, "session", hash("sha256", id, "base64url")];

  return {
    find: (sandboxId, id) => store.get(keyOf(sandboxId, id)),
    begin: async (sandboxId, id, record) => {
      await store.commit({ sets: [{ key: keyOf(sandboxId, id), value: record, expireInMs: ROW_LIFETIME_MS }] });
    },
    extend: async ({ key, value, versionstamp }, expiresAtMs) => {
      if (!value) return;
      await store.commit({
        checks: [{ key, versionstamp }],
        sets: [{ key, value: { ...value, expiresAtMs }, expireInMs: ROW_LIFETIME_MS }],
      });
    },
    end: async (sandboxId, id) => {
      await store.commit({ deletes: [keyOf(sandboxId, id)] });
    },
  };
}
