// Rules on tasks as the extension of 2026-07-28 has them, in which the server decides what becomes one.

import { decodeHeader } from "../../../http/mcp_headers.ts";
import { isObject, type JsonObject } from "../../../http/json.ts";
import { headerOf } from "../../../recorder/exchange.ts";
import { conversationIn, type Request } from "../../conversation.ts";
import { follows } from "../../moments.ts";
import { textOf } from "../../reading.ts";
import type { McpStep } from "../../step.ts";
import { aboutTask, cancelsTask, reportIn, resultOf, type Task, TASKS_EXTENSION, tasksIn } from "../../tasks.ts";
import type { View } from "../../view.ts";
import { broken, brokenBy, kept, notObserved, type Outcome, positionsOf, type Rule, SINCE_2026_07 } from "../rule.ts";
import { holdEach, shown } from "./each.ts";
import { checkPolls, followedTasks, forgottenTask } from "./task_polls.ts";

const EXTENSION = "https://modelcontextprotocol.io/seps/2663-tasks-extension";

function statelessOf({ calls }: Pick<View, "calls">): readonly Request[] {
  return conversationIn(calls).requests.filter(({ era }) => era === "stateless");
}

function tasksOf({ calls }: Pick<View, "calls">): readonly Task[] {
  // A task that anything but a call was answered with, is none.
  return tasksIn(calls).filter(({ era, created }) => era === "stateless" && created.method === "tools/call");
}

/** Whether a request wants to be told of tasks. */
function listensToTasks({ method, params }: Request): boolean {
  return method === "subscriptions/listen" && isObject(params?.notifications) && "taskIds" in params.notifications;
}

function capabilitiesIn({ params }: Request): JsonObject | undefined {
  const meta = isObject(params?._meta) ? params._meta : {};
  const capabilities = meta["io.modelcontextprotocol/clientCapabilities"];
  return isObject(capabilities) ? capabilities : undefined;
}

function checkCapability(view: View): Outcome {
  const tasks = tasksOf(view);
  const about = statelessOf(view).filter((request) => {
    // A server that has no tasks is another rule's matter, and so is a request without capabilities.
    const isKnown = tasks.some(({ created }) => created.step.address === request.step.address);
    return isKnown && capabilitiesIn(request) && (request.method.startsWith("tasks/") || listensToTasks(request));
  });
  return holdEach(about, {
    wrong: (request) => {
      const extensions = capabilitiesIn(request)?.extensions;
      return isObject(extensions) && isObject(extensions[TASKS_EXTENSION])
        ? undefined
        : `It sent ${request.method} without the extension ${TASKS_EXTENSION} among its capabilities in _meta`;
    },
    kept: "Every request about a task named the extension among its client's capabilities",
    none: "It sent no request about a task",
  });
}

function checkEitherResult(view: View): Outcome {
  const forgotten = forgottenTask(view, "stateless");
  if (forgotten?.task.created.method === "tools/call") {
    return broken(
      "Its call was answered with a task, and it has never asked what became of that, though it went on",
      positionsOf([forgotten.task.created.step, forgotten.last]),
      view.limits.levelBy("task_ms"),
    );
  }
  const followed = followedTasks(view, "stateless");
  return followed.length === 0
    ? notObserved("None of its calls was answered with a task that it had the time to ask about")
    : kept(
      "It asked about a task that its call was answered with",
      positionsOf(followed.map(({ created }) => created.step)),
    );
}

function checkOtherRequests({ calls }: View): Outcome {
  const ignored: McpStep[] = [];
  for (const task of tasksIn(calls)) {
    const { created } = task;
    if (task.era !== "stateless" || created.method === "tools/call") continue;
    const [asked] = aboutTask(task);
    if (asked) {
      return brokenBy(
        created.answer?.message,
        `It took a task for the result of ${created.method}, which cannot become one, and asked about it`,
        positionsOf([created.step, asked.step]),
      );
    }
    if (calls.some((step) => step.at > created.step.at && follows(created.step, step))) ignored.push(created.step);
  }
  return ignored.length === 0
    ? notObserved("No request but a call was answered with a task")
    : kept("It took a task for no result of a request that cannot become one", positionsOf(ignored));
}

/** What a task has asked, as far as it was told to its client. */
function askedBy({ gets }: Task): ReadonlySet<string> {
  return new Set(gets.flatMap((request) => reportIn(request)?.asks ?? []));
}

function answersIn({ params }: Request): readonly string[] {
  return isObject(params?.inputResponses) ? Object.keys(params.inputResponses) : [];
}

