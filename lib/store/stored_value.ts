// What one row of the database can hold. `Deno.Kv` keeps values as V8 serialises them: a string takes one byte a character,
// or two as soon as one of its characters lies beyond Latin-1. And V8 writes values that are nested deeper than it can read
// again: such a row could never be read. So both are looked at before anything is written.
import { OAuthError } from "../http/errors.ts";

/** What `Deno.Kv` takes as one value, in bytes. */
export const MAX_VALUE_BYTES = 65_536;
/** Levels of arrays and objects in one value. V8 fails to read about 2,600; the JSON that clients send has far fewer. */
export const MAX_VALUE_LEVELS = 200;

/**
 * How many bytes a value takes in the database, exactly. It costs some 30 µs: where a bound is enough, ask {@link fitsInto}.
 *
 * @throws OAuthError `invalid_request` for a value that is nested too deep to be stored.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(storedBytes("é".repeat(1000)), 1005);
 * assert.equal(storedBytes("漢".repeat(1000)), 2006);
 * ```
 */
export function storedBytes(value: unknown): number {
  requireLevels(mostBytes(value));
  // Bytes are kept as they are.
  if (value instanceof Uint8Array) return value.byteLength;
  return globalThis.process.getBuiltinModule("node:v8").serialize(value).byteLength;
}

/**
 * Whether a value takes no more than so many bytes. It is as exact as {@link storedBytes}, but costs next to nothing for
 * values that are clearly small enough.
 */
export function fitsInto(value: unknown, maxBytes: number): boolean {
  return mostBytes(value) <= maxBytes || storedBytes(value) <= maxBytes;
}

/**
 * Insists that a value can be stored, and read again.
 *
 * @param maxBytes What it may take, in bytes; all that a row holds if not given.
 * @throws OAuthError `invalid_request`: with status 413 for a value that is too large, 400 for one that is nested too deep.
 */
export function requireStorable(value: unknown, maxBytes = MAX_VALUE_BYTES): void {
  if (mostBytes(value) <= maxBytes) return;
  const bytes = storedBytes(value);
  if (bytes <= maxBytes) return;
  throw new OAuthError("invalid_request", "The value is too large to store", {
    status: 413,
    received: `${bytes} bytes as stored`,
    expected: `${maxBytes} bytes at most; text with a character beyond Latin-1 takes two bytes per character`,
    reference: "RFC 9110 15.5.14",
  });
}

function requireLevels(bound: number): void {
  if (bound < Infinity) return;
  throw new OAuthError("invalid_request", "The value is nested too deeply to store", {
    expected: `${MAX_VALUE_LEVELS} levels of arrays and objects at most`,
  });
}

/**
 * A bound on what a value takes that is never too low, and costs next to nothing: as if every string needed two bytes a
 * character. Infinite where it is nested too deep.
 */
export function mostBytes(value: unknown, levels = MAX_VALUE_LEVELS): number {
  if (typeof value === "string") return 8 + 2 * value.length;
  if (typeof value !== "object" || value === null) return 16;
  if (value instanceof Uint8Array) return 32 + value.byteLength;
  if (levels === 0) return Infinity;
  let bytes = 32;
  if (Array.isArray(value)) {
    for (const item of value) bytes += mostBytes(item, levels - 1);
    return bytes;
  }
  const members: Readonly<Record<string, unknown>> = Object(value);
  for (const name of Object.keys(members)) bytes += mostBytes(name) + mostBytes(members[name], levels - 1);
  return bytes;
}
