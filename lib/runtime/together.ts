// Several things at once, of which none goes on behind a refusal.

/**
 * Waits for all of them, like `Promise.all`; where one rejects, it rejects once the others have ended too, so that an
 * answer that refuses leaves nothing under way.
 *
 * @throws What the first of them rejects with.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(await together([Promise.resolve(1), Promise.resolve("two")]), [1, "two"]);
 * await assert.rejects(together([Promise.reject(new Error("refused")), Promise.resolve()]), /refused/);
 * ```
 */
export async function together<const T extends readonly unknown[]>(
  promises: T,
): Promise<{ -readonly [Index in keyof T]: Awaited<T[Index]> }> {
  await Promise.allSettled(promises);
  return await Promise.all(promises);
}
