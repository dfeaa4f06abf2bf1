// Redirect URIs: which may be registered, and which match a registered one.
import { excerpt, OAuthError } from "../../http/errors.ts";
import { isLoopback } from "../../http/origin.ts";
import type { Policy } from "../../scenarios/plan.ts";
import { findRedirectUriProblem, MAX_PORT, type RedirectUriProblem } from "../../http/redirect_uri_syntax.ts";

/**
 * Checks a redirect URI that a client registers.
 *
 * @throws OAuthError `invalid_redirect_uri` for anything but an absolute URI without a fragment that is https, http on
 * this computer, or an app's own scheme, and that every parser reads alike.
 * @see {@link https://www.rfc-editor.org/rfc/rfc6749.html#section-3.1.2}
 * @see {@link https://www.rfc-editor.org/rfc/rfc8252.html#section-7}
 */
export function checkRedirectUri(uri: string, parameter = "redirect_uris"): void {
  const problem = findRedirectUriProblem(uri) ?? findForeignHttp(uri);
  if (!problem) return;
  const { what, ...detail } = problem;
  throw new OAuthError("invalid_redirect_uri", `A redirect URI ${what}`, {
    parameter,
    received: uri,
    ...detail,
  });
}

function findForeignHttp(uri: string): RedirectUriProblem | undefined {
  const { protocol, hostname } = new URL(uri);
  if (protocol !== "http:" || isLoopback(hostname)) return undefined;
  return {
    what: "is http on another computer",
    expected: "https, or http on localhost, 127.0.0.1 or [::1]",
    reference: "RFC 8252 7.3",
  };
}

/**
 * Checks that a redirect URI is of the kind that the client says to be: on a computer of its user, or on the web.
 *
 * @param uri A redirect URI, found right in itself.
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

/**
 * Checks a redirect URI against what else the policy requires.
 *
 * @param uri A redirect URI, found right in itself.
 * @throws OAuthError `invalid_redirect_uri`.
 */
export function checkRedirectPolicy(uri: string, { privateUseSchemes, loopbackRedirects }: Policy): void {
  const isWeb = /^https?:\/\//i.test(uri);
  if ((isWeb || privateUseSchemes) && (!isLoopbackUri(uri) || isTakenOnLoopback(uri, loopbackRedirects))) return;
  throw new OAuthError("invalid_redirect_uri", "A redirect URI is of a kind that this server does not accept", {
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
  return /^https?:\/\//i.test(uri) && isLoopback(URL.parse(uri)?.hostname ?? "");
}

/**
 * Whether a redirect URI is one of those registered: character by character, except that the port of an http loopback
 * URI is free, since an app takes the one the system gives it.
 *
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
  const match = /^(http:\/\/(?:localhost|127\.0\.0\.1|\[::1\]))(?::(\d{1,5}))?(\/.*|\?.*|)$/.exec(uri);
  return match && Number(match[2] ?? 0) <= MAX_PORT ? `${match[1]}${match[3]}` : undefined;
}

/**
 * Finds the redirect URI of an authorization request.
 *
 * @returns The URI to redirect to; where none was sent, the only registered one.
 * @throws OAuthError `invalid_request` if there is none or it is not registered; such an error must not be redirected.
 * @see {@link https://www.rfc-editor.org/rfc/rfc6749.html#section-3.1.2.3}
 */
export function resolveRedirectUri(
  requested: string | undefined,
  registered: readonly string[],
  match: Policy["redirectUriMatch"],
): string {
  const uri = requested ?? onlyOne(registered);
  const problem = findRedirectUriProblem(uri);
  const isRegistered = match === "loopback_port" ? matchesRedirectUri(uri, registered) : registered.includes(uri);
  if (!problem && (isRegistered || (match === "any" && !findForeignHttp(uri)))) return uri;
  const port = match === "exact" ? "" : "; only the port of a loopback URI is free";
  const expected = `exactly ${acceptedOf(registered) || "one that the client has registered (it has none)"}${port}`;
  // What was registered before its like was refused is not good now.
  const { what, ...why } = problem ?? { what: undefined, expected, reference: "RFC 6749 3.1.2.3" };
  const message = isRegistered ? `redirect_uri ${what}` : "redirect_uri is not registered for this client";
  throw new OAuthError("invalid_request", isRegistered || !what ? message : `${message}: it ${what}`, {
    parameter: "redirect_uri",
    received: uri,
    ...why,
  });
}

function onlyOne(registered: readonly string[]): string {
  const [only, ...more] = registered;
  if (only !== undefined && more.length === 0) return only;
  throw new OAuthError("invalid_request", "redirect_uri is missing", {
    parameter: "redirect_uri",
    expected: acceptedOf(registered) || "one that the client has registered",
    reference: "RFC 6749 3.1.2.3",
  });
}

function acceptedOf(registered: readonly string[]): string {
  return registered.slice(0, 5).map((uri) => `'${excerpt(uri)}'`).join(" or ");
}
