// Changing a row that others may change at the same time.
import type { Key, Store, Write } from "./store.ts";

/** What becomes of a row. */
export interface Change<T> {
  /** Its new value; where that is undefined, nothing is written. */
  readonly value: T | undefined;
  readonly expireInMs?: number;
  readonly sets?: readonly Write[];
  readonly deletes?: readonly Key[];
}

/**
 * Changes a row: reads it, and writes what `change` makes of it, over and over until nobody else has written in between.
 *
 * @param change Says what becomes of the value, which is undefined if nothing is stored; may be called more than once.
 * @returns What the last call of `change` returned.
 */
export async function updateRow<T, C extends Change<T>>(
  store: Pick<Store, "get" | "commit">,
  key: Key,
  change: (value: T | undefined) => C,
): Promise<C> {
  for (;;) {
    const { value, versionstamp } = await store.get<T>(key);
    const next = change(value);
    if (next.value === undefined) return next;
    const { expireInMs, sets = [], deletes = [] } = next;
    const isDone = await store.commit({
      checks: [{ key, versionstamp }],
      sets: [{ key, value: next.value, expireInMs }, ...sets],
      deletes,
    });
    if (isDone) return next;
  }
}
