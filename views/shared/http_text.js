// @ts-check
// Requests and responses as text: to read, and to paste into a shell.

/**
 * @typedef {import("../guide/protocol.js").HttpRequest} HttpRequest
 * @typedef {import("../guide/protocol.js").HttpResponse} HttpResponse
 */

/** Response headers that teach something. */
const shownHeaders = [
  "location",
  "content-type",
  "cache-control",
  "www-authenticate",
  "mcp-session-id",
];

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
 * A request as it goes over the wire, but folded for reading.
 *
 * @param {HttpRequest} request
 * @returns {string}
 */
export function requestText({ method, url, headers, body }) {
  const type = headers["content-type"] ?? "";
  const lines = [
    `${method} ${foldUrl(url)}`,
    ...headerLines(headers, Object.keys(headers)),
  ];
  if (body !== undefined) lines.push("", prettyBody(type, body));
  return lines.join("\n");
}

/**
 * A response, with the headers that teach something.
 *
 * @param {HttpResponse} response
 * @returns {string}
 */
export function responseText({ headers, body }) {
  const lines = headerLines(headers, shownHeaders);
  if (body !== "") {
    lines.push("", prettyBody(headers["content-type"] ?? "", body));
  }
  return lines.join("\n");
}

/**
 * @param {Record<string, string>} headers
 * @param {string[]} names
 * @returns {string[]}
 */
function headerLines(headers, names) {
  return names.filter((name) => name in headers).map((name) => {
    const value = headers[name] ?? "";
    return `${name}: ${name === "location" ? foldUrl(value) : value}`;
  });
}

/**
 * A body, laid out for reading.
 *
 * @param {string} type Its media type.
 * @param {string} body
 * @returns {string}
 */
export function prettyBody(type, body) {
  if (type.startsWith("application/x-www-form-urlencoded")) {
    return body.replaceAll("&", "\n&");
  }
  if (type.startsWith("text/event-stream")) {
    return body.trim().replaceAll(
      /^data: ?(.*)$/gm,
      (_line, data) => `data: ${prettyJson(data)}`,
    );
  }
  return prettyJson(body);
}

/**
 * @param {string} text
 * @returns {string}
 */
function prettyJson(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
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
    lines.push("-H " + quote(`${name}: ${value}`));
  }
  if (body !== undefined) lines.push(`-d ${quote(body)}`);
  return lines.join(" \\\n  ");
}

/**
 * @param {string} text
 * @returns {string}
 */
function quote(text) {
  return "'" + text.replaceAll("'", "'\\''") + "'";
}
