/**
 * Redirect URIs: which may be registered, and which match a registered one.
 *
 * @module
 */
import { excerpt, OAuthError } from "../errors.ts";
import { isLoopback } from "../http_origin.ts";
import type { Policy } from "../scenarios/plan.ts";

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

/**
 * Checks a redirect URI that a client wants to register.
 *
 * @param uri As sent.
 * @throws OAuthError `invalid_redirect_uri` for anything but an absolute URI without a fragment that is https, http on
 * this computer, or an app's own scheme.
 * @see {@link https://www.rfc-editor.org/rfc/rfc6749.html#section-3.1.2}
 * @see {@link https://www.rfc-editor.org/rfc/rfc8252.html#section-7}
 */
export function checkRedirectUri(uri: string): void {
  const refuse = (message: string, expected: string, reference: string): never => {
    throw new OAuthError("invalid_redirect_uri", message, {
      parameter: "redirect_uris",
      received: uri,
      expected,
      reference,
    });
  };
  // Printable ASCII alone: what a parser would strip or encode could not be matched character by character later.
  if (uri.length > MAX_LENGTH || !/^[\x21-\x7e]+$/.test(uri) || !URL.canParse(uri)) {
    refuse(
      "A redirect URI is not an absolute URI",
      `an absolute URI of at most ${MAX_LENGTH} ASCII characters`,
      "RFC 6749 3.1.2",
    );
  }
  if (uri.includes("#")) refuse("A redirect URI has a fragment", "a URI without #", "RFC 6749 3.1.2");
  const { protocol, hostname, username, password } = new URL(uri);
  if (FORBIDDEN_SCHEMES.has(protocol)) {
    refuse(
      "A redirect URI has a scheme that no client can listen on",
      "https, http on loopback, or an app's own scheme",
      "RFC 8252 7.1",
    );
  }
  if (username || password) {
    refuse("A redirect URI carries credentials", "a URI without user and password", "RFC 9110 4.2.4");
  }
  if (protocol === "http:" && !isLoopback(hostname)) {
    refuse(
      "A redirect URI is http on another computer",
      "https, or http on localhost, 127.0.0.1 or [::1]",
      "RFC 8252 7.3",
    );
  }
}

/**
 * Checks that a redirect URI is of the kind that the client says to be: on a computer of its user, or on the web.
 *
 * @param uri A redirect URI, found right in itself.
 * @param type What the client registers as.
 * @throws OAuthError `invalid_redirect_uri`.
 * @see {@link https://openid.net/specs/openid-connect-registration-1_0.html#ClientMetadata}
 */
export function checkApplicationType(uri: string, type: "web" | "native"): void {
  const { protocol, hostname } = new URL(uri);
  const isWeb = protocol === "https:" || protocol === "http:";
  const isFitting = type === "web" ? protocol === "https:" : !isWeb || (protocol === "http:" && isLoopback(hostname));
  if (isFitting) return;
  throw new OAuthError("invalid_redirect_uri", `A redirect URI does not fit application_type ${type}`, {
    parameter: "redirect_uris",
    received: uri,
    expected: type === "web" ? "https" : "http on loopback, or an app's own scheme",
    reference: "OpenID Connect Registration 2",
  });
}

/** Whether something could be registered as a redirect URI. */
function isRedirectUri(uri: string): boolean {
  try {
    checkRedirectUri(uri);
    return true;
  } catch (error) {
    if (error instanceof OAuthError) return false;
    throw error;
  }
}

/**
 * Checks a redirect URI against what else the server wants of those that are registered.
 *
 * @param uri A redirect URI, found right in itself.
 * @param policy What it takes.
 * @throws OAuthError `invalid_redirect_uri`.
 */
