/**
 * The tasks that calls have become, as client and server speak of them: those of 2025-11-25, which a client asks for, and
 * those of the extension `io.modelcontextprotocol/tasks` of 2026-07-28, which a server decides on.
 *
 * @module
 */
import { isObject, type JsonObject } from "../http/json.ts";
import { type Asked, type Conversation, conversationIn, type Era, isSameId, type Request } from "./conversation.ts";
import { textOf } from "./reading.ts";
import type { McpStep } from "./step.ts";

/** The extension of 2026-07-28. */
export const TASKS_EXTENSION = "io.modelcontextprotocol/tasks";
/** The member of `_meta` that ties a message to a task in 2025-11-25. */
export const RELATED_TASK = "io.modelcontextprotocol/related-task";
/** The revision whose tasks a client asks for. */
export const ASKED_IN = "2025-11-25";

/** What a message says of the state of a task. */
export interface TaskReport {
  readonly status: string;
  /** How long a client should wait before it asks again, in milliseconds; undefined if it is not told. */
  readonly pollIntervalMs: number | undefined;
  /** The names of what the client is asked. */
  readonly asks: readonly string[];
}

/** A task that a call has become. */
export interface Task {
  readonly id: string;
  readonly era: Era;
  /** The request whose answer made it. */
  readonly created: Request;
  /** Requests that name it, in order, by their method. */
  readonly gets: readonly Request[];
  readonly results: readonly Request[];
  readonly updates: readonly Request[];
  readonly cancels: readonly Request[];
  /** Requests to be told of it. */
  readonly listens: readonly Request[];
  /** Whether the server has told of it unasked. */
  readonly isTold: boolean;
}

const known = new WeakMap<Conversation, readonly Task[]>();

/** The tasks that are on record, in the order in which they were made. */
export function tasksIn(calls: readonly McpStep[]): readonly Task[] {
  const conversation = conversationIn(calls);
  const found = known.get(conversation) ?? readTasks(conversation);
  known.set(conversation, found);
  return found;
}

function readTasks({ requests, serverNotifications }: Conversation): readonly Task[] {
  const told = new Set(serverNotifications.flatMap(({ message: { method, params } }) => {
    const isOfTask = method === "notifications/tasks" || method === "notifications/tasks/status";
    return isOfTask && isObject(params) ? textOf(params, "taskId") ?? [] : [];
  }));
  const naming = Map.groupBy(
    requests,
    ({ method, params }) => method.startsWith("tasks/") ? textOf(params, "taskId") : undefined,
  );
  return requests.flatMap((created): readonly Task[] => {
    const id = taskIdIn(created);
    if (id === undefined) return [];
    const all = (naming.get(id) ?? []).filter(({ step }) => step.at > created.step.at);
    const of = (method: string): readonly Request[] => all.filter((request) => request.method === method);
    return [{
      id,
      era: created.era,
      created,
      gets: of("tasks/get"),
      results: of("tasks/result"),
      updates: of("tasks/update"),
      cancels: of("tasks/cancel"),
      listens: requests.filter((request) => listensTo(request).includes(id)),
      isTold: told.has(id),
    }];
  });
}

/** The result that answers a request, if one does. */
export function resultOf({ answer }: Pick<Request, "answer">): JsonObject | undefined {
  return isObject(answer?.message.result) ? answer.message.result : undefined;
}

/** The id of the task that a request was answered with; undefined if it was not. */
export function taskIdIn(request: Request): string | undefined {
  const result = resultOf(request);
  if (request.era === "handshake") {
    return isObject(request.params?.task) && isObject(result?.task) ? textOf(result.task, "taskId") : undefined;
  }
  return result?.resultType === "task" ? textOf(result, "taskId") : undefined;
}

/** The tasks that a request wants to be told of. */
function listensTo({ method, params }: Request): readonly unknown[] {
  const notifications = method === "subscriptions/listen" && isObject(params?.notifications)
    ? params.notifications
    : undefined;
  return Array.isArray(notifications?.taskIds) ? notifications.taskIds : [];
}

/** What the answer to a request says of a task; undefined if it says nothing. */
export function reportIn(request: Request): TaskReport | undefined {
  const result = resultOf(request);
  const task = isObject(result?.task) ? result.task : result;
  const status = textOf(task, "status");
  if (status === undefined) return undefined;
  const { pollInterval, pollIntervalMs = pollInterval, inputRequests } = task ?? {};
  return {
    status,
    pollIntervalMs: typeof pollIntervalMs === "number" ? pollIntervalMs : undefined,
    asks: isObject(inputRequests) ? Object.keys(inputRequests) : [],
  };
}

/** Whether a task has ended, by what is said of it. */
export function isFinal({ status }: Pick<TaskReport, "status">): boolean {
  return status === "completed" || status === "failed" || status === "cancelled";
}

/** All that a client has sent about a task, in order. */
export function aboutTask({ gets, results, updates, cancels, listens }: Task): readonly Request[] {
  return [...gets, ...results, ...updates, ...cancels, ...listens].sort((one, other) => one.step.at - other.step.at);
}

/** Whether a notification cancels the request that has become a task, which is for the rules on tasks to say. */
export function cancelsTask({ params, thread, step }: Asked, calls: readonly McpStep[]): boolean {
  return tasksIn(calls).some((task) =>
    task.created.step.at < step.at &&
    ((task.created.thread === thread && isSameId(params?.requestId, task.created.id)) ||
      params?.requestId === task.id || params?.taskId === task.id)
  );
}
