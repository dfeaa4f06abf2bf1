// The facts of one request that a tool's answer depends on, kept by the request until the SDK calls the tool.
import type { Policy } from "../scenarios/plan.ts";
import type { Profile } from "./profile.ts";
import type { StateSigner } from "./request_state.ts";
import type { Presenter } from "./sessions/session_memory.ts";
import type { Speaking, TaskScope } from "./tasks/task_support.ts";
import type { ToolCall } from "./tools/tool.ts";

/** One request's facts. */
export interface CallFacts {
  readonly profile: Profile;
  readonly policy: Policy;
  readonly call: ToolCall;
  /** Signs what a tool remembers between two rounds of a call. */
  readonly signer: () => Promise<StateSigner>;
  /** What it says of tasks; absent where the server has none. */
  readonly tasks?: TaskScope;
}

/** Collects the facts of a request from who presents it, whom its notes belong to, and how it speaks of tasks. */
export type CallFactsOf = (presenter: Presenter, owner: string, speaking: Speaking) => CallFacts;
