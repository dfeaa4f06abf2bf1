// @ts-check
// What an MCP client has to know of OAuth, in pure functions: the guide's pages call them, and tests call them without
// a browser.

/**
 * A request as the guide shows and sends it.
 *
 * @typedef {object} HttpRequest
 * @property {string} method
 * @property {string} url
 * @property {Record<string, string>} headers
 * @property {string} [body]
 */

/**
 * A response as the guide shows it.
 *
 * @typedef {object} HttpResponse
 * @property {number} status
 * @property {Record<string, string>} headers
 * @property {string} body
 */

/**
 * A value that came over the network: an object whose members are not known.
 *
 * @typedef {Record<string, unknown>} Json
 */

/**
 * Random bytes for `state` and the PKCE verifier: 32 of them give the 43 characters that RFC 7636 asks for at least.
 *
 * @param {number} byteCount
 * @returns {string}
 */
export function randomText(byteCount) {
  return toBase64Url(crypto.getRandomValues(new Uint8Array(byteCount)));
}

/**
 * The S256 challenge of a PKCE verifier.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc7636#section-4.2}
 * @param {string} verifier
 * @returns {Promise<string>}
 */
export async function challengeOf(verifier) {
  const bytes = new TextEncoder().encode(verifier);
  return toBase64Url(
    new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)),
  );
}

/**
 * @param {Uint8Array} bytes
 * @returns {string}
 */
function toBase64Url(bytes) {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/**
 * Where an authorization server's metadata is: the well-known path goes between origin and path.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc8414#section-3.1}
 * @param {string} issuer
 * @returns {string}
 */
export function metadataUrl(issuer) {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/, "");
  return `${origin}/.well-known/oauth-authorization-server${path}`;
}

/**
 * The metadata address in a 401's `WWW-Authenticate` header.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9728#section-5.1}
 * @param {string | undefined} challenge
 * @returns {string | undefined}
 */
export function resourceMetadataUrl(challenge) {
  return /\bresource_metadata="([^"]+)"/.exec(challenge ?? "")?.[1];
}

/**
 * An authorization request; empty fields are left out.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc6749#section-4.1.1}
 * @param {string} endpoint
 * @param {Record<string, string>} fields
 * @returns {string}
 */
export function authorizationUrl(endpoint, fields) {
  const url = new URL(endpoint);
  for (const [name, value] of Object.entries(fields)) {
    if (value !== "") url.searchParams.set(name, value);
  }
  return url.href;
}

/**
 * What the client checks when the browser comes back.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9207#section-2.4}
 * @param {URLSearchParams} query
 * @param {{ state: string, issuer: string }} expected
 * @returns {{ ok: boolean, text: string }[]}
 */
export function checkReturn(query, expected) {
  const error = query.get("error");
  const state = query.get("state");
  const iss = query.get("iss");
  const outcome = error === null ? { ok: query.has("code"), text: "an authorization code came back" } : {
    ok: false,
    text: `the server says ${error}: ${query.get("error_description") ?? ""}`,
  };
  return [
    {
      ok: (state ?? "") === expected.state,
      text: `state is the one this page sent: ${state ?? "(none)"}`,
    },
    {
      ok: iss === expected.issuer,
      text: `iss is the server asked: ${iss ?? "(none)"}`,
    },
    outcome,
  ];
}

/**
 * A form body; empty fields are left out.
 *
 * @param {Record<string, string>} fields
 * @returns {string}
 */
export function formBody(fields) {
  return new URLSearchParams(Object.entries(fields).filter(([, value]) => value !== "")).toString();
}

/**
 * A form as a request.
 *
 * @param {string} url
 * @param {string} body
 * @returns {HttpRequest}
 */
export function formPost(url, body) {
  return { method: "POST", url, headers: { "content-type": "application/x-www-form-urlencoded" }, body };
}

/**
 * Parses an object; anything else becomes an empty one.
 *
 * @param {string} text
 * @returns {Json}
 */
export function parseJson(text) {
  try {
    const value = JSON.parse(text);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

/**
 * A member of an object, if it is a string.
 *
 * @param {Json} object
 * @param {string} name
 * @returns {string}
 */
export function stringIn(object, name) {
  const value = object[name];
  return typeof value === "string" ? value : "";
}

/**
 * A member of an object, if it is a list: its members that are strings.
 *
 * @param {Json} object
 * @param {string} name
 * @returns {string[]}
 */
export function stringsIn(object, name) {
  const value = object[name];
  return Array.isArray(value) ? value.filter((member) => typeof member === "string") : [];
}

/**
 * Whether a value has members.
 *
 * @param {unknown} value
 * @returns {value is Json}
 */
export function isObject(value) {
  return typeof value === "object" && value !== null;
}
