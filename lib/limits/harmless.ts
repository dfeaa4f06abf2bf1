// What a sandbox's owner may make of an answer on an origin that all sandboxes share. They may choose status, headers and
// body, but nothing that a browser would run there, or remember for the whole origin: a page of one sandbox is trusted
// with what people type into the pages of all.

interface Shaped {
  /** The headers of the answer before that. */
  readonly before: Headers;
  /** Whether the body, or what it is to be read as, is no longer the handler's. */
  readonly isRewritten: boolean;
  /** Whether any of the faults was written by a sandbox's owner, and not by us or the operator of the server. */
  readonly isOwners: boolean;
}

/** What nothing may run, load or navigate under that is not one of our pages. */
export const LOCKED_POLICY = "sandbox; default-src 'none'";

/** Headers by which an answer acts on its whole origin, on other answers, or on other origins. */
const acting: ReadonlySet<string> = new Set([
  "accept-ch",
  "activate-storage-access",
  "alt-svc",
  "alt-used",
  "clear-site-data",
  "content-security-policy-report-only",
  "critical-ch",
  "document-policy",
  "expect-ct",
  "link",
  "nel",
  "no-vary-search",
  "origin-agent-cluster",
  "origin-trial",
  "permissions-policy",
  "public-key-pins",
  "public-key-pins-report-only",
  "refresh",
  "report-to",
  "reporting-endpoints",
  "service-worker-allowed",
  "service-worker-navigation-preload",
  "set-cookie",
  "set-cookie2",
  "set-login",
  "sourcemap",
  "speculation-rules",
  "strict-transport-security",
  "supports-loading-mode",
  "use-as-dictionary",
  "x-dns-prefetch-control",
  "x-sourcemap",
]);

/** Headers that guard our pages, which keep them. */
const guards = ["content-security-policy", "x-content-type-options", "x-frame-options", "referrer-policy"] as const;

/**
 * Whether a browser asks for something to show or run, and not for a script to read. Browsers that do not say so are kept
 * from running it by {@link LOCKED_POLICY}.
 */
function isForBrowser(headers: Headers): boolean {
  return (headers.get("sec-fetch-dest") ?? "empty") !== "empty" || headers.has("service-worker");
}

/**
 * Takes from a shaped answer what acts on more than itself.
 *
 * @param response The answer; its body is used.
 * @param shaped What is told of it.
 * @returns Undefined where it must not be given at all: what is not ours is neither shown as a page nor run.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const shaped = { before: new Headers(), isRewritten: true, isOwners: true };
 * const page = () => new Response("<script>", { headers: { "content-type": "text/html", "set-cookie": "a=b" } });
 * const read = makeHarmless(new Request("http://localhost/"), page(), shaped);
 * assert.deepEqual([read?.headers.get("set-cookie"), read?.headers.get("content-security-policy")], [null, LOCKED_POLICY]);
 * const shown = new Request("http://localhost/", { headers: { "sec-fetch-dest": "document" } });
 * assert.equal(makeHarmless(shown, page(), shaped), undefined);
 * ```
 */
export function makeHarmless(
  { method, headers: asked }: Pick<Request, "method" | "headers">,
  response: Response,
  { before, isRewritten, isOwners }: Shaped,
): Response | undefined {
  const headers = new Headers(response.headers);
  for (const name of [...headers.keys()]) if (acting.has(name)) headers.delete(name);
  const location = headers.get("location");
  if (location !== null && !leadsOut(location, before.get("location"))) headers.delete("location");
  for (const name of guards) {
    const ours = isRewritten ? null : before.get(name);
    if (ours === null) headers.delete(name);
    else headers.set(name, ours);
  }
  const { status } = response;
  // A redirect of a form with a password must not send it on (RFC 9700 4.12).
  const isRedirect = headers.has("location") && status >= 301 &&
    (status <= 303 || (status <= 308 && method !== "POST"));
  if (isRedirect) {
    void response.body?.cancel();
    return new Response(null, { status, headers });
  }
  if (isRewritten && isOwners && isForBrowser(asked)) {
    void response.body?.cancel();
    return undefined;
  }
  const harmless = new Response(response.body, { status, headers });
  if (isRewritten) lock(harmless);
  return harmless;
}

/**
 * Locks an answer that is not one of our pages, so that nothing in it runs, whatever it says and is taken for.
 *
 * @param response The answer; its headers are changed.
 */
export function lock({ headers }: Response): void {
  if (headers.has("content-security-policy")) return;
  headers.set("content-security-policy", LOCKED_POLICY);
  headers.set("x-content-type-options", "nosniff");
}

/** Whether a location is that of a site, or has the scheme of the client's own redirect URI. */
function leadsOut(location: string, ours: string | null): boolean {
  const protocol = URL.parse(location, "https://relative.example/")?.protocol;
  return protocol === "https:" || protocol === "http:" ||
    (protocol !== undefined && ours !== null && URL.parse(ours)?.protocol === protocol);
}
