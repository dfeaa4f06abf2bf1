/**
 * What the test client does wrong in a single request to the MCP server: each slip is a change of what is sent. Where the
 * server refuses what was changed, the right request follows, and all goes on.
 */
import { Buffer } from "node:buffer";
import type { Spoken } from "./options.ts";
import { objectIn } from "./mcp/inbox.ts";
import type { Document } from "./readings.ts";

/** A request to the MCP endpoint as it is about to be sent. */
export interface Outgoing {
  /** The method of HTTP. */
  readonly verb: "POST" | "GET" | "DELETE";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The JSON-RPC message; a list of them for a batch. */
  readonly message?: Document | readonly Document[];
  readonly signal?: AbortSignal;
}

/** What a change may ask about the request. */
export interface Sending {
  /** The method of the JSON-RPC message; empty for an answer, or where there is no message. */
  readonly method: string;
  readonly revision: Spoken;
  /** How many requests to the MCP endpoint came before. */
  readonly before: number;
}

/** Changes a request; gives back the same one, if it is not about that, and nothing, if that is not to be sent at all. */
export type Change = (outgoing: Outgoing, sending: Sending) => Outgoing | undefined;

/** A change of the headers of a request with this method. */
function headersOf(wanted: string, edit: (headers: Outgoing["headers"]) => Outgoing["headers"]): Change {
  return (outgoing, { method }) => method === wanted ? { ...outgoing, headers: edit(outgoing.headers) } : outgoing;
}

/** The same headers without one of them. */
function without(headers: Outgoing["headers"], name: string): Outgoing["headers"] {
  return Object.fromEntries(Object.entries(headers).filter(([header]) => header !== name));
}

/** The same headers, the values of those that repeat what is called changed. */
function mapped(headers: Outgoing["headers"], change: (value: string) => string): Outgoing["headers"] {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, /^mcp-(name|param-)/.test(name) ? change(value) : value]),
  );
}

/** A change of the message of a request with this method. */
function messageOf(wanted: string, edit: (message: Document) => Document | readonly Document[]): Change {
  return (outgoing, { method }) => {
    const { message } = outgoing;
    return method === wanted && message && !isList(message) ? { ...outgoing, message: edit(message) } : outgoing;
  };
}

/** The same message with more parameters. */
function withParams(message: Document, more: Document): Document {
  return { ...message, params: { ...objectIn(message, "params"), ...more } };
}

function isList(message: Document | readonly Document[]): message is readonly Document[] {
  return Array.isArray(message);
}

/** The same message without one of its members. */
function lacking(object: Document, name: string): Document {
  return Object.fromEntries(Object.entries(object).filter(([member]) => member !== name));
}

/** A change of the `_meta` of a request with this method. */
function metaOf(wanted: string, edit: (meta: Document) => Document): Change {
  return messageOf(wanted, (message) => {
    const params = objectIn(message, "params");
    return { ...message, params: { ...params, _meta: edit(objectIn(params, "_meta") ?? {}) } };
  });
}

/** Whether a request goes on from a result that asked for input. */
function isGoingOn(message: Document): boolean {
  const params = objectIn(message, "params") ?? {};
  return "inputResponses" in params || "requestState" in params;
}

/** A change of the parameters of a call that goes on from such a result. */
function goingOn(edit: (params: Document) => Document): Change {
  return messageOf(
    "tools/call",
    (message) => isGoingOn(message) ? { ...message, params: edit(objectIn(message, "params") ?? {}) } : message,
  );
}

function renamed(answers: unknown): Document {
  return Object.fromEntries(
    Object.entries(objectIn({ answers }, "answers") ?? {}).map(([name, value]) => [`${name}-2`, value]),
  );
}

const PREFIX = "io.modelcontextprotocol";

/** A change of what is sent in a session. */
function inSession(edit: (outgoing: Outgoing, id: string, method: string) => Outgoing): Change {
  return (outgoing, { method }) => {
    const id = outgoing.headers["mcp-session-id"];
    return id === undefined ? outgoing : edit(outgoing, id, method);
  };
}

