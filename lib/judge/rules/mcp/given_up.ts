// Rules on requests whose answers a client does not wait for any longer, or has lost.

import type { Request } from "../../conversation.ts";
import { resumedFrom } from "../../messages.ts";
import { isBrokenOff, PRECISION_MS } from "../../moments.ts";
import type { McpStep } from "../../step.ts";
import { cancelsTask } from "../../tasks.ts";
import type { View } from "../../view.ts";
import { usedTwiceByOne } from "./ids.ts";
import {
  broken,
  kept,
  notObserved,
  type Outcome,
  positionsOf,
  type Rule,
  SINCE_2026_07,
  WITH_HANDSHAKE,
} from "../rule.ts";
import { isAboutListening } from "./subscriptions.ts";
import { asksTheSame, cancellationOf, conversationOf, isSameThread, livedOn } from "./lost_answers.ts";

const TRANSPORTS = "https://modelcontextprotocol.io/specification/2025-11-25/basic/transports";
const HTTP = "https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http";
const CHANGELOG = "https://modelcontextprotocol.io/specification/2026-07-28/changelog";

/** Requests that go on until their client ends them. */
const lasting: ReadonlySet<string> = new Set(["subscriptions/listen"]);

function isResumed({ step }: Request, { calls }: View): boolean {
  const ids = new Set(step.stream?.eventIds ?? []);
  return calls.some((call) => isSameThread(call, step) && ids.has(resumedFrom(call) ?? ""));
}

function checkCancelling(view: View): Outcome {
  const conversation = conversationOf(view);
  const cancelled: McpStep[] = [];
  let isLeft = false;
  for (const request of conversation.requests) {
    const { step, era, answer, method } = request;
    const { stream } = step;
    if (era !== "handshake" || !stream || step.channel !== undefined || answer || method === "initialize") continue;
    const notice = cancellationOf(request, conversation);
    if (notice) {
      cancelled.push(step, notice.step);
      continue;
    }
    // Whatever came there, its client may have taken for the answer.
    if (step.answered.some(({ message }) => !("method" in message)) || isResumed(request, view)) continue;
    // A notice may be what is missing.
    if (step.at < view.wholeFrom) continue;
    isLeft ||= stream.endedBy === "client";
    // Who ends its session closes what is open of it sooner or later: that changes nothing.
    const left = (stream.endedBy === "client" ? shownByLeaving(request, view) : undefined) ??
      shownByEnding(request, view);
    if (left) return broken(left.detail, [step.at, left.by.at]);
  }
  return cancelled.length === 0
    ? notObserved(
      isLeft
        ? "It closed the connection of a request before the answer, and nothing shows yet that it did not want that"
        : "It has given up no request that was under way",
    )
    : kept("It cancelled a request that it did not want an answer to any longer", positionsOf(cancelled));
}

interface Left {
  readonly by: McpStep;
  readonly detail: string;
}

/** What shows that a client that closed a stream did not want the answer. */
function shownByLeaving(request: Request, view: View): Left | undefined {
  const { step, thread, method } = request;
  const endedAtMs = step.stream?.endedAtMs ?? Infinity;
  for (const other of conversationOf(view).requests) {
    if (other.thread !== thread || other.step.at <= step.at) continue;
    const sinceMs = other.step.exchange.receivedAtMs - endedAtMs;
    const isSame = asksTheSame(other, request) && sinceMs > -PRECISION_MS;
    if (!isSame && sinceMs <= view.limits.of("crossing_ms")) continue;
    const then = isSame ? "sent the same again" : `went on with ${other.method}`;
    return {
      by: other.step,
      detail: `It closed the connection of ${method} before the answer, did not cancel it, and ${then}`,
    };
  }
  return undefined;
}

