// Rules on coming back to a stream that ended before its time: whether, when, and from which event.

import { resumedFrom } from "../../messages.ts";
import type { Request } from "../../conversation.ts";
import { isStreamKept } from "../../moments.ts";
import { isGood } from "../../progress.ts";
import type { McpStep } from "../../step.ts";
import type { View } from "../../view.ts";
import { broken, kept, notObserved, type Outcome, positionsOf, type Rule, WITH_HANDSHAKE } from "../rule.ts";
import {
  cancellationOf,
  conversationOf,
  type EndedStream,
  endedStreams,
  getsAfter,
  msSince,
  resumptionsOf,
  wentOnAfter,
} from "./lost_answers.ts";

const TRANSPORTS = "https://modelcontextprotocol.io/specification/2025-11-25/basic/transports";

/** How much sooner a client may come back than it was told, as its clock and its timers are not exact; as in the official suite. */
const EARLY_MS = 50;

const FIRST_WITH_RETRY = "2025-11-25";

/** Streams after whose end nothing is missing on record, so that what their client did not do is known. */
function followedStreams(view: View): readonly EndedStream[] {
  return endedStreams(view).filter(({ step }) => step.at >= view.wholeFrom);
}

/** Streams that a server closed though an answer was still to come, with an event id to resume them from. */
function closedEarly(view: View): readonly EndedStream[] {
  return followedStreams(view).filter((ended) =>
    ended.session.version === FIRST_WITH_RETRY && ended.stream.endedBy === "server" && ended.lastId !== undefined &&
    unsettled(ended, view, patienceEndMs(ended, view)).length > 0
  );
}

/** When its client should have come back to a stream, in milliseconds since 1970. */
function patienceEndMs({ endedAtMs, stream }: EndedStream, { limits }: View): number {
  return endedAtMs + (stream.retryMs ?? 0) + limits.of("come_back_ms");
}

function checkReturn(view: View): Outcome {
  const back: McpStep[] = [];
  let isClosed = false;
  for (const ended of closedEarly(view)) {
    isClosed = true;
    // A stream for what the server says unasked is none to come back to where the server does not offer it.
    const coming = getsAfter(ended).filter((step) => isGood(step) || resumedFrom(step) !== undefined);
    const [get] = [...resumptionsOf(ended), ...coming];
    if (get) {
      back.push(ended.step, get);
      continue;
    }
    const wentOn = wentOnAfter(ended, view);
    if (wentOn) {
      return broken(
        `It did not come back to the stream of ${methodsOf(ended)}, which the server closed before the answer, and ` +
          (wentOn.verb === "DELETE" ? "ended its session" : `went on with ${wentOn.method}`),
        [ended.step.at, wentOn.at],
      );
    }
  }
  if (back.length > 0) {
    return kept("It came back to a stream that the server had closed before the answer", positionsOf(back));
  }
  return notObserved(
    isClosed
      ? "A stream was closed before the answer, and it has not come back yet"
      : "No stream with an event id was closed before the answer",
  );
}

function checkRetry(view: View): Outcome {
  const waited: McpStep[] = [];
  let longest = "";
  for (const ended of endedStreams(view)) {
    const { session, stream: { retryMs, endedBy }, step } = ended;
    // Where a connection breaks, nobody knows what has arrived.
    if (session.version !== FIRST_WITH_RETRY || endedBy !== "server" || retryMs === undefined) continue;
    const [get] = resumptionsOf(ended);
    if (!get) continue;
    const ms = Math.round(msSince(ended, get));
    if (ms < retryMs - EARLY_MS) {
      return broken(`It came back after ${ms} ms, where retry said ${retryMs} ms`, [step.at, get.at]);
    }
    if (ms > 2 * retryMs + EARLY_MS) longest = `, once after ${ms} ms, where retry said ${retryMs} ms`;
    waited.push(step, get);
  }
  return waited.length === 0
    ? notObserved("It has not come back to a stream that said with retry how long to wait")
    : kept(`It waited at least as long as retry said before it came back${longest}`, positionsOf(waited));
}

