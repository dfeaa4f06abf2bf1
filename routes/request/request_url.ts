// The URL of a request, parsed once: a `Host` or a target that makes none is the request's fault, and nothing behind
// this file meets it.
import { allowOrigin } from "../../lib/http/any_origin.ts";
import { OAuthError } from "../../lib/http/errors.ts";
import type { Awaitable } from "../../lib/runtime/awaitable.ts";
import { boundedMap } from "../../lib/runtime/bounded_map.ts";
import { detached } from "../../lib/runtime/own_text.ts";
import { buildSandbox } from "../../lib/sandbox/sandbox.ts";
import { failureResponse } from "./failure.ts";
import type { App, ConnectionInfo } from "./router.ts";

/** The longest host name there can be (RFC 1035 3.1); all that names the server's own URLs repeats it. */
const MAX_HOSTNAME = 253;

/** A server behind the door at which URLs are parsed. */
export type Located = (request: Request, url: URL, info?: ConnectionInfo) => Awaitable<Response>;

/**
 * Parses the URL of each request, and refuses requests without a usable one.
 *
 * @param origin Where links of an error page lead, since the request itself names no place.
 */
export function withUrl(located: Located, origin: string): App {
  const parse = createParser();
  return (request, info) => {
    const url = isOfPlace(request.headers.get("host")) ? parse(request.url) : undefined;
    return Promise.resolve(url ? located(request, url, info) : refused(request, origin));
  };
}

/** Makes what parses usable URLs. It remembers those without a query, of which a client uses few; nobody changes one. */
function createParser(): (text: string) => URL | undefined {
  const known = boundedMap<string, URL>(MAX_KNOWN);
  return (text) => {
    const found = known.get(text);
    if (found) return found;
    const url = URL.parse(text);
    if (!url || !isOfHttp(url) || url.hostname.length > MAX_HOSTNAME) return undefined;
    if (text.length <= MAX_KNOWN_LENGTH && url.search === "") known.set(detached(text), url);
    return url;
  };
}

/** URLs that are remembered, and how long one may be. */
const MAX_KNOWN = 500;
const MAX_KNOWN_LENGTH = 200;

/** Whether a Host names nothing but a host and a port: the HTTP server puts it before the target, whatever it holds. */
function isOfPlace(host: string | null): boolean {
  return host === null || !/[/?#\\]/.test(host);
}

/** Whether a URL is of the scheme `http` or `https`, without userinfo, as a request target has to be (RFC 9110 4.2). */
function isOfHttp({ protocol, username, password }: URL): boolean {
  return (protocol === "http:" || protocol === "https:") && username === "" && password === "";
}

/** What a URL says of a place: its query and its userinfo are nobody's business. */
function withoutSecrets(url: string): string {
  return url.replace(/[?#].*$/s, "").replace(/\/\/.*@/s, "//...@");
}

async function refused(request: Request, origin: string): Promise<Response> {
  const error = new OAuthError("invalid_request", "The Host header and the target of the request make no valid URL", {
    parameter: "Host",
    received: withoutSecrets(request.url),
    expected: `a host name of ${MAX_HOSTNAME} characters at most or an address, and a port from 0 to 65535`,
    reference: "RFC 9112 3.2",
  });
  const sandbox = buildSandbox({ origin, now: () => 0 });
  const response = await failureResponse(error, { request, sandbox }, () => {});
  allowOrigin(response);
  return response;
}
