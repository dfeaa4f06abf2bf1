// A memory of limited size.

/** A map that forgets its oldest entry when it is full. */
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
 * Makes a map that never holds more than `max` entries.
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
  // One iterator for many removals: a new one walks over the gap that each of them has left. But not for ever, as it keeps
  // every table that the map has outgrown since.
  let oldest: IterableIterator<Key> | undefined;
  let sets = 0;

  function removeOldest(): void {
    oldest ??= map.keys();
    const next = oldest.next();
    if (!next.done) map.delete(next.value);
  }

  return {
    get: (key) => map.get(key),
    has: (key) => map.has(key),
    set: (key, value) => {
      map.delete(key);
      map.set(key, value);
      if (++sets % max === 0) oldest = undefined;
      if (map.size > max) removeOldest();
    },
    delete: (key) => void map.delete(key),
    clear: () => map.clear(),
    keys: () => map.keys(),
  };
}
