// A task: what becomes of a call whose answer takes its time. Nothing of it runs: what state it is in follows from when it
// began, what its client has answered since, and what time it is, so that any process can tell, and a moved clock counts.
import type { Question, Questions, TaskGives, TaskState } from "../../scenarios/mcp_catalogue.ts";

/** The extension of 2026-07-28, by which a client says that it knows tasks. */
export const TASKS_EXTENSION = "io.modelcontextprotocol/tasks";
/** What ties a message to a task in 2025-11-25. */
export const RELATED_TASK = "io.modelcontextprotocol/related-task";
/** The revision whose tasks a client asks for itself. */
export const TASKS_REVISION = "2025-11-25";

/** How long a task is kept if nobody says. */
const DEFAULT_TTL_MS = 60 * 60 * 1000;
/** How long clients should wait before they ask again if nobody says. */
const DEFAULT_INTERVAL_MS = 1000;

/** What a client can be asked, by the method that asks it. */
export type Askable = Question["method"];

/** What is kept of a task. */
export interface TaskRecord {
  readonly id: string;
  /** The tool whose call it is, and what it was called with. */
  readonly tool: string;
  readonly args?: unknown;
  /** Which of its answers it is the turn of. */
  readonly turn: number;
  /** What its client can be asked; a state that asks for anything else is left out. */
  readonly asks: readonly Askable[];
  readonly ttlMs: number | null;
  /** When it began, in milliseconds since 1970 on its sandbox's clock. */
  readonly createdAtMs: number;
  /** What the client has answered, in it and before it. */
  readonly responses: Readonly<Record<string, unknown>>;
  /** When each was answered that it has asked itself. */
  readonly answeredAtMs: Readonly<Record<string, number>>;
  /** When its client cancelled it. */
  readonly cancelledAtMs?: number;
}

/** How a call goes on as a task. */
export interface TaskPlan extends TaskGives {
  /** Whether its answer is an error of the protocol. */
  readonly fails?: boolean;
}

/** Where a task is at one moment. */
export interface TaskNow {
  readonly status: TaskState["status"] | "completed" | "failed";
  readonly statusMessage: string | undefined;
  readonly pollIntervalMs: number;
  /** Since when, in milliseconds since 1970 on its sandbox's clock. */
  readonly sinceMs: number;
  /** Until when it stays so if nobody does anything; infinite for one that only its client can end. */
  readonly untilMs: number;
  /** What it has asked, and its client has not answered. */
  readonly open: Questions;
}

/** How long a task is kept: what its server says, or else its client. */
export function ttlOf({ ttl_ms }: TaskPlan, asked?: number | null): number | null {
  return ttl_ms === undefined ? asked === undefined ? DEFAULT_TTL_MS : asked : ttl_ms;
}

/** Whether a task's time is over, so that it is gone. */
export function hasExpired({ createdAtMs, ttlMs }: TaskRecord, nowMs: number): boolean {
  return ttlMs !== null && nowMs >= createdAtMs + ttlMs;
}

/** Whether a task has ended. */
export function isOver({ status }: Pick<TaskNow, "status">): boolean {
  return status === "completed" || status === "failed" || status === "cancelled";
}

/**
 * Where a task is.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const record = {
 *   id: "task-1",
 *   tool: "report",
 *   turn: 0,
 *   asks: [],
 *   ttlMs: null,
 *   createdAtMs: 1000,
 *   responses: {},
 *   answeredAtMs: {},
 * };
 * const plan = { states: [{ status: "working", for_ms: 500 }], poll_interval_ms: 100 } as const;
 * assert.equal(stateOf(record, plan, 1400).status, "working");
 * assert.equal(stateOf(record, plan, 1500).status, "completed");
 * ```
 */
export function stateOf(record: TaskRecord, plan: TaskPlan, nowMs: number): TaskNow {
  const { cancelledAtMs = Infinity } = record;
  const reached = reachedAt(record, plan, Math.min(nowMs, cancelledAtMs));
  if (cancelledAtMs > nowMs || isOver(reached)) return reached;
  return {
    ...reached,
    status: "cancelled",
    statusMessage: "The task was cancelled by request.",
    sinceMs: cancelledAtMs,
    untilMs: Infinity,
    open: {},
  };
}

function reachedAt(
  record: TaskRecord,
  { states = [], poll_interval_ms, fails = false }: TaskPlan,
  nowMs: number,
): TaskNow {
  let sinceMs = record.createdAtMs;
  let pollIntervalMs = poll_interval_ms ?? DEFAULT_INTERVAL_MS;
  for (const state of states) {
    const { status, statusMessage } = state;
    if (!canBeAsked(record, state)) continue;
    pollIntervalMs = state.poll_interval_ms ?? pollIntervalMs;
    const open = openOf(record, state);
    const untilMs = status === "cancelled" ? Infinity : endOf(record, { state, open, sinceMs });
    if (untilMs > nowMs) return { status, statusMessage, pollIntervalMs, sinceMs, untilMs, open };
    sinceMs = untilMs;
  }
  const status = fails ? "failed" : "completed";
  return { status, statusMessage: undefined, pollIntervalMs, sinceMs, untilMs: Infinity, open: {} };
}

function canBeAsked({ asks }: TaskRecord, { inputRequests = {} }: TaskState): boolean {
  return Object.values(inputRequests).every(({ method }) => asks.includes(method));
}

function openOf({ answeredAtMs }: TaskRecord, { inputRequests = {} }: TaskState): Questions {
  return Object.fromEntries(Object.entries(inputRequests).filter(([name]) => !Object.hasOwn(answeredAtMs, name)));
}

/** When a state ends: after its time, or with the last of the answers that it waits for. */
function endOf(
  { answeredAtMs }: TaskRecord,
  { state: { status, for_ms = Infinity, inputRequests = {} }, open, sinceMs }: {
    readonly state: TaskState;
    readonly open: Questions;
    readonly sinceMs: number;
  },
): number {
  if (status === "working" || Object.keys(open).length > 0) return sinceMs + for_ms;
  const answered = Object.keys(inputRequests).map((name) => answeredAtMs[name] ?? sinceMs);
  return Math.max(sinceMs, Math.min(sinceMs + for_ms, Math.max(...answered)));
}
