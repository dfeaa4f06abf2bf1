/**
 * What the handlers of the control API are made with, and what they are.
 *
 * @module
 */
import type { Chance } from "../../lib/runtime/chance.ts";
import type { ControlEndpointName } from "../../lib/http/endpoints.ts";
import type { KeysOf } from "../../lib/oauth/keys/keys.ts";
import type { OwnOrigins } from "../../lib/sandbox/origins.ts";
import type { TokenVerifier } from "../../lib/oauth/tokens/verify.ts";
import type { Clients } from "../../lib/oauth/clients/client_table.ts";
import type { Grants } from "../../lib/oauth/tokens/mark_table.ts";
import type { Minted } from "../../lib/oauth/tokens/minted_table.ts";
import type { FaultCounts } from "../../lib/faults/fault_count_table.ts";
import type { ScenarioTable } from "../../lib/scenarios/scenario_table.ts";
import type { Users } from "../../lib/oauth/users/user_table.ts";
import type { LiveSandboxes } from "../../lib/sandbox/live_sandboxes.ts";
import type { Route } from "../request/router.ts";
import type { Refusal } from "./guard.ts";
import type { Banner } from "../pages/scenarios.tsx";

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
  readonly keysOf: KeysOf;
  /** Ports of their own. */
  readonly ownOrigins: OwnOrigins;
  /** Where ids and secrets are drawn from. */
  readonly chance: Chance;
}

/** What an endpoint does. */
export type ControlHandler = Route["handler"];

/** What all of them do. */
export type ControlHandlers = Readonly<Record<ControlEndpointName, ControlHandler>>;
/** What the page of the API needs beside it. */
export interface ControlPageDeps {
  /** Says why a request may not control its sandbox. */
  readonly refusalOf: Refusal;
  /** What is said on top of a sandbox's pages. */
  readonly bannerOf: Banner;
}
