// What may be there already. To await a value that is there costs a turn of the event loop and the memory of a function that
// waits, a kilobyte for each that waits for another; and most requests have nothing to wait for.

/** A value, now or later. */
export type Awaitable<T> = T | Promise<T>;

/**
 * Goes on with a value: at once if it is there, else when it is.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(followed(1, (value) => value + 1), 2);
 * assert.equal(await followed(Promise.resolve(1), (value) => value + 1), 2);
 * ```
 */
export function followed<T, R>(value: Awaitable<T>, next: (value: T) => Awaitable<R>): Awaitable<R> {
  return value instanceof Promise ? value.then(next) : next(value);
}

/**
 * Makes a value; another one where that fails, now or later.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(attempted(() => JSON.parse("{"), () => "not JSON"), "not JSON");
 * assert.equal(await attempted(() => Promise.reject(new Error("gone")), () => "gone"), "gone");
 * ```
 */
export function attempted<T>(make: () => Awaitable<T>, fail: (error: unknown) => Awaitable<T>): Awaitable<T> {
  try {
    const made = make();
    return made instanceof Promise ? made.catch(fail) : made;
  } catch (error) {
    return fail(error);
  }
}
