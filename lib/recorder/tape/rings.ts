/**
 * Exchanges that wait in memory to be looked at: a ring for each sandbox, with a budget in bytes, and a budget for all
 * together.
 *
 * @module
 */
import { createDice } from "../../runtime/dice.ts";
import type { Exchange } from "../exchange.ts";
import type { Names } from "../redact/pseudonyms.ts";

/** An exchange that is kept as it came, and redacted when somebody first looks. */
export interface Entry {
  /** Its place in the order in which this process was asked. */
  readonly sequence: number;
  /** What it takes, in bytes; partly guessed until it is measured, and less or more once it is redacted. */
  readonly bytes: number;
  /** Measures what was guessed; gives what it takes, in bytes. */
  readonly measure: () => number;
  /** The exchange, redacted. */
  readonly exchange: (names: Names) => Exchange;
  /** What it is like: equal for entries that tell the same; undefined for one that is like no other. */
  readonly likeness: () => string | undefined;
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
  /** Takes one out, wherever it lies. */
  readonly remove: (sandboxId: string, entry: Entry) => void;
  /** How many of a sandbox were forgotten, since it was last cleared, that nobody has taken. */
  readonly forgotten: (sandboxId: string) => number;
  /** Whether nothing of a sandbox was forgotten or cleared that nobody has taken. */
  readonly isWhole: (sandboxId: string) => boolean;
  /** The same, but for what was forgotten. */
  readonly isIntact: (sandboxId: string) => boolean;
  /** The number given last when a sandbox was cleared; 0 if it never was. */
  readonly clearedAt: (sandboxId: string) => number;
  /** Another number after every change of what is kept of a sandbox. */
  readonly version: (sandboxId: string) => number;
  /** Looks anew what the entries of a sandbox take, for redaction has changed it. */
  readonly weigh: (sandboxId: string) => void;
  /** Forgets what is kept of a sandbox, and what has begun before; numbers go on where they were. */
  readonly clear: (sandboxId: string) => void;
  /** Forgets a sandbox altogether. */
  readonly drop: (sandboxId: string) => void;
}

/** What rings are made with; a budget that is not given is that of a server. */
export interface RingsOptions {
  /** The most that is kept of a sandbox, in bytes. */
  readonly maxSandboxBytes?: number;
  /** The most that is kept of all sandboxes, in bytes. */
  readonly maxBytes?: number;
  /** A random number below 2 ** 32, so that nobody knows which entries are measured. */
  readonly seed?: number;
  /** Given what a sandbox forgets, in order, since it may be needed elsewhere. */
  readonly onForget?: (sandboxId: string, entries: readonly Entry[]) => void;
}

/** The most exchanges that are kept of a sandbox. */
export const MAX_EXCHANGES = 2000;
/** The most that is kept of a sandbox, in bytes; its oldest exchanges give way. */
export const MAX_SANDBOX_BYTES = 32 * 1024 * 1024;
/** The most that is kept of all sandboxes, in bytes; the oldest exchanges of the largest ones give way. */
export const MAX_ALL_BYTES = 64 * 1024 * 1024;
/** So many more may lie in a ring before the oldest are thrown out: at once that costs next to nothing, one by one it adds up. */
const MAX_OVERDUE = 100;
/** One in so many entries is measured, as headers are seldom large: to measure all of them costs more than to keep them. */
const SAMPLE = 16;
/** An entry that takes so many bytes more than was guessed makes all there is be measured, and what comes next. */
const SURPRISE_BYTES = 2000;
/** How many of those that come next. */
const MEASURED_AFTER_SURPRISE = 1000;
/** To find the largest ring is to look at them all, so a little more is thrown out than is needed: this part of the budget. */
const SLACK = 1 / 64;

