/**
 * Exchanges that wait in memory to be looked at: a ring for each sandbox, and a limit for all together.
 *
 * @module
 */
import type { Exchange } from "./exchange.ts";
import type { Names } from "./names.ts";

/** An exchange that is kept as it came, and redacted when somebody first looks. */
export interface Entry {
  /** Its place in the order in which this process was asked. */
  readonly sequence: number;
  /** What it holds, in characters. */
  readonly length: number;
  /** The exchange, redacted. */
  readonly exchange: (names: Names) => Exchange;
}

/** Entries of all sandboxes. */
export interface Rings {
  /** The next sequence number of a sandbox. */
  readonly number: (sandboxId: string) => number;
  /** Keeps an entry, or puts it in the place of the one with its number; false if it was cleared before it came. */
  readonly put: (sandboxId: string, entry: Entry) => boolean;
  /** What is kept of a sandbox, in the order of sequence numbers. */
  readonly entries: (sandboxId: string) => readonly Entry[];
  /** Takes the first ones out. */
  readonly take: (sandboxId: string, count: number) => readonly Entry[];
  /** Whether nothing of a sandbox was forgotten that nobody has taken. */
  readonly isWhole: (sandboxId: string) => boolean;
  /** Forgets what is kept of a sandbox, and what has begun before; numbers go on where they were. */
  readonly clear: (sandboxId: string) => void;
  /** Forgets a sandbox altogether. */
  readonly drop: (sandboxId: string) => void;
}

/** The most exchanges that are kept of a sandbox. */
export const MAX_EXCHANGES = 2000;
/** So many more may lie in a ring before the oldest are thrown out: at once that costs next to nothing, one by one it adds up. */
const MAX_OVERDUE = 100;
/** The most that is kept of all sandboxes, in characters; the one that was written to the longest ago gives way. */
const MAX_LENGTH = 64 * 1024 * 1024;

interface Ring {
  next: number;
  clearedAt: number;
  isWhole: boolean;
  entries: Entry[];
}

/** Where the last one lies that began before or with an entry, which is nearly always the last of all. */
function placeOf(entry: Entry, entries: readonly Entry[]): number {
  let at = entries.length - 1;
  for (let found = entries[at]; found && found.sequence > entry.sequence; found = entries[at]) at--;
  return at;
}

/**
 * Makes empty rings.
 *
 * @param maxLength The most that is kept of all sandboxes, in characters.
 */
export function createRings(maxLength: number = MAX_LENGTH): Rings {
  const rings = new Map<string, Ring>();
  let newest: Ring | undefined;
  let length = 0;

  function ringOf(sandboxId: string): Ring {
    const ring = rings.get(sandboxId) ?? { next: 1, clearedAt: 0, isWhole: true, entries: [] };
    if (ring === newest) return ring;
    // The map's order is that of the last use.
    rings.delete(sandboxId);
    rings.set(sandboxId, ring);
    newest = ring;
    return ring;
  }

  function put(sandboxId: string, entry: Entry): boolean {
    const ring = ringOf(sandboxId);
    // It began before the sandbox was cleared.
    if (entry.sequence <= ring.clearedAt) return false;
    const { entries } = ring;
    const at = placeOf(entry, entries);
    const known = entries[at];
    if (known?.sequence === entry.sequence) {
      length -= known.length;
      entries[at] = entry;
    } else {
      entries.splice(at + 1, 0, entry);
    }
    length += entry.length;
    if (entries.length > MAX_EXCHANGES + MAX_OVERDUE) trim(ring);
    while (length > maxLength && makeRoom()) { /* one exchange less */ }
    return true;
  }

  function take({ entries }: Ring, count: number): readonly Entry[] {
    const taken = entries.splice(0, count);
    for (const entry of taken) length -= entry.length;
    return taken;
  }

  function trim(ring: Ring): void {
    if (ring.entries.length <= MAX_EXCHANGES) return;
    take(ring, ring.entries.length - MAX_EXCHANGES);
    ring.isWhole = false;
  }

  function trimmed(sandboxId: string): Ring | undefined {
    const ring = rings.get(sandboxId);
    if (ring) trim(ring);
    return ring;
  }

  /** Forgets the first exchange of the sandbox that was written to the longest ago; false if there is none. */
  function makeRoom(): boolean {
    for (const ring of rings.values()) {
      if (take(ring, 1).length === 0) continue;
      ring.isWhole = false;
      return true;
    }
    return false;
  }

  function clear(sandboxId: string): void {
    const ring = ringOf(sandboxId);
    ring.clearedAt = ring.next - 1;
    ring.isWhole = false;
    take(ring, ring.entries.length);
  }

  return {
    number: (sandboxId) => ringOf(sandboxId).next++,
    put,
    entries: (sandboxId) => trimmed(sandboxId)?.entries ?? [],
    take: (sandboxId, count) => {
      const ring = trimmed(sandboxId);
      return ring ? take(ring, count) : [];
    },
    isWhole: (sandboxId) => trimmed(sandboxId)?.isWhole ?? true,
    clear,
    drop: (sandboxId) => {
      clear(sandboxId);
      rings.delete(sandboxId);
      newest = undefined;
    },
  };
}
