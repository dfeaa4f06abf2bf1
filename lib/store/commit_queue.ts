// Writes that share a transaction: while one commit is on its way to the disk, those that come wait and go together in
// the next. Each is answered only when its own changes are committed, and a check that fails in company is tried alone,
// so that nobody pays for a neighbour.
import { nextTurn } from "../runtime/node_timers.ts";
import { StoreError } from "./failure.ts";
import type { Commit, Key } from "./store.ts";

/** Commits that go together. */
const MAX_COMMITS = 32;

/** What `Deno.Kv` takes in one transaction on a file; a commit of ours has at most three. */
const MAX_CHECKS = 100;

interface Waiting {
  readonly commit: Commit;
  /** Names of the keys it writes, and of those it checks: it is looked at again for as long as it waits. */
  readonly writes: readonly string[];
  readonly reads: readonly string[];
  readonly resolve: (ok: boolean) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Makes a `commit(changes)` out of an `apply(several)`.
 *
 * @param apply Applies all of them in one transaction, or none and returns false.
 * @param maxChecks How many checks the database takes in one.
 */
export function createCommitQueue(
  apply: (commits: readonly Commit[]) => Promise<boolean>,
  maxChecks = MAX_CHECKS,
): (commit: Commit) => Promise<boolean> {
  let waiting: Waiting[] = [];
  let busy = false;

  async function drain(): Promise<void> {
    busy = true;
    while (waiting.length > 0) {
      // One turn of the event loop lets the requests that have already arrived add theirs.
      await nextTurn();
      const { together, later } = selectCompatible(waiting, maxChecks);
      waiting = later;
      await settle(together, apply);
    }
    busy = false;
  }

  return (commit) =>
    new Promise((resolve, reject) => {
      const { checks = [], sets = [], deletes = [] } = commit;
      const writes = [...sets.map(({ key }) => name(key)), ...deletes.map(name)];
      waiting.push({ commit, writes, reads: checks.map(({ key }) => name(key)), resolve, reject });
      if (!busy) void drain();
    });
}

async function settle(
  together: readonly Waiting[],
  apply: (commits: readonly Commit[]) => Promise<boolean>,
): Promise<void> {
  if (together.length > 1) {
    try {
      if (await apply(together.map(({ commit }) => commit))) {
        for (const { resolve } of together) resolve(true);
        return;
      }
    } catch (error) {
      if (error instanceof StoreError) {
        // None of them is at fault, and alone each would wait as long as all of them together have.
        for (const { reject } of together) reject(error);
        return;
      }
      // One of them is at fault (a value too large, say): alone, each gets its own answer below.
    }
  }
  for (const { commit, resolve, reject } of together) {
    try {
      resolve(await apply([commit]));
    } catch (error) {
      reject(error);
    }
  }
}

/** Commits that touch a key in a way the order would matter for must not share a transaction. */
function selectCompatible(waiting: readonly Waiting[], maxChecks: number): { together: Waiting[]; later: Waiting[] } {
  const written = new Set<string>();
  const checked = new Set<string>();
  const together: Waiting[] = [];
  const later: Waiting[] = [];
  let checkCount = 0;
  for (const [index, candidate] of waiting.entries()) {
    if (together.length >= MAX_COMMITS) return { together, later: later.concat(waiting.slice(index)) };
    const { writes, reads } = candidate;
    const isFull = together.length > 0 && checkCount + reads.length > maxChecks;
    const clashes = isFull ||
      writes.some((key) => written.has(key) || checked.has(key)) || reads.some((key) => written.has(key));
    if (clashes) {
      later.push(candidate);
      continue;
    }
    together.push(candidate);
    checkCount += reads.length;
    for (const key of writes) written.add(key);
    for (const key of reads) checked.add(key);
  }
  return { together, later };
}

function name(key: Key): string {
  return JSON.stringify(key);
}
