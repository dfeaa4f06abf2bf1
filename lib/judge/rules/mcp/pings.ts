// Rules on pings, up to 2025-11-25: a client answers those of a server at once, and sends few of its own.

import { times } from "../counted.ts";
import { isObject } from "../../../http/json.ts";
import {
  conversationIn,
  hasAllSaid,
  isSameId,
  type Request,
  type ServerRequest,
  threadOf,
} from "../../conversation.ts";
import type { McpStep } from "../../step.ts";
import type { View } from "../../view.ts";
import { broken, brokenBy, kept, notObserved, type Outcome, positionsOf, type Rule, WITH_HANDSHAKE } from "../rule.ts";
import { shown } from "./each.ts";
import { goesOnWithout } from "./server_messages.ts";
import { cancelledBy } from "./server_work.ts";

const PING = "https://modelcontextprotocol.io/specification/2025-11-25/basic/utilities/ping";

/** An empty result may have `_meta`, as every result may. */
function isEmpty(result: unknown): boolean {
  return isObject(result) && Object.keys(result).every((name) => name === "_meta");
}

/** What is wrong with the first answer to a ping, or with there being none; undefined for nothing. */
function problemOf(ping: ServerRequest, view: View): Outcome | undefined {
  const { calls, limits } = view;
  const { step, answers: [answer], atMs } = ping;
  if (cancelledBy(ping, calls)) return undefined;
  if (answer) {
    const { result, error } = answer.message;
    const evidence = positionsOf([step, answer.step]);
    // M6 looks at a response with both.
    if (error !== undefined && result !== undefined) return undefined;
    if (error !== undefined) {
      return brokenBy(answer.message, `It answered ping with the error ${shown(error)}`, evidence);
    }
    if (!isEmpty(result)) {
      return brokenBy(answer.message, `It answered ping with ${shown(result)}, not with {}`, evidence);
    }
    const waitedMs = answer.step.exchange.receivedAtMs - atMs;
    if (waitedMs <= limits.of("answer_ms")) return undefined;
    return broken(`It answered ping only after ${waitedMs} ms`, evidence, limits.levelBy("answer_ms"));
  }
  // M31 looks at what is left unanswered on the stream of a GET; whoever has left a stream, or resumes it, may have had it before.
  const isSure = hasAllSaid(view) && step.verb === "POST" && step.stream?.endedBy !== "client" &&
    !conversationIn(calls).responses.some(({ thread, message }) =>
      thread === ping.thread && isSameId(message.id, ping.message.id)
    );
  const later = isSure ? goesOnWithout(ping, calls, limits.of("answer_ms")) : undefined;
  return later && brokenBy(
    ping.message,
    "It did not answer ping, and went on",
    positionsOf([step, later]),
    limits.levelBy("answer_ms"),
  );
}

function checkAnswers(view: View): Outcome {
  const answered: McpStep[] = [];
  const pings = conversationIn(view.calls).serverRequests.filter(({ method }) => method === "ping");
  let weak: Outcome | undefined;
  for (const ping of pings) {
    const problem = problemOf(ping, view);
    if (problem && problem.level === undefined) return problem;
    weak ??= problem;
    answered.push(...ping.answers.slice(0, 1).map(({ step }) => step));
  }
  if (weak) return weak;
  return answered.length === 0
    ? notObserved("The server sent it no ping that it answered")
    : kept("It answered each ping at once, with an empty result", positionsOf(answered));
}

/** So many pings in a row show how often a client sends them; a few at once may have a reason. */
const SUSTAINED = 10;
const SECOND_MS = 1000;

function checkOwn({ calls, limits }: View): Outcome {
  const own = conversationIn(calls).requests.filter(({ method, era }) => method === "ping" && era === "handshake");
  const atLeastMs = SUSTAINED * SECOND_MS / limits.of("pings_per_second");
  for (const [, pings] of Map.groupBy(own, ({ step }) => threadOf(step))) {
    const [first, last] = closest(pings);
    if (!first || !last) continue;
    const tookMs = last.step.exchange.receivedAtMs - first.step.exchange.receivedAtMs;
    if (tookMs >= atLeastMs) continue;
    return broken(
      `It sent ping ${times(SUSTAINED + 1)} within ${tookMs} ms`,
      positionsOf([first.step, last.step]),
      limits.levelBy("pings_per_second"),
    );
  }
  return own.length < 2
    ? notObserved("It sent fewer than two pings")
    : kept("It left time between its pings", positionsOf(own.map(({ step }) => step)));
}

/** The first and the last of those pings in a row that came fastest. */
function closest(pings: readonly Request[]): readonly [Request?, Request?] {
  const spans = pings.slice(SUSTAINED).flatMap((last, index) => {
    const first = pings[index];
    return first ? [{ first, last, ms: last.step.exchange.receivedAtMs - first.step.exchange.receivedAtMs }] : [];
  });
  const [span] = spans.sort((one, other) => one.ms - other.ms);
  return span ? [span.first, span.last] : [];
}

/** What the rules here have in common: from 2026-07-28 on there is no ping. */
const COMMON = { revisions: WITH_HANDSHAKE, isOfMessages: true, isOfMcp: true, official: [] } as const;

/** Rules on pings. */
export const pingRules: readonly Rule[] = [
  {
    ...COMMON,
    id: "M67",
    name: "ping-answered",
    title: "A client answers each ping of the server at once, with an empty result.",
    level: "MUST",
    link: `${PING}#behavior-requirements`,
    check: checkAnswers,
  },
  {
    ...COMMON,
    id: "M68",
    name: "few-pings",
    title: "A client does not send ping after ping.",
    level: "SHOULD",
    link: `${PING}#implementation-considerations`,
    check: checkOwn,
  },
];