function checkUpdates(view: View): Outcome {
  const answered: McpStep[] = [];
  for (const task of tasksOf(view)) {
    const asked = askedBy(task);
    const before = new Map<string, Request>();
    for (const update of task.updates) {
      for (const key of answersIn(update)) {
        const earlier = before.get(key);
        if (earlier && resultOf(earlier) && follows(earlier.step, update.step)) {
          return broken(
            `It answered the question ${shown(key)} of a task twice`,
            positionsOf([earlier.step, update.step]),
            "SHOULD",
          );
        }
        // It may have been told what is asked where the record has nothing of it, such as in a notification.
        if (!asked.has(key) && view.isGapless && !task.isTold && task.gets.every((get) => reportIn(get))) {
          return brokenBy(update.message, `It answered the question ${shown(key)}, which its task has never asked`, [
            update.step.at,
          ]);
        }
        before.set(key, update);
      }
      answered.push(update.step);
    }
  }
  return answered.length === 0
    ? notObserved("It answered no question of a task")
    : kept("It answered each question of a task once, under its own name", positionsOf(answered));
}

function checkCancelling(view: View): Outcome {
  const { notifications } = conversationIn(view.calls);
  const notice = notifications.find((one) =>
    one.method === "notifications/cancelled" && one.era === "stateless" && cancelsTask(one, view.calls)
  );
  if (notice) {
    return brokenBy(
      notice.message,
      "It sent notifications/cancelled for a task, which tasks/cancel is for",
      [notice.step.at],
    );
  }
  const cancels = tasksOf(view).flatMap(({ cancels }) => cancels);
  return cancels.length === 0
    ? notObserved("It cancelled no task")
    : kept("It cancelled a task with tasks/cancel", positionsOf(cancels.map(({ step }) => step)));
}

/** Methods whose `Mcp-Name` repeats the id of their task. */
const named: ReadonlySet<string> = new Set(["tasks/get", "tasks/update", "tasks/cancel"]);

function checkNames(view: View): Outcome {
  const about = statelessOf(view).filter(({ method, params, step }) =>
    named.has(method) && textOf(params, "taskId") !== undefined && step.channel === undefined
  );
  return holdEach(about, {
    wrong: ({ method, params, step: { exchange: { request } } }) => {
      const header = headerOf(request, "mcp-name");
      const taskId = textOf(params, "taskId") ?? "";
      if (header === undefined) return `It sent ${method} without an Mcp-Name header`;
      // What was redacted cannot be compared.
      return /…/.test(header + taskId) || decodeHeader(header) === taskId
        ? undefined
        : `It sent ${method} of the task ${shown(taskId)} with Mcp-Name: ${header}`;
    },
    kept: "The Mcp-Name header of every request about a task repeated its id",
    none: "It asked about no task in 2026-07-28",
  });
}

const COMMON = { level: "MUST", revisions: SINCE_2026_07, isOfMcp: true, isOfMessages: true, official: [] } as const;

/** The rules on tasks of the extension. */
export const offeredTaskRules: readonly Rule[] = [
  {
    ...COMMON,
    id: "M149",
    name: "tasks-capability",
    title: "A client names the extension for tasks among its capabilities in every request about one.",
    link: `${EXTENSION}#capability-negotiation`,
    check: checkCapability,
  },
  {
    ...COMMON,
    id: "M150",
    name: "task-or-result",
    title: "A client that says it knows tasks takes a call's result as well as a task for it.",
    goesByTime: true,
    link: `${EXTENSION}#capability-negotiation`,
    check: checkEitherResult,
  },
  {
    ...COMMON,
    id: "M151",
    name: "tasks-of-calls-alone",
    title: "A client takes a task for an invalid answer to any request that cannot become one.",
    link: `${EXTENSION}#capability-negotiation`,
    check: checkOtherRequests,
  },
  {
    ...COMMON,
    id: "M152",
    name: "poll-interval-ms",
    title: "A client asks for the state of a task no more often than the server wants it to.",
    level: "SHOULD",
    goesByTime: true,
    link: `${EXTENSION}#task-polling`,
    check: (view) => checkPolls(view, "stateless"),
  },
  {
    ...COMMON,
    id: "M153",
    name: "task-answers",
    title: "A client answers each question of a task once, under the name that it has.",
    link: `${EXTENSION}#task-update-requests`,
    check: checkUpdates,
  },
  {
    ...COMMON,
    id: "M154",
    name: "cancels-tasks-by-request",
    title: "A client cancels a task with tasks/cancel, never with a notification.",
    link: `${EXTENSION}#task-cancellation`,
    check: checkCancelling,
  },
  {
    ...COMMON,
    id: "M155",
    name: "task-name-header",
    title: "The Mcp-Name header of a request about a task repeats its id.",
    link: `${EXTENSION}#streamable-http-routing-headers`,
    check: checkNames,
  },
];
