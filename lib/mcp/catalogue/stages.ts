// Catalogues whose lists change while clients use them: how many of its stages have begun in a sandbox, and which lists have
// changed when one begins.
import type { Catalogue, Stage } from "../../scenarios/mcp_catalogue.ts";
import type { Awaitable } from "../../runtime/awaitable.ts";
import type { Key, Store } from "../../store/store.ts";
import { updateRow } from "../../store/update.ts";
import type { ListChange } from "../client_link.ts";
import { isPlainObject } from "../rpc.ts";

/** Where a sandbox is. */
interface Reached {
  /** Stages that have begun. */
  readonly begun: number;
  /** Requests that have come of those that the next one waits for. */
  readonly seen: number;
}

/** The stages of one app's sandboxes. */
export interface Stages {
  /** How many have begun. */
  readonly begun: (sandboxId: string, catalogue: Catalogue | undefined) => Awaitable<number>;
  /** Counts a message, or a batch of them, that was answered; tells which lists have changed with it. */
  readonly pass: (sandboxId: string, catalogue: Catalogue, body: unknown) => Promise<readonly ListChange[]>;
}

const START: Reached = { begun: 0, seen: 0 };

/** Makes the stages of one app. */
export function createStages(store: Store): Stages {
  const keyOf = (sandboxId: string): Key => [sandboxId, "turn", "stage"];

  return {
    begun: (sandboxId, catalogue) =>
      catalogue?.stages ? store.get<Reached>(keyOf(sandboxId)).then(({ value }) => value?.begun ?? 0) : 0,
    pass: async (sandboxId, { stages = [] }, body) => {
      const messages: readonly unknown[] = Array.isArray(body) ? body : [body];
      const isFor = (stage: Stage): boolean => messages.some((message) => meets(message, stage));
      if (!stages.some(isFor)) return [];
      const { changes } = await updateRow(store, keyOf(sandboxId), (reached: Reached = START) => {
        const next = stages[reached.begun];
        if (!next || !isFor(next)) return { value: undefined, changes: [] };
        const seen = reached.seen + 1;
        if (seen < (next.after.times ?? 1)) return { value: { ...reached, seen }, changes: [] };
        return { value: { begun: reached.begun + 1, seen: 0 }, changes: changesOf(next) };
      });
      return changes;
    },
  };
}

function meets(message: unknown, { after: { method, name } }: Stage): boolean {
  if (!isPlainObject(message) || message.method !== method) return false;
  const params = isPlainObject(message.params) ? message.params : {};
  return name === undefined || name === params.name || name === params.uri;
}

function changesOf({ tools, prompts, resources, resourceTemplates, remove = {} }: Stage): readonly ListChange[] {
  const changed = {
    tools: tools ?? remove.tools,
    prompts: prompts ?? remove.prompts,
    resources: resources ?? resourceTemplates ?? remove.resources ?? remove.resourceTemplates,
  };
  return listChanges.filter((name) => changed[name] !== undefined);
}

/** What clients can be told that it has changed. */
export const listChanges: readonly ListChange[] = ["tools", "prompts", "resources"];
