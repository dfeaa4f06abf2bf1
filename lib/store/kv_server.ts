// A KV server that does not answer. `Deno.Kv` calls it again, a few times a second, for as long as it takes, and all who ask
// would wait for as long. So a call that takes too long is told as a failure, and while it is still under way every other
// call is so at once: it ends as soon as the server is back, and all goes on.
import type { Sleep } from "../runtime/sleep.ts";
import { StoreError } from "./failure.ts";
import type { Kv } from "./kv.ts";

/** How long a KV server may take. */
export const PATIENCE_MS = 10_000;

/** What a server takes in one transaction: a tenth of what Deno takes on a file. */
const MAX_CHECKS = 10;

/** The database behind a URL, whose calls end. What was to be written may be written all the same, once it is back. */
export function impatient(kv: Kv, sleep: Sleep): Kv {
  /** A call that has taken too long, and is under way. */
  let late: Promise<unknown> | undefined;

  async function ask<T>(call: () => Promise<T>): Promise<T> {
    if (late !== undefined) throw silence();
    const answer = call();
    const stop = new AbortController();
    const limit = sleep(PATIENCE_MS, stop.signal).then(() => undefined, () => undefined);
    const first = await Promise.race([answer.then((value) => ({ value })), limit]).finally(() => stop.abort());
    if (first !== undefined) return first.value;
    const settled = answer.then(() => {}, () => {});
    if (late === undefined) {
      late = settled;
      void settled.then(() => late = undefined);
    }
    throw silence();
  }

  async function* rowByRow<T>(rows: AsyncIterable<T>): AsyncGenerator<T, void> {
    const iterator = rows[Symbol.asyncIterator]();
    for (;;) {
      const next = await ask(() => iterator.next());
      if (next.done) return;
      yield next.value;
    }
  }

  return {
    maxChecks: MAX_CHECKS,
    getMany: (keys) => ask(() => kv.getMany(keys)),
    list: (selector, options) => rowByRow(kv.list(selector, options)),
    atomic: () => {
      const atomic = kv.atomic();
      return {
        check: (check) => atomic.check(check),
        set: (key, value, options) => atomic.set(key, value, options),
        delete: (key) => atomic.delete(key),
        commit: () => ask(() => atomic.commit()),
      };
    },
  };
}

function silence(): StoreError {
  return new StoreError("The KV server does not answer", 503, new Error("The KV server does not answer"));
}
