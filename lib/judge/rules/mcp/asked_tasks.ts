// Rules on the tasks of 2025-11-25, which a client asks for.

import { isObject, type JsonObject } from "../../../http/json.ts";
import { type Asked, conversationIn, type Request, type Said } from "../../conversation.ts";
import { follows } from "../../moments.ts";
import { textOf } from "../../reading.ts";
import type { McpStep } from "../../step.ts";
import { ASKED_IN, cancelsTask, RELATED_TASK, reportIn, resultOf, tasksIn } from "../../tasks.ts";
import type { View } from "../../view.ts";
import { broken, brokenBy, kept, notObserved, type Outcome, positionsOf, type Rule } from "../rule.ts";
import { holdEach, shown } from "./each.ts";
import { checkCursorsOf } from "./pages.ts";
import { checkPolls, followedTasks, forgottenTask } from "./task_polls.ts";

const TASKS = "https://modelcontextprotocol.io/specification/2025-11-25/basic/utilities/tasks";

/** The requests of a client that are of this revision. */
function requestsOf({ calls }: Pick<View, "calls">): readonly Request[] {
  return conversationIn(calls).requests.filter(({ era, version }) => era === "handshake" && version === ASKED_IN);
}

/** What servers have declared that a request may be about; undefined where that is not on record. */
function declaredFor(request: Request, requests: readonly Request[]): readonly JsonObject[] | undefined {
  const openings = requests.filter(({ method, thread, step }) =>
    method === "initialize" && thread === request.thread && step.address === request.step.address &&
    step.at < request.step.at
  );
  const declared = openings.map((opening) => resultOf(opening)?.capabilities).filter(isObject);
  return openings.length > 0 && declared.length === openings.length ? declared : undefined;
}

/** Whether a server has declared that requests with this method can be tasks. */
function declaresTasks({ tasks }: JsonObject, method: string): boolean {
  const requests = isObject(tasks) && isObject(tasks.requests) ? tasks.requests : undefined;
  const [group = "", name = ""] = method.split("/");
  const declared = requests?.[group];
  return isObject(declared) && isObject(declared[name]);
}

function wantsTask({ params }: Pick<Asked, "params">): boolean {
  return isObject(params?.task);
}

function checkDeclared(view: View): Outcome {
  const requests = requestsOf(view);
  const shown: Request[] = [];
  for (const request of requests) {
    // SDK 1 repeats what it has asked for in each request about the task, where it means nothing.
    const isAside = request.method === "initialize" || request.method.startsWith("tasks/");
    const declared = isAside ? undefined : declaredFor(request, requests);
    if (!declared) continue;
    if (wantsTask(request) && !declared.some((one) => declaresTasks(one, request.method))) {
      return brokenBy(
        request.message,
        `It asked for a task in ${request.method}, where the server has not declared tasks for that`,
        [request.step.at],
        request.method === "tools/call" ? "MUST" : "SHOULD",
      );
    }
    if (request.method === "tools/call") shown.push(request);
  }
  return shown.length === 0
    ? notObserved("It called no tool of a server whose capabilities are on record")
    : kept("It asked for no task that the server had not declared", positionsOf(shown.map(({ step }) => step)));
}

/** What lists have said of a tool: whether its calls can be tasks. */
function supportOf(call: Request, requests: readonly Request[]): ReadonlySet<string> {
  const name = textOf(call.params, "name");
  return new Set(
    requests.flatMap((list) => {
      if (list.method !== "tools/list" || list.step.address !== call.step.address || list.step.at > call.step.at) {
        return [];
      }
      const tools = resultOf(list)?.tools;
      return (Array.isArray(tools) ? tools : []).flatMap((tool) => {
        if (!isObject(tool) || tool.name !== name) return [];
        return (isObject(tool.execution) ? textOf(tool.execution, "taskSupport") : undefined) ?? "forbidden";
      });
    }),
  );
}

