// The requests about tasks, and how a task is told of: as 2025-11-25 has it, and as the extension of 2026-07-28 does.
import { METHOD_NOT_FOUND, ProtocolError, type Result } from "@modelcontextprotocol/server";
import { fillArguments } from "../../scenarios/argument_templates.ts";
import type { CallFacts } from "../call_facts.ts";
import type { Log } from "../contract.ts";
import { pageOf } from "../pages.ts";
import { callTool } from "../profile.ts";
import { MODERN_REVISION } from "../revisions.ts";
import { INVALID_PARAMS, isPlainObject, SERVER_ERROR } from "../rpc.ts";
import { isOver, RELATED_TASK, stateOf, type TaskNow, type TaskPlan, type TaskRecord } from "./task.ts";
import { capabilitiesIn, knowsTasks, missingExtension } from "./task_support.ts";

/** How a task goes on; one whose tool is gone has failed. */
export function planOf(record: TaskRecord, { profile }: Pick<CallFacts, "profile">): TaskPlan {
  return profile.tools.get(record.tool)?.task?.plan(record) ?? { fails: true };
}

/** A task as its client is told of it. */
export function documentOf(record: TaskRecord, now: TaskNow, revision: string): Result {
  const { id, createdAtMs, ttlMs } = record;
  const { status, statusMessage, pollIntervalMs, sinceMs } = now;
  const times = { createdAt: new Date(createdAtMs).toISOString(), lastUpdatedAt: new Date(sinceMs).toISOString() };
  const intervals = revision === MODERN_REVISION
    ? { ttlMs, pollIntervalMs }
    : { ttl: ttlMs, pollInterval: pollIntervalMs };
  return { taskId: id, status, ...(statusMessage !== undefined && { statusMessage }), ...times, ...intervals };
}

/** What a task has come to: a result, or the error of the protocol that it ended with. */
type Outcome = { readonly result: Result } | { readonly error: ProtocolError };

/** What a task that has ended came to. */
export async function outcomeOf(
  record: TaskRecord,
  { status }: Pick<TaskNow, "status">,
  { facts: { profile, call }, revision, log }: TaskAsk,
): Promise<Outcome> {
  if (status === "cancelled") return { error: new ProtocolError(SERVER_ERROR, "The task was cancelled") };
  const { tasks: _, ...rest } = call;
  try {
    const request = { name: record.tool, args: record.args, revision, log };
    return { result: await callTool(profile, request, { ...rest, ending: record }) };
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return { error };
  }
}

/** A request about tasks. */
export interface TaskAsk {
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly facts: CallFacts;
  readonly revision: string;
  readonly log: Log;
}

/**
 * Answers a request about tasks.
 *
 * @throws {ProtocolError} -32602 for a task that there is not; -32021 for a client that does not know the extension.
 * @see {@link https://modelcontextprotocol.io/specification/2025-11-25/basic/utilities/tasks}
 * @see {@link https://modelcontextprotocol.io/seps/2663-tasks-extension}
 */
export async function answerTask(ask: TaskAsk): Promise<Result> {
  const { method, params, revision, facts } = ask;
  const { table } = scopeOf(facts);
  const isExtension = revision === MODERN_REVISION;
  if (isExtension && !knowsTasks(capabilitiesIn(params))) throw missingExtension();
  if (method === "tasks/list") return await listTasks(ask);
  const record = await findTask(ask);
  const now = stateNow(record, facts);
  switch (method) {
    case "tasks/get":
      return { ...documentOf(record, now, revision), ...(isExtension && await detailOf(record, now, ask)) };
    case "tasks/update":
      await table.change(record.id, (task) => answered(task, facts, params.inputResponses));
      return {};
    default: {
      if (isOver(now) && !isExtension) {
        throw new ProtocolError(INVALID_PARAMS, `Cannot cancel task: it is ${now.status} already`);
      }
      const cancelledAtMs = facts.call.sandbox.now();
      const change = (task: TaskRecord): TaskRecord =>
        task.cancelledAtMs === undefined && !isOver(stateNow(task, facts)) ? { ...task, cancelledAtMs } : task;
      const cancelled = await table.change(record.id, change) ?? record;
      return isExtension ? {} : documentOf(cancelled, stateNow(cancelled, facts), revision);
    }
  }
}

/** The task that a request names. */
export async function findTask({ params: { taskId }, facts }: Pick<TaskAsk, "params" | "facts">): Promise<TaskRecord> {
  if (typeof taskId !== "string") throw new ProtocolError(INVALID_PARAMS, "Invalid params: taskId must be a string");
  const record = await scopeOf(facts).table.get(taskId);
  if (!record) {
    const message = "Failed to retrieve task: it was never made for this caller, or has expired";
    throw new ProtocolError(INVALID_PARAMS, message);
  }
  return record;
}

/** Where a task is by the clock of its sandbox. */
export function stateNow(record: TaskRecord, facts: CallFacts): TaskNow {
  return stateOf(record, planOf(record, facts), facts.call.sandbox.now());
}

/** What the facts of a request say of tasks. */
export function scopeOf({ tasks }: CallFacts): NonNullable<CallFacts["tasks"]> {
  if (!tasks) throw new ProtocolError(METHOD_NOT_FOUND, "Method not found");
  return tasks;
}

async function listTasks({ params: { cursor }, facts, revision }: TaskAsk): Promise<Result> {
  const records = await scopeOf(facts).table.list();
  const { items, ...rest } = pageOf(records, typeof cursor === "string" ? cursor : undefined, facts.profile.pages);
  return { tasks: items.map((record) => documentOf(record, stateNow(record, facts), revision)), ...rest };
}

/** What 2026-07-28 tells of a task besides: what it asks, or what it came to. */
async function detailOf(record: TaskRecord, now: TaskNow, ask: TaskAsk): Promise<Result> {
  if (now.status === "input_required") {
    const values = { arguments: record.args, inputResponses: record.responses };
    return { inputRequests: fillArguments(now.open, values) };
  }
  if (now.status !== "completed" && now.status !== "failed") return {};
  const outcome = await outcomeOf(record, now, ask);
  if ("result" in outcome) return { result: outcome.result };
  const { code, message, data } = outcome.error;
  return { error: { code, message, ...(data !== undefined && { data }) } };
}

/** A task whose client has answered what it was asked; what nobody has asked for is left out. */
export function answered(record: TaskRecord, facts: CallFacts, responses: unknown): TaskRecord {
  const { open } = stateNow(record, facts);
  const given = Object.entries(isPlainObject(responses) ? responses : {}).filter(([name]) => Object.hasOwn(open, name));
  if (given.length === 0) return record;
  const nowMs = facts.call.sandbox.now();
  return {
    ...record,
    responses: { ...record.responses, ...Object.fromEntries(given) },
    answeredAtMs: { ...record.answeredAtMs, ...Object.fromEntries(given.map(([name]) => [name, nowMs])) },
  };
}

/** A result that says which task it belongs to. */
export function related(result: Result, { id: taskId }: Pick<TaskRecord, "id">): Result {
  return { ...result, _meta: { ...result._meta, [RELATED_TASK]: { taskId } } };
}
