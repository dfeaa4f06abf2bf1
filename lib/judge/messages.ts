/**
 * The JSON-RPC messages of an exchange: what the client sent, and what came back, with what its event stream tells.
 *
 * @module
 */
import { isObject, type JsonObject } from "../http/json.ts";
import { type Exchange, headerOf, type Message } from "../recorder/exchange.ts";
import { eventsOf, type StreamEvent } from "./events.ts";
import { endOf } from "./moments.ts";
import { isEventStream, parseValue } from "./reading.ts";
import type { AnsweredMessage, McpStep, SentMessage, StreamStep } from "./step.ts";
import type { Finding } from "./verdict.ts";

/** What an exchange carries. */
export type Carried = Pick<McpStep, "sent" | "isBatch" | "isSentWhole" | "answered" | "stream">;

/** What exchanges carry, so that each is read once however often somebody looks at the report; gone with the exchange. */
const known = new WeakMap<Exchange, Carried>();

/** Reads the messages of an exchange with an MCP server. */
export function carriedBy(exchange: Exchange): Carried {
  const carried = known.get(exchange) ?? { ...sentIn(exchange.request), ...answeredIn(exchange) };
  known.set(exchange, carried);
  return carried;
}

function sentIn({ body, truncated }: Message): Pick<Carried, "sent" | "isBatch" | "isSentWhole"> {
  if (body === undefined || truncated) return { sent: [], isBatch: false, isSentWhole: !truncated };
  const value = parseValue(body);
  const isBatch = Array.isArray(value);
  const sent = value === undefined ? [{ message: undefined, problem: "is not JSON" }] : [value].flat().map(sentMessage);
  return { sent, isBatch, isSentWhole: true };
}

function sentMessage(value: unknown): SentMessage {
  return isObject(value)
    ? { message: value, problem: undefined }
    : { message: undefined, problem: "is JSON, but not an object" };
}

function answeredIn(exchange: Exchange): Pick<Carried, "answered" | "stream"> {
  const { response, stream: facts, isOpen = false } = exchange;
  const { body = "" } = response;
  const endMs = endOf(exchange);
  const answered = (text: string | undefined, eventId: string | undefined, atMs: number): readonly AnsweredMessage[] =>
    messagesIn(text).map((message) => ({ message, eventId, atMs }));
  if (!isEventStream(response)) {
    // Of anything but a stream, it is only known when it ended where its client left before it began.
    const left = facts && { ...streamOf([]), endedAtMs: facts.endedAtMs, endedBy: facts.endedBy };
    return { answered: response.truncated ? [] : answered(body, undefined, endMs), stream: left };
  }
  const events = eventsOf(body);
  const times = facts?.eventsAtMs ?? [];
  return {
    answered: events.flatMap(({ data, lastId }, index) =>
      data === undefined ? [] : answered(data, lastId, times[index] ?? times.at(-1) ?? endMs)
    ),
    stream: {
      ...streamOf(events),
      // Where all of it was ready before it left, nobody has watched it end.
      endedAtMs: isOpen ? undefined : facts?.endedAtMs ?? endMs,
      endedBy: isOpen ? undefined : facts?.endedBy ?? "server",
    },
  };
}

function streamOf(events: readonly StreamEvent[]): Omit<StreamStep, "endedAtMs" | "endedBy"> {
  return {
    // An empty id takes back the one before (HTML, 9.2.6).
    lastEventId: events.at(-1)?.lastId || undefined,
    eventIds: events.flatMap(({ hasId, lastId }) => hasId && lastId ? [lastId] : []),
    retryMs: events.findLast(({ retryMs }) => retryMs !== undefined)?.retryMs,
    endpoint: events.find(({ type, data }) => type === "endpoint" && data)?.data,
  };
}

function messagesIn(text: string | undefined): readonly JsonObject[] {
  return [parseValue(text)].flat().filter(isObject);
}

/** The path and query of a URL, absolute or not: by these a stream of HTTP+SSE and the messages for it are tied. */
export function placeIn(url: string): string {
  return url.replace(/^[a-z][\w+.-]*:\/\/[^/]*/i, "").replace(/#.*$/s, "");
}

/** The event id that a request resumes from, if it does. */
export function resumedFrom({ exchange: { request } }: McpStep): string | undefined {
  return headerOf(request, "last-event-id");
}

/** Where a message is that a rule has pointed at: one that a step has, not one like it. */
export function placed(calls: readonly McpStep[], message: JsonObject | undefined): Pick<Finding, "message"> {
  for (const { exchange: { sequence: exchange }, sent, answered } of message ? calls : []) {
    for (const [part, messages] of [["request", sent], ["response", answered]] as const) {
      const index = messages.findIndex((one) => one.message === message);
      if (index >= 0) return { message: { exchange, part, index } };
    }
  }
  return {};
}
