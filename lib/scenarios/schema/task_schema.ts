// The shape of a task that a tool's call can be: its states, and what a client is told of when to ask.
import { z } from "zod";
import { closedObject, type Complete, type Schema } from "../../http/json_body.ts";
import type { TaskGives, TaskState } from "../mcp_catalogue.ts";
import { questionsSchema } from "./content_schema.ts";
import { MAX_DELAY_MS } from "./fault_text.ts";

const interval = z.number().int().min(1).max(MAX_DELAY_MS);
/** Nothing waits for a state to end, so that it may last for as long as a clock is moved: at most thirty days. */
const lasting = z.number().int().min(0).max(30 * 24 * 60 * 60 * 1000);

const stateSchema: Schema<TaskState> = closedObject(
  {
    status: z.enum(["working", "input_required", "cancelled"]),
    for_ms: lasting.exactOptional(),
    statusMessage: z.string().exactOptional(),
    poll_interval_ms: interval.exactOptional(),
    inputRequests: questionsSchema.exactOptional(),
  } satisfies Complete<TaskState>,
);

/** What is wrong with the states of a task; undefined if nothing is. */
function problemOf(
  states: readonly TaskState[],
): { readonly path: (string | number)[]; readonly message: string } | undefined {
  const asked = new Set<string>();
  for (const [at, { status, for_ms, inputRequests }] of states.entries()) {
    const names = Object.keys(inputRequests ?? {});
    const again = names.find((name) => asked.has(name));
    const isLast = at === states.length - 1;
    if ((status === "input_required") !== (names.length > 0)) {
      return { path: [at, "inputRequests"], message: "questions where status is input_required, and only there" };
    }
    // A key stands for one question as long as the task lives (SEP-2663, task update requests).
    if (again !== undefined) {
      return { path: [at, "inputRequests", again], message: "a name that no earlier question of this task has" };
    }
    if (status === "cancelled" && (!isLast || for_ms !== undefined)) {
      return { path: [at, "status"], message: "cancelled only as the last state, without for_ms" };
    }
    if (status === "working" && for_ms === undefined && !isLast) {
      return { path: [at, "for_ms"], message: "how long this state lasts, as another one follows" };
    }
    for (const name of names) asked.add(name);
  }
  return undefined;
}

/** A task that a tool's call can be. */
export const taskSchema: Schema<TaskGives> = closedObject(
  {
    states: z.array(stateSchema).max(100).superRefine((states, context) => {
      const problem = problemOf(states);
      if (problem) context.addIssue({ code: "custom", ...problem });
    }).exactOptional(),
    poll_interval_ms: interval.exactOptional(),
    ttl_ms: z.number().int().min(1).nullable().exactOptional(),
    notifies: z.boolean().exactOptional(),
  } satisfies Complete<TaskGives>,
);
