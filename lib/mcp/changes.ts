// Telling clients that lists have changed: those that listen in the stateless era, and the sessions that have a stream for it.
import type { Sandbox } from "../sandbox/sandbox.ts";
import { type Catalogue, isTold } from "../scenarios/mcp_catalogue.ts";
import type { Store } from "../store/store.ts";
import { createStages, type Stages } from "./catalogue/stages.ts";
import type { ListChange } from "./client_link.ts";
import type { McpCall } from "./contract.ts";
import type { Listeners } from "./listeners.ts";
import type { Sessions } from "./sessions/held_sessions.ts";

interface ChangesDeps {
  readonly store: Store;
  readonly listeners: Pick<Listeners, "announce">;
  readonly sessions: Pick<Sessions, "of">;
}

/** The changes of one app's lists. */
export interface Changes extends Pick<Stages, "begun"> {
  /** Tells the clients of a sandbox, in this process. */
  readonly announce: (sandbox: Sandbox, changes: readonly ListChange[]) => Promise<void>;
  /** Takes note of a message that was answered, which a change may have waited for. */
  readonly answered: (call: McpCall, body: unknown, response: Response) => Promise<void> | undefined;
}

/** Makes what tells of changes. */
export function createChanges({ store, listeners, sessions }: ChangesDeps): Changes {
  const stages = createStages(store);

  async function announce(sandbox: Sandbox, changes: readonly ListChange[]): Promise<void> {
    for (const change of changes) {
      listeners.announce(sandbox.name, change);
      await Promise.all(sessions.of(sandbox.id).map(async ({ transport }) => await (await transport)?.tell(change)));
    }
  }

  async function pass(sandbox: Sandbox, catalogue: Catalogue, body: unknown): Promise<void> {
    const changes = await stages.pass(sandbox.id, catalogue, body);
    if (isTold(catalogue)) await announce(sandbox, changes);
  }

  return {
    begun: stages.begun,
    announce,
    answered: ({ sandbox, catalogue }, body, { ok }) =>
      catalogue?.stages && ok ? pass(sandbox, catalogue, body) : undefined,
  };
}
