// Rules on what ties messages together: ids are used once, progress tokens too while they are needed, and a cancellation names
// a request that is under way.

import { type Asked, conversationIn, hasAllSaid, isSameId, type Request } from "../../conversation.ts";
import { PRECISION_MS } from "../../moments.ts";
import type { McpStep } from "../../step.ts";
import { cancelsTask } from "../../tasks.ts";
import type { View } from "../../view.ts";
import { ALWAYS, brokenBy, kept, notObserved, type Outcome, positionsOf, type Rule, WITH_HANDSHAKE } from "../rule.ts";
import { holdEach, shown } from "./each.ts";
import { isObject } from "../../../http/json.ts";

const BASE = "https://modelcontextprotocol.io/specification/2025-11-25/basic";

/** Requests that the server took: what was refused with a status may be sent again as it is, with a token, or later. */
function takenIn({ calls }: View): readonly Request[] {
  return conversationIn(calls).requests.filter(({ step, id }) => step.status < 300 && id !== undefined && id !== null);
}

function keyOf({ step, id }: Request): string {
  return `${step.address}\n${JSON.stringify(id)}`;
}

function checkUnique(view: View): Outcome {
  const taken = takenIn(view);
  const known = new Map<string, Request>();
  for (const request of taken) {
    if (request.thread === undefined) continue;
    const key = `${request.thread}\n${keyOf(request)}`;
    const before = known.get(key);
    // What was never answered may have been lost on its way, and be sent again by something that knows nothing of ids.
    if (before?.answer) {
      return brokenBy(
        request.message,
        `It used the id ${shown(request.id)} again in one session, for ${before.method} and then for ${request.method}`,
        positionsOf([before.step, request.step]),
      );
    }
    known.set(key, request);
  }
  const stateless = taken.filter(({ era }) => era === "stateless");
  const twice = findTwiceOpen(stateless, view);
  if (twice) {
    return brokenBy(
      twice[1].message,
      `It used the id ${shown(twice[1].id)} for ${twice[1].method} while ${twice[0].method} had not been answered`,
      positionsOf(twice.map(({ step }) => step)),
    );
  }
  const judged = [...known.values(), ...stateless];
  return judged.length < 2
    ? notObserved("It sent fewer than two requests whose ids can be compared")
    : kept("It used no id again", positionsOf(judged.map(({ step }) => step).sort((one, other) => one.at - other.at)));
}

/** Two requests without a session that had one id at the same time. */
function findTwiceOpen(taken: readonly Request[], view: View): readonly [Request, Request] | undefined {
  const same = usedTwiceByOne(view).filter((request) => taken.includes(request));
  for (const [at, request] of same.entries()) {
    const before = same[at - 1];
    if (before && isOpenAt(before, request.step)) return [before, request];
  }
  return undefined;
}

/**
 * Requests without a session of one id, which can only be those of one instance of a client. Instances that run side by side
 * all count from the same number: so the id must be neither the first that was used nor one of several that came twice, those
 * that were refused among them; and none may be missing on record.
 */
export function usedTwiceByOne(view: View): readonly Request[] {
  if (!hasAllSaid(view)) return [];
  const all = conversationIn(view.calls).requests.filter(({ era }) => era === "stateless");
  const [only = [], second] = [...Map.groupBy(all, keyOf).values()].filter(({ length }) => length > 1);
  return second || only[0] === all[0] ? [] : only;
}

/** Whether a request had certainly not been answered when another came. */
function isOpenAt({ step, answer }: Request, next: McpStep): boolean {
  const endMs = answer?.atMs ?? step.stream?.endedAtMs;
  return step.exchange.isOpen === true || (endMs !== undefined && endMs > next.exchange.receivedAtMs + PRECISION_MS);
}

interface Tokened {
  readonly step: McpStep;
  readonly request: Request;
  readonly token: unknown;
}

