/**
 * Registered clients: kept for good, so that a client that has seen one answer never meets a server that forgot it.
 *
 * @module
 */
import { hash } from "node:crypto";
import type { ClientMetadata } from "../oauth/client_metadata.ts";
import type { Entry, Key, Store } from "./kv.ts";

/** A client as it is kept: its secret only as a hash. */
export interface ClientRecord {
  /** What it is called by. */
  readonly clientId: string;
  /** SHA-256 of the secret in base64url; absent for public clients. A random secret needs no slow hash. */
  readonly secretHash?: string;
  /** Seconds since 1970 on the sandbox's clock. */
  readonly issuedAtSeconds: number;
  /** What it said of itself. */
  readonly metadata: ClientMetadata;
}

/** The clients of all sandboxes. */
export interface Clients {
  /** The client as it is stored now. */
  readonly get: (sandboxId: string, clientId: string) => Promise<Entry<ClientRecord>>;
  /**
   * The client as this process saw it last, else as it is stored. Whoever acts on it passes its version to the commit
   * that makes the act count, so that a change made elsewhere is noticed at no extra cost.
   */
  readonly recall: (sandboxId: string, clientId: string) => Promise<Entry<ClientRecord>>;
  /** Keeps a new client. */
  readonly add: (sandboxId: string, client: ClientRecord) => Promise<void>;
}

const MAX_REMEMBERED = 10_000;

/**
 * Opens the table of clients.
 *
 * @param store The store.
 */
export function createClients(store: Store): Clients {
  const seen = new Map<string, Entry<ClientRecord>>();

  async function get(sandboxId: string, clientId: string): Promise<Entry<ClientRecord>> {
    const entry = await store.get<ClientRecord>(keyOf(sandboxId, clientId));
    const name = `${sandboxId} ${clientId}`;
    if (entry.value === undefined) {
      seen.delete(name);
    } else {
      if (seen.size >= MAX_REMEMBERED) seen.clear();
      seen.set(name, entry);
    }
    return entry;
  }

  return {
    get,
    recall: (sandboxId, clientId) => {
      const known = seen.get(`${sandboxId} ${clientId}`);
      return known ? Promise.resolve(known) : get(sandboxId, clientId);
    },
    add: async (sandboxId, client) => {
      if (!await store.create(keyOf(sandboxId, client.clientId), client)) {
        throw new Error("A new client id was already taken");
      }
    },
  };
}

/** A client id comes from outside, of any length; its hash fits into a key. */
function keyOf(sandboxId: string, clientId: string): Key {
  return [sandboxId, "client", hash("sha256", clientId, "base64url")];
}
