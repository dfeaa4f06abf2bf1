// What is kept to judge by once it has fallen off the record: a verdict must not depend on how much has happened since. Of
// exchanges that are alike the first few do, so that a client which calls tools all day leaves no more than one that calls a
// few; and only the first of a sandbox are kept when there are too many.
import type { HeldExchange } from "./ring.ts";

interface Fallen {
  /** What is kept of it to judge by, in order. */
  readonly entries: readonly HeldExchange[];
  readonly dropped: number;
  /** How many of them told something that could not be kept. */
  readonly unjudged: number;
}

/** What fell off the records of all sandboxes. */
export interface Evidence {
  /**
   * Takes in what falls off a sandbox's record, in order.
   *
   * @returns What tells nothing, or cannot be kept.
   */
  readonly add: (sandboxId: string, entries: readonly HeldExchange[]) => readonly HeldExchange[];
  readonly of: (sandboxId: string) => Fallen;
  /** Takes one out that cannot be used. */
  readonly remove: (sandboxId: string, entry: HeldExchange) => void;
  readonly clear: (sandboxId: string) => void;
}

interface EvidenceOptions {
  readonly maxEntries?: number;
  readonly maxSandboxBytes?: number;
  /** Bytes of all sandboxes; the one that something fell off the longest ago gives way. */
  readonly maxBytes?: number;
}

/** The most exchanges of a sandbox that are kept to judge by. */
export const MAX_EVIDENCE = 1000;
/** The most that is kept of a sandbox to judge by, in bytes. */
export const MAX_EVIDENCE_BYTES = 4 * 1024 * 1024;
/** The most that is kept of all sandboxes to judge by, in bytes. */
export const MAX_ALL_EVIDENCE_BYTES = 16 * 1024 * 1024;
/** How many are kept of those that are alike, until something else happens. */
const MAX_ALIKE = 4;
/** How many kinds of exchanges are told apart until something else happens; then counting starts over. */
const MAX_KINDS = 500;

interface Pile {
  entries: HeldExchange[];
  bytes: number;
  dropped: number;
  unjudged: number;
  /** How many there were that are alike, since the last one that is like no other. */
  readonly alike: Map<string, number>;
}

const NOTHING: Fallen = { entries: [], dropped: 0, unjudged: 0 };

/** Makes a place for what falls off the record. */
export function createEvidence(
  { maxEntries = MAX_EVIDENCE, maxSandboxBytes = MAX_EVIDENCE_BYTES, maxBytes = MAX_ALL_EVIDENCE_BYTES }:
    EvidenceOptions = {},
): Evidence {
  const piles = new Map<string, Pile>();
  let total = 0;

  function isKept(pile: Pile, entry: HeldExchange): boolean {
    pile.dropped++;
    if (!tellsAnything(entry.likeness(), pile.alike)) return false;
    if (pile.entries.length >= maxEntries || pile.bytes + entry.bytes > maxSandboxBytes) {
      pile.unjudged++;
      return false;
    }
    pile.entries.push(entry);
    pile.bytes += entry.bytes;
    total += entry.bytes;
    return true;
  }

  function add(sandboxId: string, entries: readonly HeldExchange[]): readonly HeldExchange[] {
    const pile = piles.get(sandboxId) ?? { entries: [], bytes: 0, dropped: 0, unjudged: 0, alike: new Map() };
    // The map's order is that of the last addition.
    piles.delete(sandboxId);
    piles.set(sandboxId, pile);
    const rest = entries.filter((entry) => !isKept(pile, entry));
    for (const [, oldest] of piles) {
      if (total <= maxBytes) break;
      oldest.unjudged += oldest.entries.length;
      empty(oldest);
    }
    return rest;
  }

  function empty(pile: Pile): void {
    total -= pile.bytes;
    pile.bytes = 0;
    pile.entries = [];
    pile.alike.clear();
  }

  return {
    add,
    of: (sandboxId) => piles.get(sandboxId) ?? NOTHING,
    remove: (sandboxId, entry) => {
      const pile = piles.get(sandboxId);
      const at = pile?.entries.indexOf(entry) ?? -1;
      if (!pile || at < 0) return;
      pile.entries.splice(at, 1);
      pile.unjudged++;
    },
    clear: (sandboxId) => {
      const pile = piles.get(sandboxId);
      if (pile) empty(pile);
      piles.delete(sandboxId);
    },
  };
}

/**
 * Whether an exchange tells anything that those before it have not told.
 *
 * @param alike How many there were of each kind since the last one that is like no other; brought up to date.
 */
export function tellsAnything(likeness: string | undefined, alike: Map<string, number>): boolean {
  if (likeness === undefined || alike.size > MAX_KINDS) alike.clear();
  if (likeness === undefined) return true;
  const count = (alike.get(likeness) ?? 0) + 1;
  alike.set(likeness, count);
  return count <= MAX_ALIKE;
}
