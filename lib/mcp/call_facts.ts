// The facts of one request that a tool's answer depends on, kept by the request until the SDK calls the tool.
import { createKeyTable } from "../oauth/keys/key_table.ts";
import type { Policy } from "../scenarios/plan.ts";
import { takeTurn } from "./catalogue/turn_table.ts";
import { type Notes, openNotes } from "./tools/note_table.ts";
import type { McpOptions } from "./contract.ts";
import type { Profile } from "./profile.ts";
import type { StateSigner } from "./request_state.ts";
import type { Presenter } from "./sessions/session_memory.ts";
import type { ToolCall } from "./tools/tool.ts";

/** One request's facts. */
export interface CallFacts {
  readonly profile: Profile;
  readonly policy: Policy;
  readonly call: ToolCall;
  /** Signs what a tool remembers between two rounds of a call. */
  readonly signer: () => Promise<StateSigner>;
}

/** Collects the facts of a request from who presents it and whom its notes belong to. */
export type CallFactsOf = (presenter: Presenter, owner: string) => CallFacts;

/** Makes the function that collects the facts of a request. */
export function createCallFacts({ store, chance, sleep }: McpOptions): CallFactsOf {
  const keys = createKeyTable(store);

  return ({ sandbox, caller, profile, policy }, owner) => {
    const notes = (): Notes => openNotes(store, sandbox.id, owner);
    const turn = (entry: string): Promise<number> => takeTurn(store, sandbox.id, entry);
    return {
      profile,
      policy,
      call: { sandbox, chance, sleep, notes, turn, ...(caller.user && { user: caller.user }) },
      signer: async () => ({
        key: await keys.sealingKey(sandbox.id, () => chance.bytes(32)),
        nowMs: sandbox.nowMs,
      }),
    };
  };
}
