// What the handlers work with. Each takes its part of it, as `Pick<Deps, …>`.
import type { KeptRuns } from "../lib/control/kept_runs.ts";
import type { Gauntlets } from "../lib/control/gauntlets.ts";
import type { Deps as OperationDeps } from "../lib/control/operation.ts";
import type { OAuthError } from "../lib/http/errors.ts";
import type { OriginPolicy } from "../lib/http/origin.ts";
import type { Askers } from "../lib/limits/asker.ts";
import type { McpEndpoint } from "../lib/mcp/endpoint.ts";
import type { Slices } from "../lib/runtime/slices.ts";
import type { Awaitable } from "../lib/runtime/awaitable.ts";
import type { Sandbox } from "../lib/sandbox/sandbox.ts";
import type { Catalogue } from "../lib/scenarios/mcp_catalogue.ts";
import type { Scenario } from "../lib/scenarios/scenario.ts";
import type { Guard, Refusal, RunRefusal } from "./control/guard.ts";
import type { OAuthDeps } from "./oauth/deps.ts";
import type { AskDeps } from "../lib/clone/ask.ts";
import type { AppOptions } from "./options.ts";
import type { App, ConnectionInfo, Context } from "./request/router.ts";

/** What the page that makes scenarios of servers works with. */
export interface Cloning extends Pick<AskDeps, "fetch" | "resolveDns"> {
  /** Whether servers that are not on this machine are asked, too. */
  readonly isAnywhere: boolean;
  /** Says why a request may not have servers asked; a label that is a secret is no leave to do that. */
  readonly refusalOf: (asked: Pick<Context, "request" | "url">) => OAuthError | undefined;
  /** Makes a server, such as a clone that is compared with its original. */
  readonly createApp: (options: AppOptions) => App;
}

/** What the handlers work with. */
export interface Deps extends OAuthDeps, OperationDeps {
  readonly mcp: McpEndpoint;
  /** What the MCP endpoints of a sandbox declare; undefined for what they have by themselves. */
  readonly catalogueOf: (sandbox: Sandbox) => Awaitable<Catalogue | undefined>;
  readonly origins: OriginPolicy;
  readonly scenarioOf: (sandbox: Sandbox) => Scenario;
  readonly isRecorded: boolean;
  /** What servers are cloned with; undefined where anyone can ask. */
  readonly cloning: Cloning | undefined;
  readonly gauntlets: Gauntlets;
  /** A sandbox as it is now: a reset starts it over under another id. */
  readonly refresh: (sandbox: Sandbox) => Promise<Sandbox>;
  readonly guard: Guard;
  /** Both by a run's label. */
  readonly runGuard: Guard;
  readonly runRefusalOf: RunRefusal;
  readonly keptRuns: () => Promise<KeptRuns>;
  readonly refusalOf: Refusal;
  /** Whose streams of events are counted together; undefined where addresses don't count. */
  readonly addressOf: (request: Request, info: ConnectionInfo | undefined) => string | undefined;
  /** Who asks, on a server that anyone can reach. */
  readonly askers: Askers | undefined;
  readonly slices: Slices;
  readonly monotonicMs: () => number;
  readonly startedAtMs: number;
  /** Aborting it closes open streams. */
  readonly signal: AbortSignal | undefined;
}
