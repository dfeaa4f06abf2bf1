// @ts-check
/// <reference lib="dom" />
// Step 5: what a client says to the MCP server once it has a token.
import { isObject, parseJson, stringIn } from "./protocol.js";

/**
 * @typedef {import("./flow.js").Run} Run
 * @typedef {import("./protocol.js").HttpResponse} HttpResponse
 * @typedef {import("./protocol.js").Json} Json
 */

/** The MCP revision the guide speaks. */
const PROTOCOL_VERSION = "2025-06-18";

/** The headers of every message. */
export const jsonHeaders = {
  "content-type": "application/json",
  "accept": "application/json, text/event-stream",
};

/**
 * An MCP session of the 2025 revisions: initialize, say that it is ready, list the tools, call one.
 *
 * @param {Run} run
 */
export async function callTools({ values, outcome, send, check }) {
  const url = values.resource ?? "";
  const opened = await send("open a session", {
    method: "POST",
    url,
    headers: withToken(values),
    body: initializeMessage(),
  });
  check(opened.status === 200, `the server accepts the token: ${opened.status}`);
  if (opened.status !== 200) return;
  const headers = sessionHeaders(values, opened);
  /** @type {(title: string, body: string) => Promise<HttpResponse>} */
  const post = (title, body) => send(title, { method: "POST", url, headers, body });
  await post("say that we are ready", rpcMessage("notifications/initialized"));
  const listed = await post("list the tools", rpcMessage("tools/list", {}, 2));
  outcome.tools = toolsIn(rpcResponse(listed, 2));
  const names = outcome.tools.map(([name]) => name).join(", ");
  check(outcome.tools.length > 0, `there are ${outcome.tools.length} tools: ${names}`);
  const called = await post(
    "call userInfo",
    rpcMessage("tools/call", { name: "userInfo", arguments: {} }, 3),
  );
  const { result } = rpcResponse(called, 3);
  const isFine = isObject(result) && !result.isError;
  const user = isFine ? parseJson(textIn(result)) : {};
  check(isFine, `userInfo says who we are: ${stringIn(user, "email")}`);
}

/**
 * The text of a tool's result.
 *
 * @param {Json} result
 * @returns {string}
 */
function textIn({ content }) {
  const [first] = Array.isArray(content) ? content : [];
  return isObject(first) ? stringIn(first, "text") : "";
}

/**
 * @param {Record<string, string>} values
 * @param {HttpResponse} opened
 * @returns {Record<string, string>}
 */
function sessionHeaders(values, opened) {
  const sessionId = opened.headers["mcp-session-id"];
  const { result } = rpcResponse(opened, 1);
  const version = isObject(result) ? stringIn(result, "protocolVersion") : "";
  return {
    ...withToken(values),
    "mcp-protocol-version": version || PROTOCOL_VERSION,
    ...(sessionId === undefined ? {} : { "mcp-session-id": sessionId }),
  };
}

/**
 * @param {Json} response
 * @returns {[string, string][]}
 */
function toolsIn({ result }) {
  if (!isObject(result) || !Array.isArray(result.tools)) return [];
  return result.tools.filter(isObject).map((tool) => [
    stringIn(tool, "name"),
    stringIn(tool, "description"),
  ]);
}

/** The first message of a session. */
export function initializeMessage() {
  return rpcMessage("initialize", {
    protocolVersion: PROTOCOL_VERSION,
    capabilities: {},
    clientInfo: { name: "interactive guide", version: "1.0.0" },
  }, 1);
}

/**
 * The headers of every request that carries the token.
 *
 * @param {Record<string, string>} values
 * @returns {Record<string, string>}
 */
export function withToken(values) {
  return { authorization: `Bearer ${values.accessToken}`, ...jsonHeaders };
}

/**
 * An MCP message.
 *
 * @param {string} method
 * @param {Json} [params]
 * @param {number} [id] Without one it is a notification.
 * @returns {string}
 */
function rpcMessage(method, params, id) {
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
