// The tables of prompts, resources and templates: rows, as the tools are.
import type {
  GetPromptResult,
  InputRequiredResult,
  Prompt,
  ReadResourceResult,
  Resource,
  ResourceTemplateType,
} from "@modelcontextprotocol/server";
import type { ToolCall } from "./tools/tool.ts";

/** Values that complete what a person has typed so far. */
export type Completer = (typed: string) => readonly string[];

type PromptAnswer = GetPromptResult | InputRequiredResult;
/** What reading a resource gives. */
export type ReadAnswer = ReadResourceResult | InputRequiredResult;

/** A row of the prompt table. */
export interface PromptRow {
  readonly listing: Prompt;
  /** Completers by argument. */
  readonly complete?: ReadonlyMap<string, Completer>;
  /** What it comes to; the arguments that its entry requires are there. */
  readonly get: (args: Readonly<Record<string, string>>, call: ToolCall) => PromptAnswer | Promise<PromptAnswer>;
}

/** A row of the resource table. */
export interface ResourceRow {
  readonly listing: Resource;
  readonly read: (call: ToolCall) => ReadAnswer | Promise<ReadAnswer>;
}

/** A row of the table of templates. */
export interface TemplateRow {
  readonly listing: ResourceTemplateType;
  /** Completers by variable. */
  readonly complete?: ReadonlyMap<string, Completer>;
  /** What a URI of this template holds; undefined for any other URI. */
  readonly read: (uri: string, call: ToolCall) => ReadAnswer | Promise<ReadAnswer> | undefined;
}

/** What an endpoint has besides tools. */
export interface Features {
  readonly prompts: readonly PromptRow[];
  readonly resources: readonly ResourceRow[];
  readonly templates: readonly TemplateRow[];
}

/** What an endpoint has that has tools alone. */
export const noFeatures: Features = Object.freeze({ prompts: [], resources: [], templates: [] });
