// Ids of signed messages that may be used once: DPoP proofs (RFC 9449 11.1) and assertions (RFC 7523 3).
import { hash } from "../runtime/node_crypto.ts";
import type { Store } from "../store/store.ts";

/** The used ids of all sandboxes. */
export interface Replays {
  /**
   * Marks an id as used.
   *
   * @returns False if it was before: of any number of callers, on any number of processes, one is told true.
   */
  readonly use: (sandboxId: string, id: readonly string[], keepMs: number) => Promise<boolean>;
}

/** Marks outlive what they mark by this much, because sandbox clocks can be set back. */
const MARGIN_MS = 60 * 60 * 1000;

/** Opens the table of used ids. */
export function createReplays(store: Store): Replays {
  return {
    use: (sandboxId, id, keepMs) =>
      store.create(
        [sandboxId, "replay", hash("sha256", JSON.stringify(id), "base64url")],
        true,
        Math.max(0, keepMs) + MARGIN_MS,
      ),
  };
}
