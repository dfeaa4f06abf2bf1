/**
 * Where exchanges are kept: in memory, a ring for each sandbox, which reading never empties.
 *
 * @module
 */
import type { Exchange } from "./exchange.ts";

/** What part of a sandbox's exchanges is asked for. */
export interface ExchangeRange {
  /** Only those with a higher sequence number. */
  readonly after?: number;
  /** No more than so many, the first ones. */
  readonly limit?: number;
}

/** Called with every exchange that is new or has changed; one that changes keeps its sequence number. */
export type ExchangeListener = (exchange: Exchange) => void;

/** An exchange that is kept as it came, and redacted when somebody first looks. */
export interface Entry {
  /** Its place in the order. */
  readonly sequence: number;
  /** What it holds, in characters. */
  readonly length: number;
  /** The exchange, redacted. */
  readonly exchange: () => Exchange;
}

/**
 * Makes an entry whose exchange is made at most once.
 *
 * @param entry What it holds, and how the exchange is made.
 */
export function createEntry({ sequence, length, exchange: make }: Entry): Entry {
  let made: Exchange | undefined;
  return { sequence, length, exchange: () => made ??= make() };
}

/** The exchanges of all sandboxes. */
export interface Tape {
  /** The next sequence number of a sandbox. */
  readonly number: (sandboxId: string) => number;
  /** Keeps an exchange, or puts it in the place of the one with its number. */
  readonly put: (sandboxId: string, entry: Entry) => void;
  /** What is kept, in the order of sequence numbers. */
  readonly read: (sandboxId: string, range?: ExchangeRange) => readonly Exchange[];
  /** Whether nothing of a sandbox was forgotten. */
  readonly isWhole: (sandboxId: string) => boolean;
  /** Listens to a sandbox; the result ends it. */
  readonly subscribe: (sandboxId: string, listener: ExchangeListener) => () => void;
  /** Forgets a sandbox's exchanges; numbers go on where they were. */
  readonly clear: (sandboxId: string) => void;
  /** Forgets a sandbox altogether. */
  readonly drop: (sandboxId: string) => void;
}

/** The most exchanges that are kept of a sandbox. */
export const MAX_EXCHANGES = 2000;
/** The most that is kept of all sandboxes, in characters; the one that was written to the longest ago gives way. */
const MAX_LENGTH = 64 * 1024 * 1024;

interface Ring {
  next: number;
  clearedAt: number;
  isWhole: boolean;
  entries: Entry[];
}

/**
 * Makes an empty tape.
 *
 * @param maxLength The most that is kept of all sandboxes, in characters.
 */
export function createTape(maxLength: number = MAX_LENGTH): Tape {
  const rings = new Map<string, Ring>();
  const listeners = new Map<string, Set<ExchangeListener>>();
  let length = 0;

  function ringOf(sandboxId: string): Ring {
    const ring = rings.get(sandboxId) ?? { next: 1, clearedAt: 0, isWhole: true, entries: [] };
    // The map's order is that of the last use.
    rings.delete(sandboxId);
    rings.set(sandboxId, ring);
    return ring;
  }

  function put(sandboxId: string, entry: Entry): void {
    const ring = ringOf(sandboxId);
    // It began before the sandbox was cleared.
    if (entry.sequence <= ring.clearedAt) return;
    const { entries } = ring;
    const at = entries.findLastIndex(({ sequence }) => sequence <= entry.sequence);
    const known = entries[at];
    if (known?.sequence === entry.sequence) {
      length -= known.length;
      entries[at] = entry;
    } else {
      entries.splice(at + 1, 0, entry);
    }
    length += entry.length;
    if (entries.length > MAX_EXCHANGES) forgetFirst(ring);
    while (length > maxLength && makeRoom()) { /* one exchange less */ }
    for (const listener of listeners.get(sandboxId) ?? []) listener(entry.exchange());
  }

  function forgetFirst(ring: Ring): void {
    const first = ring.entries.shift();
    if (!first) return;
    length -= first.length;
    ring.isWhole = false;
  }

  /** Forgets the first exchange of the sandbox that was written to the longest ago; false if there is none. */
  function makeRoom(): boolean {
    for (const ring of rings.values()) {
      if (ring.entries.length === 0) continue;
      forgetFirst(ring);
      return true;
    }
    return false;
  }

  function clear(sandboxId: string): void {
    const ring = ringOf(sandboxId);
    ring.clearedAt = ring.next - 1;
    ring.isWhole = false;
    while (ring.entries.length > 0) forgetFirst(ring);
  }

  return {
    number: (sandboxId) => ringOf(sandboxId).next++,
    put,
    read: (sandboxId, { after = 0, limit = MAX_EXCHANGES } = {}) => {
      const entries = rings.get(sandboxId)?.entries ?? [];
      const from = entries.findIndex(({ sequence }) => sequence > after);
      return from < 0 ? [] : entries.slice(from, from + limit).map(({ exchange }) => exchange());
    },
    isWhole: (sandboxId) => rings.get(sandboxId)?.isWhole ?? true,
    subscribe: (sandboxId, listener) => {
      const all = listeners.get(sandboxId) ?? new Set();
      listeners.set(sandboxId, all.add(listener));
      return () => {
        all.delete(listener);
        if (all.size === 0) listeners.delete(sandboxId);
      };
    },
    clear,
    drop: (sandboxId) => {
      clear(sandboxId);
      rings.delete(sandboxId);
    },
  };
}
