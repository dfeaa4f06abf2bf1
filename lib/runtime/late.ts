// What a start has no use for, and is loaded when first asked for.

/**
 * Makes a value when it is first asked for, once; where that fails, the next who asks tries again.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * let times = 0;
 * const value = late(() => Promise.resolve(++times));
 * assert.deepEqual([await value(), await value()], [1, 1]);
 * ```
 */
export function late<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () =>
    made ??= make().catch((error: unknown) => {
      made = undefined;
      throw error;
    });
}
