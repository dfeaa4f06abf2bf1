// What an operation is: one thing that can be done to a sandbox, whole, with its description, the shapes of what it takes
// and returns, an example, and the deed. It knows nothing of HTTP: routes, the OpenAPI document and any other face of the
// control API are made from the same operations.
import { z } from "zod";
import type { FaultCounts } from "../faults/fault_count_table.ts";
import type { OpenStreams } from "../faults/open_streams.ts";
import type { JsonObject } from "../http/json.ts";
import { requireItems, requireShape, type Schema } from "../http/json_body.ts";
import type { Clients } from "../oauth/clients/client_table.ts";
import type { KeysOf } from "../oauth/keys/keys.ts";
import type { Grants } from "../oauth/tokens/mark_table.ts";
import type { Minted } from "../oauth/tokens/minted_table.ts";
import type { TokenVerifier } from "../oauth/tokens/verify.ts";
import type { Users } from "../oauth/users/user_table.ts";
import type { Chance } from "../runtime/chance.ts";
import type { Sleep } from "../runtime/sleep.ts";
import type { Catalogues } from "../sandbox/catalogues.ts";
import type { LiveSandbox, LiveSandboxes } from "../sandbox/live_sandboxes.ts";
import type { OwnOrigins } from "../sandbox/origins.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import type { Plan } from "../scenarios/plan.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import type { ScenarioTable } from "../scenarios/scenario_table.ts";
import type { Reports } from "./reports.ts";

/** What operations may use: all that can be known of a sandbox, or changed in it. */
export interface Deps {
  readonly liveSandboxes: LiveSandboxes;
  readonly faultCounts: Pick<FaultCounts, "counted" | "disarm">;
  readonly streams: Pick<OpenStreams, "of">;
  readonly users: Users;
  readonly clients: Clients;
  readonly grants: Grants;
  readonly minted: Minted;
  /** Scenarios that tests have defined. */
  readonly scenarios: ScenarioTable;
  /** The scenarios that exist from the start. */
  readonly catalogue: () => Promise<readonly Scenario[]>;
  /** Their names. */
  readonly names: readonly string[];
  readonly verifier: TokenVerifier;
  readonly keysOf: KeysOf;
  readonly mcpSessions: McpSessions;
  readonly mcpCatalogues: Catalogues;
  readonly ownOrigins: OwnOrigins;
  readonly reports: Reports;
  readonly chance: Chance;
  readonly sleep: Sleep;
  readonly monotonicMs: () => number;
}

/** A session of MCP that is alive. */
export interface McpSession {
  /** The endpoint it was begun at. */
  readonly mode: string;
  readonly clientInfo: { readonly name: string; readonly version: string };
  readonly clientId?: string;
  readonly revision: string;
  /** In milliseconds since 1970, on the sandbox's clock. */
  readonly startedAtMs: number;
  readonly endsAtMs?: number;
  /** Those of the process that answers. */
  readonly openStreams: number;
}

/** The sessions of MCP in a sandbox, by handles that do not tell their ids. */
export interface McpSessions {
  readonly sessionsOf: (sandbox: Sandbox) => Promise<ReadonlyMap<string, McpSession>>;
  /** Tells clients that are connected to this process that lists have changed. */
  readonly announce: (sandbox: Sandbox, changes: readonly ("tools" | "prompts" | "resources")[]) => Promise<void>;
  /** Ends one for good, in all processes. */
  readonly endSession: (sandbox: Sandbox, handle: string) => Promise<void>;
}

/** One call of an operation. */
export interface Call<In = unknown> {
  readonly sandbox: Sandbox;
  readonly live: LiveSandbox;
  readonly plan: Plan;
  /** The name of the one thing that the operation is about, such as `down` for a fault; empty if it is about all. */
  readonly param: string;
  /** What the caller sends: JSON that nobody has checked, until the deed has it. */
  readonly input: In;
  /** Aborts when the caller has left, or no longer wants an answer. */
  readonly signal?: AbortSignal;
}

/** How the input of an operation is described and read. */
export interface Input<T> {
  /** The shape of one item. */
  readonly schema: Schema;
  /** Whether a list of such items is accepted, too. */
  readonly isList: boolean;
  /** Checks what the caller sends; throws an OAuthError `invalid_request` that names the member. */
  readonly read: (sent: unknown) => T;
}

/** What every operation says of itself. */
interface Description<Out> {
  readonly summary: string;
  readonly description?: string;
  /** An input that works in a fresh sandbox. */
  readonly example?: unknown;
  readonly answer: Schema<Out>;
}

interface Inputless<Out> extends Description<Out> {
  readonly input?: undefined;
  readonly run: (deps: Deps, call: Call) => Out | Promise<Out>;
}

interface WithInput<In, Out> extends Description<Out> {
  readonly input: Input<In>;
  readonly run: (deps: Deps, call: Call<In>) => Out | Promise<Out>;
}

/** One thing that can be done to a sandbox. */
export interface Operation<Out = unknown> extends Description<Out> {
  readonly input?: Input<unknown> | undefined;
  /** Checks the input and does it; throws an OAuthError if that cannot be. */
  readonly run: (deps: Deps, call: Call) => Promise<Out>;
}

/** Makes an operation of its parts: its deed is given only input that was checked. */
export function operation<Out>(parts: Inputless<Out>): Operation<Out>;
export function operation<In, Out>(parts: WithInput<In, Out>): Operation<Out>;
export function operation<In, Out>(parts: Inputless<Out> | WithInput<In, Out>): Operation<Out> {
  if (!parts.input) return { ...parts, run: async (deps, call) => await parts.run(deps, call) };
  const { input, run } = parts;
  return { ...parts, run: async (deps, call) => await run(deps, { ...call, input: input.read(call.input) }) };
}

/** An input that is one thing. */
export function one<T>(schema: Schema<T>): Input<T> {
  return { schema, isList: false, read: (sent) => requireShape(sent, schema) };
}

/**
 * An input that is one thing or a list of such things.
 *
 * @param read Checks one; `at` is where it stands, for errors.
 */
export function oneOrMore<T>(
  schema: Schema,
  read: (item: unknown, at: readonly number[]) => T,
): Input<readonly T[]> {
  return { schema, isList: true, read: (sent) => requireItems(sent, read) };
}

/** The text of a member that callers choose. */
export const shortText: z.ZodString = z.string().min(1).max(2048);
/** Members that nobody looks at. */
export const members: z.ZodRecord<z.ZodString, z.ZodUnknown> = z.record(z.string(), z.unknown());
/** Overrides of rules, or rules. */
export const rules: Schema<Readonly<Record<"policy" | "mint", Readonly<Record<string, unknown>>>>> = z.object({
  policy: members,
  mint: members,
});

/** What a caller is told whose call cannot be done. */
export const errorAnswer: Schema = z.object({
  error: z.string(),
  error_description: z.string(),
  error_uri: z.url().optional(),
});

/** A schema as JSON Schema: of what comes in, before defaults are filled in and names are turned. */
export function jsonSchemaOf(schema: z.ZodType): JsonObject {
  const { $schema: _, "~standard": _s, ...json } = z.toJSONSchema(schema, { io: "input" });
  return json;
}
