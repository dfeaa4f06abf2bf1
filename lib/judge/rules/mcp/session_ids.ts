// Ids of the sessions of Streamable HTTP, up to 2025-11-25: which request names one, and which answer has begun it.

import { type Exchange, headerOf } from "../../../recorder/exchange.ts";
import { digestOf } from "../../../recorder/redact/digests.ts";
import { eraOf } from "../../conversation.ts";
import { isGood } from "../../progress.ts";
import { originOf } from "../../reading.ts";
import type { McpStep, Step } from "../../step.ts";

/** The section on sessions. */
export const SESSIONS = "https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#session-management";
const HEADER = "mcp-session-id";

/** The id in the headers of a request or an answer: equal for equal ids. */
export function idIn(message: Exchange["request"] | Exchange["response"]): string | undefined {
  const id = headerOf(message, HEADER);
  return id === undefined ? undefined : digestOf(id);
}

/** The id that a request names. */
export function sentIn({ exchange: { request } }: Step): string | undefined {
  return idIn(request);
}

/** Whether a request is one of Streamable HTTP in a revision with sessions. */
export function isInEra(call: McpStep): boolean {
  return call.channel === undefined && eraOf(call, call.sent[0]?.message) === "handshake";
}

/** Whether a request begins a session. */
export function isOpening({ verb, method }: McpStep): boolean {
  return verb === "POST" && method === "initialize";
}

/** Whether a message asks for something: it is neither a notification, nor a response, nor a stream. */
export function isAsking({ verb, method }: McpStep): boolean {
  return verb === "POST" && method !== undefined && !method.startsWith("notifications/");
}

/** What a request is, for a sentence. */
export function nameOf({ verb, method }: McpStep): string {
  return method ?? (verb === "POST" ? "a message" : verb);
}

/** Sessions that were begun, by their ids, and the origin of the server that did. */
export function begunIn(calls: readonly McpStep[]): ReadonlyMap<string, string> {
  return new Map(
    calls.filter((call) => isOpening(call) && isGood(call)).flatMap((call) => {
      const id = idIn(call.exchange.response);
      return id === undefined ? [] : [[id, originOf(call.address)] as const];
    }),
  );
}
