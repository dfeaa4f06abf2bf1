// @ts-check
/**
 * Exchanges as text: to read, and to paste into a shell.
 *
 * @module
 */
import { foldUrl, prettyBody, toCurl } from "./guide_text.js";

/**
 * @typedef {import("./inspect_model.js").Exchange} Exchange
 * @typedef {import("../lib/recorder/exchange.ts").Message} Message
 */

/** What curl sets by itself. */
const automatic = ["accept-encoding", "connection", "content-length", "host", "transfer-encoding"];

/**
 * A request as it came.
 *
 * @param {Exchange} exchange
 * @returns {string}
 */
export function sentText({ method, url, request }) {
  return `${method} ${foldUrl(url)}\n${messageText(request)}`;
}

/**
 * A response as it left.
 *
 * @param {Exchange} exchange
 * @returns {string}
 */
export function answerText({ status, response }) {
  return `${status}\n${messageText(response)}`;
}

/**
 * @param {Message} message
 * @returns {string}
 */
function messageText({ headers, body, truncated }) {
  const lines = headers.map(([name, value]) => `${name}: ${name === "location" ? foldUrl(value) : value}`);
  if (body !== undefined) lines.push("", prettyBody(new Map(headers).get("content-type") ?? "", body));
  if (truncated) lines.push("", "(not all of it is kept)");
  return lines.join("\n");
}

/**
 * The command that sends the same request; what is redacted has to be filled in.
 *
 * @param {Exchange} exchange
 * @returns {string}
 */
export function curlOf({ method, url, request }) {
  const headers = Object.fromEntries(request.headers.filter(([name]) => !automatic.includes(name)));
  return toCurl({ method, url, headers, ...(request.body === undefined ? {} : { body: request.body }) });
}
