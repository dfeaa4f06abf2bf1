// The one way out: fetching a small JSON document that a stranger has named, such as a client's metadata or its keys.
// Anyone who can make a server fetch can try to make it fetch what only the server can reach, so every hop is checked
// against the same rules before a connection is made: https, no credentials, and a host all of whose addresses are public.
//
// DNS rebinding: a name that answered with a public address when it was checked could answer with a private one when the
// connection is made. The connection is therefore made to the very address that was checked (`FetchAt` is handed
// it), and the name serves for TLS and the `host` header alone. Not covered: a public address that its owner routes
// inwards, and a `fetch` option that ignores the address it is given.
import { isLoopback } from "../http/origin.ts";
import { isPublicAddress } from "./ip.ts";
import { defined } from "../runtime/defined.ts";
import type { Sleep } from "../runtime/sleep.ts";

/** Sends a request to the address given, whatever the name in its URL resolves to by now; follows no redirect. */
export type FetchAt = (request: Request, address: string) => Promise<Response>;

/** All addresses, IPv4 and IPv6, of a host name. */
export type ResolveDns = (hostname: string) => Promise<readonly string[]>;

/** What goes out with. */
export interface OutboundOptions {
  readonly fetch: FetchAt;
  readonly resolveDns: ResolveDns;
  readonly sleep: Sleep;
  /** Whether hosts that mean this machine by their very name may be reached, over http as well: for work on localhost. */
  readonly local: boolean;
}

/** What a document was asked for with. */
export interface OutboundRequest {
  readonly url: string;
  /** How many redirects are followed; none if not given, and never more than {@link MAX_REDIRECTS}. */
  readonly redirects?: number;
  /** The `etag` of the copy at hand. */
  readonly etag?: string | undefined;
  /** Whether a page of another site has it fetched: then nothing on this machine is. */
  readonly isForForeignPage?: boolean;
}

interface OutboundDocument {
  /** Whether the copy at hand is still good (304); the text is empty then. */
  readonly isUnchanged: boolean;
  readonly text: string;
  readonly headers: Headers;
}

/** Fetches a document. */
export type Outbound = (request: OutboundRequest) => Promise<OutboundDocument>;

/** Why a document was not fetched; the message can be shown to anyone who named it. */
export class OutboundError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "OutboundError";
  }
}

/** The most redirects that are ever followed. */
export const MAX_REDIRECTS = 3;
const MAX_DOCUMENT_BYTES = 64 * 1024;
/** The longest a document may take, from the first look-up to the last byte, in milliseconds. */
const OUTBOUND_TIMEOUT_MS = 5000;

/**
 * Makes the way out.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9700.html#section-4.11}
 */
export function createOutbound(options: OutboundOptions): Outbound {
  return async (request) => {
    const late = new AbortController();
    const done = new AbortController();
    const timeout = options.sleep(OUTBOUND_TIMEOUT_MS, done.signal).then(() => {
      const error = new OutboundError(`The document did not arrive within ${OUTBOUND_TIMEOUT_MS / 1000} seconds`);
      late.abort(error);
      throw error;
    });
    const fetched = fetchDocument(options, request, late.signal);
    // Whichever loses must not fail unheard.
    timeout.catch(() => {});
    fetched.catch(() => {});
    try {
      return await Promise.race([fetched, timeout]);
    } catch (error) {
      if (error instanceof OutboundError || isNotPermitted(error)) throw error;
      // What the network says of a failure tells a stranger what stands there.
      throw new OutboundError("The document cannot be fetched");
    } finally {
      done.abort();
    }
  };
}

/** Whether Deno was not allowed to do something; the error's class is found under this name in no other runtime. */
function isNotPermitted(error: unknown): boolean {
  return error instanceof Error && error.name === "NotCapable";
}

async function fetchDocument(
  options: OutboundOptions,
  { url, redirects = 0, etag, isForForeignPage = false }: OutboundRequest,
  signal: AbortSignal,
): Promise<OutboundDocument> {
  const headers = defined({ accept: "application/json", "user-agent": "mock-oauth", "if-none-match": etag });
  let target = URL.parse(url);
  for (let left = Math.min(redirects, MAX_REDIRECTS);; left--) {
    if (!target) throw new OutboundError("The URL cannot be parsed");
    if (isForForeignPage && isLoopback(target.hostname.replace(/\.$/, ""))) {
      throw new OutboundError("The URL is on this machine, and is not fetched for a page from another site");
    }
    const address = await checkTarget(target, options);
    signal.throwIfAborted();
    const request = new Request(target, { headers, signal, redirect: "manual", credentials: "omit" });
    const response = await options.fetch(request, address);
    const location = response.headers.get("location");
    if (response.status < 300 || response.status >= 400 || location === null) return await readDocument(response);
    await response.body?.cancel();
    if (left <= 0) throw new OutboundError("The document is behind too many redirects");
    target = URL.parse(location, target);
  }
}

/**
 * The address to connect to, once scheme, host and all addresses of the host have been found right.
 *
 * @throws OutboundError saying what is wrong with them.
 */
export async function checkTarget(
  url: URL,
  { local, resolveDns }: Pick<OutboundOptions, "local" | "resolveDns">,
): Promise<string> {
  const { protocol, username, password } = url;
  // A name with a dot at its end is the same name (RFC 1034 3.1).
  const hostname = url.hostname.replace(/\.$/, "");
  if (username || password) throw new OutboundError("The URL contains credentials");
  const isHere = local && isLoopback(hostname);
  if (protocol !== "https:" && !(isHere && protocol === "http:")) throw new OutboundError("The URL is not https");
  if (isHere) return /^[\d.]+$/.test(hostname) ? hostname : hostname === "[::1]" ? "::1" : "127.0.0.1";
  const literal = hostname.startsWith("[") ? hostname.slice(1, -1) : /^[\d.]+$/.test(hostname) ? hostname : undefined;
  // `localhost` never leaves the machine, whatever a DNS server says (RFC 6761 6.3).
  const addresses = literal !== undefined
    ? [literal]
    : isLoopback(hostname)
    ? ["127.0.0.1"]
    : await resolveDns(hostname);
  const [address] = addresses;
  if (address === undefined) throw new OutboundError("The host has no address");
  // One bad address is enough: which of them is used must not be a matter of luck.
  if (!addresses.every(isPublicAddress)) throw new OutboundError("The host is not on the public internet");
  return address;
}

async function readDocument(response: Response): Promise<OutboundDocument> {
  const { status, headers } = response;
  const type = headers.get("content-type")?.split(";", 1)[0]?.trim().toLowerCase();
  const problem = status !== 200
    ? `The document was answered with status ${status} instead of 200`
    : type !== "application/json" && type !== "application/jwk-set+json"
    ? "The document is not application/json"
    : undefined;
  if (status === 304 || problem !== undefined) await response.body?.cancel();
  if (status === 304) return { isUnchanged: true, text: "", headers };
  if (problem !== undefined) throw new OutboundError(problem);
  return { isUnchanged: false, text: await readLimited(response), headers };
}

async function readLimited(response: Response): Promise<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let text = "";
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    if (length > MAX_DOCUMENT_BYTES) {
      throw new OutboundError(`The document is larger than ${MAX_DOCUMENT_BYTES} bytes`);
    }
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
