// `tasks/result` of 2025-11-25: it is answered when the task has ended, and until then it carries what the task asks its client.
import type { Result } from "@modelcontextprotocol/server";
import { fillArguments } from "../../scenarios/argument_templates.ts";
import type { Question } from "../../scenarios/mcp_catalogue.ts";
import { isPlainObject } from "../rpc.ts";
import { isOver, RELATED_TASK, type TaskNow, type TaskRecord } from "./task.ts";
import {
  answered,
  documentOf,
  findTask,
  outcomeOf,
  planOf,
  related,
  scopeOf,
  stateNow,
  type TaskAsk,
} from "./task_methods.ts";

/** How often a task is looked at: its clock may be moved, and its client may answer in another process. */
const LOOK_MS = 250;

/** A request of the server. */
interface Asked {
  readonly method: string;
  readonly params?: Readonly<Record<string, unknown>>;
}

/** The way to the client of one request. */
export interface Channel {
  /** Asks the client; gives what it answers. */
  readonly ask: (question: Asked) => Promise<unknown>;
  readonly notify: (method: string, params: Readonly<Record<string, unknown>>) => Promise<void>;
  readonly signal: AbortSignal;
}

/**
 * Waits until a task has ended, and gives what it came to.
 *
 * @throws {ProtocolError} where it ended with an error, was cancelled, or is gone.
 * @see {@link https://modelcontextprotocol.io/specification/2025-11-25/basic/utilities/tasks#result-retrieval}
 */
export async function awaitResult(ask: TaskAsk, channel: Channel): Promise<Result> {
  const { facts, revision } = ask;
  const { call: { sandbox, sleep } } = facts;
  let told: TaskNow["status"] | undefined;
  for (;;) {
    const record = await findTask(ask);
    const now = stateNow(record, facts);
    if (planOf(record, facts).notifies && now.status !== told) {
      await channel.notify("notifications/tasks/status", documentOf(record, now, revision));
      told = now.status;
    }
    if (isOver(now)) {
      const outcome = await outcomeOf(record, now, ask);
      if ("error" in outcome) throw outcome.error;
      return related(outcome.result, record);
    }
    if (Object.keys(now.open).length > 0) await askAll(record, now, { ask, channel });
    else await sleep(Math.min(now.untilMs - sandbox.now(), LOOK_MS), channel.signal);
  }
}

/** Asks a client what a task has to know, all at once, and keeps what it says. */
async function askAll(
  record: TaskRecord,
  { open }: TaskNow,
  { ask: { facts }, channel }: { readonly ask: TaskAsk; readonly channel: Channel },
): Promise<void> {
  const values = { arguments: record.args, inputResponses: record.responses };
  await Promise.all(
    Object.entries(fillArguments(open, values)).map(async ([name, { method, params }]) => {
      const meta = isPlainObject(params?._meta) ? params._meta : {};
      const about = { ...meta, [RELATED_TASK]: { taskId: record.id } };
      const question = { method, params: { ...params, _meta: about } };
      const response = await askOne(question, { facts, channel }).catch(refusal);
      channel.signal.throwIfAborted();
      await scopeOf(facts).table.change(record.id, (task) => answered(task, facts, { [name]: response }));
    }),
  );
}

/** How often the task of a client is asked about. */
const MAX_LOOKS = 1000;

/** Asks one thing; as a task of the client's own, where the question wants one and the client can have one. */
async function askOne(
  { method, params: { task, ...params } }: {
    readonly method: Question["method"];
    readonly params: Record<string, unknown>;
  },
  { facts, channel }: { readonly facts: TaskAsk["facts"]; readonly channel: Channel },
): Promise<unknown> {
  if (!isPlainObject(task) || !scopeOf(facts).makes.includes(method)) return await channel.ask({ method, params });
  const made = await channel.ask({ method, params: { ...params, task } });
  const begun = isPlainObject(made) ? made.task : undefined;
  if (!isPlainObject(begun) || typeof begun.taskId !== "string") return made;
  const about = { taskId: begun.taskId };
  for (let looks = 0, now: unknown = begun; looks < MAX_LOOKS && !hasEnded(now); looks++) {
    await facts.call.sleep(LOOK_MS, channel.signal);
    now = await channel.ask({ method: "tasks/get", params: about });
  }
  const result = await channel.ask({ method: "tasks/result", params: about });
  // It has ended, so it cannot be cancelled any more: a client has to say so.
  await channel.ask({ method: "tasks/cancel", params: about }).catch(() => {});
  return result;
}

function hasEnded(task: unknown): boolean {
  return !isPlainObject(task) || ["completed", "failed", "cancelled"].some((status) => status === task.status);
}

/** A client that cannot answer has said as much; the task goes on. */
function refusal(): unknown {
  return { action: "cancel" };
}
