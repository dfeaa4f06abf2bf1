// Turning calls into tasks: where a client wants one, or knows what one is, and the tool's answer may be one.
import { ProtocolError } from "@modelcontextprotocol/server";
import type { CallFacts } from "../call_facts.ts";
import { MODERN_REVISION } from "../revisions.ts";
import { INVALID_PARAMS, isPlainObject, SERVER_ERROR } from "../rpc.ts";
import type { TaskMaker } from "../tools/tool.ts";
import { stateOf, type TaskRecord, ttlOf } from "./task.ts";
import { documentOf, planOf } from "./task_methods.ts";
import { asksOf, makesOf, type Speaking, type TaskScope } from "./task_support.ts";
import { MAX_TASK_CHARACTERS } from "./task_table.ts";

/** Results that one owner of tasks can wait for at a time: whoever hangs up is waited for still. */
const MAX_AWAITED = 100;

/** Makes what counts the results that are waited for, by owner. */
export function createWaiting(): (owner: string) => TaskScope["waitFor"] {
  const awaited = new Map<string, number>();
  return (owner) => async (result) => {
    const count = awaited.get(owner) ?? 0;
    if (count >= MAX_AWAITED) {
      throw new ProtocolError(SERVER_ERROR, `This caller waits for ${MAX_AWAITED} results of tasks already, its limit`);
    }
    awaited.set(owner, count + 1);
    try {
      return await result();
    } finally {
      const left = (awaited.get(owner) ?? 1) - 1;
      if (left > 0) awaited.set(owner, left);
      else awaited.delete(owner);
    }
  };
}

/** What tasks need to know of a request. */
export function taskScopeOf(
  { capabilities, params }: Speaking,
  { table, waitFor }: Pick<TaskScope, "table" | "waitFor">,
): TaskScope {
  const asked = isPlainObject(params) && isPlainObject(params.task) ? params.task.ttl : undefined;
  const isTtl = asked === null || (typeof asked === "number" && asked > 0);
  return {
    table,
    waitFor,
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
