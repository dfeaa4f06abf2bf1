// @ts-check
/// <reference lib="dom" />
// Reads an access token as a curious person may, and a client must not: to the client it is opaque (RFC 9068 6).
import { parseJson } from "./protocol.js";

/** @typedef {import("./protocol.js").Json} Json */

/**
 * The two readable parts of a JWT; undefined if it is not one.
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
  ["iss", "issuer: the server that issued the token"],
  ["sub", "subject: the user it stands for"],
  ["aud", "audience: the one resource that may accept it"],
  ["client_id", "the client it was issued to"],
  ["scope", "what it allows"],
  ["iat", "issued at"],
  ["nbf", "not valid before"],
  ["exp", "expires at"],
  ["jti", "the token’s own id"],
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
