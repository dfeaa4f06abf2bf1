// Rules on what a client makes of answers that are unusual: batches, codes without a meaning, methods that are missing, and
// kinds of results that it does not know.

import { isObject, type JsonObject } from "../../../http/json.ts";
import { conversationIn, type Request, threadOf } from "../../conversation.ts";
import { type Sender, senderOf } from "../../instances.ts";
import { textOf } from "../../reading.ts";
import { revisionNamed } from "../../settled.ts";
import type { McpStep, Step } from "../../step.ts";
import type { View } from "../../view.ts";
import { broken, kept, notObserved, type Outcome, positionsOf, type Rule, SINCE_2026_07 } from "../rule.ts";
import { shown } from "./each.ts";

const BASE = "https://modelcontextprotocol.io/specification/2026-07-28/basic";

/** The revision that has batches, and says what must not be in one. */
const WITH_BATCHES = "2025-03-26";

function checkBatches({ calls, settled }: View): Outcome {
  const openings = calls.filter(({ sent }) => sent.some(({ message }) => message?.method === "initialize"));
  const batched = openings.find((step) => {
    const version = settled.get(step) ?? step.versions.settled ?? WITH_BATCHES;
    return step.isBatch && revisionNamed(version) === WITH_BATCHES;
  });
  if (batched) return broken("It sent initialize in an array with other messages, or alone in one", [batched.at]);
  return openings.length === 0
    ? notObserved("It did not send initialize")
    : kept("It sent initialize by itself", positionsOf(openings));
}

function errorOf({ answer }: Request): JsonObject | undefined {
  return isObject(answer?.message.error) ? answer.message.error : undefined;
}

/** Codes that implementations once used each in their own way; -32002 has a meaning still. */
function isLegacyCode(code: unknown): boolean {
  return typeof code === "number" && code <= -32000 && code >= -32019 && code !== -32002;
}

/** What a client does that has lost a session or a login, or takes the server for one of an earlier era; undefined for anything else. */
function startsOver(step: Step): string | undefined {
  switch (step.kind) {
    case "mcp":
      return step.method === "initialize" ? "sent initialize" : step.verb === "GET" ? "asked for a stream" : undefined;
    case "authorization":
      return "asked for authorization";
    case "token":
      return "asked for a token";
    case "registration":
      return "registered";
    default:
      return undefined;
  }
}

/** What a client did once an answer was there. */
interface Reaction {
  /** The next thing that nothing shows to be another process's. */
  readonly next: Step | undefined;
  /** What it did with that at once, as one that starts over; undefined for anything else. */
  readonly done: string | undefined;
  /** Whether it can be the process that got the answer that did so. */
  readonly isIts: boolean;
}

/** What a client did once the answer to a request of 2026-07-28 was there. */
export function reactionTo(request: Request, view: View): Reaction {
  const { steps, limits } = view;
  const atMs = request.answer?.atMs ?? Infinity;
  const next = steps.find((later) =>
    later.at > request.step.at && later.exchange.receivedAtMs >= atMs && takerOf(later, request, view) !== "other"
  );
  // What comes later may have other reasons, such as a token that has expired.
  const isPrompt = next !== undefined && next.exchange.receivedAtMs <= atMs + limits.of("answer_ms");
  const done = isPrompt ? startsOver(next) : undefined;
  return { next, done, isIts: done !== undefined && next !== undefined && takerOf(next, request, view) === "same" };
}

/** Whether the process that sent a request of 2026-07-28 took a later step. */
function takerOf(later: Step, request: Request, { calls }: View): Sender {
  if (later.kind === "mcp") {
    if (later.method === "initialize") return senderOf(request, later.sent[0]?.message ?? {});
    return threadOf(later) === undefined ? "same" : "other";
  }
  // Who logs in goes on with another token.
  const after = conversationIn(calls).requests.find((one) =>
    one.step.at > later.at && senderOf(request, one) === "same"
  );
  return after ? after.step.token === request.step.token ? "other" : "same" : "unknown";
}

/** Requests of 2026-07-28, with an answer. */
function statelessIn({ calls }: View): readonly Request[] {
  return conversationIn(calls).requests.filter(({ era, answer }) => era === "stateless" && answer !== undefined);
}

