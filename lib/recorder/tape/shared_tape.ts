// Where exchanges are on record while several processes share a database. A process that asks for a
// sandbox says so in its record; then all hand over at once what they have served, and it waits until what began before has
// come. Here the reader, the writer and the listeners are joined.
import { createPseudonyms } from "../redact/pseudonyms.ts";
import { createFollower } from "./follower.ts";
import { type GatherDeps, settle, watch } from "./gather.ts";
import { createHandover, type HandoverDeps } from "./handover.ts";
import { createRecordListeners } from "./listeners.ts";
import type { HeldExchange } from "./ring.ts";
import { createRings } from "./rings.ts";
import { createSharedReader } from "./shared_reader.ts";
import type { Tape } from "./tape.ts";

interface SharedTapeDeps extends GatherDeps, Omit<HandoverDeps, "rings" | "loadPseudonyms"> {
  /** What came before this time is not shown, in milliseconds since 1970; if not given, nothing is held back. */
  readonly sinceMs: number | undefined;
  /** A random number below 2 ** 32, for the rings in which exchanges wait. */
  readonly seed?: number;
  /** Given what is forgotten before it was handed over. */
  readonly onForget?: ((sandboxId: string, entries: readonly HeldExchange[]) => void) | undefined;
}

/** Makes a tape on a shared record. */
export function createSharedTape(deps: SharedTapeDeps): Tape {
  const { table, now, sinceMs, seed = 1, onForget } = deps;
  const loadPseudonyms = createLoader(async () => createPseudonyms(await table.key()));
  const rings = createRings({ seed, onForget });
  const handover = createHandover({ ...deps, rings, loadPseudonyms });
  const { list, ...reader } = createSharedReader(table, sinceMs);
  const listeners = createRecordListeners();
  const follow = createFollower({ ...deps, listeners });

  async function gather(sandboxId: string): Promise<void> {
    const askedMs = now();
    await handover.giveAll(sandboxId);
    await watch(deps, sandboxId);
    await settle(deps, sandboxId, askedMs);
  }

  return {
    ...reader,
    number: rings.number,
    nameOf: async (sandboxId) => (await loadPseudonyms()).peerOf("", sandboxId),
    put: handover.put,
    gather,
    read: async (sandboxId, after = 0) => {
      await gather(sandboxId);
      return await list(sandboxId, after);
    },
    subscribe: (sandboxId, listener) => {
      const leave = listeners.add(sandboxId, listener);
      follow(sandboxId);
      return leave;
    },
    clear: async (sandboxId) => {
      handover.clear(sandboxId);
      await handover.inTurn(() => table.clear(sandboxId, now()));
    },
    drop: handover.drop,
  };
}

/** Loads something once; again if that failed. */
function createLoader<T>(load: () => Promise<T>): () => Promise<T> {
  let loaded: Promise<T> | undefined;
  return () => {
    const loading = loaded ??= load();
    loading.catch(() => loaded = undefined);
    return loading;
  };
}
