// Canaries: URLs of ours that an MCP server names and that nobody should fetch, or not with credentials, or not yet. Each
// answers any method with something harmless, so that a client that does fetch it goes on; the record tells who did.
import { otherNameOf, paths, type Place } from "./urls.ts";

const BELOW = paths.canary.replace(/\/:name$/, "");

/** Where canaries are, without a slash at its end: at the origin that is asked, and at the server's other name. */
export interface CanaryUrls {
  readonly canary_url: string;
  /** The same as the first where the server has no other name. */
  readonly other_canary_url: string;
}

/**
 * Where a sandbox's canaries are.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(canaryUrlsOf({ origin: "http://127.0.0.1:8789", prefix: "/s/standard" }), {
 *   canary_url: "http://127.0.0.1:8789/s/standard/canary",
 *   other_canary_url: "http://localhost:8789/s/standard/canary",
 * });
 * ```
 */
export function canaryUrlsOf({ origin, prefix }: Pick<Place, "origin" | "prefix">): CanaryUrls {
  return {
    canary_url: origin + prefix + BELOW,
    other_canary_url: (otherNameOf(origin) ?? origin) + prefix + BELOW,
  };
}

/** A canary whose name ends so redirects to the one without it, at the server's other name. */
const ELSEWHERE = /-elsewhere(?=\.\w+$|$)/;

const ICON =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><circle cx="8" cy="8" r="7" fill="#888"/></svg>';
const SCHEMA = JSON.stringify({ $schema: "https://json-schema.org/draft/2020-12/schema", type: "string" });
const PAGE = '<!doctype html><html lang="en"><meta charset="utf-8"><title>Nothing to see</title>' +
  "<p>This page does nothing, and takes note that it was opened. You can close it.</p></html>";

/**
 * What a canary answers with, by the end of its name: an icon (`.svg`), a JSON Schema (`.json`), else a page; one whose name
 * ends with `-elsewhere` before that, such as `icon-elsewhere.svg`, redirects to `icon.svg` at the server's other name.
 *
 * @param name What its URL ends with.
 */
export function canaryResponse(name: string, place: Pick<Place, "origin" | "prefix">): Response {
  if (ELSEWHERE.test(name)) {
    const location = `${canaryUrlsOf(place).other_canary_url}/${encodeURIComponent(name.replace(ELSEWHERE, ""))}`;
    return new Response(null, { status: 302, headers: { location, "cache-control": "no-store" } });
  }
  const [body, type] = name.endsWith(".svg")
    ? [ICON, "image/svg+xml"]
    : name.endsWith(".json")
    ? [SCHEMA, "application/schema+json"]
    : [PAGE, "text/html; charset=utf-8"];
  return new Response(body, {
    headers: {
      "content-type": type,
      // Each time somebody asks must be seen.
      "cache-control": "no-store",
      "content-security-policy": "default-src 'none'; sandbox",
      "x-content-type-options": "nosniff",
    },
  });
}