export function checkRedirectPolicy(uri: string, { privateUseSchemes, loopbackRedirects }: Policy): void {
  const isWeb = /^https?:\/\//i.test(uri);
  if ((isWeb || privateUseSchemes) && (!isLoopbackUri(uri) || isTakenOnLoopback(uri, loopbackRedirects))) return;
  throw new OAuthError("invalid_redirect_uri", "A redirect URI is of a kind that this server does not take", {
    parameter: "redirect_uris",
    received: uri,
    expected: [
      "https",
      ...(loopbackRedirects === "any" ? ["http on loopback"] : []),
      ...(loopbackRedirects === "by_address" ? ["http on 127.0.0.1 or [::1]"] : []),
      ...(privateUseSchemes ? ["an app's own scheme"] : []),
    ].join(", "),
    reference: "RFC 7591 2",
  });
}

function isTakenOnLoopback(uri: string, taken: Policy["loopbackRedirects"]): boolean {
  return taken === "any" || (taken === "by_address" && /^(?:[\d.]+|\[.*\])$/.test(new URL(uri).hostname));
}

/** Whether a redirect URI ends on this computer. */
export function isLoopbackUri(uri: string): boolean {
  return /^https?:\/\//i.test(uri) && isLoopback(new URL(uri).hostname);
}

/**
 * Whether a redirect URI is one of those registered: character by character, except that the port of an http loopback
 * URI is free, since an app takes the one the system gives it.
 *
 * @param requested As sent in the authorization request.
 * @param registered What the client registered.
 * @see {@link https://www.rfc-editor.org/rfc/rfc8252.html#section-7.3}
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert(matchesRedirectUri("http://127.0.0.1:51004/cb", ["http://127.0.0.1/cb"]));
 * assert(!matchesRedirectUri("https://app.example:8443/cb", ["https://app.example/cb"]));
 * ```
 */
export function matchesRedirectUri(requested: string, registered: readonly string[]): boolean {
  if (registered.includes(requested)) return true;
  const portless = withoutLoopbackPort(requested);
  return portless !== undefined && registered.some((uri) => withoutLoopbackPort(uri) === portless);
}

/** Works on the text, not on a parsed URL, so that all but the port is still compared character by character. */
function withoutLoopbackPort(uri: string): string | undefined {
  const match = /^(http:\/\/(?:localhost|127\.0\.0\.1|\[::1\]))(?::\d{1,5})?(\/.*|\?.*|)$/.exec(uri);
  return match ? `${match[1]}${match[2]}` : undefined;
}

/**
 * Finds the redirect URI of an authorization request.
 *
 * @param requested What was sent as `redirect_uri`, if anything.
 * @param registered What the client registered.
 * @param match How the one is held against the others.
 * @returns The URI to redirect to; where none was sent, the only registered one.
 * @throws OAuthError `invalid_request` if there is none or it is not registered; such an error must not be redirected.
 * @see {@link https://www.rfc-editor.org/rfc/rfc6749.html#section-3.1.2.3}
 */
export function resolveRedirectUri(
  requested: string | undefined,
  registered: readonly string[],
  match: Policy["redirectUriMatch"],
): string {
  const only = registered.length === 1 ? registered[0] : undefined;
  const accepted = registered.slice(0, 5).map((uri) => `'${excerpt(uri)}'`).join(" or ");
  if (requested === undefined) {
    if (only !== undefined) return only;
    throw new OAuthError("invalid_request", "redirect_uri is missing", {
      parameter: "redirect_uri",
      expected: accepted || "one that the client has registered",
      reference: "RFC 6749 3.1.2.3",
    });
  }
  if (match === "loopback_port" ? matchesRedirectUri(requested, registered) : registered.includes(requested)) {
    return requested;
  }
  if (match === "any" && isRedirectUri(requested)) return requested;
  throw new OAuthError("invalid_request", "redirect_uri is not registered for this client", {
    parameter: "redirect_uri",
    received: requested,
    expected: `exactly ${accepted || "one that the client has registered (it has none)"}${
      match === "exact" ? "" : "; only the port of a loopback URI is free"
    }`,
    reference: "RFC 6749 3.1.2.3",
  });
}
