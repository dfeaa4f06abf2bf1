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

/** What is asked of a store here. */
type Rows = Pick<Store, "get" | "commit">;

/** Those who wait for a row of a store that others have changed under their hands: when the last of them is done. */
const lines = new WeakMap<Rows, Map<string, Promise<void>>>();

/**
 * Changes a row: reads it, and writes what `change` makes of it, over and over until nobody else has written in between.
 *
 * Those of this process whom somebody has forestalled go one after the other from then on. Otherwise all of them would try
 * again at once, for one to succeed: 200 requests that one fault counts were 40,000 transactions.
 *
 * @param change Says what becomes of the value, which is undefined if nothing is stored; may be called more than once.
 * @returns What the last call of `change` returned.
 */
export async function updateRow<T, C extends Change<T>>(
  store: Rows,
  key: Key,
  change: (value: T | undefined) => C,
): Promise<C> {
  const done = await tryUpdate(store, key, change);
  if (done) return done;
  return await inTurn(store, key, async () => {
    for (;;) {
      const done = await tryUpdate(store, key, change);
      if (done) return done;
    }
  });
}

/** Gives nothing if somebody else has written in between. */
async function tryUpdate<T, C extends Change<T>>(
  store: Rows,
  key: Key,
  change: (value: T | undefined) => C,
): Promise<C | undefined> {
  const { value, versionstamp } = await store.get<T>(key);
  const next = change(value);
  if (next.value === undefined) return next;
  const { expireInMs, sets = [], deletes = [] } = next;
  const isDone = await store.commit({
    checks: [{ key, versionstamp }],
    sets: [{ key, value: next.value, expireInMs }, ...sets],
    deletes,
  });
  return isDone ? next : undefined;
}

async function inTurn<T>(store: Rows, key: Key, work: () => Promise<T>): Promise<T> {
  const line = lines.get(store) ?? new Map<string, Promise<void>>();
  lines.set(store, line);
  const name = JSON.stringify(key);
  const before = line.get(name);
  const { promise: over, resolve } = Promise.withResolvers<void>();
  line.set(name, over);
  try {
    await before;
    return await work();
  } finally {
    if (line.get(name) === over) line.delete(name);
    resolve();
  }
}
