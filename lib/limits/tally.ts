// How many there are of each address.

interface Tally<Name> {
  readonly of: (name: Name) => number;
  /** Adds so many, one if not said. */
  readonly add: (name: Name, count?: number) => void;
  /** Removes so many, one if not said. */
  readonly remove: (name: Name, count?: number) => void;
  /** How many names have any. */
  readonly names: () => number;
  /** What the name with the most has. */
  readonly most: () => number;
}

/**
 * Makes an empty tally.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const tally = createTally<string>();
 * for (const name of ["a", "b", "b"]) tally.add(name);
 * tally.remove("a");
 * assert.deepEqual([tally.of("a"), tally.of("b"), tally.names(), tally.most()], [0, 2, 1, 2]);
 * ```
 */
export function createTally<Name>(): Tally<Name> {
  const counts = new Map<Name, number>();
  const of = (name: Name): number => counts.get(name) ?? 0;
  return {
    of,
    add: (name, count = 1) => void counts.set(name, of(name) + count),
    remove: (name, count = 1) => {
      const left = of(name) - count;
      if (left > 0) counts.set(name, left);
      else counts.delete(name);
    },
    names: () => counts.size,
    most: () => Math.max(0, ...counts.values()),
  };
}
