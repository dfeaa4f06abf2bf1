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

/** The exchanges of all sandboxes. */
export interface Tape {
  /** The next sequence number of a sandbox. */
  readonly number: (sandboxId: string) => number;
  /** Keeps an exchange, or puts it in the place of the one with its number. */
  readonly put: (sandboxId: string, exchange: Exchange) => void;
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
  exchanges: Exchange[];
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
    const ring = rings.get(sandboxId) ?? { next: 1, clearedAt: 0, isWhole: true, exchanges: [] };
    // The map's order is that of the last use.
    rings.delete(sandboxId);
    rings.set(sandboxId, ring);
    return ring;
  }

  function put(sandboxId: string, exchange: Exchange): void {
    const ring = ringOf(sandboxId);
    // It began before the sandbox was cleared.
    if (exchange.sequence <= ring.clearedAt) return;
    const { exchanges } = ring;
    const at = exchanges.findLastIndex(({ sequence }) => sequence <= exchange.sequence);
    const known = exchanges[at];
    if (known?.sequence === exchange.sequence) {
      length -= lengthOf(known);
      exchanges[at] = exchange;
    } else {
      exchanges.splice(at + 1, 0, exchange);
    }
    length += lengthOf(exchange);
    if (exchanges.length > MAX_EXCHANGES) forgetFirst(ring);
    while (length > maxLength && makeRoom()) { /* one exchange less */ }
    for (const listener of listeners.get(sandboxId) ?? []) listener(exchange);
  }

  function forgetFirst(ring: Ring): void {
    const first = ring.exchanges.shift();
    if (!first) return;
    length -= lengthOf(first);
    ring.isWhole = false;
  }

  /** Forgets the first exchange of the sandbox that was written to the longest ago; false if there is none. */
  function makeRoom(): boolean {
    for (const ring of rings.values()) {
      if (ring.exchanges.length === 0) continue;
      forgetFirst(ring);
      return true;
    }
    return false;
  }

  function clear(sandboxId: string): void {
    const ring = ringOf(sandboxId);
    ring.clearedAt = ring.next - 1;
    ring.isWhole = false;
    while (ring.exchanges.length > 0) forgetFirst(ring);
  }

  return {
    number: (sandboxId) => ringOf(sandboxId).next++,
    put,
    read: (sandboxId, { after = 0, limit = MAX_EXCHANGES } = {}) => {
      const exchanges = rings.get(sandboxId)?.exchanges ?? [];
      const from = exchanges.findIndex(({ sequence }) => sequence > after);
      return from < 0 ? [] : exchanges.slice(from, from + limit);
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

function lengthOf({ url, request, response }: Exchange): number {
  return 500 + url.length + (request.body?.length ?? 0) + (response.body?.length ?? 0);
}
