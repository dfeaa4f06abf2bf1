// Who is told what happens to the record of a sandbox.
import type { Exchange } from "../exchange.ts";

/** Is told what happens to a record. */
export interface RecordListener {
  /** An exchange is new, or has changed; one that changes keeps its sequence number. */
  readonly onExchange: (exchange: Exchange) => void;
  readonly onClear: () => void;
}

/** Who listens to which sandbox. */
export interface RecordListeners {
  /** Adds one; the result takes it away again. */
  readonly add: (sandboxId: string, listener: RecordListener) => () => void;
  readonly tell: (sandboxId: string, how: (listener: RecordListener) => void) => void;
  readonly has: (sandboxId: string) => boolean;
}

/** Makes a list of listeners. */
export function createRecordListeners(): RecordListeners {
  const listeners = new Map<string, Set<RecordListener>>();
  return {
    add: (sandboxId, listener) => {
      const all = listeners.get(sandboxId) ?? new Set();
      listeners.set(sandboxId, all.add(listener));
      return () => {
        all.delete(listener);
        if (all.size === 0) listeners.delete(sandboxId);
      };
    },
    tell: (sandboxId, how) => {
      for (const listener of listeners.get(sandboxId) ?? []) how(listener);
    },
    has: (sandboxId) => listeners.has(sandboxId),
  };
}
