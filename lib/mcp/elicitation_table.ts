// Elicitations in URL mode whose page is ours: what a person is asked there, of whose call, and whether they have answered.
import { hash } from "../runtime/node_crypto.ts";
import type { Chance } from "../runtime/chance.ts";
import type { Key, Store } from "../store/store.ts";
import { updateRow } from "../store/update.ts";

/** What a person is asked on a page. */
export interface ElicitationRecord {
  readonly message: string;
  /** What they answered; absent while they have not. */
  readonly isDone?: true;
}

/** The elicitations of one caller. */
export interface Elicitations {
  /** Begins one; gives its id. */
  readonly begin: (message: string) => Promise<string>;
  /**
   * The one that a call cannot do without: begun with the first call that needs it, and the same one until it is answered.
   *
   * @param name What needs it.
   */
  readonly required: (name: string, message: string) => Promise<{ readonly id: string; readonly isDone: boolean }>;
}

const LIFETIME_MS = 24 * 60 * 60 * 1000;

/**
 * Opens the elicitations of one caller.
 *
 * @param owner Whatever identifies the caller; hashed before it becomes part of a key.
 */
export function openElicitations(
  store: Store,
  chance: Chance,
  { sandboxId, owner }: { readonly sandboxId: string; readonly owner: string },
): Elicitations {
  async function begin(message: string): Promise<string> {
    const id = chance.id(16);
    await store.commit({
      sets: [{ key: keyOf(sandboxId, id), value: { message } satisfies ElicitationRecord, expireInMs: LIFETIME_MS }],
    });
    return id;
  }

  return {
    begin,
    required: async (name, message) => {
      const key: Key = [sandboxId, "elicitation_of", digest(JSON.stringify([owner, name]))];
      const { value: known } = await store.get<string>(key);
      if (known !== undefined) {
        const found = await findElicitation(store, sandboxId, known);
        if (found) return { id: known, isDone: found.isDone ?? false };
      }
      const id = await begin(message);
      await store.commit({ sets: [{ key, value: id, expireInMs: LIFETIME_MS }] });
      return { id, isDone: false };
    },
  };
}

/** What a person is asked on a page; undefined where there is no such page. */
export async function findElicitation(
  store: Store,
  sandboxId: string,
  id: string,
): Promise<ElicitationRecord | undefined> {
  return (await store.get<ElicitationRecord>(keyOf(sandboxId, id))).value;
}

/** Notes that a person has answered; false where there is no such page, or they had before. */
export async function answerElicitation(store: Store, sandboxId: string, id: string): Promise<boolean> {
  const { isNew } = await updateRow(store, keyOf(sandboxId, id), (found: ElicitationRecord | undefined) => {
    const isNew = found !== undefined && found.isDone === undefined;
    const value: ElicitationRecord | undefined = isNew ? { ...found, isDone: true } : undefined;
    return { value, expireInMs: LIFETIME_MS, isNew };
  });
  return isNew;
}

function keyOf(sandboxId: string, id: string): Key {
  return [sandboxId, "elicitation", digest(id)];
}

function digest(text: string): string {
  return hash("sha256", text, "base64url");
}
