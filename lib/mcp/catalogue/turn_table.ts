// How often an entry of a catalogue has answered, where its answers come in turn.
import { hash } from "../../runtime/node_crypto.ts";
import type { Key, Store } from "../../store/store.ts";
import { updateRow } from "../../store/update.ts";

/**
 * Counts an answer.
 *
 * @param entry What answers: its kind and its name.
 * @returns How many it has given before.
 */
export async function takeTurn(store: Store, sandboxId: string, entry: string): Promise<number> {
  const key: Key = [sandboxId, "turn", hash("sha256", entry, "base64url")];
  const { before } = await updateRow(store, key, (count: number = 0) => ({ value: count + 1, before: count }));
  return before;
}
