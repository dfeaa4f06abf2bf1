/**
 * What clients were asked for, and what they answered: in requests of the server up to 2025-11-25, and since 2026-07-28 in
 * results that ask for input, which the client answers as it sends its own request again.
 *
 * @module
 */
import { isObject, type JsonObject } from "../http/json.ts";
import { conversationIn, type Era, type Request, type Session } from "./conversation.ts";
import { textOf } from "./reading.ts";
import { roundsIn } from "./rounds.ts";
import type { McpStep } from "./step.ts";

/** An answer to a question. */
export interface Answered {
  /** The exchange in whose request it came. */
  readonly step: McpStep;
  /** The message that it came in, alone or with others. */
  readonly message: JsonObject;
  /** What was answered; undefined for an error. */
  readonly result: JsonObject | undefined;
  /** The error, if it was one. */
  readonly error: JsonObject | undefined;
}

/** Something that a server asked a client for. */
export interface Question {
  readonly method: string;
  readonly params: JsonObject;
  readonly era: Era;
  /** The revision that applies to it; undefined if that was not settled. */
  readonly version: string | undefined;
  readonly thread: string | undefined;
  /** The exchange in whose response it came. */
  readonly step: McpStep;
  /** The message that it came in. */
  readonly message: JsonObject;
  /** When it left, in milliseconds since 1970 of real time. */
  readonly atMs: number;
  /** What the client had said that it can do; undefined if that is not on record. */
  readonly declared: JsonObject | undefined;
  /** The request of the client that it belongs to; undefined where that cannot be told. */
  readonly round: Request | undefined;
  readonly answers: readonly Answered[];
}

const known = new WeakMap<readonly McpStep[], readonly Question[]>();

/**
 * All that a client was asked, in order; worked out once for the same list of requests.
 *
 * @param calls All requests of a client to MCP servers, in order.
 */
export function questionsIn(calls: readonly McpStep[]): readonly Question[] {
  const found = known.get(calls) ??
    [...askedInSessions(calls), ...askedInResults(calls)].sort((one, other) => one.atMs - other.atMs);
  known.set(calls, found);
  return found;
}

/** The questions of some methods. */
export function questionsOf(calls: readonly McpStep[], ...methods: readonly string[]): readonly Question[] {
  return questionsIn(calls).filter(({ method }) => methods.includes(method));
}

function askedInSessions(calls: readonly McpStep[]): readonly Question[] {
  const { serverRequests, sessions } = conversationIn(calls);
  const byThread = new Map(sessions.map((session) => [session.thread, session]));
  const seen = new Set<string>();
  return serverRequests.flatMap(({ step, message, method, atMs, thread, eventId, answers }): readonly Question[] => {
    // What a resumed stream brings once more is one request.
    const key = `${thread} ${eventId} ${JSON.stringify(message.id)}`;
    if (eventId !== undefined && seen.has(key)) return [];
    seen.add(key);
    const session = thread === undefined ? undefined : byThread.get(thread);
    return [{
      method,
      params: isObject(message.params) ? message.params : {},
      era: "handshake",
      version: session?.version,
      thread,
      step,
      message,
      atMs,
      declared: declaredIn(session),
      round: undefined,
      // A client that makes a task of it has not answered yet.
      answers: answers.filter(({ message: { result } }) => !isObject(result) || !isObject(result.task)).map((
        { step, message },
      ) => ({
        step,
        message,
        result: isObject(message.result) ? message.result : undefined,
        error: isObject(message.error) ? message.error : undefined,
      })),
    }];
  });
}

function declaredIn(session: Session | undefined): JsonObject | undefined {
  const { params } = session?.opening ?? {};
  return isObject(params?.capabilities) ? params.capabilities : undefined;
}

function askedInResults(calls: readonly McpStep[]): readonly Question[] {
  const { askings, continuings } = roundsIn(calls);
  return askings.flatMap((asking): readonly Question[] => {
    const { request } = asking;
    const { answer, step, thread } = request;
    const result = isObject(answer?.message.result) ? answer.message.result : {};
    if (!answer || !isObject(result.inputRequests)) return [];
    const next = continuings.filter(({ from }) => from.includes(asking));
    return Object.entries(result.inputRequests).flatMap(([key, question]): readonly Question[] => {
      if (!isObject(question)) return [];
      return [{
        method: textOf(question, "method") ?? "",
        params: isObject(question.params) ? question.params : {},
        era: "stateless",
        version: request.version,
        thread,
        step,
        message: answer.message,
        atMs: answer.atMs,
        declared: declaredWith(request),
        round: request,
        answers: next.flatMap(({ request: { step, message }, responses }): readonly Answered[] => {
          const response = responses?.[key];
          return isObject(response) ? [{ step, message, result: response, error: undefined }] : [];
        }),
      }];
    });
  });
}

function declaredWith({ params }: Request): JsonObject | undefined {
  const meta = isObject(params?._meta) ? params._meta : undefined;
  const capabilities = meta?.["io.modelcontextprotocol/clientCapabilities"];
  return isObject(capabilities) ? capabilities : undefined;
}

/** What a request calls, gets or reads. */
export function nameOf({ params }: Pick<Request, "params">): string | undefined {
  return textOf(params, "name") ?? textOf(params, "uri");
}

/** Whether a client has said that it can do something; with a member, such as `url`, that it can do that of it. */
export function hasDeclared(declared: JsonObject | undefined, capability: string, member?: string): boolean {
  const value = declared?.[capability];
  if (!isObject(value)) return false;
  return member === undefined || isObject(value[member]);
}

/** What a client has to have said that it can do, to be asked this; undefined for what needs nothing. */
export function capabilityFor(method: string): "elicitation" | "sampling" | "roots" | undefined {
  return capabilities.get(method);
}

const capabilities: ReadonlyMap<string, "elicitation" | "sampling" | "roots"> = new Map(
  [
    ["elicitation/create", "elicitation"],
    ["sampling/createMessage", "sampling"],
    ["roots/list", "roots"],
  ] as const,
);

/** The modes of elicitation that a client has declared: no mode means that it can show forms (2025-11-25). */
export function modesIn(declared: JsonObject | undefined): ReadonlySet<"form" | "url"> {
  const value = declared?.elicitation;
  if (!isObject(value)) return new Set();
  const modes = (["form", "url"] as const).filter((mode) => isObject(value[mode]));
  return new Set(modes.length === 0 ? ["form"] : modes);
}

/** How a question of a person is asked. */
export function modeOf({ params }: Pick<Question, "params">): "form" | "url" | undefined {
  const { mode = "form" } = params;
  return mode === "form" || mode === "url" ? mode : undefined;
}
