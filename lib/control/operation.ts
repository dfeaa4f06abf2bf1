/**
 * What the handlers of the control API are made with, and what they are.
 *
 * @module
 */
import type { Chance } from "../runtime/chance.ts";
import type { ControlEndpointName } from "../http/endpoints.ts";
import type { KeysOf } from "../oauth/keys/keys.ts";
import type { OwnOrigins } from "../sandbox/origins.ts";
import type { TokenVerifier } from "../oauth/tokens/verify.ts";
import type { Clients } from "../oauth/clients/client_table.ts";
import type { Grants } from "../oauth/tokens/mark_table.ts";
import type { Minted } from "../oauth/tokens/minted_table.ts";
import type { FaultCounts } from "../faults/fault_count_table.ts";
import type { ScenarioTable } from "../scenarios/scenario_table.ts";
import type { Users } from "../oauth/users/user_table.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import type { Plan } from "../scenarios/plan.ts";
import type { LiveSandboxes } from "../sandbox/live_sandboxes.ts";

/** What the control API needs: all that can be told of a sandbox, or changed in it. */
export interface ControlDeps {
  /** The sandboxes. */
  readonly liveSandboxes: LiveSandboxes;
  /** What faults have counted. */
  readonly faultCounts: Pick<FaultCounts, "counted" | "disarm">;
  /** People who can log in. */
  readonly users: Users;
  /** The table of clients. */
  readonly clients: Clients;
  /** Marks of what was used and revoked. */
  readonly grants: Grants;
  /** Tokens that were minted. */
  readonly minted: Minted;
  /** Scenarios that somebody has brought along. */
  readonly scenarios: ScenarioTable;
  /** Names of the scenarios that are there from the start. */
  readonly names: readonly string[];
  /** Reads access tokens. */
  readonly verifier: TokenVerifier;
  /** A sandbox's keys. */
  readonly keysOf: KeysOf;
  /** Ports of their own. */
  readonly ownOrigins: OwnOrigins;
  /** Where ids and secrets are drawn from. */
  readonly chance: Chance;
}

/** What an endpoint does. */
export type ControlHandler = (context: Context) => Response | Promise<Response>;

/** What it is given: facts about one request. */
export interface Context {
  readonly request: Request;
  readonly sandbox: Sandbox;
  readonly plan: Plan;
  readonly param: string;
}

/** What all of them do. */
export type ControlHandlers = Readonly<Record<ControlEndpointName, ControlHandler>>;
