// How an entry of a catalogue answers: which of its answers it is the turn of, what is asked before, how long that takes, and
// whether it comes.
import {
  type InputRequest,
  inputRequired,
  type InputRequiredResult,
  isSpecType,
  ProtocolError,
} from "@modelcontextprotocol/server";
import { z } from "zod";
import { isSameJson } from "../../http/json.ts";
import { fillArguments, type TemplateValues } from "../../scenarios/argument_templates.ts";
import {
  answersOf,
  type AnyAnswer,
  type Question,
  type Questions,
  type ToolGives,
} from "../../scenarios/mcp_catalogue.ts";
import type { ClientLink } from "../client_link.ts";
import { requirePages, WITH_URL_ERROR, withPages } from "./url_questions.ts";
import { INTERNAL_ERROR } from "../rpc.ts";
import { placeOf } from "./own_states.ts";
import { clientOf, type ToolCall } from "../tools/tool.ts";

/** What is asked for. */
interface Asked<Gives> {
  /** What answers: its kind and its name, which its answers are counted by. */
  readonly entry: string;
  readonly answers: readonly Gives[];
  /** What it is asked with, unchecked. */
  readonly args: unknown;
}

/** An answer whose time has come, or what the client is asked first. */
type Due<Gives> =
  | { readonly gives: Gives | undefined; readonly values: TemplateValues }
  | { readonly asks: InputRequiredResult };

/** An answer of any kind, as far as it takes its time. */
type Lasting = AnyAnswer & Pick<ToolGives, "progress" | "logs" | "updates">;

/** What is remembered between two rounds. */
const stateSchema = z.object({
  entry: z.string(),
  turn: z.number().int(),
  round: z.number().int(),
  responses: z.record(z.string(), z.unknown()),
});

/** Whether an entry can take longer than an answer at once does. */
export function isLasting(answers: readonly Lasting[]): boolean {
  return answers.some(({ delay_ms = 0, never, inputRequests, progress, logs, updates }) =>
    delay_ms > 0 || [never, inputRequests, progress, logs, updates].some((part) => part !== undefined)
  );
}

/** An answer whose turn it is, before its time has passed. */
export interface Turned<Gives> {
  readonly turn: number;
  readonly gives: Gives | undefined;
  readonly values: TemplateValues;
}

/**
 * Finds the answer, and lets the time pass that it takes.
 *
 * @throws {ProtocolError} where the answer is an error.
 */
export async function dueAnswer<Gives extends Lasting>(asked: Asked<Gives>, call: ToolCall): Promise<Due<Gives>> {
  const turned = await turnedAnswer(asked, call);
  if ("asks" in turned) return turned;
  await passAnswer(turned, call);
  return turned;
}

/** Finds the answer whose turn it is, or what the client is asked first. */
export async function turnedAnswer<Gives extends Lasting>(
  asked: Asked<Gives>,
  call: ToolCall,
): Promise<Turned<Gives> | { readonly asks: InputRequiredResult }> {
  const { entry, answers, args } = meantBy(asked);
  const { ending } = call;
  const { state, responses } = call.client ?? { state: undefined, responses: undefined };
  const parsed = stateSchema.safeParse(state);
  const sealed = parsed.success && parsed.data.entry === entry ? parsed.data : undefined;
  const known = sealed ?? withNothing(placeOf(answers, state, responses));
  const turn = ending?.turn ?? known?.turn ?? (answers.length > 1 ? await call.turn(entry) : 0);
  const gives = answers[Math.min(turn, answers.length - 1)];
  const inputResponses = ending?.responses ?? { ...known?.responses, ...(known && responses) };
  const rounds = ending ? [] : answersOf(gives?.inputRequests);
  if (rounds.length > 0) {
    const round = roundOf(rounds, known?.round, responses);
    const questions = rounds[round];
    const next = { entry, turn, round, responses: inputResponses };
    const values = { arguments: args, inputResponses };
    const written = questions && fillArguments(questions, values);
    const isRequired = gives?.url_required === true && call.client?.revision === WITH_URL_ERROR;
    if (written && isRequired) await requirePages(written, entry, call);
    else if (written) {
      const own = gives?.requestStates?.[round];
      return { asks: await ask(await withPages(written, call), own === undefined ? next : own, clientOf(call)) };
    }
  }
  return { turn, gives, values: { arguments: args, inputResponses } };
}

