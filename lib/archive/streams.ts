// How an event stream went, as far as an HTTP archive tells: few tools write when its events came, and none who ended it.
import { isObject, type JsonObject } from "../http/json.ts";
import { eventsOf } from "../judge/events.ts";
import { parseValue } from "../judge/reading.ts";
import type { EndedBy } from "../http/stream.ts";
import { MAX_TIMED, type StreamFacts } from "../recorder/exchange.ts";
import { numberIn, objectIn, objectsIn, textIn } from "./members.ts";

/** When the head of a response came, and when its last byte, in milliseconds since 1970. */
interface Span {
  readonly headAtMs: number;
  readonly endedAtMs: number;
}

/** How tools say that the client did not want the rest of an answer. */
const ABORTED = /abort|cancel/i;

/**
 * What is known of an event stream. One that brings the answer to its request has ended with that, and its server has ended it;
 * one that a request was sent for, and that does not, broke off. A stream of a GET may be open still.
 */
export function streamIn(text: string, entry: JsonObject, { headAtMs, endedAtMs }: Span): StreamFacts {
  const events = eventsOf(text).slice(0, MAX_TIMED);
  const answeredAt = events.findLastIndex(({ data }) => [parseValue(data)].flat().filter(isObject).some(isAnswer));
  const told = objectsIn(entry, "_eventSourceMessages").map((event) => (numberIn(event, "time") ?? 0) * 1000);
  const times = events.map((_, index) => answeredAt >= 0 && index >= answeredAt ? endedAtMs : headAtMs);
  const eventsAtMs = told.length === events.length ? told : times;
  const endedBy = answeredAt >= 0 ? "server" : endingOf(entry);
  return { eventsAtMs, ...(endedBy ? { endedAtMs, endedBy } : {}) };
}

function endingOf(entry: JsonObject): EndedBy | undefined {
  const response = objectIn(entry, "response");
  const failure = textIn(response, "_error") ?? textIn(response, "_failureText") ?? "";
  if (ABORTED.test(failure)) return "client";
  return failure !== "" || textIn(objectIn(entry, "request"), "method") === "POST" ? "cut" : undefined;
}

function isAnswer(message: JsonObject): boolean {
  return !("method" in message) && ("result" in message || "error" in message);
}
