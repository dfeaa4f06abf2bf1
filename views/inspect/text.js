// @ts-check
// Exchanges as text: to read, and to paste into a shell.
import { foldUrl, prettyBody, toCurl } from "../shared/http_text.js";

/**
 * @typedef {import("./model.js").Exchange} Exchange
 * @typedef {import("../../lib/recorder/exchange.ts").Message} Message
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
 * A time of day, on the reader's clock.
 *
 * @param {number} ms Since 1970.
 * @returns {string}
 */
export function timeText(ms) {
  const time = new Date(ms);
  return [time.getHours(), time.getMinutes(), time.getSeconds()].map((part) => String(part).padStart(2, "0")).join(":");
}

/**
 * A duration with two significant digits.
 *
 * @param {number} ms
 * @returns {string}
 */
export function durationText(ms) {
  if (ms >= 9_950) return `${Math.round(ms / 1000)} s`;
  if (ms >= 999.5) return `${(ms / 1000).toFixed(1)} s`;
  return ms >= 9.95 ? `${Math.round(ms)} ms` : `${ms.toFixed(1)} ms`;
}

/**
 * How long after something else a thing was.
 *
 * @param {number} ms
 * @returns {string}
 */
export function momentText(ms) {
  return `+${durationText(Math.max(0, ms))}`;
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
