// Turning calls into tasks: where a client wants one, or knows what one is, and the tool's answer may be one.
import { ProtocolError } from "@modelcontextprotocol/server";
import type { CallFacts } from "../call_facts.ts";
import { MODERN_REVISION } from "../revisions.ts";
import { INVALID_PARAMS, isPlainObject } from "../rpc.ts";
import type { TaskMaker } from "../tools/tool.ts";
import { stateOf, type TaskRecord, ttlOf } from "./task.ts";
import { documentOf, planOf } from "./task_methods.ts";
import { asksOf, makesOf, type Speaking, type TaskScope } from "./task_support.ts";
import { MAX_TASK_CHARACTERS, type Tasks } from "./task_table.ts";

/** What tasks need to know of a request. */
export function taskScopeOf({ capabilities, params }: Speaking, table: Tasks): TaskScope {
  const asked = isPlainObject(params) && isPlainObject(params.task) ? params.task.ttl : undefined;
  const isTtl = asked === null || (typeof asked === "number" && asked > 0);
  return {
    table,
    asks: asksOf(capabilities),
    makes: makesOf(capabilities),
    ...(isTtl && { askedTtl: asked === null ? null : Math.ceil(asked) }),
  };
}

/** Makes what has the calls of a request go on as tasks. */
export function createTaskMaker(
  { revision }: Speaking,
  { table, asks, askedTtl }: TaskScope,
  { profile, call: { sandbox, chance } }: Pick<CallFacts, "profile" | "call">,
): TaskMaker {
  const isExtension = revision === MODERN_REVISION;
  return {
    areAskedFor: !isExtension,
    begin: async (work) => {
      const createdAtMs = sandbox.now();
      const begun = { ...work, id: `task-${chance.base36(24)}`, asks, createdAtMs, answeredAtMs: {}, ttlMs: null };
      const plan = planOf(begun, { profile });
      const record: TaskRecord = { ...begun, ttlMs: ttlOf(plan, askedTtl) };
      if (JSON.stringify(record).length > MAX_TASK_CHARACTERS) {
        const most = `${MAX_TASK_CHARACTERS} characters of JSON`;
        throw new ProtocolError(INVALID_PARAMS, `A task takes arguments of at most ${most}`);
      }
      await table.put(record);
      const document = documentOf(record, firstState(record), revision);
      // The SDK insists on content, which is taken out again.
      return { content: [], ...(isExtension ? { ...document, resultType: "task" } : { task: document }) };

      /** Every task of 2025-11-25 begins as one that goes on. */
      function firstState(task: TaskRecord): ReturnType<typeof stateOf> {
        const now = stateOf(task, plan, createdAtMs);
        return isExtension ? now : { ...now, status: "working", statusMessage: undefined };
      }
    },
  };
}
