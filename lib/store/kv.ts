// The only file that touches `Deno.Kv`. It gives the rest of the house four verbs (`get`, `list`, `create`, `commit`)
// that retry a locked database and share round trips: reads that arrive while one is under way go together in the next
// `getMany`, writes in the next atomic commit. A round trip costs 0.1 to 0.3 ms, whatever it carries.
import type { Chance } from "../runtime/chance.ts";
import { trusted } from "../runtime/trusted.ts";
import { createCommitQueue } from "./commit_queue.ts";
import { explainFailure } from "./failure.ts";
import { createReadQueue } from "./read_queue.ts";
import { retryLocked } from "./retry.ts";
import type { Commit, Entry, Key, Store } from "./store.ts";
import { requireStorable } from "./stored_value.ts";
import { isUnreadable, type List, plainKey, type Scan, scanRows, UnreadableRowError } from "./unreadable.ts";

/** What of a `Deno.Kv` is needed, so that types need no Deno. */
export interface Kv {
  /** Reads values together. */
  readonly getMany: (
    keys: readonly Key[],
  ) => Promise<readonly { readonly value: unknown; readonly versionstamp: string | null }[]>;
  /** Lists the values below a prefix, in the order of their keys. */
  readonly list: (
    selector: { readonly prefix: Key; readonly start?: Key },
    options: { readonly limit: number; readonly cursor?: string; readonly reverse?: boolean },
  ) => AsyncIterable<{ readonly key: readonly unknown[]; readonly value: unknown; readonly versionstamp: string }>;
  /** Begins a transaction. */
  readonly atomic: () => KvAtomic;
  /** How many checks a transaction takes, if fewer than on a file. */
  readonly maxChecks?: number;
}

interface KvAtomic {
  readonly check: (check: { readonly key: Key; readonly versionstamp: string | null }) => unknown;
  readonly set: (key: Key, value: unknown, options: { readonly expireIn?: number }) => unknown;
  readonly delete: (key: Key) => unknown;
  readonly commit: () => Promise<{ readonly ok: boolean }>;
}

/** Values removed in one commit; a transaction of `Deno.Kv` takes 1,000 changes, and has company here. */
const MAX_REMOVED = 400;

/** Rows that are told of when they cannot be read; more than that are not told of one by one. */
const MAX_TOLD = 1000;

/**
 * Wraps an open database. The caller keeps owning it, and closes it.
 *
 * @param onUnreadable Told of rows that cannot be read, once of each.
 */
export function createStore(kv: Kv, chance: Chance, onUnreadable: (key: Key) => void = () => {}): Store {
  const retry = <T>(operation: () => Promise<T>): Promise<T> =>
    retryLocked(operation, chance.fraction).catch((error) => {
      throw explainFailure(error);
    });

  const read = createReadQueue((keys) => retry(() => kv.getMany(keys.map((key) => [...key]))));

  const commitTogether = createCommitQueue((commits) => retry(() => apply(kv, commits)), kv.maxChecks);

  async function commit(changes: Commit): Promise<boolean> {
    for (const { value } of changes.sets ?? []) requireStorable(value);
    return await commitTogether(changes);
  }

  const tell = once(onUnreadable);

  async function get<T>(key: Key): Promise<Entry<T>> {
    const { value, versionstamp } = await read(key).catch((error) => {
      if (!isUnreadable(error)) throw error;
      tell(key);
      throw new UnreadableRowError(key);
    });
    return { key, value: value === null ? undefined : trusted<T>(value), versionstamp };
  }

  async function list<T>(prefix: Key, limit: number): Promise<readonly Entry<T>[]> {
    const { rows, unreadable } = await retry(() => scan(kv, prefix, limit));
    unreadable.forEach(tell);
    return rows.map(({ key, value, versionstamp }) => ({ key: plainKey(key), value: trusted<T>(value), versionstamp }));
  }

  function create(key: Key, value: unknown, expireInMs?: number): Promise<boolean> {
    return commit({
      checks: [{ key, versionstamp: null }],
      sets: [{ key, value, expireInMs }],
    });
  }

  async function removeAll(prefix: Key): Promise<void> {
    for (;;) {
      const { rows, unreadable } = await retry(() => scan(kv, prefix, MAX_REMOVED));
      const deletes = [...rows.map(({ key }) => plainKey(key)), ...unreadable];
      if (deletes.length > 0) await commit({ deletes });
      if (deletes.length < MAX_REMOVED) return;
    }
  }

  return { get, list, create, commit, removeAll };
}

/** Applies all commits in one transaction, or none and returns false. */
async function apply(kv: Kv, commits: readonly Commit[]): Promise<boolean> {
  const atomic = kv.atomic();
  for (const { checks = [], sets = [], deletes = [] } of commits) {
    for (const { key, versionstamp } of checks) atomic.check({ key: [...key], versionstamp });
    for (const { key, value, expireInMs } of sets) {
      atomic.set([...key], value, expireInMs === undefined ? {} : { expireIn: expireInMs });
    }
    for (const key of deletes) atomic.delete([...key]);
  }
  return (await atomic.commit()).ok;
}

/** Lists rows at once, and past unreadable ones only if there are any. */
async function scan(kv: Kv, prefix: Key, limit: number): Promise<Scan<unknown>> {
  const rows: List<unknown> = ({ start }, options) =>
    kv.list({ prefix: [...prefix], ...(start ? { start: [...start] } : {}) }, options);
  try {
    return { rows: await Array.fromAsync(rows({}, { limit })), unreadable: [] };
  } catch (error) {
    if (isUnreadable(error)) return await scanRows(prefix, limit, rows);
    throw error;
  }
}

/** Tells of each key once. */
function once(tell: (key: Key) => void): (key: Key) => void {
  const told = new Set<string>();
  return (key) => {
    const name = JSON.stringify(key);
    if (told.has(name) || told.size >= MAX_TOLD) return;
    told.add(name);
    tell(key);
  };
}
