// Rules on requests that take several rounds: what a client sends back, with which request, and what it does not.

import { isObject, type JsonObject } from "../../../http/json.ts";
import { conversationIn, type Request } from "../../conversation.ts";
import { senderOf } from "../../instances.ts";
import { type Asking, type Continuing, isAboutTheSame, isEarlier, type Rounds, roundsIn } from "../../rounds.ts";
import type { McpStep } from "../../step.ts";
import type { View } from "../../view.ts";
import { times } from "../counted.ts";
import { broken, kept, notObserved, type Outcome, positionsOf, type Rule, SINCE_2026_07 } from "../rule.ts";
import { shown } from "./each.ts";
import { paramsText } from "./lost_answers.ts";

const LINK = "https://modelcontextprotocol.io/specification/2026-07-28/basic/patterns/mrtr";
/** What a request has besides those before it. */
const ADDED = ["requestState", "inputResponses"];

const stepsOf = (askings: readonly Asking[]): readonly McpStep[] => askings.map(({ request }) => request.step);

/** Whether all that asked for input is on record, so that what is not there was not asked. */
function isAllKnown({ calls, isGapless }: View, { step: { at } }: Request): boolean {
  return isGapless &&
    conversationIn(calls).requests.every(({ step, answer }) =>
      step.at >= at || answer !== undefined || step.status >= 400
    );
}

function checkState(view: View): Outcome {
  const { continuings } = roundsIn(view.calls);
  const right: McpStep[] = [];
  for (const one of continuings) {
    const { request, state, before, from } = one;
    if (from.some((asking) => asking.state !== undefined && asking.state === state)) right.push(request.step);
    const own = from.length > 0 ? from : before;
    // What is sent though none was given, and what was given with another request, are for other rules.
    if (own.length === 0 || own.some((asking) => asking.state === undefined || asking.state === state)) continue;
    if (isGivenElsewhere(one, view) || !isAllKnown(view, request)) continue;
    const detail = state === undefined
      ? `It went on with ${request.method} without the requestState that it was given`
      : `It sent the requestState ${shown(state)}, which is not what it was given`;
    return broken(detail, positionsOf([...stepsOf(own), request.step]));
  }
  return right.length === 0
    ? notObserved("It has not gone on with a request that it was given a requestState for")
    : kept("It sent every requestState back as it came", positionsOf(right));
}

/** Whether a state is one that came with another tool, prompt or resource. */
function isGivenElsewhere({ request, state, before }: Continuing, { calls }: View): boolean {
  return state !== undefined &&
    roundsIn(calls).askings.some((asking) =>
      asking.state === state && !before.includes(asking) && isEarlier(asking, request)
    );
}

function checkNoState(view: View): Outcome {
  const right: McpStep[] = [];
  for (const one of roundsIn(view.calls).continuings) {
    const { request, state, from } = one;
    if (from.length === 0 || from.some((asking) => asking.state !== undefined)) continue;
    if (state === undefined) right.push(request.step);
    else if (!isGivenElsewhere(one, view) && isAllKnown(view, request)) {
      return broken(
        "It sent a requestState where the result that it goes on from had none",
        positionsOf([...stepsOf(from), request.step]),
      );
    }
  }
  return right.length === 0
    ? notObserved("It has not gone on with a request that it was given no requestState for")
    : kept("It sent no requestState where it was given none", positionsOf(right));
}

function checkIds(view: View): Outcome {
  const right: McpStep[] = [];
  for (const { request, from } of roundsIn(view.calls).continuings) {
    if (from.length === 0) continue;
    if (from.some((asking) => asking.request.id !== request.id)) right.push(request.step);
    else if (isAllKnown(view, request)) {
      return broken(
        `It sent ${request.method} again under the id of the request before, ${shown(request.id)}`,
        positionsOf([...stepsOf(from), request.step]),
      );
    }
  }
  return right.length === 0
    ? notObserved("It has not gone on with a request that was answered with questions")
    : kept("It gave each round of a request another id", positionsOf(right));
}