/** What shows that a client ended its session with a request under way. */
function shownByEnding({ step, method }: Request, { calls }: View): Left | undefined {
  const by = calls.find((call) =>
    call.verb === "DELETE" && call.at > step.at && isSameThread(call, step) &&
    call.exchange.receivedAtMs < (step.stream?.endedAtMs ?? Infinity)
  );
  return by && { by, detail: `It ended its session while ${method} was under way, and did not cancel that` };
}

function checkAskingAnew(view: View): Outcome {
  const { requests } = conversationOf(view);
  const twice = new Set(usedTwiceByOne(view));
  const anew: McpStep[] = [];
  let isLost = false;
  for (const request of requests) {
    const { step, era, answer, method } = request;
    if (era !== "stateless" || answer || lasting.has(method) || !hasBroken(step)) continue;
    isLost = true;
    const again = requests.find((other) =>
      other.step.at > step.at && isSameThread(other.step, step) && asksTheSame(other, request)
    );
    if (!again) continue;
    if (again.id === request.id && !twice.has(request)) continue;
    if (again.id === request.id) {
      return broken(
        `It sent ${method} again under the same id, ${JSON.stringify(request.id)}, after the answer had broken off`,
        [step.at, again.step.at],
      );
    }
    anew.push(step, again.step);
  }
  if (anew.length > 0) {
    return kept("It sent a request whose answer broke off anew, under another id", positionsOf(anew));
  }
  return notObserved(
    isLost ? "An answer broke off, and it has not sent the request again" : "No answer broke off on its way",
  );
}

/** Whether an exchange ended, not by its client, before there was an answer. */
function hasBroken(step: McpStep): boolean {
  const { endedBy } = step.stream ?? {};
  return endedBy === "cut" || endedBy === "server" || (step.stream === undefined && isBrokenOff(step));
}

function checkClosing(view: View): Outcome {
  const { requests, notifications } = conversationOf(view);
  // How subscriptions end, M116 looks at.
  const notice = notifications.find((one) =>
    one.method === "notifications/cancelled" && one.era === "stateless" && !isAboutListening(one, requests) &&
    !cancelsTask(one, view.calls)
  );
  if (notice) {
    return broken(
      "It sent notifications/cancelled, where closing the stream of the request is what cancels it",
      [notice.step.at],
    );
  }
  const closed = requests.filter(({ era, step, answer, method }) =>
    era === "stateless" && step.stream?.endedBy === "client" && !answer && !lasting.has(method)
  );
  const given = closed.filter((request) => livedOn(request, view));
  if (given.length > 0) {
    return kept("It cancelled a request by closing its stream", positionsOf(given.map(({ step }) => step)));
  }
  return notObserved(
    closed.length === 0
      ? "It has given up no request that was under way"
      : "It closed the stream of a request before the answer, and did not go on: it may have been stopped",
  );
}

/** The rules on requests that are given up, or lost. */
export const givenUpRules: readonly Rule[] = [
  {
    id: "M32",
    name: "says-that-it-cancels",
    title: "A client that does not want the answer to a request any longer cancels it, and does not only go away.",
    level: "SHOULD",
    revisions: WITH_HANDSHAKE,
    isOfMcp: true,
    isOfMessages: true,
    link: `${TRANSPORTS}#sending-messages-to-the-server`,
    official: [],
    check: checkCancelling,
  },
  {
    id: "M53",
    name: "asks-anew",
    title: "A client that lost an answer as its stream broke sends the request anew, under another id.",
    level: "MUST",
    revisions: SINCE_2026_07,
    isOfMcp: true,
    isOfMessages: true,
    link: `${CHANGELOG}#major-changes`,
    official: [],
    check: checkAskingAnew,
  },
  {
    id: "M54",
    name: "cancels-by-closing",
    title: "A client cancels a request over HTTP by closing its stream, and sends no notification.",
    level: "SHOULD",
    revisions: SINCE_2026_07,
    isOfMcp: true,
    isOfMessages: true,
    link: `${HTTP}#cancellation`,
    official: [],
    check: checkClosing,
  },
];
