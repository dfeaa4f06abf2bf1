// Where exchanges are on record in a process that has its database for itself: in memory.
import { createEvidence, type Evidence } from "./evidence.ts";
import { createRecordListeners } from "./listeners.ts";
import { createMemoryReader, type MemoryReaderDeps } from "./memory_reader.ts";
import { createRings, type Rings } from "./rings.ts";
import type { Tape } from "./tape.ts";

interface MemoryTapeDeps extends Omit<MemoryReaderDeps, "rings" | "evidence"> {
  readonly rings?: Rings;
  /** Where what falls off is kept to judge by: what those rings forget is put there. */
  readonly evidence?: Evidence;
}

/** Makes a tape in memory. */
export function createMemoryTape({ evidence = createEvidence(), ...deps }: MemoryTapeDeps): Tape {
  const { rings = createRings({ onForget: evidence.add }), pseudonyms } = deps;
  const { redact, forget, ...reader } = createMemoryReader({ ...deps, rings, evidence });
  const listeners = createRecordListeners();
  return {
    ...reader,
    number: rings.number,
    nameOf: (sandboxId) => Promise.resolve(pseudonyms.peerOf("", sandboxId)),
    gather: () => Promise.resolve(),
    put: (sandboxId, entry) => {
      const isHeard = listeners.has(sandboxId);
      // It may be forgotten at once.
      if (isHeard) entry.hold();
      if (!rings.put(sandboxId, entry) || !isHeard) return;
      for (const exchange of redact(sandboxId, entry)) {
        rings.weigh(sandboxId);
        listeners.tell(sandboxId, ({ onExchange }) => onExchange(exchange));
      }
    },
    subscribe: listeners.add,
    clear: (sandboxId) => {
      rings.clear(sandboxId);
      forget(sandboxId);
      listeners.tell(sandboxId, ({ onClear }) => onClear());
      return Promise.resolve();
    },
    drop: (sandboxId) => {
      rings.drop(sandboxId);
      forget(sandboxId);
    },
  };
}
