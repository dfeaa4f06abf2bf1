/**
 * Where exchanges are on record. On a process of its own that is memory; reading never takes anything away.
 *
 * @module
 */
import type { Exchange } from "./exchange.ts";
import type { Names } from "./names.ts";
import { createRings, type Entry, type Rings } from "./rings.ts";

/** What is on record of a sandbox. */
export interface Recorded {
  /** In the order they began. */
  readonly exchanges: readonly Exchange[];
  /** Whether nothing of the sandbox was forgotten. */
  readonly isWhole: boolean;
}

/** Whoever wants to know what happens to a record. */
export interface RecordListener {
  /** An exchange is new, or has changed; one that changes keeps its sequence number. */
  readonly onExchange: (exchange: Exchange) => void;
  /** All there was is forgotten. */
  readonly onClear: () => void;
}

/** The exchanges of all sandboxes. */
export interface Tape {
  /** Numbers a request of a sandbox in the order in which this process was asked. */
  readonly number: (sandboxId: string) => number;
  /** Keeps an exchange, or puts it in the place of the one with its number. */
  readonly put: (sandboxId: string, entry: Entry) => void;
  /** A name for a sandbox's record, which is another one where numbers begin anew. */
  readonly nameOf: (sandboxId: string) => Promise<string>;
  /** What is on record of a sandbox, after a sequence number or all of it. */
  readonly read: (sandboxId: string, after?: number) => Promise<Recorded>;
  /** Listens to a sandbox; the result ends it. */
  readonly subscribe: (sandboxId: string, listener: RecordListener) => () => void;
  /** Forgets a sandbox's exchanges; numbers go on where they were. */
  readonly clear: (sandboxId: string) => Promise<void>;
  /** Forgets what this process holds of a sandbox that is over. */
  readonly drop: (sandboxId: string) => void;
}

/**
 * Makes a tape in memory.
 *
 * @param names What secrets and senders are called.
 * @param rings Where exchanges are kept.
 */
export function createTape(names: Names, rings: Rings = createRings()): Tape {
  const listeners = createListeners();
  return {
    number: rings.number,
    put: (sandboxId, entry) => {
      if (rings.put(sandboxId, entry)) listeners.tell(sandboxId, ({ onExchange }) => onExchange(entry.exchange(names)));
    },
    nameOf: (sandboxId) => Promise.resolve(names.peerOf("", sandboxId)),
    read: (sandboxId, after = 0) => {
      const entries = rings.entries(sandboxId);
      const from = entries.findIndex(({ sequence }) => sequence > after);
      const exchanges = from < 0 ? [] : entries.slice(from).map((entry) => entry.exchange(names));
      return Promise.resolve({ exchanges, isWhole: rings.isWhole(sandboxId) });
    },
    subscribe: listeners.add,
    clear: (sandboxId) => {
      rings.clear(sandboxId);
      listeners.tell(sandboxId, ({ onClear }) => onClear());
      return Promise.resolve();
    },
    drop: rings.drop,
  };
}

/** Who listens to which sandbox. */
export interface Listeners {
  /** Adds one; the result takes it away again. */
  readonly add: (sandboxId: string, listener: RecordListener) => () => void;
  /** Tells those of a sandbox. */
  readonly tell: (sandboxId: string, how: (listener: RecordListener) => void) => void;
  /** Whether a sandbox has any. */
  readonly has: (sandboxId: string) => boolean;
}

/** Makes a list of listeners. */
export function createListeners(): Listeners {
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
