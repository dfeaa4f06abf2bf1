/** Chance that repeats itself: one seed gives one sequence, on every machine. */

/** A source of choices. */
export interface Chance {
  /** A whole number from 0 up to but not including `end`. */
  readonly below: (end: number) => number;
  /** A whole number from `low` to `high`, both included. */
  readonly between: (low: number, high: number) => number;
  /** One of several. */
  readonly pick: <T>(things: readonly T[]) => T;
  /** One of several by weight. */
  readonly pickWeighted: <T>(things: readonly (readonly [weight: number, thing: T])[]) => T;
  /** Whether something happens that does in this share of all cases. */
  readonly happens: (share: number) => boolean;
  /** A seed for a source of its own, so that what is drawn there changes nothing that is drawn here. */
  readonly seed: () => number;
}

/** Makes a source of choices (splitmix32). */
export function createChance(seed: number): Chance {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  };
  const below = (end: number): number => Math.floor(next() / 0x1_0000_0000 * end);
  const pick = <T>(things: readonly T[]): T => {
    const [first, ...rest] = things;
    if (first === undefined) throw new RangeError("There is nothing to pick from");
    return [first, ...rest][below(things.length)] ?? first;
  };
  return {
    below,
    pick,
    between: (low, high) => low + below(high - low + 1),
    happens: (share) => next() / 0x1_0000_0000 < share,
    pickWeighted: (things) => {
      let left = below(things.reduce((sum, [weight]) => sum + weight, 0));
      const [, thing] = things.find(([weight]) => (left -= weight) < 0) ?? pick(things);
      return thing;
    },
    seed: next,
  };
}

/** The seed of one of many things that all come from one seed. */
export function seedOf(seed: number, index: number): number {
  return createChance(seed ^ Math.imul(index + 1, 0x85ebca6b)).seed();
}