/** The changes, by the name of the slip. */
export const messageSlips = {
  "does not say JSON-RPC": messageOf("tools/list", (message) => lacking(message, "jsonrpc")),
  "says JSON-RPC 1.0": messageOf("tools/list", (message) => ({ ...message, jsonrpc: "1.0" })),
  "has the id null": messageOf("tools/list", (message) => ({ ...message, id: null })),
  "has a fraction for an id": messageOf("tools/list", (message) => ({ ...message, id: Number(message.id) + 0.5 })),
  "uses an id again": messageOf("tools/call", (message) => ({ ...message, id: Number(message.id) - 1 })),
  "uses one id at a time": messageOf("tools/call", (message) => {
    const isFirst = objectIn(objectIn(message, "params"), "_meta")?.progressToken === "p1";
    return isFirst ? { ...message, id: Number(message.id) + 1 } : message;
  }),
  "gives notifications an id": messageOf("notifications/initialized", (message) => ({ ...message, id: "n" })),
  "sends a batch": messageOf("tools/list", (message) => [message]),
  "begins with a batch": messageOf("initialize", (message) => [message]),
  "looks for another transport": (outgoing) =>
    outgoing.verb === "GET" ? { ...outgoing, headers: without(outgoing.headers, "mcp-protocol-version") } : outgoing,
  "takes a reserved key": metaOf("tools/list", (meta) => ({ ...meta, "com.mcp.tools/a": 1 })),
  "makes up a bad key": metaOf("tools/list", (meta) => ({ ...meta, "-private": 1 })),
  "makes up a traceparent": metaOf("tools/call", (meta) => ({ ...meta, traceparent: "4bf92f35-77b3" })),
  "lists before it begins": messageOf(
    "initialize",
    (message) => ({ ...message, method: "tools/list", params: {} }),
  ),
  "does not say its version": messageOf("initialize", (message) => ({
    ...message,
    params: { ...objectIn(message, "params"), clientInfo: { name: "double" } },
  })),
  "posts below the endpoint": (outgoing, { method }) =>
    method === "tools/list" ? { ...outgoing, url: `${outgoing.url}/messages` } : outgoing,
  "takes JSON alone": headersOf("tools/list", (headers) => ({ ...headers, accept: "application/json" })),
  "takes anything": headersOf("tools/list", (headers) => ({ ...headers, accept: "*/*" })),
  "takes JSON from a stream": (outgoing) =>
    outgoing.verb === "GET" ? { ...outgoing, headers: { ...outgoing.headers, accept: "application/json" } } : outgoing,
  "leaves out its capabilities": metaOf("tools/list", (meta) => lacking(meta, `${PREFIX}/clientCapabilities`)),
  "leaves out its revision": metaOf("tools/list", (meta) => lacking(meta, `${PREFIX}/protocolVersion`)),
  "does not say who it is": metaOf("tools/list", (meta) => lacking(meta, `${PREFIX}/clientInfo`)),
  "names no method": headersOf("tools/list", (headers) => without(headers, "mcp-method")),
  "names methods in capitals": headersOf("tools/list", (headers) => ({ ...headers, "mcp-method": "Tools/List" })),
  "names no tool": headersOf("tools/call", (headers) => without(headers, "mcp-name")),
  "names another tool": headersOf("tools/call", (headers) => ({ ...headers, "mcp-name": "mock_add" })),
  "sends a response": messageOf("tools/list", ({ jsonrpc, id }) => ({ jsonrpc, id, result: {} })),
  "keeps a session": headersOf("tools/list", (headers) => ({ ...headers, "mcp-session-id": "a-session-of-before" })),
  pings: (outgoing, sending) =>
    headersOf("tools/list", (headers) => ({ ...headers, "mcp-method": "ping" }))(
      messageOf("tools/list", (message) => ({ ...message, method: "ping" }))(outgoing, sending) ?? outgoing,
      sending,
    ),
  "makes up a progress token": metaOf("tools/call", (meta) => ({ ...meta, progressToken: 1.5 })),
  "shares a progress token": metaOf("tools/call", (meta) => ({ ...meta, progressToken: "shared" })),
  "cancels what it never sent": messageOf("notifications/cancelled", (message) => ({
    ...message,
    params: { requestId: 4711 },
  })),
  "makes up a log level": (outgoing, sending) =>
    messageOf("logging/setLevel", (message) => ({ ...message, params: { level: "loud" } }))(
      metaOf("tools/call", (meta) => `${PREFIX}/logLevel` in meta ? { ...meta, [`${PREFIX}/logLevel`]: "loud" } : meta)(
        outgoing,
        sending,
      ) ?? outgoing,
      sending,
    ),
  "names no version": headersOf("tools/list", (headers) => without(headers, "mcp-protocol-version")),
  "names another version": headersOf("tools/list", (headers) => ({
    ...headers,
    "mcp-protocol-version": "2025-03-26",
  })),
  "escapes header values": headersOf("tools/call", (headers) =>
    mapped(headers, (value) => {
      const encoded = /^=\?base64\?(.*)\?=$/.exec(value)?.[1];
      return encoded === undefined ? value : encodeURIComponent(Buffer.from(encoded, "base64").toString());
    })),
  "sends no argument headers": headersOf(
    "tools/call",
    (headers) => Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith("mcp-param-"))),
  ),
  "writes numbers as it likes": headersOf(
    "tools/call",
    (headers) => mapped(headers, (value) => /^\d+$/.test(value) ? `${value}.0` : value),
  ),
  "offers a revision of its own making": messageOf(
    "initialize",
    (message) => withParams(message, { protocolVersion: "1.0" }),
  ),
  "asks for a task": messageOf("tools/call", (message) => withParams(message, { task: { ttl: 60_000 } })),
  "names no task": headersOf("tasks/get", (headers) => without(headers, "mcp-name")),
  "does not say that it knows tasks": metaOf("tasks/get", (meta) => ({
    ...meta,
    [`${PREFIX}/clientCapabilities`]: lacking(objectIn(meta, `${PREFIX}/clientCapabilities`) ?? {}, "extensions"),
  })),
  "sends headers for nothing": headersOf("tools/call", (headers) => ({ "mcp-param-region": "null", ...headers })),
  "changes requestState": goingOn((params) => ({ ...params, requestState: `${params.requestState} ` })),
  "leaves requestState out": goingOn((params) => lacking(params, "requestState")),
  "goes on under its old id": (outgoing, sending) =>
    messageOf("tools/call", (message) => (isGoingOn(message) ? { ...message, id: Number(message.id) - 1 } : message))(
      outgoing,
      sending,
    ),
  "renames its answers": goingOn((params) => ({ ...params, inputResponses: renamed(params.inputResponses) })),
  "leaves its answers out": goingOn((params) => ({ ...params, inputResponses: {} })),
  "changes arguments between rounds": goingOn((params) => ({ ...params, arguments: { other: true } })),
  "asks for changes in words": messageOf(
    "subscriptions/listen",
    (message) => withParams(message, { notifications: { toolsListChanged: "yes" } }),
  ),
  "leaves out its session id": headersOf("tools/list", (headers) => without(headers, "mcp-session-id")),
  "changes its session id": inSession((outgoing, id) => ({
    ...outgoing,
    headers: { ...outgoing.headers, "mcp-session-id": id.toUpperCase() },
  })),
  "makes up a session id": (outgoing, { method }) =>
    method === "initialize" || "mcp-session-id" in outgoing.headers
      ? outgoing
      : { ...outgoing, headers: { ...outgoing.headers, "mcp-session-id": "undefined" } },
  "puts its session id into the URL": inSession((outgoing, id) => ({
    ...outgoing,
    url: `${outgoing.url}?session_id=${id}`,
  })),
  "takes its session elsewhere": inSession((outgoing, _, method) =>
    method === "tools/list" ? { ...outgoing, url: outgoing.url.replace("//", "//elsewhere.") } : outgoing
  ),
} as const satisfies Readonly<Record<string, Change>>;

/** What it does wrong in a single request. */
export type MessageSlip = keyof typeof messageSlips;

/** What is sent in place of a request by a client with a slip. */
export function slipped(slip: string | undefined, outgoing: Outgoing, sending: Sending): Outgoing | undefined {
  const change = changes.get(slip);
  return change ? change(outgoing, sending) : outgoing;
}

const changes: ReadonlyMap<string | undefined, Change> = new Map(Object.entries(messageSlips));
