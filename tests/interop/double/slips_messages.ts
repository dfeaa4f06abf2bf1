/**
 * What the test client does wrong in a single request to the MCP server: each slip is a change of what is sent. Where the
 * server refuses what was changed, the right request follows, and all goes on.
 */
import { Buffer } from "node:buffer";
import type { Spoken } from "./options.ts";
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

/** The changes, by the name of the slip. */
export const messageSlips = {
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
  "sends headers for nothing": headersOf("tools/call", (headers) => ({ "mcp-param-region": "null", ...headers })),
} as const satisfies Readonly<Record<string, Change>>;

/** What it does wrong in a single request. */
export type MessageSlip = keyof typeof messageSlips;

/** What is sent in place of a request by a client with a slip. */
export function slipped(slip: string | undefined, outgoing: Outgoing, sending: Sending): Outgoing | undefined {
  const change = changes.get(slip);
  return change ? change(outgoing, sending) : outgoing;
}

const changes: ReadonlyMap<string | undefined, Change> = new Map(Object.entries(messageSlips));