function checkLegacyCodes(view: View): Outcome {
  const requests = statelessIn(view);
  const first = requests.find(({ answer }) => answer && "result" in answer.message);
  const right: McpStep[] = [];
  for (const request of requests) {
    const code = errorOf(request)?.code;
    // Before anything has succeeded the server may be one of an earlier era, and what it says one of its refusals.
    if (!isLegacyCode(code) || request.step.status >= 400 || !first || first.step.at > request.step.at) continue;
    const { next, done, isIts } = reactionTo(request, view);
    if (next && isIts) {
      return broken(
        `It ${done} after ${request.method} got the error ${shown(code)}, a code that has no meaning`,
        positionsOf([request.step, next]),
        "SHOULD",
      );
    }
    if (next?.kind === "mcp" && done === undefined) right.push(request.step);
  }
  return right.length === 0
    ? notObserved("No request got an error from -32000 to -32019 before it went on")
    : kept("It read no meaning into an error from -32000 to -32019", positionsOf(right));
}

const METHOD_NOT_FOUND = -32601;

function checkMissingMethods(view: View): Outcome {
  const right: McpStep[] = [];
  for (const request of statelessIn(view)) {
    if (request.step.status !== 404 || errorOf(request)?.code !== METHOD_NOT_FOUND) continue;
    // A server without that one has given reason to ask for its era: what a client makes of it, M59 says.
    if (request.method === "server/discover") continue;
    const { next, done, isIts } = reactionTo(request, view);
    if (next?.kind === "mcp" && isIts) {
      return broken(
        `It ${done} after ${request.method} got 404 with -32601, which says only that there is no such method`,
        positionsOf([request.step, next]),
      );
    }
    if (next?.kind === "mcp" && done === undefined) right.push(request.step);
  }
  return right.length === 0
    ? notObserved("No request got 404 with -32601 before it went on")
    : kept("It took 404 with -32601 for a method that there is not, and went on", positionsOf(right));
}

/** Kinds of results that the protocol itself and its extensions have. */
const knownKinds: ReadonlySet<unknown> = new Set(["complete", "input_required", "task"]);

function checkKinds(view: View): Outcome {
  const right: McpStep[] = [];
  for (const request of statelessIn(view)) {
    const result = isObject(request.answer?.message.result) ? request.answer.message.result : {};
    const kind = result.resultType;
    if (kind === undefined || knownKinds.has(kind)) continue;
    const later = conversationIn(view.calls).requests.filter(({ step }) => step.at > request.step.at);
    const used = later.find(({ params }) => isTakenFrom(result, params));
    if (used) {
      return broken(
        `It went on with what a result of the kind ${shown(kind)} said, which is none that it knows`,
        positionsOf([request.step, used.step]),
      );
    }
    if (later.length > 0) right.push(request.step);
  }
  return right.length === 0
    ? notObserved("No result was of a kind that is unknown")
    : kept("It made no use of a result of a kind that is unknown", positionsOf(right));
}

/** Whether parameters repeat what only this result can have said. */
function isTakenFrom(result: JsonObject, params: JsonObject | undefined): boolean {
  const [state, next] = [textOf(result, "requestState"), textOf(result, "nextCursor")];
  return (state !== undefined && params?.requestState === state) || (next !== undefined && params?.cursor === next);
}

/** Rules on unusual answers. */
export const reactionRules: readonly Rule[] = [
  {
    id: "M9",
    name: "initialize-by-itself",
    title: "A client sends initialize in no batch.",
    level: "MUST",
    revisions: [WITH_BATCHES],
    isOfMcp: true,
    link: "https://modelcontextprotocol.io/specification/2025-03-26/basic/lifecycle#initialization",
    official: [],
    check: checkBatches,
  },
  {
    id: "M12",
    name: "no-meaning-in-old-codes",
    title: "A client reads no meaning into error codes from -32000 to -32019, but for -32002.",
    level: "MUST",
    revisions: SINCE_2026_07,
    isOfMessages: true,
    isOfMcp: true,
    link: `${BASE}#error-codes`,
    official: [],
    check: checkLegacyCodes,
  },
  {
    id: "M56",
    name: "missing-method",
    title: "A client takes 404 with -32601 for a missing method, not for a lost session or a server of an earlier era.",
    level: "MUST",
    revisions: SINCE_2026_07,
    isOfMessages: true,
    isOfMcp: true,
    link: `${BASE}/transports/streamable-http#protocol-version-header`,
    official: [],
    check: checkMissingMethods,
  },
  {
    id: "M57",
    name: "known-results-alone",
    title: "A client takes a result whose resultType it does not know for invalid.",
    level: "MUST",
    revisions: SINCE_2026_07,
    isOfMessages: true,
    isOfMcp: true,
    link: `${BASE}#resulttype`,
    official: ["sep-2322-default-result-type-complete"],
    check: checkKinds,
  },
];