function checkEventId(view: View): Outcome {
  const resumed: McpStep[] = [];
  const streams = followedStreams(view);
  for (const session of conversationOf(view).sessions) {
    if (session.isHttpSse) continue;
    const ids = new Set(session.steps.flatMap(({ stream }) => stream?.eventIds ?? []));
    // Of a stream that is not on record whole, a client has ids that nobody knows here.
    const areAllKnown = view.isGapless && session.steps.every((step) => !step.stream || isStreamKept(step));
    for (const get of session.steps) {
      const from = get.verb === "GET" ? resumedFrom(get) : undefined;
      if (from === undefined) continue;
      if (ids.has(from)) resumed.push(get);
      else if (areAllKnown) {
        return broken("It sent a Last-Event-ID that no stream of its session has brought", [get.at]);
      }
    }
    for (const ended of streams.filter((one) => one.session === session)) {
      const [without, foreign] = [returnWithoutId(ended, view), returnWithForeignId(ended, view)];
      const get = without ?? foreign;
      if (!get) continue;
      const how = without ? "without Last-Event-ID" : "with the id of an event of another stream, which was open";
      return broken(
        `It sent a GET ${how}, after the stream of ${methodsOf(ended)} had ended before the answer`,
        [ended.step.at, get.at],
      );
    }
  }
  return resumed.length === 0
    ? notObserved("It has not come back to a stream that had brought an event id")
    : kept("It came back with the id of an event that its session had brought", positionsOf(resumed));
}

/** A GET with the id of an event of a stream that is open: what it is to bring, is the rest of another. */
function returnWithForeignId(ended: EndedStream, view: View): McpStep | undefined {
  if (ended.lastId === undefined || resumptionsOf(ended).length > 0) return undefined;
  return getsAfter(ended).find((get) => {
    const from = resumedFrom(get);
    const { receivedAtMs } = get.exchange;
    return from !== undefined && unsettled(ended, view, receivedAtMs).length > 0 &&
      ended.session.steps.some(({ at, stream }) =>
        at < get.at && stream?.eventIds.includes(from) && (stream.endedAtMs ?? Infinity) > receivedAtMs
      );
  });
}

/**
 * A GET that cannot have been meant but to bring the rest of a stream, and does not say so: the client has its stream for what
 * the server says unasked already, or has let the answer go with it.
 */
function returnWithoutId(ended: EndedStream, view: View): McpStep | undefined {
  const { session, lastId } = ended;
  const [get] = getsAfter(ended).filter((step) => resumedFrom(step) === undefined);
  if (lastId === undefined || !get || resumptionsOf(ended).length > 0) return undefined;
  if (unsettled(ended, view, get.exchange.receivedAtMs).length === 0) return undefined;
  const isListening = session.steps.some((step) =>
    step.at < get.at && step.verb === "GET" && resumedFrom(step) === undefined && step.stream !== undefined &&
    (step.stream.endedAtMs ?? Infinity) > get.exchange.receivedAtMs
  );
  return isListening || wentOnAfter(ended, view) ? get : undefined;
}

/**
 * The requests on a stream whose answers its client still has to want.
 *
 * @param byMs If it cancelled them later than this, in milliseconds since 1970, it gave them up in vain.
 */
function unsettled({ owed }: EndedStream, view: View, byMs: number): readonly Request[] {
  const conversation = conversationOf(view);
  return owed.filter((request) => {
    const cancelledAtMs = cancellationOf(request, conversation)?.step.exchange.receivedAtMs ?? Infinity;
    // Another stream that was open anyway may have brought it.
    const isMissing = request.answer === undefined || resumedFrom(request.answer.step) !== undefined;
    return isMissing && !(cancelledAtMs < byMs);
  });
}

function methodsOf({ owed }: EndedStream): string {
  return [...new Set(owed.map(({ method }) => method))].join(", ");
}

/** The rules on coming back to a stream. */
export const resumingRules: readonly Rule[] = [
  {
    id: "M28",
    name: "comes-back",
    title: "A client comes back to a stream that the server has closed after an event id, before the answer.",
    level: "SHOULD",
    revisions: ["2025-11-25"],
    isOfMcp: true,
    isOfMessages: true,
    link: `${TRANSPORTS}#sending-messages-to-the-server`,
    official: ["client-sse-graceful-reconnect"],
    check: checkReturn,
  },
  {
    id: "M29",
    goesByTime: true,
    name: "waits-as-retry-says",
    title: "A client waits as long as the retry field says before it comes back to a stream.",
    level: "MUST",
    revisions: ["2025-11-25"],
    isOfMcp: true,
    isOfMessages: true,
    link: `${TRANSPORTS}#sending-messages-to-the-server`,
    official: ["client-sse-retry-timing"],
    check: checkRetry,
  },
  {
    id: "M30",
    name: "last-event-id",
    title: "A client that comes back to a stream sends a GET with the id of the last event it got, as Last-Event-ID.",
    level: "SHOULD",
    revisions: WITH_HANDSHAKE,
    isOfMcp: true,
    isOfMessages: true,
    link: `${TRANSPORTS}#resumability-and-redelivery`,
    official: ["client-sse-last-event-id"],
    check: checkEventId,
  },
];
