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

/** What a map may hold in bytes, where its entries are not all small. */
interface Budget<Key, Value> {
  readonly bytesOf: (key: Key, value: Value) => number;
  readonly maxBytes?: number;
}

/** What a map may hold in bytes, of what can be had again when it is forgotten. */
export const MAX_REMEMBERED_BYTES = 16 * 1024 ** 2;

/**
 * Makes a map that never holds more than `max` entries, nor more bytes than its budget.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const map = boundedMap<string, number>(2);
 * for (const [index, key] of ["a", "b", "a", "c"].entries()) map.set(key, index);
 * assert.deepEqual([...map.keys()], ["a", "c"]);
 * ```
 */
export function boundedMap<Key, Value>(
  max: number,
  { bytesOf, maxBytes = MAX_REMEMBERED_BYTES }: Budget<Key, Value> = { bytesOf: () => 0 },
): BoundedMap<Key, Value> {
  const map = new Map<Key, { readonly value: Value; readonly bytes: number }>();
  // One iterator for many removals: a new one walks over the gap that each of them has left. But not for ever, as it keeps
  // every table that the map has outgrown since.
  let oldest: IterableIterator<Key> | undefined;
  let sets = 0;
  let bytes = 0;

  function remove(key: Key): void {
    bytes -= map.get(key)?.bytes ?? 0;
    map.delete(key);
  }

  function removeOldest(): void {
    oldest ??= map.keys();
    const next = oldest.next();
    if (next.done) oldest = undefined;
    else remove(next.value);
  }

  return {
    get: (key) => map.get(key)?.value,
    has: (key) => map.has(key),
    set: (key, value) => {
      remove(key);
      const entry = { value, bytes: bytesOf(key, value) };
      if (entry.bytes > maxBytes) return;
      map.set(key, entry);
      bytes += entry.bytes;
      if (++sets % max === 0) oldest = undefined;
      while (map.size > max || bytes > maxBytes) removeOldest();
    },
    delete: (key) => void remove(key),
    clear: () => {
      map.clear();
      bytes = 0;
    },
    keys: () => map.keys(),
  };
}
