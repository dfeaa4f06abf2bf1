// What a tool has to remember between two rounds of a call travels through the client (2026-07-28 has no sessions), so
// it is sealed: a client can read it, and hand it to any process, but not change it.
import { seal, unseal } from "../oauth/keys/seal.ts";

/** After that the call has to start over. */
const STATE_LIFETIME_MS = 10 * 60 * 1000;

/** Who seals, and when. */
export interface StateSigner {
  /** The sandbox's secret. */
  readonly key: Uint8Array;
  /** Milliseconds since 1970 on the sandbox's clock. */
  readonly nowMs: number;
}

/** What is sealed. */
interface State {
  readonly value: unknown;
  readonly expiresAtMs: number;
}

/**
 * Seals a value.
 *
 * @param value Anything JSON can carry.
 * @see {@link https://modelcontextprotocol.io/specification/2026-07-28/basic/patterns/mrtr#server-requirements}
 */
export function signState(value: unknown, { key, nowMs }: StateSigner): string {
  const state: State = { value, expiresAtMs: nowMs + STATE_LIFETIME_MS };
  return seal("state", key, state);
}

/**
 * Reads what {@link signState} made.
 *
 * @throws Error for anything the sandbox has not sealed, or too long ago.
 */
export function readState(state: string, { key, nowMs }: StateSigner): unknown {
  const opened = unseal<State>("state", key, state);
  if (!opened) throw new Error("The state was not sealed here");
  if (opened.expiresAtMs < nowMs) throw new Error("The state has expired");
  return opened.value;
}
