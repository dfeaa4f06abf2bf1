// What a tool is here: a row with a name, schemas made once, and a function. Everything that does not depend on a call is
// computed when the row is defined, so that neither a session nor a request pays for it.
import type { CallToolResult, InputRequiredResult, Tool, ToolAnnotations } from "@modelcontextprotocol/server";
import { z } from "zod";
import type { Chance } from "../../runtime/chance.ts";
import { inWords } from "../../http/expected.ts";
import type { MarkedArgument } from "../../http/mcp_headers.ts";
import type { Sandbox } from "../../sandbox/sandbox.ts";
import type { Sleep } from "../../runtime/sleep.ts";
import type { Notes } from "./note_table.ts";
import type { McpUser } from "../caller.ts";
import type { Elicitations } from "../elicitation_table.ts";
import type { ClientLink } from "../client_link.ts";
import { findParamHeaders } from "../param_headers.ts";
import type { Guide, Stages } from "../guide.ts";
import type { TaskPlan, TaskRecord } from "../tasks/task.ts";

/** What a tool may touch during one call. */
export interface ToolCall {
  readonly sandbox: Sandbox;
  /** The person whose token came along, on `/oauth`. */
  readonly user?: McpUser;
  readonly chance: Chance;
  readonly notes: () => Notes;
  readonly elicitations: () => Elicitations;
  /** Counts an answer of an entry of the catalogue; how many it has given before. */
  readonly turn: (entry: string) => Promise<number>;
  readonly sleep: Sleep;
  /** What leads through the scenario; absent where there is nothing to lead through. */
  readonly guide?: Guide;
  /** The stages of a gauntlet; absent where there is none. */
  readonly stages?: Stages;
  /** Aborts when the client cancels; absent where a call is too short to be cancelled. */
  readonly signal?: AbortSignal;
  /** Tells the client how far the call is; absent if it did not ask. */
  readonly progress?: (done: number, total?: number, message?: string) => Promise<void>;
  /** What else the client can be asked or told in the course of a call; absent where a call is too short for that. */
  readonly client?: ClientLink;
  /** Has a call go on as a task; absent where it cannot be one. */
  readonly tasks?: TaskMaker;
  /** Set where a task comes to its end: the call then gives the answer that the task was for, at once. */
  readonly ending?: Pick<TaskRecord, "turn" | "responses">;
}

/** Has calls go on as tasks. */
export interface TaskMaker {
  /** Whether the client wants a task, as in 2025-11-25; in 2026-07-28 it only knows what one is. */
  readonly areAskedFor: boolean;
  /** Begins a task; gives what the call is answered with. */
  readonly begin: (work: TaskWork) => Promise<CallToolResult>;
}

/** What a task is to do. */
export type TaskWork = Pick<TaskRecord, "tool" | "args" | "turn" | "responses">;

/** How calls of a tool can be tasks. */
export interface ToolTask {
  /** What a client of 2025-11-25 is told. */
  readonly support: "forbidden" | "optional" | "required";
  /** How a call goes on as a task. */
  readonly plan: (work: TaskWork) => TaskPlan;
}

/** What a tool answers, at once or later. */
export type ToolAnswer = CallToolResult | InputRequiredResult | Promise<CallToolResult | InputRequiredResult>;

/** A row of the tool table, as it is written. */
interface ToolSpec<Input extends z.ZodObject> {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly input: Input;
  /** Schema of `structuredContent`; without it the tool answers only in text. */
  readonly output?: z.ZodObject;
  readonly annotations: ToolAnnotations;
  /** True if the tool takes its time: it reports progress, asks the client back, and can be cancelled. */
  readonly lasting?: boolean;
  readonly run: (args: z.output<Input>, call: ToolCall) => ToolAnswer;
}

/** A row of the tool table, ready to be listed and called. */
export interface DefinedTool {
  readonly name: string;
  readonly listing: Tool;
  readonly lasting: boolean;
  /** How its calls can be tasks; absent where they never are. */
  readonly task?: ToolTask;
  /** Arguments that 2026-07-28 requires in headers too. */
  readonly paramHeaders: readonly MarkedArgument[];
  /** Checks arguments: what is wrong with them, or the function that runs the tool with them. */
  readonly prepare: (args: unknown) => { readonly problem: string } | { readonly run: (call: ToolCall) => ToolAnswer };
}

/** For tools that change nothing and reach nothing outside this server. */
export const READS: Readonly<Record<`${"readOnly" | "destructive" | "idempotent" | "openWorld"}Hint`, boolean>> = Object
  .freeze({
    readOnlyHint: true,
    destructiveHint: false,
    idempotentHint: true,
    openWorldHint: false,
  });

/**
 * Makes a tool of its row.
 *
 * @see {@link https://modelcontextprotocol.io/specification/2025-11-25/server/tools#tool}
 */
export function defineTool<Input extends z.ZodObject>(spec: ToolSpec<Input>): DefinedTool {
  const { name, title, description, input, output, annotations, run } = spec;
  const inputSchema = jsonSchemaOf(input, "input");
  return Object.freeze({
    name,
    listing: {
      name,
      title,
      description,
      inputSchema,
      ...(output && { outputSchema: jsonSchemaOf(output, "output") }),
      annotations,
    },
    lasting: spec.lasting ?? false,
    paramHeaders: findParamHeaders(inputSchema),
    prepare: (args: unknown) => {
      const parsed = input.safeParse(args ?? {}, inWords);
      if (!parsed.success) return { problem: describeIssues(parsed.error) };
      return { run: (call: ToolCall) => run(parsed.data, call) };
    },
  });
}

/** A copy in plain JSON, as it goes over the wire. */
function jsonSchemaOf(schema: z.ZodObject, io: "input" | "output"): Tool["inputSchema"] {
  return JSON.parse(JSON.stringify(z.toJSONSchema(schema, { io })));
}

function describeIssues(error: z.ZodError): string {
  return error.issues
    .map(({ path, message }) => `${path.length === 0 ? "" : `${path.map(String).join(".")}: `}expected ${message}`)
    .join(", ");
}

/** Builds a result of one text. */
export function textResult(text: string): CallToolResult {
  return { content: [{ type: "text", text }] };
}

/**
 * Builds the result of a tool that failed, which a model is meant to read.
 *
 * @see {@link https://modelcontextprotocol.io/specification/2025-11-25/server/tools#error-handling}
 */
export function failureResult(text: string): CallToolResult {
  return { content: [{ type: "text", text }], isError: true };
}

/** Builds a result that is the same object twice: as data, and as JSON text indented by two as the original has it. */
export function structuredResult(
  value: Record<string, unknown>,
  text: string = JSON.stringify(value, null, 2),
): CallToolResult {
  return { content: [{ type: "text", text }], structuredContent: value };
}

/** The way to the client of a call that has one, as every call of a lasting tool does. */
export function clientOf({ client }: ToolCall): ClientLink {
  if (!client) throw new Error("A lasting tool was called without a way to the client");
  return client;
}
