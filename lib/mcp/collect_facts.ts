// Collecting the facts of a request, from who presents it and what it says.
import { createKeyTable } from "../oauth/keys/key_table.ts";
import type { CallFactsOf } from "./call_facts.ts";
import { holderOf } from "./caller.ts";
import { takeTurn } from "./catalogue/turn_table.ts";
import { type Elicitations, openElicitations } from "./elicitation_table.ts";
import type { McpOptions } from "./contract.ts";
import { createTaskMaker, createWaiting, taskScopeOf } from "./tasks/task_maker.ts";
import { canHaveTask } from "./tasks/task_support.ts";
import { openTasks } from "./tasks/task_table.ts";
import { type Notes, openNotes } from "./tools/note_table.ts";
import type { ToolCall } from "./tools/tool.ts";

/** Makes the function that collects the facts of a request. */
export function createCallFacts({ store, chance, sleep }: McpOptions): CallFactsOf {
  const keys = createKeyTable(store);
  const waiting = createWaiting();

  return ({ sandbox, caller, profile, policy, guide, stages }, owner, speaking) => {
    const notes = (): Notes => openNotes(store, sandbox.id, owner);
    const turn = (entry: string): Promise<number> => takeTurn(store, sandbox.id, entry);
    const elicitations = (): Elicitations =>
      openElicitations(store, chance, { sandboxId: sandbox.id, owner: caller.owner });
    const call: ToolCall = {
      sandbox,
      chance,
      sleep,
      notes,
      elicitations,
      turn,
      ...(caller.user && { user: caller.user }),
      ...(guide && { guide }),
      ...(stages && { stages }),
    };
    // A task outlives the session, so it belongs to its holder.
    const taskOwner = holderOf(caller);
    const tasks = profile.capabilities.tasks &&
      taskScopeOf(speaking, {
        table: openTasks(store, sandbox.id, taskOwner, sandbox.now),
        waitFor: waiting(`${sandbox.id} ${taskOwner}`),
      });
    const maker = tasks && canHaveTask(speaking) ? createTaskMaker(speaking, tasks, { profile, call }) : undefined;
    return {
      profile,
      policy,
      call: maker ? { ...call, tasks: maker } : call,
      ...(tasks && { tasks }),
      signer: async () => ({
        key: await keys.sealingKey(sandbox.id, () => chance.bytes(32)),
        nowMs: sandbox.nowMs,
      }),
    };
  };
}
