// Reads that share a round trip: those that are asked for together, and those that come while others are away.
import type { Key } from "./store.ts";

/** What one read comes to: `Deno.Kv`'s entry, null for both where nothing is stored. */
interface ReadResult {
  readonly value: unknown;
  readonly versionstamp: string | null;
}

/** `getMany` takes no more. */
const MAX_KEYS = 10;
/** Batches away at the same time: one to be answered, one to be filled. */
const MAX_BATCHES = 2;

interface Waiting {
  readonly key: Key;
  readonly resolve: (result: ReadResult) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Makes a `read(key)` out of a `readMany(keys)`.
 *
 * @param readMany Answers up to ten keys, in their order.
 */
export function createReadQueue(
  readMany: (keys: readonly Key[]) => Promise<readonly ReadResult[]>,
): (key: Key) => Promise<ReadResult> {
  const waiting: Waiting[] = [];
  let isGathering = false;
  let batchesAway = 0;

  function gather(): void {
    if (isGathering || batchesAway >= MAX_BATCHES || waiting.length === 0) return;
    isGathering = true;
    // A caller who needs two rows asks for the second right after the first.
    queueMicrotask(send);
  }

  async function send(): Promise<void> {
    isGathering = false;
    batchesAway++;
    await settle(waiting.splice(0, MAX_KEYS));
    batchesAway--;
    gather();
  }

  async function settle(batch: readonly Waiting[]): Promise<void> {
    try {
      const results = await readMany(batch.map(({ key }) => key));
      batch.forEach(({ resolve, reject }, index) => {
        const result = results[index];
        if (result) resolve(result);
        else reject(new Error("The database returned fewer keys than were requested"));
      });
    } catch (error) {
      const [only] = batch;
      if (batch.length === 1) only?.reject(error);
      // One of them is at fault (a row that cannot be read): alone, each gets its own answer.
      else await Promise.all(batch.map((one) => settle([one])));
    }
  }

  return (key) =>
    new Promise((resolve, reject) => {
      waiting.push({ key, resolve, reject });
      gather();
    });
}
