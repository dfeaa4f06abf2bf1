// Rules on reading what a server answers: in either form, with comments between, on whichever stream, and nothing at all.

import type { Conversation, Request, ServerRequest } from "../../conversation.ts";
import { senderOf } from "../../instances.ts";
import { resumedFrom } from "../../messages.ts";
import { gapBetween, PRECISION_MS } from "../../moments.ts";
import type { McpStep } from "../../step.ts";
import type { View } from "../../view.ts";
import {
  ALWAYS,
  broken,
  brokenBy,
  kept,
  notObserved,
  type Outcome,
  positionsOf,
  type Rule,
  WITH_HANDSHAKE,
} from "../rule.ts";
import { asksTheSame, cancellationOf, conversationOf, isResult } from "./lost_answers.ts";

const TRANSPORTS = "https://modelcontextprotocol.io/specification/2025-11-25/basic/transports";
const HTTP = "https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http";

/** With these a client begins; one that reads the answer goes on. */
const openings: ReadonlySet<string> = new Set(["initialize", "server/discover"]);
/** So many requests for the same, and nothing else, say that a client cannot read the answers. */
const MIN_ALIKE = 3;

/** Requests that were answered in the response to them. */
function answeredAtOnce({ requests }: Conversation): readonly Request[] {
  return requests.filter(({ answer, step }) =>
    answer?.step === step && step.channel === undefined && isResult(answer.message)
  );
}

function hasComment({ exchange: { response } }: McpStep): boolean {
  return /(?:^|\n):/.test(response.body ?? "");
}

/**
 * Whether a client goes on once it has an answer of this kind, or ends by asking for the same again and again, and for nothing
 * else: then it cannot read it.
 */
function checkReading(view: View, isMeant: (step: McpStep) => boolean, what: string): Outcome {
  const conversation = conversationOf(view);
  const said = [...conversation.requests, ...conversation.notifications].sort((one, other) =>
    one.step.at - other.step.at
  );
  const last = said.at(-1);
  if (!last) return notObserved("It has sent no message");
  const end = said.slice(said.findLastIndex((one) => !asksTheSame(one, last)) + 1);
  const read = answeredAtOnce(conversation).map(({ step }) => step).filter(isMeant);
  const steps = new Set(read);
  const first = end.findIndex(({ step }) => steps.has(step));
  const alike = first === -1 ? [] : end.slice(first);
  // What comes at the same time, or is counted anew, is another process's, and what comes now and then only looks whether the
  // server is there.
  const isHasty = alike.slice(1).every((one, index) => {
    const before = alike[index] ?? one;
    const gapMs = gapBetween(before.step, one.step);
    return gapMs > -PRECISION_MS && gapMs < view.limits.of("come_back_ms") &&
      senderOf(before.message, one.message) === "same";
  });
  const gone = read.filter((step) => step.at < (end[0]?.step.at ?? 0));
  if (gone.length === 0 && alike.length >= MIN_ALIKE && isHasty && openings.has(last.method)) {
    return broken(
      `It sent ${last.method} ${alike.length} times, and nothing else, though the answer came ${what}`,
      positionsOf(alike.map(({ step }) => step)),
    );
  }
  return gone.length === 0
    ? notObserved(`It has not gone on after an answer that came ${what}`)
    : kept(`It went on after an answer that came ${what}`, positionsOf(gone));
}

function checkForms(view: View): Outcome {
  const forms = [
    checkReading(view, ({ stream }) => stream === undefined, "as JSON"),
    checkReading(view, (step) => step.stream !== undefined && !hasComment(step), "in an event stream"),
  ];
  const [one, ...other] = forms.filter(({ status }) => status === "kept");
  const wrong = forms.find(({ status }) => status === "broken");
  if (wrong || !one) return wrong ?? notObserved("It has not gone on after an answer");
  return other.length === 0 ? one : kept("It went on after answers in both forms", other[0]?.evidence ?? []);
}

function checkComments(view: View): Outcome {
  return checkReading(
    view,
    (step) => step.stream !== undefined && hasComment(step),
    "in an event stream with comments",
  );
}

function checkAccepted(view: View): Outcome {
  const { notifications, requests } = conversationOf(view);
  const accepted: McpStep[] = [];
  const initialized = notifications.filter(({ method, message, step }) =>
    method === "notifications/initialized" && !("id" in message) && step.channel === undefined &&
    step.status >= 200 && step.status < 300 && step.answered.length === 0
  );
  for (const { step, thread } of initialized) {
    const again = initialized.find((other) => other.thread === thread && other.step.at > step.at);
    if (thread !== undefined && again) {
      return broken(
        `It sent notifications/initialized again in the session, though it had been accepted with ${step.status}`,
        [step.at, again.step.at],
      );
    }
    if (requests.some((request) => request.thread === thread && request.step.at > step.at)) accepted.push(step);
  }
  return accepted.length === 0
    ? notObserved("It has sent no request after a notification that was accepted")
    : kept("It went on once its notification was accepted", positionsOf(accepted));
}