function checkProgressTokens(view: View): Outcome {
  const tokened = conversationIn(view.calls).requests.flatMap((request): readonly Tokened[] => {
    const meta = request.params?._meta;
    if (!isObject(meta) || !("progressToken" in meta)) return [];
    return [{ step: request.step, request, token: meta.progressToken }];
  });
  const open = new Map<string, Tokened>();
  return holdEach(tokened, {
    wrong: (one) => {
      const { token, request } = one;
      if (typeof token !== "string" && !Number.isInteger(token)) {
        return `It sent ${request.method} with the progressToken ${
          shown(token)
        }, which is neither a string nor an integer`;
      }
      if (request.thread === undefined || request.step.status >= 300) return undefined;
      const key = `${request.thread}\n${JSON.stringify(token)}`;
      const before = open.get(key);
      open.set(key, one);
      return before && isOpenAt(before.request, one.step) && !isSameId(before.request.id, request.id)
        ? `It sent ${request.method} with the progressToken ${shown(token)} while ${before.request.method} was using it`
        : undefined;
    },
    kept: "Every progressToken was a string or an integer, and used for one request at a time",
    none: "It asked for progress of nothing",
  });
}

function checkCancellations(view: View): Outcome {
  const { requests, notifications, sessions } = conversationIn(view.calls);
  const opened = new Set(sessions.filter(({ opening }) => opening?.answer).map(({ thread }) => thread));
  const cancellations = notifications.filter(({ method, era, thread }) =>
    method === "notifications/cancelled" && era === "handshake" && thread !== undefined && opened.has(thread)
  ).filter((one) => !cancelsTask(one, view.calls));
  const decided: Asked[] = [];
  for (const cancellation of cancellations) {
    const { step, message, params, thread } = cancellation;
    const id = params?.requestId;
    const named = requests.filter((request) => isSameId(request.id, id));
    const own = named.filter((request) => request.thread === thread);
    if (named.length === 0 && hasAllSaid(view)) {
      return brokenBy(message, `It cancelled the request ${shown(id)}, and has sent none with that id`, [step.at]);
    }
    // It may mean the request of a session that was lost.
    if (own.length === 0) continue;
    const late = own.every(({ answer, step: asked }) =>
      answer?.step === asked && asked.exchange.shapedBy.length === 0 && !asked.exchange.response.truncated &&
      step.exchange.receivedAtMs - answer.atMs > view.limits.of("crossing_ms")
    );
    if (late) {
      return brokenBy(
        message,
        `It cancelled the request ${shown(id)} more than ${view.limits.of("crossing_ms")} ms after the answer to it`,
        positionsOf([...own.map((request) => request.step), step].slice(-2)),
        view.limits.levelBy("crossing_ms"),
      );
    }
    decided.push(cancellation);
  }
  return decided.length === 0
    ? notObserved("It cancelled nothing of which the record shows enough")
    : kept("It cancelled only requests that were under way", positionsOf(decided.map(({ step }) => step)));
}

/** Rules on ids. */
export const idRules: readonly Rule[] = [
  {
    id: "M3",
    name: "id-used-once",
    title: "A client uses the id of a request once in a session; without sessions, not while the first is unanswered.",
    level: "MUST",
    revisions: ALWAYS,
    isOfMcp: true,
    link: `${BASE}#requests`,
    official: [],
    check: checkUnique,
  },
  {
    id: "M95",
    name: "progress-token",
    title: "A progressToken is a string or an integer, and belongs to one running request.",
    level: "MUST",
    revisions: ALWAYS,
    isOfMcp: true,
    link: `${BASE}/utilities/progress#progress-flow`,
    official: [],
    check: checkProgressTokens,
  },
  {
    id: "M98",
    name: "cancels-running-request",
    title: "A client cancels only requests that it has sent and that are still running, as far as it can know.",
    level: "MUST",
    revisions: WITH_HANDSHAKE,
    isOfMessages: true,
    isOfMcp: true,
    link: `${BASE}/utilities/cancellation#behavior-requirements`,
    official: [],
    check: checkCancellations,
  },
];