function checkSupport(view: View): Outcome {
  const requests = requestsOf(view);
  const calls = requests.filter((request) => {
    const declared = request.method === "tools/call" ? declaredFor(request, requests) : undefined;
    return declared?.every((one) => declaresTasks(one, "tools/call"));
  });
  const told = calls.map((call) => ({ ...call, support: supportOf(call, requests) })).filter(({ support }) =>
    // What was listed in two ways, may have changed under the client.
    support.size === 1
  );
  return holdEach(told, {
    wrong: ({ params, support }) => {
      const name = shown(params?.name);
      if (support.has("forbidden") && wantsTask({ params })) {
        return `It asked for a task in a call of ${name}, whose taskSupport does not allow one`;
      }
      return support.has("required") && !wantsTask({ params })
        ? `It called ${name} without asking for a task, where its taskSupport is required`
        : undefined;
    },
    kept: "It asked for a task where a tool wants it, and for none where a tool has none",
    none: "It called no tool that it had listed, of a server with tasks",
  });
}

function checkNotifications(view: View): Outcome {
  const forgotten = forgottenTask(view, "handshake");
  if (forgotten) {
    return broken(
      "It has never asked what became of a task, though it went on: whether it will be told, nobody promises",
      positionsOf([forgotten.task.created.step, forgotten.last]),
      view.limits.levelBy("task_ms"),
    );
  }
  const followed = followedTasks(view, "handshake").filter(({ isTold }) => !isTold);
  return followed.length === 0 ? notObserved("It had no task of which the server told nothing by itself") : kept(
    "It asked what became of a task that it was not told of",
    positionsOf(followed.map(({ created }) => created.step)),
  );
}

/** So often a client may look at a task that waits for it, before it asks for the result. */
const MAX_LOOKS = 2;

function checkInput({ calls }: View): Outcome {
  const asked: McpStep[] = [];
  for (const task of tasksIn(calls)) {
    if (task.era !== "handshake") continue;
    const waiting = task.gets.filter((request) => reportIn(request)?.status === "input_required");
    const [first] = waiting;
    if (!first) continue;
    // One that is open already brings the questions too.
    const isAsked = task.results.some(({ answer, step }) =>
      step.at > first.step.at || answer === undefined || answer.atMs >= first.step.exchange.receivedAtMs
    );
    if (isAsked) asked.push(first.step);
    else if (waiting.length > MAX_LOOKS && task.cancels.length === 0) {
      return broken(
        `It was told ${waiting.length} times that a task waits for input, and has not called tasks/result`,
        positionsOf(waiting.map(({ step }) => step)),
      );
    }
  }
  return asked.length === 0
    ? notObserved("It was not told that a task waits for input, or has not had the time to act on it")
    : kept("It called tasks/result for a task that waits for input", positionsOf(asked));
}

function relatedIn(message: JsonObject | undefined, part: "params" | "result"): unknown {
  const body = message?.[part];
  const meta = isObject(body) && isObject(body._meta) ? body._meta : {};
  return isObject(meta[RELATED_TASK]) ? meta[RELATED_TASK].taskId : undefined;
}

/** Methods whose parameters name their task. */
const naming: ReadonlySet<string> = new Set(["tasks/get", "tasks/result", "tasks/cancel"]);

function checkRelated(view: View): Outcome {
  const { serverRequests } = conversationIn(view.calls);
  const answers = serverRequests.flatMap(({ message, answers }) => {
    const taskId = relatedIn(message, "params");
    return typeof taskId === "string" ? answers.filter(isResult).map((answer) => ({ ...answer, taskId })) : [];
  });
  const named = requestsOf(view).filter(({ method }) => naming.has(method)).map((one) => ({
    ...one,
    taskId: undefined,
  }));
  const items: readonly (Said & { readonly taskId: string | undefined })[] = [...answers, ...named];
  return holdEach(items, {
    wrong: ({ message, taskId }) => {
      if (taskId === undefined) {
        return relatedIn(message, "params") === undefined ? undefined : {
          detail: `It sent ${shown(message.method)} with ${RELATED_TASK} in _meta, where taskId names the task`,
          level: "SHOULD",
        };
      }
      return relatedIn(message, "result") === taskId
        ? undefined
        : `It answered what a task asks without ${RELATED_TASK} of that task in the _meta of the result`;
    },
    kept: "It tied its answers to their task, and named no task twice",
    none: "It was asked nothing for a task, and asked for none",
  });
}

