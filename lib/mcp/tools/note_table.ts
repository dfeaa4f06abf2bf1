// Notes that the `mock_*_note` tools keep: each belongs to one owner (an MCP session, a token's user, a caller), and no
// owner sees another's.
import { nodeCrypto } from "../../runtime/node_crypto.ts";
import type { Key, Store } from "../../store/store.ts";

/** A note as the tools show it. */
export interface NoteRecord {
  /** Unique below its owner. */
  readonly id: string;
  readonly title: string;
  readonly content: string;
  readonly created_at: number;
  readonly updated_at: number;
}

/** The notes of one owner. */
export interface Notes {
  /** All of them, newest first. */
  readonly list: () => Promise<readonly NoteRecord[]>;
  readonly get: (id: string) => Promise<NoteRecord | undefined>;
  readonly put: (note: NoteRecord) => Promise<void>;
  /** Removes a note; says whether there was one. */
  readonly remove: (id: string) => Promise<boolean>;
  /** Removes all; says how many there were. */
  readonly clear: () => Promise<number>;
}

/** An owner who keeps more loses nothing but gets an error from the tool. */
export const MAX_NOTES_PER_OWNER = 500;
const NOTE_LIFETIME_MS = 24 * 60 * 60 * 1000;

/**
 * Opens the notes of one owner.
 *
 * @param owner Whatever identifies the owner; hashed before it becomes part of a key.
 */
export function openNotes(store: Store, sandboxId: string, owner: string): Notes {
  const prefix: Key = [sandboxId, "note", nodeCrypto().createHash("sha256").update(owner).digest("base64url")];
  const keyOf = (id: string): Key => [...prefix, nodeCrypto().createHash("sha256").update(id).digest("base64url")];

  async function list(): Promise<readonly NoteRecord[]> {
    const entries = await store.list<NoteRecord>(prefix, MAX_NOTES_PER_OWNER);
    return entries.flatMap(({ value }) => value ? [value] : [])
      .sort((a, b) => b.created_at - a.created_at || (a.id < b.id ? 1 : -1));
  }

  return {
    list,
    get: async (id) => (await store.get<NoteRecord>(keyOf(id))).value,
    put: async (note) => {
      await store.commit({ sets: [{ key: keyOf(note.id), value: note, expireInMs: NOTE_LIFETIME_MS }] });
    },
    remove: async (id) => {
      const { key, versionstamp } = await store.get<NoteRecord>(keyOf(id));
      return versionstamp !== null && await store.commit({ checks: [{ key, versionstamp }], deletes: [key] });
    },
    clear: async () => {
      const notes = await list();
      await store.commit({ deletes: notes.map(({ id }) => keyOf(id)) });
      return notes.length;
    },
  };
}
