/**
 * Requests of 2026-07-28 that take several rounds: results that ask for input, and the requests that go on from there.
 *
 * @module
 */
import { isObject, type JsonObject } from "../http/json.ts";
import { conversationIn, type Request } from "./conversation.ts";
import { PRECISION_MS } from "./moments.ts";
import { textOf } from "./reading.ts";
import type { McpStep } from "./step.ts";

/** A result that asks for input. */
export interface Asking {
  /** What it answers. */
  readonly request: Request;
  /** What the client has to send back unread; undefined if there is none. */
  readonly state: string | undefined;
  /** The names of what it asks for. */
  readonly keys: readonly string[];
}

/** A request that brings what only a result that asks for input can have given it. */
export interface Continuing {
  readonly request: Request;
  readonly state: unknown;
  /** What it answers, by name; undefined for nothing. */
  readonly responses: JsonObject | undefined;
  /** The results to the same request, but for its input, that came before. */
  readonly before: readonly Asking[];
  /** Those of them that it can go on from: by its state, else by the names of what it answers. */
  readonly from: readonly Asking[];
}

/** What went in rounds. */
export interface Rounds {
  readonly askings: readonly Asking[];
  readonly continuings: readonly Continuing[];
}

const known = new WeakMap<readonly McpStep[], Rounds>();

/** All of them, in order; worked out once for the same list of requests. */
export function roundsIn(calls: readonly McpStep[]): Rounds {
  const found = known.get(calls) ?? readRounds(calls);
  known.set(calls, found);
  return found;
}

function readRounds(calls: readonly McpStep[]): Rounds {
  const requests = conversationIn(calls).requests.filter(({ era }) => era === "stateless");
  const askings = requests.flatMap(askingIn);
  if (askings.length === 0) return { askings, continuings: [] };
  return { askings, continuings: requests.flatMap((request) => continuingIn(request, askings)) };
}

function askingIn(request: Request): readonly Asking[] {
  const result = request.answer?.message.result;
  if (!isObject(result) || result.resultType !== "input_required") return [];
  const asked = isObject(result.inputRequests) ? result.inputRequests : {};
  return [{ request, state: textOf(result, "requestState"), keys: Object.keys(asked) }];
}

function continuingIn(request: Request, askings: readonly Asking[]): readonly Continuing[] {
  const { requestState: state, inputResponses } = request.params ?? {};
  if (state === undefined && inputResponses === undefined) return [];
  const responses = isObject(inputResponses) ? inputResponses : undefined;
  const before = askings.filter((asking) => isEarlier(asking, request) && isAboutTheSame(asking.request, request));
  return [{ request, state, responses, before, from: goneOnFrom(before, state, Object.keys(responses ?? {})) }];
}

/** Those with this state and these questions, else those with just these questions, else with the state, else with fewer. */
function goneOnFrom(askings: readonly Asking[], state: unknown, names: readonly string[]): readonly Asking[] {
  const within = askings.filter(({ keys }) => keys.every((key) => names.includes(key)));
  const exact = within.filter(({ keys }) => keys.length === names.length);
  const byState = askings.filter((asking) => state !== undefined && asking.state === state);
  const choices = [
    within.filter((asking) => byState.includes(asking)),
    exact,
    byState,
    within.filter(({ keys }) => keys.length > 0),
  ];
  return choices.find((choice) => choice.length > 0) ?? [];
}

/** Whether a result had left before a request came. */
export function isEarlier({ request: { answer } }: Asking, { step }: Pick<Request, "step">): boolean {
  return (answer?.atMs ?? Infinity) <= step.exchange.receivedAtMs + PRECISION_MS && (answer?.step.at ?? 0) < step.at;
}

/** Whether two requests are about the same tool, prompt or resource. */
export function isAboutTheSame(one: Request, other: Request): boolean {
  return one.method === other.method && one.step.address === other.step.address &&
    one.params?.name === other.params?.name && one.params?.uri === other.params?.uri;
}
