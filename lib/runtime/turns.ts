// Work that waits until there is room for it.

/** Does some work as soon as its turn has come. */
export type Turns = <T>(work: () => Promise<T>) => Promise<T>;

/**
 * Lets no more than so many do something at the same time; the others wait, first come first served.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const inTurn = createTurns(1);
 * const events: string[] = [];
 * const work = (name: string) => async (): Promise<void> => {
 *   events.push(`${name} begins`);
 *   await Promise.resolve();
 *   events.push(`${name} ends`);
 * };
 * await Promise.all([inTurn(work("one")), inTurn(work("two"))]);
 * assert.deepEqual(events, ["one begins", "one ends", "two begins", "two ends"]);
 * ```
 */
export function createTurns(most: number): Turns {
  const waiting: (() => void)[] = [];
  let busy = 0;
  return async (work) => {
    if (busy >= most) await new Promise<void>((resolve) => waiting.push(resolve));
    else busy++;
    try {
      return await work();
    } finally {
      // The next one takes over the place.
      const next = waiting.shift();
      if (next) next();
      else busy--;
    }
  };
}
