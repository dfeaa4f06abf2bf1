// The rule on clients that a server asks for a task of theirs (2025-11-25): a person's input, or a model's answer, later.

import { isObject, type JsonObject } from "../../../http/json.ts";
import { type Conversation, conversationIn, type Said, type ServerRequest } from "../../conversation.ts";
import { textOf } from "../../reading.ts";
import { ASKED_IN } from "../../tasks.ts";
import type { View } from "../../view.ts";
import type { Outcome, Rule } from "../rule.ts";
import { holdEach, shown, type Wrong } from "./each.ts";

const TASKS = "https://modelcontextprotocol.io/specification/2025-11-25/basic/utilities/tasks";
const INVALID_PARAMS = -32602;

const statuses: ReadonlySet<unknown> = new Set(["working", "input_required", "completed", "failed", "cancelled"]);
const finals: ReadonlySet<unknown> = new Set(["completed", "failed", "cancelled"]);

/** An answer of a client to a request that is about a task of its own. */
interface Answered extends Said {
  readonly request: ServerRequest;
  readonly result: JsonObject | undefined;
  readonly code: unknown;
  /** What was known of the task before: its last status; undefined for nothing. */
  readonly before: unknown;
}

function paramsOf({ message: { params } }: ServerRequest): JsonObject {
  return isObject(params) ? params : {};
}

/** Whether a client has declared that a request of the server can be a task of its own. */
function isDeclared({ method, thread }: ServerRequest, { sessions }: Conversation): boolean {
  const opening = sessions.find((session) => session.thread === thread)?.opening;
  const capabilities = isObject(opening?.params?.capabilities) ? opening.params.capabilities : {};
  const requests = isObject(capabilities.tasks) && isObject(capabilities.tasks.requests)
    ? capabilities.tasks.requests
    : {};
  const [group = "", name = ""] = method.split("/");
  const declared = requests[group];
  return opening?.version === ASKED_IN && isObject(declared) && isObject(declared[name]);
}

function taskIn(result: JsonObject | undefined): JsonObject | undefined {
  return isObject(result?.task) ? result.task : undefined;
}

/** The answers of a client about tasks of its own, in the order in which it was asked. */
function answersIn(view: View): readonly Answered[] {
  const conversation = conversationIn(view.calls);
  const last = new Map<string, unknown>();
  return conversation.serverRequests.flatMap((request): readonly Answered[] => {
    const [answer] = request.answers;
    const params = paramsOf(request);
    const isAsked = isObject(params.task) && isDeclared(request, conversation);
    const taskId = textOf(params, "taskId");
    if (!answer || !(isAsked || (taskId !== undefined && last.has(taskId)))) return [];
    const result = isObject(answer.message.result) ? answer.message.result : undefined;
    const code = isObject(answer.message.error) ? answer.message.error.code : undefined;
    const before = taskId === undefined ? undefined : last.get(taskId);
    const made = textOf(taskIn(result), "taskId");
    if (isAsked && made !== undefined) last.set(made, taskIn(result)?.status);
    if (taskId !== undefined && result?.status !== undefined) last.set(taskId, result.status);
    if (taskId !== undefined && request.method === "tasks/result" && result) last.set(taskId, "completed");
    return [{ ...answer, request, result, code, before }];
  });
}

/** What is wrong with a task as a client tells of it. */
function problemWith(task: JsonObject): string | undefined {
  const { taskId, status, createdAt, ttl } = task;
  if (typeof taskId !== "string" || taskId === "") return `the taskId ${shown(taskId)}`;
  if (!statuses.has(status)) return `the status ${shown(status)}`;
  if (typeof createdAt !== "string" || Number.isNaN(Date.parse(createdAt))) return `the createdAt ${shown(createdAt)}`;
  return typeof ttl === "number" || ttl === null ? undefined : `the ttl ${shown(ttl)}`;
}

function wrongWith({ request: { method }, result, code, before }: Answered): Wrong | undefined {
  if (method === "tasks/cancel" && finals.has(before)) {
    return code === INVALID_PARAMS
      ? undefined
      : `It took tasks/cancel for a task that had ended, without the error -32602`;
  }
  if (!result) return undefined;
  if (method === "tasks/get" || method === "tasks/cancel") {
    const problem = problemWith(result);
    if (problem !== undefined) return `It told of its task with ${problem}`;
    return finals.has(before) && result.status !== before
      ? `Its task was ${shown(before)}, and then ${shown(result.status)}`
      : undefined;
  }
  if (method === "tasks/result") return undefined;
  const task = taskIn(result);
  if (!task) return `It answered ${method} at once, where the server had asked for a task, which it says it can`;
  const problem = problemWith(task);
  if (problem !== undefined) return `It began a task with ${problem}`;
  return task.status === "working" ? undefined : `It began a task with the status ${shown(task.status)}`;
}

function checkReceiver(view: View): Outcome {
  const answers = answersIn(view);
  const ids = answers.flatMap(({ result, request }) =>
    isObject(paramsOf(request).task) ? textOf(taskIn(result), "taskId") ?? [] : []
  );
  return holdEach(answers, {
    wrong: (answer) => {
      const id = textOf(taskIn(answer.result), "taskId");
      if (id !== undefined && ids.indexOf(id) !== ids.lastIndexOf(id)) return `It gave two tasks the id ${shown(id)}`;
      return wrongWith(answer);
    },
    kept: "Its own tasks began, went on and ended as tasks do",
    none: "No server has asked for a task of its own that it says it can make",
  });
}

/** The rule on tasks of clients. */
export const taskReceiverRules: readonly Rule[] = [{
  id: "M148",
  name: "own-tasks",
  title: "A client that makes a task of what a server asks gives it an id, begins it as working, and ends it once.",
  level: "MUST",
  revisions: ["2025-11-25"],
  isOfMcp: true,
  isOfMessages: true,
  official: [],
  link: `${TASKS}#behavior-requirements`,
  check: checkReceiver,
}];