interface Ring {
  readonly sandboxId: string;
  next: number;
  clearedAt: number;
  isIntact: boolean;
  forgotten: number;
  version: number;
  bytes: number;
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
 * @param options Their budgets.
 */
export function createRings(
  { maxSandboxBytes = MAX_SANDBOX_BYTES, maxBytes = MAX_ALL_BYTES, seed = 1, onForget }: RingsOptions = {},
): Rings {
  const rings = new Map<string, Ring>();
  const chance = createDice(seed);
  let total = 0;
  let changes = 0;
  /** How many of the next entries are measured in any case. */
  let toMeasure = 0;

  function ringOf(sandboxId: string): Ring {
    let ring = rings.get(sandboxId);
    if (ring) return ring;
    const empty = { next: 1, clearedAt: 0, isIntact: true, forgotten: 0, version: 0, bytes: 0 };
    ring = { sandboxId, ...empty, entries: [] };
    rings.set(sandboxId, ring);
    return ring;
  }

  function resize(ring: Ring, bytes: number): void {
    ring.bytes += bytes;
    total += bytes;
  }

  function put(sandboxId: string, entry: Entry): boolean {
    const ring = ringOf(sandboxId);
    // It began before the sandbox was cleared.
    if (entry.sequence <= ring.clearedAt) return false;
    const { entries } = ring;
    const isSurprise = sample(entry);
    const at = placeOf(entry, entries);
    const known = entries[at];
    if (known?.sequence === entry.sequence) {
      resize(ring, -known.bytes);
      entries[at] = entry;
    } else {
      entries.splice(at + 1, 0, entry);
    }
    ring.version = ++changes;
    resize(ring, entry.bytes);
    if (isSurprise) { for (const each of rings.values()) weigh(each); }
    if (entries.length > MAX_EXCHANGES + MAX_OVERDUE) trim(ring);
    keepBudgets(ring);
    return true;
  }

  /** Measures some entries; says whether all others have to be measured as well. */
  function sample(entry: Entry): boolean {
    if (toMeasure === 0 && chance() % SAMPLE !== 0) return false;
    const isFirst = toMeasure === 0;
    const guessed = entry.bytes;
    const isLarge = entry.measure() > guessed + SURPRISE_BYTES;
    toMeasure = isLarge ? MEASURED_AFTER_SURPRISE : Math.max(0, toMeasure - 1);
    return isLarge && isFirst;
  }

  function weigh(ring: Ring): void {
    resize(ring, ring.entries.reduce((sum, entry) => sum + entry.measure(), 0) - ring.bytes);
  }

  function keepBudgets(ring: Ring): void {
    while (ring.bytes > maxSandboxBytes && forget(ring, 1));
    if (total <= maxBytes) return;
    const leastBytes = maxBytes * (1 - SLACK);
    while (total > leastBytes) {
      const largest = [...rings.values()].reduce((one, other) => other.bytes > one.bytes ? other : one);
      if (!forget(largest, 1)) return;
      const floorBytes = largest.bytes / 2;
      while (total > leastBytes && largest.bytes > floorBytes && forget(largest, 1));
    }
  }

  function take(ring: Ring, count: number): readonly Entry[] {
    const taken = ring.entries.splice(0, count);
    if (taken.length > 0) ring.version = ++changes;
    resize(ring, ring.entries.length === 0 ? -ring.bytes : -taken.reduce((sum, { bytes }) => sum + bytes, 0));
    return taken;
  }

  /** Forgets the first ones; false if there are none. */
  function forget(ring: Ring, count: number): boolean {
    const taken = take(ring, count);
    ring.forgotten += taken.length;
    onForget?.(ring.sandboxId, taken);
    return taken.length > 0;
  }

  function trim(ring: Ring): void {
    if (ring.entries.length > MAX_EXCHANGES) forget(ring, ring.entries.length - MAX_EXCHANGES);
  }

  function trimmed(sandboxId: string): Ring | undefined {
    const ring = rings.get(sandboxId);
    if (ring) trim(ring);
    return ring;
  }

  function clear(sandboxId: string): void {
    const ring = ringOf(sandboxId);
    ring.clearedAt = ring.next - 1;
    ring.isIntact = false;
    ring.forgotten = 0;
    ring.version = ++changes;
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
    remove: (sandboxId, entry) => {
      const ring = rings.get(sandboxId);
      const at = ring?.entries.indexOf(entry) ?? -1;
      if (!ring || at < 0) return;
      ring.entries.splice(at, 1);
      ring.version = ++changes;
      ring.isIntact = false;
      resize(ring, -entry.bytes);
    },
    forgotten: (sandboxId) => trimmed(sandboxId)?.forgotten ?? 0,
    isWhole: (sandboxId) => !trimmed(sandboxId)?.forgotten && (rings.get(sandboxId)?.isIntact ?? true),
    isIntact: (sandboxId) => rings.get(sandboxId)?.isIntact ?? true,
    clearedAt: (sandboxId) => rings.get(sandboxId)?.clearedAt ?? 0,
    version: (sandboxId) => trimmed(sandboxId)?.version ?? 0,
    weigh: (sandboxId) => {
      const ring = rings.get(sandboxId);
      if (!ring) return;
      weigh(ring);
      keepBudgets(ring);
    },
    clear,
    drop: (sandboxId) => {
      clear(sandboxId);
      rings.delete(sandboxId);
    },
  };
}
