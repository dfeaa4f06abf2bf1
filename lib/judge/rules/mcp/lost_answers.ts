// Streams that ended before all requests on them were answered, and how long a client had to do something about it.

import { isObject, type JsonObject } from "../../../http/json.ts";
import {
  type Asked,
  type Conversation,
  conversationIn,
  type Request,
  type Session,
  threadOf,
} from "../../conversation.ts";
import { senderOf } from "../../instances.ts";
import { resumedFrom } from "../../messages.ts";
import { isStreamKept, PRECISION_MS } from "../../moments.ts";
import type { McpStep, StreamStep } from "../../step.ts";
import type { View } from "../../view.ts";

/** A stream of a session that has ended. */
export interface EndedStream {
  readonly session: Session;
  readonly step: McpStep;
  readonly stream: StreamStep;
  readonly endedAtMs: number;
  /** What a client resumes it from; undefined where it cannot be resumed. */
  readonly lastId: string | undefined;
  /** The requests that it should have brought an answer to, and did not; none, if not all is known of what it brought. */
  readonly owed: readonly Request[];
}

/** What a client and a server said, as rules see it. */
export function conversationOf({ calls }: View): Conversation {
  return conversationIn(calls);
}

/** All streams of sessions that have ended, in the order of their requests. */
export function endedStreams(view: View): readonly EndedStream[] {
  const { sessions, requests } = conversationOf(view);
  const byStep = Map.groupBy(requests, ({ step }) => step);
  return sessions.filter(({ isHttpSse }) => !isHttpSse).flatMap((session) => {
    const ended: EndedStream[] = [];
    for (const step of session.steps) {
      const { stream } = step;
      if (stream?.endedAtMs === undefined) continue;
      const from = resumedFrom(step);
      const before = ended.findLast(({ stream, lastId }) => from !== undefined && isFrom(from, stream, lastId));
      const asked = before?.owed ?? byStep.get(step) ?? [];
      const { endedAtMs } = stream;
      ended.push({
        session,
        step,
        stream,
        endedAtMs,
        lastId: stream.lastEventId ?? from,
        owed: isStreamKept(step) ? asked.filter((request) => !isAnsweredBy(request, step, endedAtMs)) : [],
      });
    }
    return ended;
  });
}

function isFrom(id: string, { eventIds }: StreamStep, lastId: string | undefined): boolean {
  return id === lastId || eventIds.includes(id);
}

function isAnsweredBy({ answer }: Request, step: McpStep, timeMs: number): boolean {
  return answer !== undefined && (answer.step === step || answer.atMs <= timeMs);
}

/** GET requests that resume a stream, by the ids it brought. */
export function resumptionsOf({ session, stream, lastId, step }: EndedStream): readonly McpStep[] {
  return session.steps.filter((next) => {
    const from = next.at > step.at ? resumedFrom(next) : undefined;
    return from !== undefined && isFrom(from, stream, lastId);
  });
}

/** GET requests in the session of a stream after its end. */
export function getsAfter({ session, endedAtMs, step }: EndedStream): readonly McpStep[] {
  return session.steps.filter((next) =>
    next.verb === "GET" && next.at > step.at && next.exchange.receivedAtMs > endedAtMs - PRECISION_MS
  );
}

/** How long after the end of a stream a request came, by the clock that says it was longer. */
export function msSince({ step, endedAtMs }: Pick<EndedStream, "step" | "endedAtMs">, { exchange }: McpStep): number {
  const lastedMs = endedAtMs - step.exchange.receivedAtMs;
  return Math.max(
    exchange.receivedAtMs - endedAtMs,
    exchange.startedAtMs - step.exchange.startedAtMs - lastedMs,
  );
}

/** The notification by which a client has cancelled a request. */
export function cancellationOf({ id, thread }: Request, { notifications }: Conversation): Asked | undefined {
  return notifications.find(({ method, thread: of, params }) =>
    method === "notifications/cancelled" && of === thread && params?.requestId === id
  );
}

/**
 * The request by which a client shows that it has let an answer go: it ends the session after the time in which it had to wait,
 * or asks for something else long after that.
 */
export function wentOnAfter(ended: EndedStream, view: View): McpStep | undefined {
  const { session, stream, step } = ended;
  const pauseMs = stream.retryMs ?? 0;
  const patienceMs = pauseMs + view.limits.of("come_back_ms");
  return session.steps.find((next) => {
    if (next.at <= step.at) return false;
    const sinceMs = msSince(ended, next);
    if (next.verb === "DELETE") return sinceMs >= pauseMs;
    return next.verb === "POST" && next.method !== undefined && sinceMs > patienceMs;
  });
}

/** What a client begins with: where there are no sessions, it may be another instance from there on. */
const beginnings: ReadonlySet<string | undefined> = new Set(["initialize", "server/discover"]);

/**
 * Whether a client that closed the connection of a request went on. One that was stopped closes all of them too, so only what it
 * sends then shows that it has given the request up; to end its session is what a client may do that is stopped.
 */
export function livedOn({ step, id }: Request, { calls }: View): boolean {
  const closedAtMs = step.stream?.endedAtMs ?? Infinity;
  for (const call of calls) {
    if (call.at <= step.at || call.verb === "DELETE" || !isSameThread(call, step)) continue;
    if (threadOf(step) === undefined) {
      if (beginnings.has(call.method)) return false;
      if (call.sent.some(({ message }) => senderOf({ id }, message ?? {}) === "other")) continue;
    }
    if (call.exchange.receivedAtMs >= closedAtMs - PRECISION_MS) return true;
  }
  return false;
}

/** Whether two requests ask for the same: what is in `_meta` says nothing of that. */
export function asksTheSame(one: Asked, other: Asked): boolean {
  return one.method === other.method && paramsText(one) === paramsText(other);
}

/** The parameters of a message, for a comparison; without `_meta`, and without what else is not to be compared. */
export function paramsText({ params = {} }: Pick<Asked, "params">, without: readonly string[] = []): string {
  const rest = Object.entries(params).filter(([name]) => name !== "_meta" && !without.includes(name));
  return JSON.stringify(sorted(Object.fromEntries(rest)));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isObject(value)) return value;
  const members = Object.entries(value).sort(([one], [other]) => one < other ? -1 : 1);
  return Object.fromEntries(members.map(([name, member]): [string, unknown] => [name, sorted(member)]));
}

/** Whether two requests belong to one session, or are both outside of all. */
export function isSameThread(one: McpStep, other: McpStep): boolean {
  return one.address === other.address && threadOf(one) === threadOf(other);
}

/** Whether a message is an answer that says what was asked for. */
export function isResult(message: JsonObject | undefined): boolean {
  return message !== undefined && "result" in message;
}
