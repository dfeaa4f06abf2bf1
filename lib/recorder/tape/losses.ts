// Counts what never comes on the record that processes share, until that record says so.
import type { Rings } from "./rings.ts";

/** Counts what is lost, by sandbox. */
export interface Losses {
  /** An exchange could not be kept. */
  readonly add: (sandboxId: string) => void;
  /** How many are lost that the record does not tell of yet, those included that had to be forgotten before their turn. */
  readonly untold: (sandboxId: string) => number;
  /** The record tells of so many. */
  readonly told: (sandboxId: string, count: number) => void;
  readonly clear: (sandboxId: string) => void;
}

interface Count {
  untold: number;
  /** How many the ring had forgotten when that was looked at last. */
  forgotten: number;
}

/** Makes a count. */
export function createLosses(rings: Pick<Rings, "of">): Losses {
  const counts = new Map<string, Count>();

  function countOf(sandboxId: string): Count {
    const count = counts.get(sandboxId) ?? { untold: 0, forgotten: 0 };
    counts.set(sandboxId, count);
    return count;
  }

  return {
    add: (sandboxId) => void countOf(sandboxId).untold++,
    untold: (sandboxId) => {
      const count = countOf(sandboxId);
      const { forgotten } = rings.of(sandboxId);
      count.untold += Math.max(0, forgotten - count.forgotten);
      count.forgotten = forgotten;
      return count.untold;
    },
    told: (sandboxId, count) => void (countOf(sandboxId).untold -= count),
    clear: (sandboxId) => void counts.delete(sandboxId),
  };
}
