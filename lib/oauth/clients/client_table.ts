// Registered clients: kept for good, so that a client that has seen one answer never meets a server that forgot it.
import { hash } from "../../runtime/node_crypto.ts";
import { isDocumentId } from "./client_metadata.ts";
import { findDeclared } from "./declared_clients.ts";
import type { Sandbox } from "../../sandbox/sandbox.ts";
import type { Entry, Key, Store } from "../../store/store.ts";
import type { Lease } from "../../store/lease.ts";
import type { ClientRecord } from "./client_record.ts";
import { mostBytes } from "../../store/stored_value.ts";
import { boundedMap } from "../../runtime/bounded_map.ts";

/** The clients of all sandboxes. Every change resolves when all processes know of it. */
export interface Clients {
  /** The client as it is stored now. */
  readonly get: (sandboxId: string, clientId: string) => Promise<Entry<ClientRecord>>;
  /**
   * The client as this process saw it within its lease, else as it is stored. A caller that acts on it passes its version to
   * the commit that makes the act count, so that a change within the lease is noticed at no extra cost. A client that is
   * known by a URL stands in no table, and has a value without a version.
   */
  readonly recall: (sandbox: Sandbox, clientId: string) => Promise<Entry<ClientRecord>>;
  /** The client as it is stored, or described by its URL: for a caller that acts on it without such a commit. */
  readonly find: (sandbox: Sandbox, clientId: string) => Promise<Entry<ClientRecord>>;
  /** All registered clients, at most {@link MAX_LISTED}. */
  readonly list: (sandboxId: string) => Promise<readonly ClientRecord[]>;
  readonly add: (sandboxId: string, client: ClientRecord) => Promise<void>;
  /** Keeps clients, replacing any with the same ids, and forgets that such were removed. */
  readonly put: (sandboxId: string, clients: readonly ClientRecord[]) => Promise<void>;
  readonly wasRemoved: (sandboxId: string, clientId: string) => Promise<boolean>;
  /** Replaces the version given of a client; false, with nothing changed, if it has changed since. */
  readonly replace: (sandboxId: string, from: Entry<ClientRecord>, client: ClientRecord) => Promise<boolean>;
  /**
   * Forgets a client for good, and leaves a mark by which its tokens end (RFC 7592 2.3). For the length of a lease another
   * process may go on showing its consent page; but whatever counts is committed with the client's version, and fails.
   */
  readonly remove: (sandboxId: string, clientId: string, nowMs: number) => Promise<void>;
}

const MAX_REMEMBERED = 10_000;
const MAX_HASHED_CHARACTERS = 100;
/** The most clients that are listed at once. */
export const MAX_LISTED = 1000;

/**
 * Opens the table of clients.
 *
 * @param describe Finds the client of a URL, or throws.
 */
