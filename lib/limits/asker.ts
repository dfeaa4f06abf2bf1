// Who asks, so that quotas can count what is written for whom. The store is used by a dozen tables that are made once for
// all requests, and none of them should have to know of addresses; so a request's address goes beside the arguments, in
// an `AsyncLocalStorage`, and only with `--public`. It costs under a microsecond a request.
import { AsyncLocalStorage } from "node:async_hooks";

/** Who asks. */
export interface Askers {
  /** Answers a request, and whatever that leads to, for an address. */
  readonly answer: <T>(address: string, respond: () => T) => T;
  /** The address that what is going on is done for; empty for the server itself. */
  readonly current: () => string;
}

/**
 * Makes what remembers who asks.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const { answer, current } = createAskers();
 * assert.equal(await answer("192.0.2.1", async () => { await undefined; return current(); }), "192.0.2.1");
 * assert.equal(current(), "");
 * ```
 */
export function createAskers(): Askers {
  const storage = new AsyncLocalStorage<string>();
  return { answer: (address, respond) => storage.run(address, respond), current: () => storage.getStore() ?? "" };
}
