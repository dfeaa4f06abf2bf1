// Rules on how a client works on what a server has asked of it, up to 2025-11-25: what it reports of its progress, and that it
// stops where the server cancels.

import { isObject, type JsonObject } from "../../../http/json.ts";
import { type Asked, conversationIn, isSameId, type Reply, type ServerRequest, threadOf } from "../../conversation.ts";
import type { Limits } from "../../limits.ts";
import { PRECISION_MS } from "../../moments.ts";
import type { McpStep } from "../../step.ts";
import type { View } from "../../view.ts";
import { broken, kept, notObserved, type Outcome, positionsOf, type Rule, WITH_HANDSHAKE } from "../rule.ts";
import { shown } from "./each.ts";

const UTILITIES = "https://modelcontextprotocol.io/specification/2025-11-25/basic/utilities";

function paramsOf({ message: { params } }: Reply): JsonObject {
  return isObject(params) ? params : {};
}

function tokenOf(request: ServerRequest): unknown {
  const { _meta: meta } = paramsOf(request);
  return isObject(meta) ? meta.progressToken : undefined;
}

/** Whether the record has everything that a server said in a session. */
export function isHeardWhole({ calls, isGapless }: View, thread: string | undefined): boolean {
  return isGapless && calls.every((call) => threadOf(call) !== thread || !call.exchange.response.truncated);
}

/** What is wrong with the progress that a client reports of one request; undefined for nothing. */
function problemWith(request: ServerRequest, reports: readonly Asked[], limits: Limits): Outcome | undefined {
  const values = reports.map(({ params }) => Number(params?.progress));
  const falling = values.findIndex((value, index) => index > 0 && value <= (values[index - 1] ?? -Infinity));
  const report = reports[falling];
  if (report) {
    return broken(
      `It reported the progress ${shown(values[falling])} of ${request.method} after ${shown(values[falling - 1])}`,
      positionsOf([request.step, report.step]),
    );
  }
  const [answer] = request.answers;
  const late = reports.find(({ step }) =>
    answer && step.exchange.receivedAtMs > answer.step.exchange.receivedAtMs + limits.of("crossing_ms")
  );
  return late && broken(
    `It reported progress of ${request.method}, which it had answered`,
    positionsOf([request.step, late.step]),
    limits.levelBy("crossing_ms"),
  );
}

function checkProgress(view: View): Outcome {
  const { serverRequests, notifications } = conversationIn(view.calls);
  const reported: McpStep[] = [];
  for (const request of serverRequests) {
    const token = tokenOf(request);
    // A server may use a token again, also where that is not on record.
    if (token === undefined || !isHeardWhole(view, request.thread)) continue;
    const next = serverRequests.find((other) =>
      other.atMs > request.atMs && other.thread === request.thread && isSameId(tokenOf(other), token)
    );
    const [fromMs, untilMs] = [request.atMs - PRECISION_MS, (next?.atMs ?? Infinity) - PRECISION_MS];
    const reports = notifications.filter(({ method, thread, params, step: { exchange: { receivedAtMs } } }) =>
      method === "notifications/progress" && thread === request.thread && isSameId(params?.progressToken, token) &&
      receivedAtMs >= fromMs && receivedAtMs < untilMs
    );
    const problem = problemWith(request, reports, view.limits);
    if (problem) return problem;
    reported.push(...reports.map(({ step }) => step));
  }
  return reported.length === 0
    ? notObserved("It reported no progress of what the server had asked for")
    : kept("The progress that it reported rose, and ended with its answer", positionsOf(reported));
}

/** The notification with which a server cancelled a request of its own. */
export function cancelledBy(
  { message: { id }, thread, atMs }: ServerRequest,
  calls: readonly McpStep[],
): Reply | undefined {
  return conversationIn(calls).serverNotifications.find((reply) =>
    reply.message.method === "notifications/cancelled" && threadOf(reply.step) === thread && reply.atMs >= atMs &&
    isSameId(paramsOf(reply).requestId, id)
  );
}

function checkCancelled({ calls, limits }: View): Outcome {
  const heeded: McpStep[] = [];
  for (const request of conversationIn(calls).serverRequests) {
    const cancel = cancelledBy(request, calls);
    if (!cancel) continue;
    const late = request.answers.find(({ step }) =>
      step.exchange.receivedAtMs > cancel.atMs + limits.of("crossing_ms")
    );
    if (late) {
      return broken(
        `It answered ${request.method}, which the server had cancelled`,
        positionsOf([cancel.step, late.step]),
        limits.levelBy("crossing_ms"),
      );
    }
    heeded.push(cancel.step);
  }
  return heeded.length === 0
    ? notObserved("The server cancelled nothing that it had asked for")
    : kept("It answered nothing that the server had cancelled", positionsOf(heeded));
}

/** What the rules here have in common. */
const COMMON = { revisions: WITH_HANDSHAKE, isOfMcp: true, official: [] } as const;

/** Rules on what a server has asked for. */
export const serverWorkRules: readonly Rule[] = [
  {
    ...COMMON,
    id: "M96",
    name: "rising-progress",
    title: "The progress that a client reports of a request rises each time, and ends with the answer.",
    level: "MUST",
    link: `${UTILITIES}/progress#progress-flow`,
    check: checkProgress,
  },
  {
    ...COMMON,
    id: "M100",
    name: "cancelled-unanswered",
    title: "A client stops to work on what the server cancels, and does not answer it.",
    level: "SHOULD",
    link: `${UTILITIES}/cancellation#behavior-requirements`,
    check: checkCancelled,
  },
];
