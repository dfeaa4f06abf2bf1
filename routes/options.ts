// The options of an app: all that it uses comes from its caller, and nothing is opened here.
import type { LogEvent } from "../lib/cli/log.ts";
import type { DeclaredUser } from "../lib/oauth/users/declared_users.ts";
import type { OpenPortFor } from "../lib/sandbox/origins.ts";
import type { GenerateKey } from "../lib/oauth/keys/key_set.ts";
import type { FetchAt, ResolveDns } from "../lib/outbound/outbound.ts";
import { suggest } from "../lib/http/did_you_mean.ts";
import { isObject } from "../lib/http/json.ts";
import { publicPlan } from "../lib/limits/limits.ts";
import type { Catalogue } from "../lib/scenarios/mcp_catalogue.ts";
import type { Mint, PlanPatch, Policy } from "../lib/scenarios/plan.ts";
import type { Scenario } from "../lib/scenarios/scenario.ts";
import type { Sleep } from "../lib/runtime/sleep.ts";
import type { SigningAlgorithm } from "../lib/oauth/keys/key_table.ts";
import type { ControlPolicy, GateOptions } from "../lib/control/gate.ts";
import type { FindingTeller } from "../lib/cli/tell_findings.ts";
import type { Kv } from "../lib/store/kv.ts";
import { defined } from "../lib/runtime/defined.ts";

/** The options of an app. */
export interface AppOptions {
  /** The database, which the caller opens and closes; by default what the app keeps is in memory, and ends with it. */
  readonly kv?: Kv;
  /** Origin to name instead of the request's own, such as `https://mock.example.com`. */
  readonly publicUrl?: string;
  /** Algorithm that tokens are signed with; `EdDSA` by default. */
  readonly alg?: SigningAlgorithm;
  /**
   * Lifetime of access tokens in seconds, if neither the request nor the scenario sets one; by default they do not expire.
   * RFC 9068 2.2 requires `exp`, and strict resource servers refuse tokens without it.
   */
  readonly tokenLifetimeSeconds?: number;
  /** Rules that replace those of every scenario. */
  readonly policy?: Partial<Policy>;
  /** What tokens contain, instead of what every scenario puts there. */
  readonly mint?: Partial<Mint>;
  /** Name of the scenario of the process itself, or a scenario of your own; `standard` by default. */
  readonly scenario?: string | Scenario;
  /** Scenarios in addition to those of the catalogue. */
  readonly scenarios?: readonly Scenario[];
  /** What the MCP endpoints declare where a scenario has no catalogue of its own; by default what they have by themselves. */
  readonly catalogue?: Catalogue;
  /** Whether other processes use the same database at the same time; then control calls wait until those know as well. */
  readonly shared?: boolean;
  /** Users who exist from the start, with their own claims. */
  readonly users?: readonly DeclaredUser[];
  /** The clock, in milliseconds since 1970; by default the system's. */
  readonly now?: () => number;
  /** A clock for durations, in milliseconds; by default the system's. */
  readonly monotonicMs?: () => number;
  /** Source of random bytes; by default the runtime's cryptographic generator. */
  readonly randomBytes?: (length: number) => Uint8Array<ArrayBuffer>;
  /** Generates signing keys; by default with the runtime's cryptographic generator. */
  readonly generateKey?: GenerateKey;
  /** Waits; by default with a timer. */
  readonly sleep?: Sleep;
  /** Fetches documents that clients name, at an address that was checked; by default over a socket. */
  readonly fetch?: FetchAt;
  /** Looks up the addresses of such documents; by default with the system's DNS. */
  readonly resolveDns?: ResolveDns;
  /** Whether exchanges are recorded, for reports and the inspector; true by default. */
  readonly record?: boolean;
  /**
   * Start of what reports show of processes on a shared database, in milliseconds since 1970; by default all that is kept
   * there, which is a day.
   */
  readonly recordSinceMs?: number;
  /** Called with every exchange and every unexpected error. */
  readonly log?: (event: LogEvent) => void;
  /** Whether the log is told of errors alone; summing up every exchange costs a tenth of a request. False by default. */
  readonly quiet?: boolean;
  /** Opens another port of 127.0.0.1 for this app, so that a sandbox can have its own origin; by default none is opened. */
  readonly openPort?: OpenPortFor;
  /**
   * True if the server listens on a loopback address: MCP endpoints then answer only under names of this machine, and
   * only its pages (DNS rebinding), and documents of clients may lie on this machine.
   */
  readonly loopbackOnly?: boolean;
  /** Origins of other pages that may call the MCP endpoints. Without it any page may, unless `loopbackOnly` is set. */
  readonly allowedOrigins?: readonly string[];
  /**
   * Who may call the control API, which can do anything to a sandbox: `open` for anyone who can call the app at all, as
   * in a test, or only callers with a token. By default anyone if `loopbackOnly` is set and there is no public URL, else
   * no one. A caller who has chosen a label of 16 characters or more may control that sandbox in any case.
   */
  readonly control?: ControlPolicy;
  /**
   * Whether anyone can reach the server: then there are limits on what a caller may ask and a sandbox may hold, everything
   * is deleted after a day, every page says so, and `loopbackOnly` is ignored.
   */
  readonly public?: boolean;
  /**
   * Whether the page that makes scenarios of servers may ask those that are not on this machine; false by default. Where
   * `public` is set, it asks none.
   */
  readonly allowClone?: boolean;
  /** Aborting it closes open streams and refuses further MCP requests. */
  readonly signal?: AbortSignal;
  /** Aborting it ends `subscriptions/listen`, which a client can keep open without end; other requests may finish. */
  readonly draining?: AbortSignal;
}