/** Requests of the server on a stream that a client opened for what is said unasked. */
function askedAside({ serverRequests }: Conversation): readonly ServerRequest[] {
  return serverRequests.filter(({ step, method }) =>
    step.verb === "GET" && step.channel === undefined && resumedFrom(step) === undefined && method === "ping"
  );
}

function checkAnyStream(view: View): Outcome {
  const conversation = conversationOf(view);
  const limitMs = view.limits.of("answer_ms");
  const taken: McpStep[] = [];
  let isOwed = false;
  for (const asked of askedAside(conversation)) {
    const [answer] = asked.answers;
    const late = answer ? lateAnswer(asked, answer.step, limitMs) : lateRequest(asked, conversation, limitMs);
    if (late) {
      return brokenBy(
        asked.message,
        `The server sent ${asked.method} on the stream of its GET, and it ${late.did} ${
          Math.round(late.afterMs)
        } ms later`,
        [asked.step.at, late.step.at],
        view.limits.levelBy("answer_ms"),
      );
    }
    if (answer) taken.push(asked.step, answer.step);
    else isOwed = true;
  }
  if (isOwed) return notObserved("It has not answered yet what the server asked on the stream of its GET");
  const took = tookElsewhere(conversation);
  if (took.length === 0 && wasAnsweredAside(conversation)) {
    return notObserved("The answer came on the stream of its GET, and it has not asked for anything else since");
  }
  taken.push(...took);
  return taken.length === 0
    ? notObserved("Nothing that it had to act on came on another stream than that of its request")
    : kept("It took what came on another stream than that of its request", positionsOf(taken));
}

interface Late {
  readonly step: McpStep;
  readonly afterMs: number;
  readonly did: string;
}

function lateAnswer({ atMs }: ServerRequest, step: McpStep, limitMs: number): Late | undefined {
  const afterMs = step.exchange.receivedAtMs - atMs;
  return afterMs > limitMs ? { step, afterMs, did: "answered only" } : undefined;
}

/** The first request that its client sent so long after the server had asked that it had time to answer. */
function lateRequest(
  { thread, atMs, step: { exchange } }: ServerRequest,
  { requests }: Conversation,
  limitMs: number,
): Late | undefined {
  const askedAtMs = exchange.startedAtMs + atMs - exchange.receivedAtMs;
  for (const { step, thread: of, method } of requests) {
    // A test may move the sandbox's clock instead of waiting.
    const afterMs = Math.max(step.exchange.receivedAtMs - atMs, step.exchange.startedAtMs - askedAtMs);
    if (of === thread && afterMs > limitMs) return { step, afterMs, did: `had not answered it when it sent ${method}` };
  }
  return undefined;
}

/** Whether a request was answered on the stream that a client opened for what is said unasked. */
function wasAnsweredAside({ requests }: Conversation): boolean {
  return requests.some(({ answer, step }) =>
    answer !== undefined && answer.step !== step && step.channel === undefined && answer.step.verb === "GET" &&
    resumedFrom(answer.step) === undefined
  );
}

/** Answers that came on another stream, and the requests that followed them. */
function tookElsewhere(conversation: Conversation): readonly McpStep[] {
  const { requests } = conversation;
  return requests.flatMap((request): readonly McpStep[] => {
    const { answer, step, thread } = request;
    if (!answer || answer.step === step || step.channel !== undefined || !isResult(answer.message)) return [];
    // Who cancels it does not know that it was answered, and who asks for the same again may have lost the answer.
    if (cancellationOf(request, conversation)) return [];
    const later = requests.find((other) =>
      other.thread === thread && other.step.at > Math.max(answer.step.at, step.at) &&
      other.step.exchange.receivedAtMs >= answer.atMs - PRECISION_MS
    );
    return later && !asksTheSame(later, request) ? [answer.step, later.step] : [];
  });
}

/** The rules on reading answers. */
export const streamReadingRules: readonly Rule[] = [
  {
    id: "M24",
    name: "takes-202",
    title: "A client takes a notification for accepted by the status alone, whatever the body of the response is.",
    level: "SHOULD",
    revisions: WITH_HANDSHAKE,
    isOfMcp: true,
    isOfMessages: true,
    link: `${TRANSPORTS}#sending-messages-to-the-server`,
    official: [],
    check: checkAccepted,
  },
  {
    id: "M25",
    name: "both-forms",
    title: "A client reads an answer in both forms, as JSON and as an event stream.",
    level: "MUST",
    revisions: ALWAYS,
    isOfMcp: true,
    isOfMessages: true,
    link: `${HTTP}#sending-messages-to-the-server`,
    official: [],
    check: checkForms,
  },
  {
    id: "M31",
    name: "any-stream",
    title: "A client takes messages from whichever of its streams brings them, and at once.",
    level: "SHOULD",
    revisions: WITH_HANDSHAKE,
    isOfMcp: true,
    isOfMessages: true,
    link: `${TRANSPORTS}#multiple-connections`,
    official: [],
    check: checkAnyStream,
  },
  {
    id: "M52",
    name: "skips-comments",
    title: "A client skips the comments in an event stream.",
    level: "MUST",
    revisions: ALWAYS,
    isOfMcp: true,
    isOfMessages: true,
    link: `${HTTP}#receiving-messages`,
    official: [],
    check: checkComments,
  },
];
