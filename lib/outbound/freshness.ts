// How long a fetched document is good.

/** How long a document is good that does not say so, in seconds. */
const DEFAULT_SECONDS = 300;
/** The longest that is believed, in seconds. */
const MAX_SECONDS = 24 * 60 * 60;

/**
 * Reads the freshness of a response.
 *
 * @returns Seconds (0 if it must be asked for again each time), or undefined if it must not be kept at all.
 * @see {@link https://www.rfc-editor.org/rfc/rfc9111.html#section-5.2.2}
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(parseFreshness(new Headers({ "cache-control": "public, max-age=60" })), 60);
 * assert.equal(parseFreshness(new Headers({ "cache-control": "no-store" })), undefined);
 * ```
 */
export function parseFreshness(headers: Headers): number | undefined {
  const directives = (headers.get("cache-control") ?? "").toLowerCase().split(",").map((text) => text.trim());
  if (directives.includes("no-store")) return undefined;
  if (directives.includes("no-cache")) return 0;
  const [, maxAge] = /^max-age="?(\d{1,10})"?$/.exec(directives.find((text) => text.startsWith("max-age")) ?? "") ?? [];
  return Math.min(maxAge === undefined ? DEFAULT_SECONDS : Number(maxAge), MAX_SECONDS);
}
