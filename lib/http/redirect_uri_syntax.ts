// How a redirect URI must be written, so that everyone who reads it is sent to the same place.
import { boundedMap } from "../runtime/bounded_map.ts";
import { detached } from "../runtime/own_text.ts";
import { excerpt } from "./errors.ts";

/** Schemes a browser runs or reads by itself, so that a redirect to them would execute what a client wrote. */
const FORBIDDEN_SCHEMES: ReadonlySet<string> = new Set([
  "about:",
  "blob:",
  "data:",
  "file:",
  "filesystem:",
  "ftp:",
  "javascript:",
  "mailto:",
  "vbscript:",
  "view-source:",
  "ws:",
  "wss:",
]);

const MAX_LENGTH = 2048;
/** The last port there is. */
export const MAX_PORT = 65535;

/** Why a text is not a redirect URI. */
export interface RedirectUriProblem {
  /** What is wrong, as a predicate: `has a fragment`. */
  readonly what: string;
  readonly expected: string;
  readonly reference: string;
}

/**
 * Finds what is wrong with a redirect URI, wherever it comes from. Browsers, libraries and this server must read the same
 * destination in it, so what a parser would mend (a backslash, a missing slash, an encoded host) is refused.
 *
 * @returns Undefined for an absolute URI without fragment and credentials, of a scheme that a client can listen on.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(findRedirectUriProblem("com.example.app:/cb"), undefined);
 * assert.equal(findRedirectUriProblem("https:evil.example/cb")?.what, "has no host");
 * ```
 */
export function findRedirectUriProblem(uri: string): RedirectUriProblem | undefined {
  if (sound.has(uri)) return undefined;
  const problem = findProblem(uri);
  if (!problem) sound.set(detached(uri), true);
  return problem;
}

/** Those that were right: a client sends the same one with every request. */
const sound = boundedMap<string, true>(128);

function findProblem(uri: string): RedirectUriProblem | undefined {
  const [, scheme = "", authority] = /^([a-z][a-z0-9+.-]*):(?:\/\/([^/?#]*))?/i.exec(uri) ?? [];
  // Printable ASCII alone: what a parser would strip or encode could not be matched character by character later.
  if (uri.length > MAX_LENGTH || !/^[\x21-\x7e]+$/.test(uri) || scheme === "") return notAbsolute;
  if (uri.includes("#")) {
    return { what: "has a fragment", expected: "a URI without #", reference: "RFC 6749 3.1.2" };
  }
  if (/[\\"<>^\x60{|}]/.test(uri)) {
    return {
      what: "has characters that a URI cannot have",
      expected: "letters, digits and -._~:/?[]@!$&'()*+,;=%, anything else percent-encoded",
      reference: "RFC 3986 2",
    };
  }
  if (FORBIDDEN_SCHEMES.has(`${scheme.toLowerCase()}:`)) {
    return {
      what: "has a scheme that no client can listen on",
      expected: "https, http on loopback, or an app's own scheme",
      reference: "RFC 8252 7.1",
    };
  }
  return findAuthorityProblem(uri, scheme.toLowerCase(), authority);
}

const notAbsolute: RedirectUriProblem = {
  what: "is not an absolute URI",
  expected: `an absolute URI of at most ${MAX_LENGTH} ASCII characters`,
  reference: "RFC 6749 3.1.2",
};

/** Compares what stands between `//` and the path with what a browser makes of it. */
function findAuthorityProblem(
  uri: string,
  scheme: string,
  authority: string | undefined,
): RedirectUriProblem | undefined {
  if (authority?.includes("@")) {
    return {
      what: "carries credentials",
      expected: "a URI without user and password",
      reference: "RFC 9110 4.2.4",
    };
  }
  if ((scheme === "http" || scheme === "https") && !authority) {
    return { what: "has no host", expected: `${scheme}:// and a host`, reference: "RFC 9110 4.2" };
  }
  const [, host, port] = /^(\[.*\]|[^:]*)(?::(.*))?$/.exec(authority ?? "") ?? [];
  if (port !== undefined && !(/^(?:0|[1-9]\d{0,4})$/.test(port) && Number(port) <= MAX_PORT)) {
    return {
      what: "has a port that does not exist",
      expected: `a port from 0 to ${MAX_PORT}, without leading zeros`,
      reference: "RFC 3986 3.2.3",
    };
  }
  const url = URL.parse(uri);
  if (!url) return notAbsolute;
  if (authority === undefined || host?.toLowerCase() === url.hostname.toLowerCase()) return undefined;
  return {
    what: "has a host that can be read in more than one way",
    expected: `the host as browsers read it: '${excerpt(url.hostname)}'`,
    reference: "RFC 3986 6.2.2",
  };
}
