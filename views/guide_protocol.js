// @ts-check
/// <reference lib="dom" />
/**
 * What an MCP client has to know of OAuth, in pure functions: the guide's pages call them, and tests call them without
 * a browser.
 *
 * @module
 */

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

/** The MCP revision the guide speaks. */
export const PROTOCOL_VERSION = "2025-06-18";

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
 * A URL with every query parameter on a line of its own.
 *
 * @param {string} href
 * @returns {string}
 */
export function foldUrl(href) {
  return href.replace("?", "\n  ?").replaceAll("&", "\n  &");
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
 * A form body.
 *
 * @param {Record<string, string>} fields
 * @returns {string}
 */
export function formBody(fields) {
  return new URLSearchParams(fields).toString();
}

/**
 * The two readable parts of a JWT; nothing if it is none.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc7519#section-3}
 * @param {string} token
 * @returns {{ header: Json, payload: Json } | undefined}
 */
export function decodeJwt(token) {
  const [header, payload, signature] = token.split(".").map(fromBase64Url);
  if (header === undefined || !payload || signature === undefined) return;
  return { header: parseJson(header), payload: parseJson(payload) };
}

/**
 * @param {string} part
 * @returns {string}
 */
function fromBase64Url(part) {
  try {
    const binary = atob(part.replaceAll("-", "+").replaceAll("_", "/"));
    return new TextDecoder().decode(
      Uint8Array.from(binary, (character) => character.charCodeAt(0)),
    );
  } catch {
    return "";
  }
}

/** What each claim of an access token says. */
const claimMeanings = new Map([
  ["iss", "issuer: the server that made the token"],
  ["sub", "subject: the user it stands for"],
  ["aud", "audience: the one resource that may accept it"],
  ["client_id", "the client it was given to"],
  ["scope", "what it allows"],
  ["iat", "issued at"],
  ["nbf", "not valid before"],
  ["exp", "expires at"],
  ["jti", "the token’s own id, by which it can be revoked"],
  ["email", "the user’s e-mail address"],
  ["name", "the user’s name"],
  ["sid", "the login it comes from"],
]);

/**
 * A token's claims, one row each: name, value, meaning.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9068#section-2.2}
 * @param {Json} payload
 * @returns {[string, string, string][]}
 */
export function claimRows(payload) {
  /** @type {[string, string, string][]} */
  const rows = Object.entries(payload).map(([name, value]) => [
    name,
    showClaim(name, value),
    claimMeanings.get(name) ?? "",
  ]);
  if (!("exp" in payload)) {
    rows.push(["exp", "(absent)", "without it the token never expires"]);
  }
  return rows;
}

/**
 * @param {string} name
 * @param {unknown} value
 * @returns {string}
 */
function showClaim(name, value) {
  const isTime = ["iat", "nbf", "exp"].includes(name);
  if (isTime && typeof value === "number") {
    return `${value} (${new Date(value * 1000).toISOString()})`;
  }
  if (value === "") return "(empty)";
  return typeof value === "string" ? value : JSON.stringify(value);
}

/**
 * An MCP message.
 *
 * @param {string} method
 * @param {Json} [params]
 * @param {number} [id] Without one it is a notification.
 * @returns {string}
 */
export function rpcMessage(method, params, id) {
  return JSON.stringify({ jsonrpc: "2.0", id, method, params });
}

/**
 * The JSON-RPC response in a body that is JSON or an event stream.
 *
 * @see {@link https://modelcontextprotocol.io/specification/2025-06-18/basic/transports#sending-messages-to-the-server}
 * @param {HttpResponse} response
 * @param {number} id
 * @returns {Json}
 */
export function rpcResponse(response, id) {
  const type = response.headers["content-type"] ?? "";
  if (!type.startsWith("text/event-stream")) return parseJson(response.body);
  const messages = response.body.split(/\r?\n\r?\n/).map((event) =>
    parseJson(
      event.split(/\r?\n/)
        .filter((line) => line.startsWith("data:"))
        .map((line) => line.slice(5).trimStart())
        .join("\n"),
    )
  );
  return messages.find((message) => message.id === id) ?? {};
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
    return typeof value === "object" && value !== null ? value : {};
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
 * The `curl` command that makes the same request.
 *
 * @param {HttpRequest} request
 * @returns {string}
 */
export function toCurl({ method, url, headers, body }) {
  const lines = [`curl -i ${quote(url)}`];
  const isImplied = method === (body === undefined ? "GET" : "POST");
  if (!isImplied) lines.push(`-X ${method}`);
  for (const [name, value] of Object.entries(headers)) {
    lines.push(`-H ${quote(`${name}: ${value}`)}`);
  }
  if (body !== undefined) lines.push(`-d ${quote(body)}`);
  return lines.join(" \\\n  ");
}

/**
 * @param {string} text
 * @returns {string}
 */
function quote(text) {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
