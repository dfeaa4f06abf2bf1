// @ts-check
// The JSON-RPC messages of an exchange, and the blocks of its event stream, as the inspector shows them.

/**
 * @typedef {import("../../lib/recorder/exchange.ts").Exchange} Exchange
 */

/**
 * A JSON-RPC message, as far as it can be read; whatever it is, its members may be anything.
 *
 * @typedef {Readonly<Record<string, unknown>>} Rpc
 */

/**
 * One block of an event stream.
 *
 * @typedef {object} Block
 * @property {string} fields What it says beside its data, such as `id e-3, retry 500 ms`.
 * @property {string | undefined} id
 * @property {Rpc[]} messages
 * @property {string} text Its data, or its comment, where that is no message.
 * @property {number | undefined} atMs When it was complete, in milliseconds since 1970 of real time.
 */

/** Whether a response is an event stream. @param {Exchange} exchange */
export function isStream({ response }) {
  return new Map(response.headers).get("content-type")?.startsWith("text/event-stream") ?? false;
}

/** @type {WeakMap<Exchange, { sent: Rpc[], blocks: Block[] }>} */
const read = new WeakMap();

/** What an exchange says, read once. @param {Exchange} exchange */
function readOnce(exchange) {
  const known = read.get(exchange) ?? { sent: messagesIn(exchange.request.body), blocks: readBlocks(exchange) };
  read.set(exchange, known);
  return known;
}

/**
 * The JSON-RPC messages of a request, in order.
 *
 * @param {Exchange} exchange
 * @returns {Rpc[]}
 */
export function sentOf(exchange) {
  return readOnce(exchange).sent;
}

/**
 * The blocks of the event stream that a response is (HTML, 9.2.6); of any other response, its messages as one block.
 *
 * @param {Exchange} exchange
 * @returns {Block[]}
 */
export function blocksOf(exchange) {
  return readOnce(exchange).blocks;
}

/** @param {Exchange} exchange @returns {Block[]} */
function readBlocks(exchange) {
  const { response: { body = "" }, stream } = exchange;
  if (!isStream(exchange)) {
    const messages = messagesIn(body);
    return messages.length === 0 ? [] : [{ fields: "", id: undefined, messages, text: "", atMs: undefined }];
  }
  const whole = body.replaceAll(/\r\n?/g, "\n").split(/\n\n+/).slice(0, -1).filter((block) => block.trim() !== "");
  return whole.map((block, index) => blockOf(block, stream?.eventsAtMs[index]));
}

/**
 * @param {string} block
 * @param {number | undefined} atMs
 * @returns {Block}
 */
function blockOf(block, atMs) {
  /** @type {Map<string, string>} */
  const fields = new Map();
  for (const line of block.split("\n")) {
    const [, name = "", value = ""] = /^([^:]*)(?:: ?(.*))?$/.exec(line) ?? [];
    const before = fields.get(name);
    fields.set(name, before === undefined || name === "id" ? value : `${before}\n${value}`);
  }
  const data = fields.get("data") ?? "";
  const messages = messagesIn(data);
  const [id, type, retry] = ["id", "event", "retry"].map((name) => fields.get(name));
  const told = [
    id === undefined ? "" : `id ${id}`,
    type === undefined || type === "message" ? "" : type,
    retry === undefined ? "" : `retry ${retry} ms`,
  ];
  const comment = fields.get("");
  const text = messages.length > 0 ? "" : data || (comment === undefined ? "no message" : `comment: ${comment}`);
  return { fields: told.filter(Boolean).join(", "), id, messages, text, atMs };
}

/**
 * @param {string | undefined} text
 * @returns {Rpc[]}
 */
function messagesIn(text) {
  if (!/^\s*[[{]/.test(text ?? "")) return [];
  try {
    // What stands in the place of a message counts as one, whatever it is.
    return [JSON.parse(text ?? "")].flat().map((value) => typeof value === "object" && value ? value : {});
  } catch {
    return [];
  }
}

/**
 * What a message is, in a few words: a method and what it names, or an answer.
 *
 * @param {Rpc} message
 * @returns {string}
 */
export function messageText(message) {
  const { method, params, error } = message;
  if (typeof method === "string") {
    return [method, memberOf(params, "name") ?? memberOf(params, "uri")].filter(Boolean).join(" ");
  }
  return error === undefined ? `result ${idText(message)}` : `error ${idText(message)}: ${errorText(error)}`;
}

/** @param {unknown} error */
function errorText(error) {
  return memberOf(error, "message") ?? "";
}

/**
 * A member that is text.
 *
 * @param {unknown} value
 * @param {string} name
 */
function memberOf(value, name) {
  const member = Object.entries(value ?? {}).find(([key]) => key === name)?.[1];
  return typeof member === "string" ? member : undefined;
}

/** @param {Rpc} message */
export function idText({ id }) {
  return JSON.stringify(id) ?? "without an id";
}

/** Whether a message is one that wants an answer. @param {Rpc} message */
export function isRequest({ method, id }) {
  return typeof method === "string" && id !== undefined;
}

/** Whether a message answers another. @param {Rpc} message */
export function isAnswer(message) {
  return message.method === undefined && ("result" in message || "error" in message);
}
