// The ring of one sandbox: exchanges that wait in memory to be looked at, in the order in which they began.
import type { Exchange } from "../exchange.ts";
import type { Pseudonyms } from "../redact/pseudonyms.ts";

/** An exchange that is kept as it came, and redacted when somebody first looks. */
export interface HeldExchange {
  /** Its number in the order in which this process was asked. */
  readonly sequence: number;
  /** What it takes, in bytes; partly guessed until it is measured, and less or more once it is redacted. */
  readonly bytes: number;
  /** Measures what was guessed; gives what it takes, in bytes. */
  readonly measure: () => number;
  /** Says that somebody may read it from now on, even once it is forgotten here. */
  readonly hold: () => void;
  /** The exchange, redacted. */
  readonly exchange: (pseudonyms: Pseudonyms) => Exchange;
  /** What it is like: equal for exchanges that tell the same; undefined for one that is like no other. */
  readonly likeness: () => string | undefined;
}

/** What all rings have in common. */
export interface Totals {
  /** What all of them take. */
  bytes: number;
  /** How often any of them has changed. */
  changes: number;
  /** Given what a sandbox forgets, in order, since it may be needed elsewhere. */
  readonly onForget: ((sandboxId: string, entries: readonly HeldExchange[]) => void) | undefined;
}

/** What is kept of a sandbox. */
export interface HeldRecord {
  /** In the order of sequence numbers. */
  readonly entries: readonly HeldExchange[];
  /** The number given last when it was cleared; 0 if it never was. */
  readonly clearedTo: number;
  /** False once it was cleared, or an exchange could not be redacted. */
  readonly isIntact: boolean;
  /** How many were forgotten, since it was last cleared, that nobody has taken. */
  readonly forgotten: number;
  /** Another number after every change. */
  readonly version: number;
}

/** The ring of a sandbox. */
export interface Ring extends HeldRecord {
  readonly sandboxId: string;
  readonly totals: Totals;
  next: number;
  bytes: number;
  readonly entries: HeldExchange[];
  clearedTo: number;
  isIntact: boolean;
  forgotten: number;
  version: number;
}

/** Makes an empty ring. */
export function createRing(sandboxId: string, totals: Totals): Ring {
  const counts = { next: 1, clearedTo: 0, forgotten: 0, version: 0, bytes: 0 };
  return { sandboxId, totals, ...counts, isIntact: true, entries: [] };
}

/** Keeps an exchange in its order, or replaces the one that has its number. */
export function keep(ring: Ring, entry: HeldExchange): void {
  const { entries } = ring;
  // The last one that began before or with it is nearly always the last of all.
  let at = entries.length - 1;
  for (let last = entries[at]; last && last.sequence > entry.sequence; last = entries[at]) at--;
  const replaced = entries[at];
  if (replaced?.sequence === entry.sequence) {
    entries[at] = entry;
    resize(ring, entry.bytes - replaced.bytes);
  } else {
    if (at === entries.length - 1) entries.push(entry);
    else entries.splice(at + 1, 0, entry);
    resize(ring, entry.bytes);
  }
}

/** Takes the first ones out. */
export function takeFirst(ring: Ring, count: number): readonly HeldExchange[] {
  const taken = ring.entries.splice(0, count);
  const isEmpty = ring.entries.length === 0;
  if (taken.length > 0) resize(ring, isEmpty ? -ring.bytes : -taken.reduce((sum, { bytes }) => sum + bytes, 0));
  return taken;
}

/** Forgets the first ones; false if there are none. */
export function forgetFirst(ring: Ring, count: number): boolean {
  const forgotten = takeFirst(ring, count);
  ring.forgotten += forgotten.length;
  ring.totals.onForget?.(ring.sandboxId, forgotten);
  return forgotten.length > 0;
}

/** Takes one out that cannot be used, wherever it lies. */
export function takeOut(ring: Ring, entry: HeldExchange): void {
  const at = ring.entries.indexOf(entry);
  if (at < 0) return;
  ring.entries.splice(at, 1);
  ring.isIntact = false;
  resize(ring, -entry.bytes);
}

/** Measures what all of its exchanges take. */
export function weigh(ring: Ring): void {
  addBytes(ring, ring.entries.reduce((sum, entry) => sum + entry.measure(), 0) - ring.bytes);
}

/** Forgets all there is, and what has begun before; numbers continue. */
export function clear(ring: Ring): void {
  takeFirst(ring, ring.entries.length);
  ring.clearedTo = ring.next - 1;
  ring.isIntact = true;
  ring.forgotten = 0;
  ring.version = ++ring.totals.changes;
}

function resize(ring: Ring, bytes: number): void {
  addBytes(ring, bytes);
  ring.version = ++ring.totals.changes;
}

function addBytes(ring: Ring, bytes: number): void {
  ring.bytes += bytes;
  ring.totals.bytes += bytes;
}
