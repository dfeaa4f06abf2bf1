// MCP sessions of the revisions up to 2025-11-25, as every process that shares the store sees them: what was agreed when
// a session began, and until when it lives. A session has ended when its row is gone or has expired.
import { hash } from "../../runtime/node_crypto.ts";
import { boundedMap } from "../../runtime/bounded_map.ts";
import { compact } from "../../runtime/own_text.ts";
import type { Entry, Key, Store } from "../../store/store.ts";
import { updateRow } from "../../store/update.ts";

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
  /** The OAuth client that began it, where callers have one. */
  readonly clientId?: string;
  /** The id of the only token that it lives with; absent where another may follow. */
  readonly tokenId?: string;
  /** When it began, in milliseconds since 1970 on its sandbox's clock. */
  readonly startedAtMs: number;
  /** When it ends though it is used; absent where it does not. */
  readonly endsAtMs?: number;
  /** End of the session in milliseconds since 1970, on its sandbox's clock. */
  readonly expiresAtMs: number;
}

/** What a session is called where its id, which is a secret, must not stand: as in the record of exchanges. */
export type SessionHandle = string;

/** The sessions of all sandboxes. */
export interface SessionTable {
  readonly find: (sandboxId: string, handle: SessionHandle) => Promise<Entry<SessionRecord>>;
  /** Those of a sandbox by their handles; some may have expired. */
  readonly list: (sandboxId: string, limit: number) => Promise<ReadonlyMap<SessionHandle, SessionRecord>>;
  readonly begin: (sandboxId: string, handle: SessionHandle, record: SessionRecord) => Promise<void>;
  /** Moves a session's end, unless it has changed or ended meanwhile. */
  readonly extend: (entry: Entry<SessionRecord>, expiresAtMs: number) => Promise<void>;
  readonly end: (sandboxId: string, handle: SessionHandle) => Promise<void>;
  /** Counts a request in a session, for the faults that ask; gives how many were counted before. */
  readonly count: (sandboxId: string, handle: SessionHandle) => Promise<number>;
}

/** Rows that are not extended are removed after a day, whatever a sandbox's clock says. */
const ROW_LIFETIME_MS = 24 * 60 * 60 * 1000;

/** The handle of a session. Its id is all that a client of an open endpoint needs to take it over, so it is hashed. */
export function handleOf(id: string): SessionHandle {
  return hash("sha256", id, "base64url");
}

/** How many handles are remembered: every request in a session needs its own. */
const MAX_HANDLES = 1000;
/** Ids longer than this are not ours, in characters. */
const MAX_ID = 100;

/** Makes what gives handles and remembers those of the ids that came last. */
export function createHandles(): (id: string) => SessionHandle {
  const handles = boundedMap<string, SessionHandle>(MAX_HANDLES);
  return (id) => {
    const known = handles.get(id);
    if (known !== undefined) return known;
    const handle = handleOf(id);
    if (id.length <= MAX_ID) handles.set(compact(id), handle);
    return handle;
  };
}

/** Opens the table of sessions. */
export function createSessionTable(store: Store): SessionTable {
  const keyOf = (sandboxId: string, handle: SessionHandle): Key => [sandboxId, "session", handle];
  const countKeyOf = (sandboxId: string, handle: SessionHandle): Key => [sandboxId, "session_count", handle];

  return {
    find: (sandboxId, handle) => store.get(keyOf(sandboxId, handle)),
    list: async (sandboxId, limit) => {
      const entries = await store.list<SessionRecord>([sandboxId, "session"], limit);
      return new Map(entries.flatMap(({ key, value }) => value ? [[String(key.at(-1)), value] as const] : []));
    },
    begin: async (sandboxId, handle, record) => {
      await store.commit({ sets: [{ key: keyOf(sandboxId, handle), value: record, expireInMs: ROW_LIFETIME_MS }] });
    },
    extend: async ({ key, value, versionstamp }, expiresAtMs) => {
      if (!value) return;
      await store.commit({
        checks: [{ key, versionstamp }],
        sets: [{ key, value: { ...value, expiresAtMs }, expireInMs: ROW_LIFETIME_MS }],
      });
    },
    end: async (sandboxId, handle) => {
      await store.commit({ deletes: [keyOf(sandboxId, handle), countKeyOf(sandboxId, handle)] });
    },
    count: async (sandboxId, handle) => {
      const { value } = await updateRow(store, countKeyOf(sandboxId, handle), (count: number = 0) => ({
        value: count + 1,
        expireInMs: ROW_LIFETIME_MS,
      }));
      return value - 1;
    },
  };
}
