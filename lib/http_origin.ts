/**
 * Whether a request may come from the page it comes from. A server on this machine has no other guard than that pages
 * cannot reach it, and a page can, once its own host name resolves to 127.0.0.1 (DNS rebinding): so there the names a
 * server answers to, and the pages it answers, are those of this machine. Anywhere else every page may call unless the
 * owner names those that may: nothing here rides on cookies, so a page can do no more than any other client.
 *
 * @module
 */

/** Which pages may call. */
export interface OriginPolicy {
  /** True if the server is reached under names of this machine alone. */
  readonly loopbackOnly?: boolean;
  /** Origin under which a proxy makes the server known. */
  readonly publicOrigin?: string;
  /** Origins of other pages that may call, such as `https://inspector.example.com`. */
  readonly allowedOrigins?: readonly string[];
}

/**
 * Finds out what is wrong with where a request comes from.
 *
 * @param url The request's URL, whose host is that of the `Host` header.
 * @param origin The `Origin` header, null if the request comes from no page.
 * @param policy Which pages may call.
 * @returns What is wrong, undefined if nothing is.
 * @see {@link https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#security-warning}
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const local = { loopbackOnly: true };
 * const url = new URL("http://localhost:8789/oauth");
 * assert.equal(findForeignOrigin(url, null, local), undefined);
 * assert.equal(findForeignOrigin(url, "http://127.0.0.1:6274", local), undefined);
 * assert.equal(findForeignOrigin(url, "https://evil.example", local), "The origin https://evil.example is not allowed");
 * assert.equal(findForeignOrigin(new URL("http://evil.example/oauth"), null, local), "The host evil.example is not allowed");
 * ```
 */
export function findForeignOrigin(
  { host, hostname }: URL,
  origin: string | null,
  { loopbackOnly = false, publicOrigin, allowedOrigins }: OriginPolicy,
): string | undefined {
  const named = [...(publicOrigin === undefined ? [] : [publicOrigin]), ...(allowedOrigins ?? [])];
  if (loopbackOnly && !isLoopback(hostname) && !named.some((allowed) => hostOf(allowed) === host)) {
    return `The host ${hostname} is not allowed`;
  }
  // A proxy that ends TLS changes the scheme, so a page of the server itself is known by its host.
  if (origin === null || hostOf(origin) === host || named.includes(origin)) return undefined;
  const isOpen = loopbackOnly ? isLoopback(hostnameOf(origin)) : allowedOrigins === undefined;
  return isOpen ? undefined : `The origin ${origin.slice(0, 100)} is not allowed`;
}

/**
 * Says whether a host name always means this machine (RFC 6761 6.3, RFC 1122 3.2.1.3).
 *
 * @param hostname As `URL` has it, an IPv6 address in brackets.
 */
export function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname.endsWith(".localhost") || hostname === "[::1]" ||
    /^127\.\d+\.\d+\.\d+$/.test(hostname);
}

function hostOf(origin: string): string {
  return URL.parse(origin)?.host ?? "";
}

function hostnameOf(origin: string): string {
  return URL.parse(origin)?.hostname ?? "";
}