export function createClients(
  store: Store,
  describe: (sandbox: Sandbox, clientId: string) => Promise<ClientRecord>,
  lease: Lease,
): Clients {
  const { get, remembered, forget } = createMemory(store, lease);

  async function find(sandbox: Sandbox, clientId: string): Promise<Entry<ClientRecord>> {
    const declared = findDeclared(sandbox, clientId);
    if (declared) return { key: keyOf(sandbox.id, clientId), value: declared, versionstamp: null };
    if (!isDocumentId(clientId)) return whileKnown(sandbox, await get(sandbox.id, clientId));
    return { key: keyOf(sandbox.id, clientId), value: await describe(sandbox, clientId), versionstamp: null };
  }

  return {
    get,
    find,
    recall: async (sandbox, clientId) => {
      const known = remembered(sandbox.id, clientId);
      return known ? whileKnown(sandbox, known) : await find(sandbox, clientId);
    },
    list: async (sandboxId) =>
      (await store.list<ClientRecord>([sandboxId, "client"], MAX_LISTED)).flatMap(({ value }) => value ?? []),
    add: async (sandboxId, client) => {
      // An id that is new was never hashed, and most are asked for elsewhere, or never.
      const key: Key = [sandboxId, "client", hash("sha256", client.clientId, "base64url")];
      if (!await store.create(key, client)) {
        throw new Error("A new client id was already taken");
      }
    },
    replace: async (sandboxId, { key, versionstamp }, client) => {
      const isDone = await store.commit({ checks: [{ key, versionstamp }], sets: [{ key, value: client }] });
      forget(sandboxId, client.clientId);
      if (isDone) await lease.runOut();
      return isDone;
    },
    put: async (sandboxId, clients) => {
      let isReplacing = false;
      for (const client of clients) {
        const { key, versionstamp } = await store.get(keyOf(sandboxId, client.clientId));
        const mark = removedClientKey(sandboxId, client.clientId);
        await store.commit({ sets: [{ key, value: client }], deletes: [mark] });
        forget(sandboxId, client.clientId);
        isReplacing ||= versionstamp !== null;
      }
      // No process can remember a client that did not exist.
      if (isReplacing) await lease.runOut();
    },
    wasRemoved: async (sandboxId, clientId) =>
      (await store.get(removedClientKey(sandboxId, clientId))).versionstamp !== null,
    remove: async (sandboxId, clientId, nowMs) => {
      // The mark stays: a token can have been issued that never expires.
      const mark = { key: removedClientKey(sandboxId, clientId), value: nowMs };
      await store.commit({ deletes: [keyOf(sandboxId, clientId)], sets: [mark] });
      forget(sandboxId, clientId);
      await lease.runOut();
    },
  };
}

/** What this process has seen of clients. */
interface Memory extends Pick<Clients, "get"> {
  /** A client as it was read within the lease. */
  readonly remembered: (sandboxId: string, clientId: string) => Entry<ClientRecord> | undefined;
  readonly forget: (sandboxId: string, clientId: string) => void;
}

function createMemory(store: Store, lease: Lease): Memory {
  // Counted, since what was asked for before a change can arrive after it.
  let changes = 0;
  const seen = boundedMap<string, { readonly entry: Entry<ClientRecord>; readonly readMs: number }>(MAX_REMEMBERED, {
    bytesOf: (_, { entry }) => mostBytes(entry.value),
  });
  const nameOf = (sandboxId: string, clientId: string): string => `${sandboxId} ${clientId}`;

  return {
    get: async (sandboxId, clientId) => {
      const readMs = lease.nowMs();
      const changesBefore = changes;
      const entry = await store.get<ClientRecord>(keyOf(sandboxId, clientId));
      if (entry.value === undefined) seen.delete(nameOf(sandboxId, clientId));
      else if (changes === changesBefore) seen.set(nameOf(sandboxId, clientId), { entry, readMs });
      return entry;
    },
    remembered: (sandboxId, clientId) => {
      const known = seen.get(nameOf(sandboxId, clientId));
      return known && lease.holds(known.readMs) ? known.entry : undefined;
    },
    forget: (sandboxId, clientId) => {
      changes++;
      seen.delete(nameOf(sandboxId, clientId));
    },
  };
}

/** Where a mark is kept once a client has been removed, beside the marks of what else was revoked. */
export function removedClientKey(sandboxId: string, clientId: string): Key {
  return [sandboxId, "revoked", hashOf(clientId)];
}

/** A client id comes from outside, of any length; its hash fits into a key. */
function keyOf(sandboxId: string, clientId: string): Key {
  return [sandboxId, "client", hashOf(clientId)];
}

// Every request of a client asks for one, and hashing costs more than all else about a key.
const hashes = boundedMap<string, string>(MAX_REMEMBERED);

function hashOf(clientId: string): string {
  const known = hashes.get(clientId);
  if (known !== undefined) return known;
  const hashed = hash("sha256", clientId, "base64url");
  if (clientId.length <= MAX_HASHED_CHARACTERS) hashes.set(clientId, hashed);
  return hashed;
}

/** A client that the server has forgotten counts as unknown. */
function whileKnown(sandbox: Sandbox, entry: Entry<ClientRecord>): Entry<ClientRecord> {
  const end = entry.value?.forgottenAtSeconds;
  return end === undefined || sandbox.nowMs < end * 1000 ? entry : { ...entry, value: undefined };
}
