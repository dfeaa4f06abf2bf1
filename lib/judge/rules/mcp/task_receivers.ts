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
/** What a task has done whose result was given: in which way, that does not tell. */
const ENDED = "over";

/** An answer of a client to a request that is about a task of its own. */
interface Answered extends Said {
  readonly request: ServerRequest;
  readonly result: JsonObject | undefined;
  readonly code: unknown;
  /** How the client had said that the task ended, before it was asked; undefined if it had not. */
  readonly end: unknown;
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

/** The answers of a client about tasks of its own, in the order in which they came: a server may wait long for a result. */
function answersIn(view: View): readonly Answered[] {
  const conversation = conversationIn(view.calls);
  const made = new Set<string>();
  const ends = new Map<string, { readonly status: unknown; readonly atMs: number }>();
  const answered = conversation.serverRequests.flatMap((request) => {
    const [answer] = request.answers;
    return answer ? [{ request, answer }] : [];
  }).sort((one, other) => one.answer.step.at - other.answer.step.at);
  return answered.flatMap(({ request, answer }): readonly Answered[] => {
    const params = paramsOf(request);
    const isAsked = isObject(params.task) && isDeclared(request, conversation);
    const taskId = textOf(params, "taskId");
    if (!(isAsked || (taskId !== undefined && made.has(taskId)))) return [];
    const result = isObject(answer.message.result) ? answer.message.result : undefined;
    const code = isObject(answer.message.error) ? answer.message.error.code : undefined;
    const own = isAsked ? textOf(taskIn(result), "taskId") : undefined;
    if (own !== undefined) made.add(own);
    const known = taskId === undefined ? undefined : ends.get(taskId);
    // What was on its way while another answer was, may have been true when it was written.
    const end = known && known.atMs <= request.atMs ? known.status : undefined;
    const id = own ?? taskId;
    const status = request.method === "tasks/result" && result ? ENDED : (taskIn(result) ?? result)?.status;
    if (id !== undefined && !known && (status === ENDED || finals.has(status))) {
      ends.set(id, { status, atMs: answer.step.exchange.receivedAtMs });
    }
    return [{ ...answer, request, result, code, end }];
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

function wrongWith({ request: { method }, result, code, end }: Answered): Wrong | undefined {
  if (method === "tasks/cancel" && end !== undefined) {
    return code === INVALID_PARAMS
      ? undefined
      : `It took tasks/cancel for a task that had ended, without the error -32602`;
  }
  if (!result) return undefined;
  if (method === "tasks/get" || method === "tasks/cancel") {
    const problem = problemWith(result);
    if (problem !== undefined) return `It told of its task with ${problem}`;
    const isSame = end === undefined || (end === ENDED ? finals.has(result.status) : result.status === end);
    return isSame ? undefined : `Its task was ${shown(end)}, and then ${shown(result.status)}`;
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
