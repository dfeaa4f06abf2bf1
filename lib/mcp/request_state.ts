/**
 * What a tool wants to remember between two rounds of a call travels through the client (2026-07-28 has no sessions), so
 * it is signed: a client can read it, and hand it to any process, but not change it.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { createHmac, timingSafeEqual } from "node:crypto";

/** A round that takes longer starts the call anew. */
const STATE_LIFETIME_MS = 10 * 60 * 1000;

/** Who signs, and when. */
export interface StateSigner {
  /** The sandbox's secret. */
  readonly key: Uint8Array;
  /** Milliseconds since 1970 on the sandbox's clock. */
  readonly nowMs: number;
}

/**
 * Signs a value.
 *
 * @param value Anything JSON can carry.
 * @param signer Who signs, and when.
 * @see {@link https://modelcontextprotocol.io/specification/2026-07-28/basic/patterns/mrtr#server-requirements}
 */
export function signState(value: unknown, { key, nowMs }: StateSigner): string {
  const body = Buffer.from(JSON.stringify({ value, expiresAtMs: nowMs + STATE_LIFETIME_MS })).toString("base64url");
  return `${body}.${signatureOf(body, key)}`;
}

/**
 * Reads what {@link signState} made.
 *
 * @param state What came from the client.
 * @param signer Who signed, and what time it is now.
 * @throws Error for anything the sandbox has not signed, or too long ago.
 */
export function readState(state: string, { key, nowMs }: StateSigner): unknown {
  const [body = "", signature = ""] = state.split(".", 2);
  const expected = Buffer.from(signatureOf(body, key));
  const received = Buffer.from(state.slice(body.length + 1));
  if (received.length !== expected.length || !timingSafeEqual(received, expected) || signature === "") {
    throw new Error("The state was not signed here");
  }
  const { value, expiresAtMs } = JSON.parse(Buffer.from(body, "base64url").toString());
  if (expiresAtMs < nowMs) throw new Error("The state is too old");
  return value;
}

/** The label keeps the key's other uses apart from this one. */
function signatureOf(body: string, key: Uint8Array): string {
  return createHmac("sha256", key).update(`mcp request state ${body}`).digest("base64url");
}
