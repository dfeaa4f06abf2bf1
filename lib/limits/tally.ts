// How many there are of each address.

interface Tally<Name> {
  readonly of: (name: Name) => number;
  readonly add: (name: Name) => void;
  readonly remove: (name: Name) => void;
  /** How many names have any. */
  readonly names: () => number;
  /** What the name with the most has. */
  readonly most: () => number;
}

/**
 * Makes a tally in which nobody has any.
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
    add: (name) => void counts.set(name, of(name) + 1),
    remove: (name) => {
      const left = of(name) - 1;
      if (left > 0) counts.set(name, left);
      else counts.delete(name);
    },
    names: () => counts.size,
    most: () => Math.max(0, ...counts.values()),
  };
}
