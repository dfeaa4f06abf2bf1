// Rules on what a client does with messages that a server sends of its own accord, up to 2025-11-25: no notification is
// answered, and every request is.

import { isObject } from "../../../http/json.ts";
import { conversationIn, isSameId, type Reply, type Said, type ServerRequest, threadOf } from "../../conversation.ts";
import { PRECISION_MS } from "../../moments.ts";
import type { McpStep } from "../../step.ts";
import type { View } from "../../view.ts";
import { brokenBy, kept, notObserved, type Outcome, positionsOf, type Rule, WITH_HANDSHAKE } from "../rule.ts";
import { shown } from "./each.ts";
import { cancelledBy, isHeardWhole } from "./server_work.ts";

const BASE = "https://modelcontextprotocol.io/specification/2025-11-25/basic";

/** Codes with which a client answers a method; with others it may answer what it could not read, which has no id. */
const ofMethods: ReadonlySet<unknown> = new Set([-32601, -32602]);

/** Whether a response answers nothing that it names. */
function hasNoId({ message: { id } }: Said): boolean {
  return id === undefined || id === null;
}

function codeIn({ message: { error } }: Said): unknown {
  return isObject(error) ? error.code : undefined;
}

function checkNotifications({ calls }: View): Outcome {
  const { serverNotifications, responses } = conversationIn(calls);
  const heard: Reply[] = [];
  for (const notification of serverNotifications) {
    const { step, atMs } = notification;
    const thread = threadOf(step);
    const later = (one: McpStep): boolean =>
      threadOf(one) === thread && one !== step && one.exchange.receivedAtMs >= atMs - PRECISION_MS;
    const answer = responses.find((response) =>
      hasNoId(response) && ("result" in response.message || ofMethods.has(codeIn(response))) && later(response.step)
    );
    if (answer) {
      return brokenBy(
        answer.message,
        `It answered ${shown(notification.message.method)}, which is a notification, with a response without an id`,
        positionsOf([step, answer.step]),
      );
    }
    // An error that names nothing may be the answer to it, or to what else could not be read.
    if (responses.some((response) => hasNoId(response) && later(response.step))) continue;
    if (calls.some((call) => later(call) && call.method !== undefined)) heard.push(notification);
  }
  return heard.length === 0
    ? notObserved(
      "No notification of the server came before its next request, or it is not known what its errors answer",
    )
    : kept("It answered no notification of the server, and went on", positionsOf(heard.map(({ step }) => step)));
}

function problemOf(response: Said, view: View): string | undefined {
  const { message: { id, result, error }, thread } = response;
  if (result !== undefined && error !== undefined) return "It sent a response with both a result and an error";
  if (error !== undefined && !(isObject(error) && Number.isInteger(error.code) && typeof error.message === "string")) {
    return `It sent a response whose error has no whole code and message: ${shown(error)}`;
  }
  if (hasNoId(response)) return undefined;
  const asked = conversationIn(view.calls).serverRequests.filter((request) => request.thread === thread);
  const ids = asked.map(({ message }) => message.id);
  if (ids.some((one) => isSameId(one, id))) return undefined;
  const like = ids.find((one) => String(one) === String(id));
  if (like !== undefined) return `It answered the id ${shown(like)} as ${shown(id)}`;
  return isHeardWhole(view, thread)
    ? `It answered the id ${shown(id)}, under which the server had asked for nothing`
    : undefined;
}

function checkResponses(view: View): Outcome {
  const responses = conversationIn(view.calls).responses.filter(({ era }) => era === "handshake");
  for (const response of responses) {
    const problem = problemOf(response, view);
    if (problem !== undefined) return brokenBy(response.message, problem, [response.step.at]);
  }
  const named = responses.filter((response) => !hasNoId(response));
  return named.length === 0 ? notObserved("It answered no request of the server") : kept(
    "Every response repeated the id that it answers, and was a result or an error",
    positionsOf(
      named.map(({ step }) => step),
    ),
  );
}

/** Requests that servers may make; others are unknown to every client. */
const serverMethods: ReadonlySet<string> = new Set([
  "ping",
  "roots/list",
  "sampling/createMessage",
  "elicitation/create",
  "tasks/get",
  "tasks/list",
  "tasks/result",
  "tasks/cancel",
]);

/** The first request of a client that came so long after a request of the server that it must have been answered. */
export function goesOnWithout(
  { atMs, thread }: ServerRequest,
  calls: readonly McpStep[],
  waitMs: number,
): McpStep | undefined {
  return calls.find((call) =>
    threadOf(call) === thread && call.method !== undefined && call.exchange.receivedAtMs >= atMs + waitMs
  );
}

function checkUnknown({ calls, limits }: View): Outcome {
  const refused: ServerRequest[] = [];
  const { serverRequests } = conversationIn(calls);
  for (const request of serverRequests.filter(({ method }) => !serverMethods.has(method))) {
    const { step, method, answers: [answer] } = request;
    if (answer) {
      if (!("error" in answer.message)) {
        return brokenBy(
          answer.message,
          `It answered ${method}, which no client knows, with a result`,
          positionsOf([step, answer.step]),
        );
      }
      refused.push(request);
      continue;
    }
    const later = cancelledBy(request, calls) ? undefined : goesOnWithout(request, calls, limits.of("answer_ms"));
    if (later) {
      return brokenBy(
        request.message,
        `It did not answer ${method}, a request that it does not know, and went on`,
        positionsOf([step, later]),
        limits.levelBy("answer_ms"),
      );
    }
  }
  return refused.length === 0
    ? notObserved("The server made no request of it that clients do not know")
    : kept("It answered requests that it does not know with an error", positionsOf(refused.map(({ step }) => step)));
}

/** What the rules here have in common: from 2026-07-28 on servers make no requests, and M50 sees every response. */
const COMMON = { level: "MUST", revisions: WITH_HANDSHAKE, isOfMcp: true, official: [] } as const;

/** Rules on what a server says unasked. */
export const serverMessageRules: readonly Rule[] = [
  {
    ...COMMON,
    id: "M5",
    name: "no-answer-to-notifications",
    title: "A client answers no notification, whether it knows it or not, and goes on.",
    link: `${BASE}#notifications`,
    check: checkNotifications,
  },
  {
    ...COMMON,
    id: "M6",
    name: "response-as-asked",
    title: "A response of a client repeats the id that it answers, and has either a result or an error.",
    link: `${BASE}#responses`,
    official: ["wire-schema-valid"],
    check: checkResponses,
  },
  {
    ...COMMON,
    id: "M7",
    name: "unknown-request-refused",
    title: "A client answers a request that it does not know with an error, and does not stay silent.",
    link: "https://www.jsonrpc.org/specification#error_object",
    check: checkUnknown,
  },
];