function isResult({ message }: Said): boolean {
  return isObject(message.result);
}

function checkCancelling({ calls }: View): Outcome {
  const { notifications } = conversationIn(calls);
  const cancelled: McpStep[] = [];
  for (const { created, cancels, era } of tasksIn(calls)) {
    if (era !== "handshake") continue;
    const notice = notifications.find((one) =>
      one.method === "notifications/cancelled" && one.era === "handshake" && cancelsTask(one, calls) &&
      follows(created.step, one.step)
    );
    if (notice) {
      return brokenBy(
        notice.message,
        "It sent notifications/cancelled for a request that has become a task, which tasks/cancel is for",
        positionsOf([created.step, notice.step]),
      );
    }
    cancelled.push(...cancels.map(({ step }) => step));
  }
  return cancelled.length === 0
    ? notObserved("It cancelled no task")
    : kept("It cancelled a task with tasks/cancel", positionsOf(cancelled));
}

const COMMON = { level: "MUST", revisions: ["2025-11-25"], isOfMcp: true, isOfMessages: true, official: [] } as const;

/** The rules on tasks of 2025-11-25. */
export const askedTaskRules: readonly Rule[] = [
  {
    ...COMMON,
    id: "M140",
    name: "declared-tasks",
    title: "A client asks for a task only where the server has declared tasks for that kind of request.",
    link: `${TASKS}#tool-level-negotiation`,
    check: checkDeclared,
  },
  {
    ...COMMON,
    id: "M141",
    name: "task-support",
    title: "A client asks for a task where a tool requires one, and for none where a tool does not allow it.",
    link: `${TASKS}#tool-level-negotiation`,
    check: checkSupport,
  },
  {
    ...COMMON,
    id: "M142",
    name: "poll-interval",
    title: "A client asks for the state of a task no more often than the server wants it to.",
    level: "SHOULD",
    goesByTime: true,
    link: `${TASKS}#getting-tasks`,
    check: (view) => checkPolls(view, "handshake"),
  },
  {
    ...COMMON,
    id: "M143",
    name: "asks-about-tasks",
    title: "A client asks what became of a task, and does not wait to be told.",
    goesByTime: true,
    link: `${TASKS}#task-notifications`,
    check: checkNotifications,
  },
  {
    ...COMMON,
    id: "M144",
    name: "result-for-input",
    title: "A client calls tasks/result for a task that waits for its input.",
    level: "SHOULD",
    link: `${TASKS}#input-required-status`,
    check: checkInput,
  },
  {
    ...COMMON,
    id: "M145",
    name: "related-task",
    title: "A client ties what it answers for a task to that task, in _meta.",
    link: `${TASKS}#associating-task-related-messages`,
    check: checkRelated,
  },
  {
    ...COMMON,
    id: "M146",
    name: "cancels-tasks",
    title: "A client cancels a task with tasks/cancel, not with a notification.",
    link: "https://modelcontextprotocol.io/specification/2025-11-25/basic/utilities/cancellation#behavior-requirements",
    check: checkCancelling,
  },
  {
    ...COMMON,
    id: "M147",
    name: "task-cursor-as-given",
    title: "A client sends the cursor of a list of tasks back unchanged, and sends none that it was not given.",
    link: `${TASKS}#task-listing`,
    check: (view) => checkCursorsOf(view, new Set(["tasks/list"])),
  },
];
