// Waiting out another process: two processes on one database file block each other for some milliseconds at a time, and
// `Deno.Kv` reports that as an error. Callers of the store never see it.

/** Tries before a database that stays locked is reported: about ten seconds in all. */
const MAX_TRIES = 60;
const MAX_WAIT_MS = 250;

/**
 * Runs a store operation again, after a growing and jittered wait, for as long as the database is locked.
 *
 * @param operation Called once per try; it must be safe to call again after it has thrown.
 * @param random Chance for the jitter, from 0 up to but not including 1.
 * @throws What `operation` throws, if that is anything but a lock, or if the lock does not end.
 */
export async function retryLocked<T>(operation: () => Promise<T>, random: () => number): Promise<T> {
  for (let tries = 1;; tries++) {
    try {
      return await operation();
    } catch (error) {
      if (tries >= MAX_TRIES || !isLocked(error)) throw error;
      const ceilingMs = Math.min(MAX_WAIT_MS, 2 ** Math.min(tries, 8));
      await new Promise((resolve) => setTimeout(resolve, 1 + random() * ceilingMs));
    }
  }
}

/** SQLite's words, which `Deno.Kv` passes on as a bare TypeError. */
function isLocked(error: unknown): boolean {
  return error instanceof Error && /database (table )?is locked|database is busy/i.test(error.message);
}