/** What our own program hands in besides. */
export interface ProgramOptions extends AppOptions {
  /** Told which sandboxes to judge, so that a log can say which rules clients break. */
  readonly teller?: Pick<FindingTeller, "judgeWith" | "saw">;
}

const optionNames: Readonly<Record<keyof ProgramOptions, true>> = {
  kv: true,
  publicUrl: true,
  alg: true,
  tokenLifetimeSeconds: true,
  policy: true,
  mint: true,
  scenario: true,
  scenarios: true,
  catalogue: true,
  shared: true,
  users: true,
  now: true,
  monotonicMs: true,
  randomBytes: true,
  generateKey: true,
  sleep: true,
  fetch: true,
  resolveDns: true,
  record: true,
  recordSinceMs: true,
  log: true,
  quiet: true,
  openPort: true,
  teller: true,
  loopbackOnly: true,
  allowedOrigins: true,
  control: true,
  public: true,
  allowClone: true,
  signal: true,
  draining: true,
};

/**
 * Requires options that exist, as a misspelled one would leave a server open or closed that was meant not to be.
 *
 * @throws TypeError saying which option, and what was expected.
 */
export function requireOptions(options: AppOptions): void {
  const unknown = Object.keys(options).find((name) => !Object.hasOwn(optionNames, name));
  if (unknown !== undefined) {
    const meant = suggest(unknown, Object.keys(optionNames));
    throw new TypeError(`createApp: ${unknown} is not an option; expected ${meant}`);
  }
  const control: unknown = options.control;
  const isPolicy = control === undefined || control === "open" ||
    (isObject(control) && typeof control.token === "string" && control.token !== "");
  if (!isPolicy) throw new TypeError('createApp: control is not a policy; expected "open", or { token: "…" }');
}

/** Rules and tokens below those of every scenario. */
export function basePlanOf({ tokenLifetimeSeconds, public: isPublic = false }: AppOptions): PlanPatch {
  const base = isPublic ? publicPlan : {};
  if (tokenLifetimeSeconds === undefined) return base;
  const accessTokenTtlSeconds = Math.min(tokenLifetimeSeconds, base.mint?.accessTokenTtlSeconds ?? Infinity);
  return { ...base, mint: { ...base.mint, accessTokenTtlSeconds } };
}

/** The options that say who may call. */
export function gateOptionsOf({ loopbackOnly = false, publicUrl, allowedOrigins, control }: AppOptions): GateOptions {
  return defined({ control, loopbackOnly, publicOrigin: publicUrl, allowedOrigins });
}
