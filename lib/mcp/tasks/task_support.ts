// How a request speaks of tasks: which methods its revision has, what its client knows, and what a tool insists on.
import {
  CLIENT_CAPABILITIES_META_KEY,
  METHOD_NOT_FOUND,
  ProtocolError,
  type ServerCapabilities,
} from "@modelcontextprotocol/server";
import { noteText } from "../../http/seen_text.ts";
import { MODERN_REVISION } from "../revisions.ts";
import { isPlainObject } from "../rpc.ts";
import type { DefinedTool, ToolCall } from "../tools/tool.ts";
import { type Askable, TASKS_EXTENSION, TASKS_REVISION } from "./task.ts";
import type { Tasks } from "./task_table.ts";

/** How a request speaks of tasks. */
export interface Speaking {
  readonly revision: string;
  /** What its client can, as its session or the request itself says. */
  readonly capabilities: Readonly<Record<string, unknown>>;
  /** The parameters of the request. */
  readonly params: unknown;
}

/** What the facts of a request hold of tasks. */
export interface TaskScope {
  readonly table: Tasks;
  readonly asks: readonly Askable[];
  /** Lets it wait for a result, if it does not wait for too many already. */
  readonly waitFor: <T>(result: () => Promise<T>) => Promise<T>;
  /** What of that it can make tasks of its own of. */
  readonly makes: readonly Askable[];
  /** How long the client wants a task to be kept: undefined where it does not say, or asks for none. */
  readonly askedTtl?: number | null;
}

/** A capability that a client has not declared (MCP 2026-07-28, error codes). */
export const MISSING_CAPABILITY = -32021;

/** The methods that a revision has. */
const methods: Readonly<Record<string, readonly string[]>> = {
  [TASKS_REVISION]: ["tasks/get", "tasks/list", "tasks/cancel"],
  [MODERN_REVISION]: ["tasks/get", "tasks/update", "tasks/cancel"],
};

/** The methods besides those of tools that a server with tasks answers to in a session. */
export const sessionTaskMethods: readonly string[] = [...methods[TASKS_REVISION] ?? [], "tasks/result"];

/** Whether requests with this method are about tasks, and answered at once. */
export function isTaskMethod(method: unknown, revision: string): boolean {
  return typeof method === "string" && (methods[revision] ?? []).includes(method);
}

/** What a client of 2026-07-28 says that it can, in every request. */
export function capabilitiesIn(params: unknown): Readonly<Record<string, unknown>> {
  const meta = isPlainObject(params) && isPlainObject(params._meta) ? params._meta : {};
  const found = meta[CLIENT_CAPABILITIES_META_KEY];
  return isPlainObject(found) ? found : {};
}

/** Whether a client knows the extension. */
export function knowsTasks({ extensions }: Readonly<Record<string, unknown>>): boolean {
  return isPlainObject(extensions) && isPlainObject(extensions[TASKS_EXTENSION]);
}

/** The refusal of a client of 2026-07-28 that does not know the extension. */
export function missingExtension(): ProtocolError {
  return new ProtocolError(
    MISSING_CAPABILITY,
    `Missing required client capability: extensions["${TASKS_EXTENSION}"] in the request's _meta (SEP-2663)`,
    { requiredCapabilities: { extensions: { [TASKS_EXTENSION]: {} } } },
  );
}

const askable: Readonly<Record<string, Askable>> = {
  elicitation: "elicitation/create",
  sampling: "sampling/createMessage",
  roots: "roots/list",
};

/** What a client can be asked, by what it says that it can. */
export function asksOf(capabilities: Readonly<Record<string, unknown>>): readonly Askable[] {
  return Object.entries(askable).flatMap(([name, method]) => isPlainObject(capabilities[name]) ? [method] : []);
}

/** What a client can make tasks of its own of, by what it says that it can (2025-11-25). */
export function makesOf({ tasks }: Readonly<Record<string, unknown>>): readonly Askable[] {
  const requests = isPlainObject(tasks) && isPlainObject(tasks.requests) ? tasks.requests : {};
  return Object.values(askable).filter((method) => {
    const [group = "", name = ""] = method.split("/");
    const declared = requests[group];
    return isPlainObject(declared) && isPlainObject(declared[name]);
  });
}

/** What a server can, as an `initialize` is answered: the tasks of its revision alone. */
export function capabilitiesOf(
  { extensions, tasks, ...earlier }: ServerCapabilities,
  revision: string,
): ServerCapabilities {
  const { [TASKS_EXTENSION]: _, ...others } = extensions ?? {};
  return {
    ...earlier,
    ...(Object.keys(others).length > 0 && { extensions: others }),
    ...(revision === TASKS_REVISION && tasks && { tasks }),
  };
}

/** Whether the calls of a request can be tasks: where the client asks for one, or knows the extension. */
export function canHaveTask({ revision, capabilities, params }: Speaking): boolean {
  if (revision === MODERN_REVISION) return knowsTasks(capabilities);
  return revision === TASKS_REVISION && isPlainObject(params) && isPlainObject(params.task);
}

/** What a request of 2026-07-28 says of its client, as far as tasks go. */
export function speakingOf(message: unknown): Speaking {
  const params = paramsOf(message);
  return { revision: MODERN_REVISION, capabilities: capabilitiesIn(params), params };
}

/**
 * Insists that a call is a task where its tool is called in no other way, and is none where that is not allowed.
 *
 * @throws {ProtocolError} -32601, or in 2026-07-28 -32021.
 * @see {@link https://modelcontextprotocol.io/specification/2025-11-25/basic/utilities/tasks#tool-level-negotiation}
 */
export function requireTaskSupport(
  { name, task }: DefinedTool,
  { tasks, ending }: Pick<ToolCall, "tasks" | "ending">,
  revision: string,
): void {
  if (ending) return;
  const support = task?.support ?? "forbidden";
  if (support === "required" && !tasks && revision === MODERN_REVISION) throw missingExtension();
  if (support === "required" && !tasks && revision === TASKS_REVISION) {
    throw new ProtocolError(METHOD_NOT_FOUND, `The tool ${name} must be called as a task (params.task)`);
  }
  if (support === "forbidden" && tasks?.areAskedFor) {
    throw new ProtocolError(METHOD_NOT_FOUND, `The tool ${name} cannot be called as a task (params.task)`);
  }
}

/**
 * An answer that begins a task, as it goes to the client.
 *
 * @param result Any result of a call.
 */
export function withoutEmptyContent(result: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const isTask = result.resultType === "task" || isPlainObject(result.task);
  if (!isTask || !Array.isArray(result.content) || result.content.length > 0) return result;
  const { content: _, ...rest } = result;
  return rest;
}

/** The answer to a call that may have become a task; an event stream stays as it is. */
export async function withTask(response: Response): Promise<Response> {
  const { status, headers } = response;
  if (status !== 200 || headers.get("content-type") !== "application/json") return response;
  const body: unknown = await response.json();
  const result = isPlainObject(body) && isPlainObject(body.result) ? withoutEmptyContent(body.result) : undefined;
  const json = JSON.stringify(result ? { ...Object(body), result } : body);
  return noteText(new Response(json, { status, headers }), json);
}

/** The parameters of a message, unchecked. */
export function paramsOf(message: unknown): unknown {
  return isPlainObject(message) ? message.params : undefined;
}