/** What is wrong with a request that goes on from a result; undefined if nothing is. */
function problemOf({ request, responses = {} }: Continuing, asking: Asking): string | undefined {
  const missing = asking.keys.find((key) => !(key in responses));
  if (missing !== undefined) return `It went on with ${request.method} without an answer to ${shown(missing)}`;
  return paramsText(request, ADDED) === paramsText(asking.request, ADDED)
    ? undefined
    : `It went on with ${request.method} with other parameters than those of the request that it goes on with`;
}

function checkAnswers(view: View): Outcome {
  const right: McpStep[] = [];
  for (const one of roundsIn(view.calls).continuings) {
    const { request, before, from } = one;
    const own = from.length > 0 ? from : before;
    const problems = own.map((asking) => problemOf(one, asking));
    const [problem] = problems;
    if (own.length === 0) continue;
    if (problem === undefined || problems.includes(undefined)) right.push(request.step);
    else if (isAllKnown(view, request)) return broken(problem, positionsOf([...stepsOf(own), request.step]));
  }
  return right.length === 0
    ? notObserved("It has not gone on with a request that was answered with questions")
    : kept("It answered all that was asked for, and sent the rest of each request as before", positionsOf(right));
}

function checkIsolation(view: View): Outcome {
  const { askings, continuings } = roundsIn(view.calls);
  for (const one of continuings) {
    const { request, state, responses = {}, before } = one;
    const strange = askings.filter((asking) => isEarlier(asking, request) && !before.includes(asking));
    const givers = strange.filter((asking) =>
      (asking.state !== undefined && asking.state === state) ||
      (before.length === 0 && asking.keys.some((key) => key in responses))
    );
    if (givers.length === 0 || before.some((asking) => asking.state === state && state !== undefined)) continue;
    if (!isAllKnown(view, request)) continue;
    return broken(
      `It sent ${request.method} with what belongs to the rounds of another request`,
      positionsOf([...stepsOf(givers), request.step]),
    );
  }
  const apart = conversationIn(view.calls).requests.filter((request) =>
    request.era === "stateless" && !("requestState" in (request.params ?? {})) &&
    askings.some((asking) => isEarlier(asking, request) && !isAboutTheSame(asking.request, request)) &&
    !continuings.some((one) => one.request === request)
  );
  return apart.length === 0
    ? notObserved("It has sent no other request since a result asked it for input")
    : kept("It sent other requests without what belongs to the rounds of one", positionsOf(stepsIn(apart)));
}

function stepsIn(requests: readonly Request[]): readonly McpStep[] {
  return requests.map(({ step }) => step);
}

/** Whether a result is one of several rounds, or has no questions; after a refusal nobody has to go on. */
function isUnusual(asking: Asking, { continuings }: Rounds): boolean {
  const last = continuings.find(({ request }) => request === asking.request);
  if (Object.values(last?.responses ?? {}).some(isRefusal)) return false;
  return asking.keys.length === 0 || last !== undefined;
}

/** Whether a request begins anew what a result has asked to go on with. */
function beginsAnew(request: Request, asking: Asking, { continuings }: Rounds): boolean {
  return isEarlier(asking, request) && isAboutTheSame(asking.request, request) &&
    paramsText(request) === paramsText(asking.request, ADDED) && senderOf(asking.request, request) === "same" &&
    !continuings.some(({ from }) => from.includes(asking));
}

