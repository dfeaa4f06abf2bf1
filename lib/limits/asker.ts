// Who asks, so that quotas can count what is written for whom, and an agent pays for what it does in other sandboxes. The
// store is used by a dozen tables that are made once for all requests, and none of them should have to know of addresses; so
// a request's address goes beside the arguments, in an `AsyncLocalStorage`, and only with `--public`. It costs under a
// microsecond a request.
import type { OAuthError } from "../http/errors.ts";

/** What is done by a request whose URL does not say so: a tool call, as the request that would do the same. */
export interface Errand {
  /** The sandbox, by its name. */
  readonly sandbox: string;
  readonly method: string;
  /** As in the route table. */
  readonly path: string;
}

/** Who asks. */
interface Asker {
  readonly address: string;
  /** Takes what an errand costs; gives the refusal where the address cannot pay. */
  readonly pay: (errand: Errand) => OAuthError | undefined;
}

/** Who asks. */
export interface Askers {
  /** Answers a request, and whatever that leads to, for who asks. */
  readonly answer: <T>(asker: Asker, respond: () => T) => T;
  /** The address that what is going on is done for; empty for the server itself. */
  readonly current: () => string;
  /** Lets who asks pay for an errand; throws an OAuthError `temporarily_unavailable` where that cannot be. */
  readonly pay: (errand: Errand) => void;
}

/**
 * Makes what remembers who asks.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const { answer, current } = createAskers();
 * const asker = { address: "192.0.2.1", pay: () => undefined };
 * assert.equal(await answer(asker, async () => { await undefined; return current(); }), "192.0.2.1");
 * assert.equal(current(), "");
 * ```
 */
export function createAskers(): Askers {
  const { AsyncLocalStorage } = globalThis.process.getBuiltinModule("node:async_hooks");
  const storage = new AsyncLocalStorage<Asker>();
  return {
    answer: (asker, respond) => storage.run(asker, respond),
    current: () => storage.getStore()?.address ?? "",
    pay: (errand) => {
      const refusal = storage.getStore()?.pay(errand);
      if (refusal) throw refusal;
    },
  };
}
