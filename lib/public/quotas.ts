/**
 * A store in which no sandbox can grow without end: what is written is counted, and what would be too much is refused
 * before it is written. A count is a number in memory that is looked up again now and then, so it costs next to nothing;
 * several processes may each let a sandbox have its quota, and no more than that.
 *
 * @module
 */
import { OAuthError } from "../errors.ts";
import type { Commit, Key, Store } from "../store/kv.ts";
import { MAX_TABLE_LENGTH, type Quota, quotaOf, RETENTION_MS } from "./limits.ts";

/** How much a sandbox holds of one table. */
interface Tally {
  rows: number;
  length: number;
  readonly countedMs: number;
}

/** A value on its way into the store. */
type Write = NonNullable<Commit["sets"]>[number];

/** How long a count is believed, since others write too, and rows run out by themselves, in milliseconds. */
const COUNT_MS = 60_000;
/** How soon one is looked up again that says that there is no room, in milliseconds. */
const RECOUNT_MS = 1000;
/** The most counts that are kept. */
const MAX_TALLIES = 10_000;

/**
 * Puts limits on a store: how much a sandbox may hold, and for how long.
 *
 * @param store The store.
 * @param monotonicMs A clock for durations, in milliseconds.
 */
export function withQuotas(store: Store, monotonicMs: () => number): Store {
  const tallies = new Map<string, Promise<Tally>>();

  async function count(prefix: Key, rows: number): Promise<Tally> {
    const countedMs = monotonicMs();
    const entries = await store.list(prefix, rows + 1);
    const length = entries.reduce((sum, { value }) => sum + lengthOf(value), 0);
    return { rows: entries.length, length, countedMs };
  }

  async function tallyOf(prefix: Key, { rows }: Quota, maxAgeMs: number): Promise<Tally> {
    const name = prefix.join(" ");
    const known = tallies.get(name);
    if (known && monotonicMs() - (await known).countedMs < maxAgeMs) return await known;
    // Somebody else may have begun to count meanwhile.
    const counting = tallies.get(name);
    if (counting !== undefined && counting !== known) return await counting;
    if (tallies.size >= MAX_TALLIES) tallies.clear();
    const counted = count(prefix, rows);
    tallies.set(name, counted);
    counted.catch(() => tallies.delete(name));
    return await counted;
  }

  /** Enters a write into the books, or refuses it. */
  async function admit({ key, value }: Write, isUpdate: boolean): Promise<void> {
    const [sandboxId, table] = [String(key[0]), String(key[1])];
    const quota = quotaOf(sandboxId, table);
    if (!quota) return;
    const length = lengthOf(value);
    const isFull = (tally: Tally): boolean =>
      (!isUpdate && tally.rows >= quota.rows) || tally.length + length > MAX_TABLE_LENGTH;
    const prefix = sandboxId.startsWith("#") ? [sandboxId] : [sandboxId, table];
    let tally = await tallyOf(prefix, quota, COUNT_MS);
    if (isFull(tally)) tally = await tallyOf(prefix, quota, RECOUNT_MS);
    if (isFull(tally)) {
      const isThere = tally.length + length <= MAX_TABLE_LENGTH && (await store.get(key)).versionstamp !== null;
      if (!isThere) throw isUsedUp(quota);
    }
    if (!isUpdate) tally.rows++;
    tally.length += length;
  }

  async function commit(changes: Commit): Promise<boolean> {
    const { checks = [], sets = [] } = changes;
    for (const write of sets) {
      const isUpdate = checks.some(({ key, versionstamp }) => versionstamp !== null && isSame(key, write.key));
      await admit(write, isUpdate);
    }
    return await store.commit(sets.length === 0 ? changes : { ...changes, sets: sets.map(kept) });
  }

  return {
    ...store,
    commit,
    create: (key, value, expireInMs) =>
      commit({
        checks: [{ key, versionstamp: null }],
        sets: [{ key, value, ...(expireInMs === undefined ? {} : { expireInMs }) }],
      }),
    removeAll: async (prefix) => {
      await store.removeAll(prefix);
      for (const name of tallies.keys()) if (name.startsWith(`${prefix.join(" ")} `)) tallies.delete(name);
    },
  };
}

/** What a sandbox holds goes after some time, but for its keys; what is known of sandboxes as such has a time of its own. */
function kept(write: Write): Write {
  const [sandboxId, table] = write.key;
  if (String(sandboxId).startsWith("#") || table === "key") return write;
  return { ...write, expireInMs: Math.min(write.expireInMs ?? RETENTION_MS, RETENTION_MS) };
}

function isUsedUp({ of, rows }: Quota): OAuthError {
  const hours = RETENTION_MS / 3_600_000;
  return new OAuthError("temporarily_unavailable", `The quota of ${of} of this sandbox is used up`, {
    status: 507,
    expected: `${rows} ${of} at the most, of ${MAX_TABLE_LENGTH} characters in all; each is gone after ${hours} hours`,
    reference: "RFC 4918 11.5",
  });
}

function isSame(a: Key, b: Key): boolean {
  return a.length === b.length && a.every((part, index) => part === b[index]);
}

function lengthOf(value: unknown): number {
  return JSON.stringify(value)?.length ?? 0;
}
