/**
 * What an app is made of: all that the caller brings along, and nothing that is opened here.
 *
 * @module
 */
import type { LogEvent } from "../lib/cli/log.ts";
import type { DeclaredUser } from "../lib/oauth/users/declared_users.ts";
import type { OpenPortFor } from "../lib/sandbox/origins.ts";
import type { GenerateKey } from "../lib/oauth/keys/key_set.ts";
import type { FetchAt, ResolveDns } from "../lib/outbound/outbound.ts";
import { publicPlan } from "../lib/limits/limits.ts";
import type { Mint, PlanPatch, Policy } from "../lib/scenarios/plan.ts";
import type { Scenario } from "../lib/scenarios/scenario.ts";
import type { Sleep } from "../lib/runtime/sleep.ts";
import type { SigningAlgorithm } from "../lib/oauth/keys/key_table.ts";
import type { ControlPolicy, GateOptions } from "../lib/control/gate.ts";
import type { FindingTeller } from "../lib/cli/tell_findings.ts";

/** What an app is made of. */
export interface AppOptions {
  /** The database. The caller opens it, and closes it. */
  readonly kv: Deno.Kv;
  /** Origin to name in place of the request's own, such as `https://mock.example.com`. */
  readonly publicUrl?: string;
  /** What tokens are signed with; `EdDSA` if not given. */
  readonly alg?: SigningAlgorithm;
  /**
   * Life of access tokens where neither the request nor the scenario says, in seconds; for good if not given. RFC 9068 2.2
   * requires `exp`, and strict resource servers refuse tokens without it.
   */
  readonly tokenLifetimeSeconds?: number;
  /** Rules in place of those of every scenario. */
  readonly policy?: Partial<Policy>;
  /** What is put into tokens in place of what every scenario puts there. */
  readonly mint?: Partial<Mint>;
  /** Name of the scenario of the process itself, or a scenario of your own; `standard` if not given. */
  readonly scenario?: string | Scenario;
  /** Scenarios beside those of the catalogue. */
  readonly scenarios?: readonly Scenario[];
  /** Whether other processes use the same database at the same time; then control calls wait until those know, too. */
  readonly shared?: boolean;
  /** People who can log in from the start, with claims of their own. */
  readonly users?: readonly DeclaredUser[];
  /** The clock, in milliseconds since 1970; the system's if not given. */
  readonly now?: () => number;
  /** A clock for durations, in milliseconds; the system's if not given. */
  readonly monotonicMs?: () => number;
  /** Source of chance; the runtime's cryptographic generator if not given. */
  readonly randomBytes?: (length: number) => Uint8Array<ArrayBuffer>;
  /** Generates signing keys; the runtime's cryptographic generator if not given. */
  readonly generateKey?: GenerateKey;
  /** What delays wait with; a timer if not given. */
  readonly sleep?: Sleep;
  /** What documents that clients name are fetched with, at an address that was checked; a socket if not given. */
  readonly fetch?: FetchAt;
  /** What the addresses of such documents are looked up with; the system's DNS if not given. */
  readonly resolveDns?: ResolveDns;
  /** Whether exchanges are recorded, for reports and the inspector; true if not given. */
  readonly record?: boolean;
  /**
   * From when on reports show what processes on a shared database have served, in milliseconds since 1970; if not given, as
   * far back as exchanges are kept there, which is a day.
   */
  readonly recordSinceMs?: number;
  /** Called with every exchange and every unexpected error. */
  readonly log?: (event: LogEvent) => void;
  /** Opens a further port of 127.0.0.1 for this app, so that a sandbox can have an origin of its own; none if not given. */
  readonly openPort?: OpenPortFor;
  /** Told which sandboxes to judge, where a log is to say which rules clients break. */
  readonly teller?: Pick<FindingTeller, "judgeWith" | "saw">;
  /**
   * True if the server listens on a loopback address: MCP endpoints then answer only under names of this machine, and
   * only its pages (DNS rebinding), and documents of clients may lie on this machine.
   */
  readonly loopbackOnly?: boolean;
  /** Origins of other pages that may call the MCP endpoints. Without it any page may, unless `loopbackOnly` is set. */
  readonly allowedOrigins?: readonly string[];
  /**
   * Who may call the control API, which can do anything to a sandbox: `open` for whoever can call the app at all, as in a
   * test, or whoever has a token. If not given, everybody with `loopbackOnly`, unless there is a public URL; else nobody.
   * Whoever has given a sandbox a label of 16 characters or more may control that one in any case.
   */
  readonly control?: ControlPolicy;
  /**
   * Whether anybody can reach the server: then there are limits on what a caller may ask and a sandbox may hold, all of
   * it goes after a day, every page says so, and `loopbackOnly` counts for nothing.
   */
  readonly public?: boolean;
  /** Aborting it closes open streams and refuses further MCP requests. */
  readonly signal?: AbortSignal;
  /** Aborting it ends what would be open for as long as a client likes, `subscriptions/listen`; the rest may finish. */
  readonly draining?: AbortSignal;
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
  return {
    ...(control === undefined ? {} : { control }),
    loopbackOnly,
    ...(publicUrl === undefined ? {} : { publicOrigin: publicUrl }),
    ...(allowedOrigins === undefined ? {} : { allowedOrigins }),
  };
}
