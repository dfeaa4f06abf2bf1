// How an authorization response travels: in the query, in the fragment, or in a form that the browser posts (OAuth 2.0
// Multiple Response Type Encoding Practices 2, OAuth 2.0 Form Post Response Mode).

/** The supported modes, as metadata advertises them. */
export const responseModes = ["query", "fragment", "form_post"] as const;
/** One of {@link responseModes}. */
export type ResponseMode = typeof responseModes[number];

/** What is returned to a client; undefined members are left out. */
type ResponseParams = Readonly<Record<string, string | undefined>>;

/** Finds a mode by its name. */
export function findResponseMode(text: string | undefined): ResponseMode | undefined {
  return text === undefined ? "query" : responseModes.find((mode) => mode === text);
}

/**
 * The URL an authorization response goes to.
 *
 * @param redirectUri Where it goes; its own query is kept (RFC 6749 3.1.2).
 * @param response The parameters, of which undefined ones are left out.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const uri = "https://client.example/cb?tenant=1";
 * assert.equal(buildRedirect(uri, { code: "a b" }, "query"), `${uri}&code=a%20b`);
 * assert.equal(buildRedirect(uri, { code: "a b" }, "fragment"), `${uri}#code=a%20b`);
 * ```
 */
export function buildRedirect(redirectUri: string, response: ResponseParams, mode: "query" | "fragment"): string {
  let url = redirectUri;
  let separator = mode === "fragment" ? "#" : redirectUri.includes("?") ? "&" : "?";
  for (const [name, value] of Object.entries(response)) {
    if (value === undefined) continue;
    url += `${separator}${name}=${encodeURIComponent(value)}`;
    separator = "&";
  }
  return url;
}
