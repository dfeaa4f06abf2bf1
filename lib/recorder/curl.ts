/**
 * A recorded request as a line for a shell.
 *
 * @module
 */
import type { Exchange } from "./exchange.ts";

/** What curl sets by itself. */
const automatic: ReadonlySet<string> = new Set([
  "accept-encoding",
  "connection",
  "content-length",
  "host",
  "transfer-encoding",
]);

/**
 * Writes a request as a curl command; what was redacted must be filled in again.
 *
 * @param exchange The exchange whose request it is.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const message = { headers: [["accept", "a'b"]], truncated: false } as const;
 * const exchange = {
 *   sequence: 1,
 *   receivedAtMs: 0,
 *   startedAtMs: 0,
 *   method: "GET",
 *   url: "http://localhost/health",
 *   peer: "",
 *   request: message,
 *   status: 200,
 *   response: message,
 *   durationMs: 1,
 *   shapedBy: [],
 * };
 * assert.equal(curlOf(exchange), "curl 'http://localhost/health' -H 'accept: a'\\''b'");
 * ```
 */
export function curlOf({ method, url, request }: Exchange): string {
  const headers = request.headers.filter(([name]) => !automatic.has(name))
    .map(([name, value]) => ` -H ${quote(`${name}: ${value}`)}`);
  const body = request.body === undefined ? "" : ` --data-raw ${quote(request.body)}`;
  // With a body curl posts, and without one it gets.
  const verb = method === (request.body === undefined ? "GET" : "POST") ? "" : ` -X ${method}`;
  return `curl${verb} ${quote(url)}${headers.join("")}${body}`;
}

/** In single quotes a shell reads nothing but the end of them. */
function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
