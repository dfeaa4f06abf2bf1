/** What the test client does with tasks: those that its calls become, and those that it makes of what a server asks. */
import { startMs } from "../../../helpers.ts";
import type { Setting } from "../options.ts";
import { type Document, textOf } from "../readings.ts";
import type { Mcp } from "./client.ts";
import { type Answer, objectIn } from "./inbox.ts";
import type { Link } from "./link.ts";
import type { Outcome } from "./questions.ts";

/** What it does wrong with tasks. */
export type TaskSlip =
  | "asks for a task of any tool"
  | "asks for no task where it has to"
  | "polls tasks as fast as it can"
  | "forgets its tasks"
  | "polls on where a task waits for it"
  | "names its task twice"
  | "does not say which task it answers for"
  | "cancels a task with a notification"
  | "changes the cursors of tasks"
  | "answers at once where a task is asked for"
  | "ends its task as it begins it"
  | "cancels a task that has ended"
  | "takes a task for any result"
  | "answers a task twice"
  | "answers what no task has asked";

const EXTENSION = "io.modelcontextprotocol/tasks";
const RELATED = "io.modelcontextprotocol/related-task";
const INVALID_PARAMS = -32602;
/** More looks than any task of a test needs. */
const MAX_LOOKS = 40;
/** How long it does other things before it would ask again, if it did. */
const LONG_MS = 120_000;
/** How often it looks where nobody says. */
const INTERVAL_MS = 1000;

/** What it says of the extension, in the revision that has it. */
export function extensionsIn(revision: string): Document {
  return revision < "2026-07-28" ? {} : { extensions: { [EXTENSION]: {} } };
}

/** What it adds to a call that is to be a task (2025-11-25): where the server has tasks, and the tool allows one. */
export function taskParams(link: Link, name: string, { slip }: Setting): Document {
  const requests = objectIn(objectIn(link.capabilities, "tasks"), "requests");
  if (link.revision !== "2025-11-25" || objectIn(objectIn(requests, "tools"), "call") === undefined) return {};
  const support = objectIn(link.listed.get(name), "execution")?.taskSupport ?? "forbidden";
  const wants = support === "required" ? slip !== "asks for no task where it has to" : support === "optional";
  return wants || slip === "asks for a task of any tool" ? { task: { ttl: 600_000 } } : {};
}

/** The task that an answer says its request has become. */
function taskIn({ result }: Answer, link: Link): Document | undefined {
  if (!link.isModern()) return objectIn(result, "task");
  return result?.resultType === "task" ? result : undefined;
}

function isOver({ status }: Document): boolean {
  return status === "completed" || status === "failed" || status === "cancelled";
}

/** Follows the task that an answer brings, if it does, to its end. */
export async function followTask(
  answer: Answer | undefined,
  mcp: Mcp,
  setting: Setting,
): Promise<void> {
  const task = answer && taskIn(answer, mcp.link);
  if (!task) return;
  if (setting.slip === "forgets its tasks") return await setting.wait(LONG_MS);
  await followerOf(mcp, setting)(task);
}

/** Whether a call can become a task. */
export function mayBeTask(link: Link, name: string, setting: Setting): boolean {
  return link.isModern()
    ? objectIn(objectIn(link.capabilities, "extensions"), EXTENSION) !== undefined
    : "task" in taskParams(link, name, setting);
}

/** Cancels the task that an answer brings, if it does. */
export async function cancelTask(answer: Answer | undefined, { call, link }: Mcp, { slip }: Setting): Promise<void> {
  const task = answer && taskIn(answer, link);
  if (!task) return;
  const taskId = textOf(task, "taskId");
  if (slip === "cancels a task with a notification") await call("notifications/cancelled", { requestId: taskId });
  else await call("tasks/cancel", { taskId });
}

