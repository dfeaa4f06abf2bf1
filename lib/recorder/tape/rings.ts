// Exchanges that wait in memory to be looked at: a ring for each sandbox, with a budget in bytes, and a budget for all
// together.
import {
  clear,
  createRing,
  forgetFirst,
  type HeldExchange,
  type HeldRecord,
  keep,
  type Ring,
  takeFirst,
  takeOut,
  type Totals,
  weigh,
} from "./ring.ts";
import { createSampler } from "./sampler.ts";

/** The exchanges that wait, of all sandboxes. */
export interface Rings {
  /** The next sequence number of a sandbox. */
  readonly number: (sandboxId: string) => number;
  /** Keeps an exchange, or replaces the one that has its number; false if the sandbox was cleared after it began. */
  readonly put: (sandboxId: string, entry: HeldExchange) => boolean;
  /** What is kept of a sandbox, the newest {@link MAX_EXCHANGES}. */
  readonly of: (sandboxId: string) => HeldRecord;
  readonly take: (sandboxId: string, count: number) => readonly HeldExchange[];
  /** Takes one out that cannot be used. */
  readonly remove: (sandboxId: string, entry: HeldExchange) => void;
  /** Measures again what the exchanges of a sandbox take, for redaction has changed it. */
  readonly weigh: (sandboxId: string) => void;
  /** Forgets what is kept of a sandbox, and what has begun before; numbers continue. */
  readonly clear: (sandboxId: string) => void;
  /** Forgets a sandbox altogether. */
  readonly drop: (sandboxId: string) => void;
}

/** What rings are made with; a budget that is not given is that of a server. */
interface RingsOptions {
  readonly maxSandboxBytes?: number;
  readonly maxBytes?: number;
  /** A random number below 2 ** 32, so that nobody knows which exchanges are measured. */
  readonly seed?: number;
  /** Given what a sandbox forgets, in order, since it may be needed elsewhere. */
  readonly onForget?: ((sandboxId: string, entries: readonly HeldExchange[]) => void) | undefined;
}

/** The most exchanges that are kept of a sandbox. */
export const MAX_EXCHANGES = 2000;
/** The most that is kept of a sandbox, in bytes; its oldest exchanges give way. */
export const MAX_SANDBOX_BYTES = 32 * 1024 * 1024;
/** The most that is kept of all sandboxes, in bytes; the oldest exchanges of the largest ones give way. */
export const MAX_ALL_BYTES = 64 * 1024 * 1024;
/** So many more may be in a ring before the oldest are dropped: at once that costs next to nothing, one by one it adds up. */
const MAX_OVERDUE = 400;
/** To find the largest ring is to look at them all, so a little more is thrown out than is needed: this part of the budget. */
const SLACK = 1 / 64;

const EMPTY: HeldRecord = { clearedTo: 0, isIntact: true, forgotten: 0, version: 0, entries: [] };

/** Makes empty rings. */
export function createRings(options: RingsOptions = {}): Rings {
  const { maxSandboxBytes = MAX_SANDBOX_BYTES, maxBytes = MAX_ALL_BYTES, seed = 1, onForget } = options;
  const rings = new Map<string, Ring>();
  const totals: Totals = { bytes: 0, changes: 0, onForget };
  const isSurprise = createSampler(seed);

  function ringOf(sandboxId: string): Ring {
    const known = rings.get(sandboxId);
    if (known) return known;
    const ring = createRing(sandboxId, totals);
    rings.set(sandboxId, ring);
    return ring;
  }

  function keepBudgets(ring: Ring): void {
    while (ring.bytes > maxSandboxBytes && forgetFirst(ring, 1));
    if (totals.bytes > maxBytes) shrinkLargest([...rings.values()], totals, maxBytes);
  }

  return {
    number: (sandboxId) => ringOf(sandboxId).next++,
    put: (sandboxId, entry) => {
      const ring = ringOf(sandboxId);
      if (entry.sequence <= ring.clearedTo) return false;
      const mustMeasure = isSurprise(entry);
      keep(ring, entry);
      if (mustMeasure) { for (const each of rings.values()) weigh(each); }
      if (ring.entries.length > MAX_EXCHANGES + MAX_OVERDUE) trim(ring);
      keepBudgets(ring);
      return true;
    },
    of: (sandboxId) => {
      const ring = rings.get(sandboxId);
      return ring ? trim(ring) : EMPTY;
    },
    take: (sandboxId, count) => {
      const ring = rings.get(sandboxId);
      return ring ? takeFirst(trim(ring), count) : [];
    },
    remove: (sandboxId, entry) => {
      const ring = rings.get(sandboxId);
      if (ring) takeOut(ring, entry);
    },
    weigh: (sandboxId) => {
      const ring = rings.get(sandboxId);
      if (!ring) return;
      weigh(ring);
      keepBudgets(ring);
    },
    clear: (sandboxId) => clear(ringOf(sandboxId)),
    drop: (sandboxId) => {
      clear(ringOf(sandboxId));
      rings.delete(sandboxId);
    },
  };
}

/** Forgets what is too old. */
function trim(ring: Ring): Ring {
  if (ring.entries.length > MAX_EXCHANGES) forgetFirst(ring, ring.entries.length - MAX_EXCHANGES);
  return ring;
}

/** Forgets the oldest exchanges of the largest rings, each down to half, until all of them fit. */
function shrinkLargest(rings: readonly Ring[], totals: Totals, maxBytes: number): void {
  const leastBytes = maxBytes * (1 - SLACK);
  while (totals.bytes > leastBytes) {
    const largest = rings.reduce((one, other) => other.bytes > one.bytes ? other : one);
    if (!forgetFirst(largest, 1)) return;
    const floorBytes = largest.bytes / 2;
    while (totals.bytes > leastBytes && largest.bytes > floorBytes && forgetFirst(largest, 1));
  }
}
