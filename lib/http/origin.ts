// Whether a request may come from the page it comes from. A server on this machine has no other guard than that pages
// cannot reach it, and a page can, once its own host name resolves to 127.0.0.1 (DNS rebinding): so there the names a
// server answers to, and the pages it answers, are those of this machine. Anywhere else every page may call unless the
// owner names those that may: nothing here rides on cookies, so a page can do no more than any other client.

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
  // Most requests: of no page, and to this machine.
  if (origin === null && (!loopbackOnly || isLoopback(hostname))) return undefined;
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
 * Finds out why a request may be one that nobody asked for: a browser sends it because a page holds an image, a form or a
 * link, and needs nobody's leave for it. Clients, command lines and what a person types or has another program open are
 * asked for, and so is what a script of an allowed page fetches. What a page of this very server holds counts as little as
 * what others hold, because clients choose the images, links and forms on it (`logo_uri`, `redirect_uri`).
 *
 * A browser without fetch metadata, which the current ones have had since 2023, is known by `Referer` alone.
 *
 * @param headers Its headers. Their `Origin`, if there is one, was allowed by {@link findForeignOrigin}.
 * @returns What it was sent for, undefined if somebody asked for it.
 * @see {@link https://www.w3.org/TR/fetch-metadata/}
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const url = new URL("http://localhost:8789/oauth?fault=token:503");
 * const image = { "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image" };
 * assert.equal(findUnasked(url, new Headers(image), {}), "an image of a page");
 * assert.equal(findUnasked(url, new Headers(), {}), undefined);
 * ```
 */
export function findUnasked(url: URL, headers: Headers, policy: OriginPolicy): string | undefined {
  const site = headers.get("sec-fetch-site");
  if (site === null) {
    const page = headers.has("origin") ? null : headers.get("referer");
    const isForeign = page !== null && findForeignOrigin(url, URL.parse(page)?.origin ?? "null", policy) !== undefined;
    return isForeign ? "a page of another site" : undefined;
  }
  // Typed, or opened by another program.
  if (site === "none") return undefined;
  const dest = headers.get("sec-fetch-dest") ?? "empty";
  if (headers.get("sec-fetch-mode") === "navigate") return "a link, a form or a frame of a page";
  if (dest !== "empty") return `${/^[aeiou]/.test(dest) ? "an" : "a"} ${dest.slice(0, 20)} of a page`;
  return site === "same-origin" || headers.has("origin") ? undefined : "a page of another site";
}

/**
 * Finds out whether a form was filled in on a page of another site. Our own forms come with `Origin: null`, because our
 * pages send no referrer.
 *
 * @returns Where it comes from, undefined if it is a form of this server or none of a browser.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const url = new URL("http://localhost:8789/oauth/authorize");
 * assert.equal(findForeignForm(url, new Headers({ "sec-fetch-site": "cross-site" })), "cross-site");
 * assert.equal(findForeignForm(url, new Headers({ "sec-fetch-site": "same-origin", "origin": "null" })), undefined);
 * ```
 */
export function findForeignForm({ host }: URL, headers: Headers): string | undefined {
  const site = headers.get("sec-fetch-site");
  if (site !== null) return site === "same-origin" || site === "none" ? undefined : site.slice(0, 20);
  const origin = headers.get("origin") ?? "null";
  return origin === "null" || hostOf(origin) === host ? undefined : origin.slice(0, 100);
}

/**
 * Finds out whether a page of another site is behind a request: by a script, a form, a link or an image of it. A page of
 * this machine, or one that may call, is none. What a page cannot forge decides: fetch metadata, `Origin`, `Referer`.
 *
 * @see {@link https://www.w3.org/TR/fetch-metadata/}
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const url = new URL("http://localhost:8789/oauth/authorize");
 * const asked = (headers: Record<string, string>) => isOfForeignPage(url, new Headers(headers), { loopbackOnly: true });
 * assert(asked({ "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" }));
 * assert(!asked({ "sec-fetch-site": "cross-site", "referer": "http://127.0.0.1:6274/" }));
 * assert(!asked({ "sec-fetch-site": "none", "sec-fetch-mode": "navigate" }));
 * ```
 */
export function isOfForeignPage(url: URL, headers: Headers, policy: OriginPolicy): boolean {
  // To a page whose name has been made to mean this machine, this server is its own.
  if (findForeignOrigin(url, null, policy) !== undefined) return true;
  const site = headers.get("sec-fetch-site");
  if (site !== null && site !== "cross-site") return false;
  const origin = headers.get("origin");
  const page = origin === null || origin === "null" ? originOf(headers.get("referer")) : origin;
  if (page !== undefined) return findForeignOrigin(url, page, policy) !== undefined;
  return site === "cross-site" || origin === "null";
}

/**
 * Says whether a host name always means this machine (RFC 6761 6.3, RFC 1122 3.2.1.3).
 *
 * @param hostname As `URL` has it, an IPv6 address in brackets.
 */
export function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "127.0.0.1" || hostname.endsWith(".localhost") ||
    hostname === "[::1]" ||
    /^127\.\d+\.\d+\.\d+$/.test(hostname);
}

/** Most requests have no `Referer`, and parsing an absent one as a URL takes longer than all the rest. */
function originOf(referer: string | null): string | undefined {
  return referer === null ? undefined : URL.parse(referer)?.origin;
}

function hostOf(origin: string): string {
  return URL.parse(origin)?.host ?? "";
}

function hostnameOf(origin: string): string {
  return URL.parse(origin)?.hostname ?? "";
}