function followerOf({ call, link, answer }: Mcp, { slip, wait }: Setting): (task: Document) => Promise<void> {
  const isModern = link.isModern();
  return async (first) => {
    const about = { taskId: textOf(first, "taskId") };
    const twice = slip === "names its task twice" ? { _meta: { [RELATED]: about } } : {};
    const known = new Set<string>();
    let task = first;
    for (let looks = 0; looks < MAX_LOOKS && (looks === 0 || !isOver(task)); looks++) {
      const interval = Number(task.pollIntervalMs ?? task.pollInterval ?? INTERVAL_MS);
      if (slip !== "polls tasks as fast as it can" || looks === 0) await wait(interval);
      const found = (await call("tasks/get", { ...about, ...twice }))?.result;
      // It is gone.
      if (!found) return;
      task = found;
      if (task.status !== "input_required") continue;
      if (isModern) await update(objectIn(task, "inputRequests") ?? {}, known, about);
      else if (slip !== "polls on where a task waits for it") break;
      else if (looks > 6) return;
    }
    if (isModern) return;
    await call("tasks/result", about);
  };

  /** Answers what it has not answered yet. */
  async function update(asked: Document, known: Set<string>, about: Document): Promise<void> {
    const inputResponses: Record<string, unknown> = {};
    for (const key of Object.keys(asked)) {
      if (known.has(key)) continue;
      known.add(key);
      const { result = { action: "cancel" } } = await answer(objectIn(asked, key) ?? {});
      inputResponses[slip === "answers what no task has asked" ? `${key}-0` : key] = result;
    }
    if (Object.keys(inputResponses).length === 0) return;
    await call("tasks/update", { ...about, inputResponses });
    if (slip === "answers a task twice") await call("tasks/update", { ...about, inputResponses });
    // It does not ask for ever for what it has answered.
    if (slip === "answers what no task has asked") await call("tasks/update", { ...about, inputResponses: renamed() });

    function renamed(): Document {
      return Object.fromEntries(Object.entries(inputResponses).map(([key, value]) => [key.replace(/-0$/, ""), value]));
    }
  }
}

/** Ties an answer to the task that it is for, if the question names one. */
export function tied(params: Document | undefined, { result, ...outcome }: Outcome, slip: string | undefined): Outcome {
  const about = objectIn(objectIn(params, "_meta"), RELATED);
  if (!result) return outcome;
  if (!about || slip === "does not say which task it answers for") return { ...outcome, result };
  return { ...outcome, result: { ...result, _meta: { ...objectIn(result, "_meta"), [RELATED]: about } } };
}

type Answering = (question: Document) => Promise<Outcome>;

/** Makes what answers as before, and makes tasks of its own where it is asked to and has declared that it can. */
export function withOwnTasks({ options: { declares }, slip }: Setting, answer: Answering): Answering {
  const results = new Map<string, Outcome>();
  const requests = objectIn(objectIn(declares, "tasks"), "requests");

  function taskOf(taskId: string, status: string): Document {
    const at = new Date(startMs).toISOString();
    return { taskId, status, createdAt: at, lastUpdatedAt: at, ttl: 60_000, pollInterval: 100 };
  }

  async function begin(question: Document): Promise<Outcome> {
    const outcome = await answer(question);
    if (slip === "answers at once where a task is asked for") return outcome;
    const taskId = `own-${results.size + 1}`;
    results.set(taskId, outcome);
    const status = slip === "ends its task as it begins it" ? "completed" : "working";
    return { result: { task: taskOf(taskId, status) } };
  }

  return async ({ method, params: given }) => {
    const params = objectIn({ given }, "given") ?? {};
    const [group = "", name = ""] = String(method).split("/");
    const wantsTask = params.task !== undefined && objectIn(objectIn(requests, group), name) !== undefined;
    if (wantsTask) return await begin({ method, params });
    const taskId = textOf(params, "taskId");
    const outcome = results.get(taskId);
    if (!outcome || group !== "tasks") return await answer({ method, params: given });
    if (name === "result") return outcome;
    const isTaken = name === "get" || slip === "cancels a task that has ended";
    if (isTaken) return { result: taskOf(taskId, name === "get" ? "completed" : "cancelled") };
    return { error: { code: INVALID_PARAMS, message: "It has ended" } };
  };
}
