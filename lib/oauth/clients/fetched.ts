// What clients keep at URLs of their own, metadata and keys: fetched through the guarded way out, and remembered for as long
// as the HTTP headers allow, on the sandbox's clock, in this process alone. Every process can fetch it again.
import type { OAuthError } from "../../http/errors.ts";
import { parseFreshness } from "../../outbound/freshness.ts";
import { type Outbound, OutboundError } from "../../outbound/outbound.ts";
import { boundedMap } from "../../runtime/bounded_map.ts";
import type { Sandbox } from "../../sandbox/sandbox.ts";

/** A document to fetch. */
export type Wanted<T> = Readonly<{
  url: string;
  /** How many redirects are followed; none if not given. */
  redirects?: number;
  /** Fetches it again if it was fetched this long ago, in milliseconds, even though it is still fresh. */
  renewAfterMs?: number | undefined;
  read: (text: string) => T | Promise<T>;
  refuse: (problem: string) => OAuthError;
}>;

interface Remembered<T> {
  readonly value: T;
  readonly fetchedAtMs: number;
  readonly freshUntilMs: number;
  readonly etag: string | undefined;
  /** What it was read from. */
  readonly bytes: number;
}

/** Documents remembered at the same time; the oldest goes first. */
const MAX_REMEMBERED = 500;

/** Makes the function that fetches documents of one sort. */
export function createFetched<T>(outbound: Outbound): (sandbox: Sandbox, wanted: Wanted<T>) => Promise<T> {
  const remembered = boundedMap<string, Remembered<T>>(MAX_REMEMBERED, {
    bytesOf: (name, { bytes }) => name.length + bytes,
  });

  return async ({ id, nowMs, isAskedByForeignPage }, { url, redirects = 0, renewAfterMs, read, refuse }) => {
    const name = `${id} ${url}`;
    const known = remembered.get(name);
    const goodUntilMs = known && (renewAfterMs === undefined ? known.freshUntilMs : known.fetchedAtMs + renewAfterMs);
    if (known && nowMs < (goodUntilMs ?? 0)) return known.value;
    const request = { url, redirects, isForForeignPage: isAskedByForeignPage, etag: known?.etag };
    const { isUnchanged, text, headers } = await outbound(request).catch((error) => {
      throw error instanceof OutboundError ? refuse(error.message) : error;
    });
    const value = isUnchanged && known ? known.value : await read(text);
    const freshSeconds = parseFreshness(headers);
    if (freshSeconds === undefined) remembered.delete(name);
    else {
      const freshUntilMs = nowMs + freshSeconds * 1000;
      const etag = headers.get("etag") ?? known?.etag;
      const bytes = isUnchanged && known ? known.bytes : text.length;
      remembered.set(name, { value, fetchedAtMs: nowMs, freshUntilMs, etag, bytes });
    }
    return value;
  };
}
