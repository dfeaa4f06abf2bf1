// Rules on how long a client waits, and what it cancels.

import { isObject } from "../../../http/json.ts";
import { conversationIn, isSameId, type Request } from "../../conversation.ts";
import type { LimitName } from "../../limits.ts";
import { endOf } from "../../moments.ts";
import type { McpStep } from "../../step.ts";
import type { View } from "../../view.ts";
import { livedOn } from "./lost_answers.ts";
import { ALWAYS, broken, kept, notObserved, type Outcome, positionsOf, type Rule, WITH_HANDSHAKE } from "../rule.ts";

const LIFECYCLE = "https://modelcontextprotocol.io/specification/2025-11-25/basic/lifecycle";
const CANCELLATION = "https://modelcontextprotocol.io/specification/2025-11-25/basic/utilities/cancellation";

/** How long a client waited for an answer that did not come, or came late. */
interface Wait {
  readonly request: Request;
  readonly ms: number;
  /** What ended it: the client gave the request up, it closed the connection and nothing tells why, or something else. */
  readonly end: "given up" | "closed" | "other";
  readonly evidence: readonly McpStep[];
}

function cancelOf({ id, method, thread }: Request, view: View): McpStep | undefined {
  // Who has not got the answer to initialize does not know of a session.
  const isOf = (own: string | undefined): boolean => own === thread || (method === "initialize" && own === undefined);
  return conversationIn(view.calls).notifications.find((one) =>
    one.method === "notifications/cancelled" && isOf(one.thread) && isSameId(one.params?.requestId, id)
  )?.step;
}

/** When a client was seen last. */
function lastSeenMs({ calls }: View): number {
  return Math.max(...calls.map(({ exchange }) => exchange.receivedAtMs));
}

/** The wait for the answer to a request; undefined where it was answered in the ordinary way, or nothing can be told. */
function waitFor(request: Request, view: View): Wait | undefined {
  const { step, answer } = request;
  const { exchange, stream, status } = step;
  // A stream that listens ends when it likes, and the result of a task comes when that is done.
  if (status >= 400 || status === 202 || ["subscriptions/listen", "tasks/result"].includes(request.method)) {
    return undefined;
  }
  const startMs = exchange.receivedAtMs;
  const cancel = cancelOf(request, view);
  if (cancel) return { request, ms: cancel.exchange.receivedAtMs - startMs, end: "given up", evidence: [step, cancel] };
  if (answer) return { request, ms: answer.atMs - startMs, end: "other", evidence: [step] };
  if (!stream) return undefined;
  const { endedBy, endedAtMs } = stream;
  const ms = (endedAtMs ?? Math.max(lastSeenMs(view), endOf(exchange))) - startMs;
  const end = endedBy !== "client" ? "other" : livedOn(request, view) ? "given up" : "closed";
  return { request, ms, end, evidence: [step] };
}

/** Whether a server reported progress of a request. */
function hasProgress({ params, step }: Request): boolean {
  const meta = isObject(params?._meta) ? params._meta : {};
  return step.answered.some(({ message: { method, params } }) =>
    method === "notifications/progress" && isObject(params) && params.progressToken === meta.progressToken
  );
}

function checkWaits(
  view: View,
  { limit, isOf, kept: keptDetail, none, late }: {
    readonly limit: LimitName;
    readonly isOf: (request: Request) => boolean;
    readonly kept: string;
    readonly none: string;
    readonly late: string;
  },
): Outcome {
  const most = view.limits.of(limit);
  const given: McpStep[] = [];
  let closed: Request | undefined;
  for (const request of conversationIn(view.calls).requests.filter(isOf)) {
    const wait = waitFor(request, view);
    if (!wait) continue;
    if (wait.ms >= most) {
      return broken(
        `It waited ${Math.round(wait.ms / 1000)} s for the answer to ${request.method}${late}`,
        positionsOf(wait.evidence),
        view.limits.levelBy(limit),
      );
    }
    if (wait.end === "given up") given.push(...wait.evidence);
    if (wait.end === "closed") closed = request;
  }
  if (given.length > 0) return kept(keptDetail, positionsOf(given));
  return notObserved(
    closed
      ? `It closed the connection of ${closed.method} before the answer, and did not go on: it may have been stopped`
      : none,
  );
}

function checkTimeLimit(view: View): Outcome {
  return checkWaits(view, {
    limit: "request_ms",
    isOf: (request) => !hasProgress(request),
    kept: "It gave up a request that was not answered",
    none: "Every request was answered, or is being waited for still",
    late: "",
  });
}

function checkCeiling(view: View): Outcome {
  return checkWaits(view, {
    limit: "progress_ms",
    isOf: hasProgress,
    kept: "It gave up a request of which only progress was reported",
    none: "No request of which progress was reported stayed without an answer",
    late: ", of which the server only reported progress",
  });
}

function checkInitialize(view: View): Outcome {
  const { requests, notifications } = conversationIn(view.calls);
  const unanswered: McpStep[] = [];
  for (const request of requests.filter(({ method }) => method === "initialize")) {
    const { id, step, answer } = request;
    const startMs = step.exchange.receivedAtMs;
    const overMs = answer?.atMs ?? Infinity;
    const cancel = notifications.find((one) => {
      const atMs = one.step.exchange.receivedAtMs;
      if (one.method !== "notifications/cancelled" || !isSameId(one.params?.requestId, id)) return false;
      if (atMs < startMs || atMs > overMs) return false;
      // Another process of the client may have something of that id under way.
      return !requests.some((other) =>
        other !== request && isSameId(other.id, id) && other.step.exchange.receivedAtMs <= atMs &&
        (other.answer?.atMs ?? Infinity) >= atMs
      );
    });
    if (cancel) return broken("It cancelled initialize", positionsOf([step, cancel.step]));
    if (!answer && step.status < 400) unanswered.push(step);
  }
  // One that is still being waited for may be cancelled yet.
  const later = unanswered.filter((step) => !step.exchange.isOpen || view.calls.some(({ at }) => at > step.at));
  return later.length === 0
    ? notObserved("Every initialize was answered")
    : kept("It did not cancel an initialize that was not answered", positionsOf(later));
}

/** Rules on time. */
export const timeRules: readonly Rule[] = [
  {
    id: "M99",
    name: "initialize-not-cancelled",
    title: "A client never cancels initialize.",
    level: "MUST",
    revisions: WITH_HANDSHAKE,
    isOfMcp: true,
    link: `${CANCELLATION}#behavior-requirements`,
    official: [],
    check: checkInitialize,
  },
  {
    id: "M102",
    name: "time-limit",
    title: "A client does not wait for an answer for ever: after some time it gives the request up.",
    level: "SHOULD",
    revisions: ALWAYS,
    isOfMcp: true,
    link: `${LIFECYCLE}#timeouts`,
    official: [],
    check: checkTimeLimit,
  },
  {
    id: "M103",
    name: "time-limit-despite-progress",
    title: "A client does not wait for ever either where a server goes on reporting progress.",
    level: "SHOULD",
    revisions: ALWAYS,
    isOfMcp: true,
    link: `${LIFECYCLE}#timeouts`,
    official: [],
    check: checkCeiling,
  },
];
