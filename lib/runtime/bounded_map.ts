/**
 * A memory of limited size.
 *
 * @module
 */

/** A map that forgets the oldest entries when it is full. */
export interface BoundedMap<Key, Value> {
  readonly get: (key: Key) => Value | undefined;
  readonly has: (key: Key) => boolean;
  /** Sets an entry, which becomes the newest. */
  readonly set: (key: Key, value: Value) => void;
  readonly delete: (key: Key) => void;
  readonly clear: () => void;
  /** All keys, oldest first. */
  readonly keys: () => IterableIterator<Key>;
}

/**
 * Makes a map that never holds more than `max` entries. When one more is set, the oldest hundredth of them goes.
 *
 * @param max The most entries it holds.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const map = boundedMap<string, number>(2);
 * for (const [index, key] of ["a", "b", "a", "c"].entries()) map.set(key, index);
 * assert.deepEqual([...map.keys()], ["a", "c"]);
 * ```
 */
export function boundedMap<Key, Value>(max: number): BoundedMap<Key, Value> {
  const map = new Map<Key, Value>();
  const batch = Math.ceil(max / 100);

  function removeOldest(): void {
    // Several at once: to find the first, the iterator walks over every gap that earlier ones have left.
    let left = batch;
    for (const key of map.keys()) {
      map.delete(key);
      if (--left === 0) return;
    }
  }

  return {
    get: (key) => map.get(key),
    has: (key) => map.has(key),
    set: (key, value) => {
      map.delete(key);
      map.set(key, value);
      if (map.size > max) removeOldest();
    },
    delete: (key) => void map.delete(key),
    clear: () => map.clear(),
    keys: () => map.keys(),
  };
}