function checkRounds({ calls, limits }: View): Outcome {
  const rounds = roundsIn(calls);
  const { requests } = conversationIn(calls);
  const asked = rounds.askings.filter((asking) => isUnusual(asking, rounds));
  const wentOn = rounds.continuings.filter(({ from }) => from.some((asking) => asked.includes(asking)));
  const anew = asked.flatMap((asking) => requests.find((request) => beginsAnew(request, asking, rounds)) ?? []);
  if (wentOn.length > 0) {
    return kept(
      "It went on where a request took more than one round",
      positionsOf(wentOn.map(({ request }) => request.step)),
    );
  }
  if (anew.length > limits.of("rounds_anew")) {
    return broken(
      `It began a request anew ${times(anew.length)}, where it was asked to go on from where it was`,
      positionsOf(stepsIn(anew)),
      limits.levelBy("rounds_anew"),
    );
  }
  return notObserved(
    asked.length === 0
      ? "No request took more than one round, and no result was without questions"
      : "It has not gone on where a request took more than one round",
  );
}

/** Whether what stands in the place of an answer is an error. */
function isError(value: unknown): boolean {
  if (!isObject(value)) return false;
  return isObject(value.error) || (typeof value.code === "number" && typeof value.message === "string");
}

function isRefusal(value: unknown): value is JsonObject {
  return isObject(value) && (value.action === "decline" || value.action === "cancel");
}

function checkRefusals({ calls }: View): Outcome {
  const { continuings } = roundsIn(calls);
  const right: McpStep[] = [];
  for (const { request, responses = {}, from } of continuings) {
    const values = Object.values(responses);
    if (from.length > 0 && values.some(isError)) {
      return broken(
        "It sent an error as the answer to what it was asked for: a client that cannot answer sends nothing",
        positionsOf([...stepsOf(from), request.step]),
      );
    }
    if (values.some(isRefusal)) right.push(request.step);
  }
  return right.length === 0
    ? notObserved("It has refused nothing that it was asked for")
    : kept("It said in the result that its person refuses", positionsOf(right));
}

const COMMON = {
  level: "MUST",
  revisions: SINCE_2026_07,
  isOfMcp: true,
  isOfMessages: true,
  link: `${LINK}#client-requirements-basic-workflow`,
} as const;

/** The rules on requests that take several rounds. */
export const roundRules: readonly Rule[] = [
  {
    ...COMMON,
    id: "M88",
    name: "request-state-as-given",
    title: "A client sends requestState back exactly as it was given, when it sends the request again.",
    official: ["sep-2322-client-request-state-echoed"],
    check: checkState,
  },
  {
    ...COMMON,
    id: "M89",
    name: "no-request-state-of-its-own",
    title: "A client sends no requestState where the result that it goes on from had none.",
    official: ["sep-2322-client-no-state-omitted"],
    check: checkNoState,
  },
  {
    ...COMMON,
    id: "M90",
    name: "new-id-each-round",
    title: "Each round of a request has an id of its own.",
    official: ["sep-2322-client-jsonrpc-id-different"],
    check: checkIds,
  },
  {
    ...COMMON,
    id: "M91",
    name: "answers-all-questions",
    title: "A client answers all that it is asked for, by the names it was given, and repeats the request as it was.",
    official: [],
    check: checkAnswers,
  },
  {
    ...COMMON,
    id: "M92",
    name: "rounds-kept-apart",
    title: "A client uses requestState and inputRequests for the request that they came with, and for no other.",
    official: ["sep-2322-client-parallel-isolation"],
    check: checkIsolation,
  },
  {
    ...COMMON,
    id: "M93",
    name: "several-rounds",
    title: "A client goes on from where it is, however many rounds a request takes, and with a requestState alone.",
    level: "SHOULD",
    link: `${LINK}#server-requirements-basic-workflow`,
    official: [],
    check: checkRounds,
  },
  {
    ...COMMON,
    id: "M94",
    name: "no-error-as-an-answer",
    title: "A client that cannot give what it is asked for says so in the result, or does not send the request again.",
    level: "SHOULD",
    link: "https://modelcontextprotocol.io/specification/2026-07-28/client/sampling#error-handling",
    official: [],
    check: checkRefusals,
  },
];