/** The answers that are meant by what an entry is asked with, which have turns of their own. */
function meantBy<Gives extends Lasting>(asked: Asked<Gives>): Asked<Gives> {
  const { entry, answers, args } = asked;
  if (answers.every(({ when }) => when === undefined)) return asked;
  const first = answers.findIndex(({ when }) => when !== undefined && isSameJson(when, args ?? {}));
  const meant = answers.filter(({ when }) => first === -1 ? when === undefined : isSameJson(when, args ?? {}));
  return meant.length === 0 ? asked : { entry: `${entry}#${first}`, answers: meant, args };
}

/**
 * Lets the time pass that an answer takes; at the end of a task it has passed.
 *
 * @throws {ProtocolError} where the answer is an error.
 */
export async function passAnswer<Gives extends Lasting>(
  { gives, values }: Pick<Turned<Gives>, "gives" | "values">,
  call: ToolCall,
): Promise<void> {
  if (gives && !call.ending && isLasting([gives])) await pass(fillArguments(gives, values), call);
  if (!gives?.error) return;
  const { code, message, data } = fillArguments(gives.error, values);
  throw new ProtocolError(code, message, data);
}

/** The round that comes next: the same one again as long as a question of it is open. */
function roundOf(rounds: readonly Questions[], before: number | undefined, responses: ClientLink["responses"]): number {
  if (before === undefined) return 0;
  const isAnswered = Object.keys(rounds[before] ?? {}).every((name) => responses?.[name] !== undefined);
  return isAnswered ? before + 1 : before;
}

/** @param state What to remember, to be sealed; a text that is sent as it is; null to send none. */
async function ask(
  questions: Questions,
  state: z.infer<typeof stateSchema> | string | null,
  { remember }: ClientLink,
): Promise<InputRequiredResult> {
  const asked = Object.entries(questions).map(([name, one]) => [name, requestOf(one)] as const);
  const requestState = typeof state === "object" && state !== null ? await remember(state) : state;
  return inputRequired({
    ...(asked.length > 0 ? { inputRequests: Object.fromEntries(asked) } : {}),
    ...(requestState === null ? {} : { requestState }),
  });
}

/** A place in the rounds of an entry whose earlier answers nobody has kept. */
function withNothing<P extends object>(place: P | undefined): P & { readonly responses: object } | undefined {
  return place && { ...place, responses: {} };
}

function requestOf(question: Question): InputRequest {
  const { params: { mode, message, url, elicitationId } = {} } = question;
  // The SDK takes every elicitation in URL mode for one of 2025-11-25, which has an id.
  if (mode === "url" && elicitationId === undefined) {
    return inputRequired.elicitUrl({ message: String(message), url: String(url) });
  }
  if (isSpecType.ElicitRequest(question)) return question;
  if (isSpecType.CreateMessageRequest(question)) return question;
  if (isSpecType.ListRootsRequest(question)) return question;
  throw new ProtocolError(INTERNAL_ERROR, `The question that is declared is no ${question.method} of MCP`);
}

/** Lets the time pass that an answer takes, and reports on it; one that never comes ends with its call. */
async function pass(
  { delay_ms = 0, never, progress = [], logs = [], updates = [] }: Lasting,
  call: ToolCall,
): Promise<void> {
  const { sleep, client, signal = new AbortController().signal } = call;
  for (const { level, data } of logs) await client?.log(level, data);
  for (const resource of updates) await client?.announce({ resource });
  for (const report of progress) {
    if (delay_ms > 0) await sleep(delay_ms / progress.length, signal);
    await call.progress?.(report.progress, report.total, report.message);
  }
  if (delay_ms > 0 && progress.length === 0) await sleep(delay_ms, signal);
  if (never) await ended(signal);
}

function ended(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
