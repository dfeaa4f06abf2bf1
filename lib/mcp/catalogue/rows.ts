// The entries of a catalogue as rows of our own tables, so that they are served as everything else is.
import type {
  CallToolResult,
  GetPromptResult,
  InputRequiredResult,
  ReadResourceResult,
} from "@modelcontextprotocol/server";
import { fillArguments, fillData, type TemplateValues } from "../../scenarios/argument_templates.ts";
import {
  answersOf,
  type CataloguePrompt,
  type CatalogueResource,
  type CatalogueTemplate,
  type CatalogueTool,
  type Completed,
  type ResourceGives,
  type TaskState,
  type ToolGives,
} from "../../scenarios/mcp_catalogue.ts";
import type { Completer, PromptRow, ResourceRow, TemplateRow } from "../feature_rows.ts";
import { findParamHeaders } from "../param_headers.ts";
import { sampleOf } from "../../scenarios/sample.ts";
import { uriMatcher } from "../../scenarios/uri_template.ts";
import type { DefinedTool, ToolCall } from "../tools/tool.ts";
import { dueAnswer, isLasting, passAnswer, turnedAnswer } from "./answering.ts";

/** Makes a tool of its entry; whether arguments fit its schema, is looked at before. */
export function toolRow({ answer, copies: _, ...listing }: CatalogueTool): DefinedTool {
  const { name } = listing;
  const answers = answersOf(answer);
  const task = taskOf(listing, answers);
  let paramHeaders: DefinedTool["paramHeaders"] | undefined;
  return {
    name,
    listing,
    lasting: task !== undefined || isLasting(answers),
    ...(task && { task }),
    // Of thousands of tools, few are ever called.
    get paramHeaders(): DefinedTool["paramHeaders"] {
      return paramHeaders ??= findParamHeaders(listing.inputSchema);
    },
    prepare: (args = {}) => ({
      run: async (call) => {
        const due = await turnedAnswer({ entry: `tool ${name}`, answers, args }, call);
        if ("asks" in due) return due.asks;
        const { turn, gives, values } = due;
        if (call.tasks && (gives?.task || call.tasks.areAskedFor)) {
          return await call.tasks.begin({ tool: name, args, turn, responses: { ...Object(values.inputResponses) } });
        }
        await passAnswer(due, call);
        return toolResult(listing, gives, values);
      },
    }),
  };
}

/** How its calls can be tasks, if they can. */
function taskOf(
  { execution }: Pick<CatalogueTool, "execution">,
  answers: readonly ToolGives[],
): DefinedTool["task"] | undefined {
  const support = execution?.taskSupport ?? "forbidden";
  if (support === "forbidden" && !answers.some(({ task }) => task)) return undefined;
  return {
    support,
    plan: ({ turn, args, responses }) => {
      const { task = {}, delay_ms = 0, never, error } = answers[Math.min(turn, answers.length - 1)] ?? {};
      const states: TaskState[] = [
        ...(delay_ms > 0 ? [{ status: "working", for_ms: delay_ms } as const] : []),
        ...fillArguments([...task.states ?? []], { arguments: args, inputResponses: responses }),
        ...(never ? [{ status: "working" } as const] : []),
      ];
      return { ...task, states, fails: error !== undefined };
    },
  };
}

/** What is not said of a result follows from what is, and from what the tool says that it returns. */
function toolResult(
  { name, outputSchema }: Pick<CatalogueTool, "name" | "outputSchema">,
  { content, structuredContent, isError, _meta }: ToolGives = {},
  values: TemplateValues,
): CallToolResult {
  const isMade = outputSchema !== undefined && content === undefined && isError !== true;
  const data = structuredContent === undefined && isMade ? sampleOf(outputSchema) : fillData(structuredContent, values);
  const said = data === undefined ? { name, arguments: values.arguments } : data;
  return {
    content: content ? fillArguments([...content], values) : [{ type: "text", text: JSON.stringify(said) }],
    ...(data !== undefined && { structuredContent: data }),
    ...(isError !== undefined && { isError }),
    ...(_meta && { _meta: fillArguments({ ..._meta }, values) }),
  };
}

/** Makes a resource of its entry. */
export function resourceRow({ answer, ...listing }: CatalogueResource): ResourceRow {
  const { uri, mimeType } = listing;
  return { listing, read: (call) => read({ uri, mimeType, answer, args: {}, entry: `resource ${uri}` }, call) };
}

/** Makes a template of its entry. */
export function templateRow({ answer, complete, ...listing }: CatalogueTemplate): TemplateRow {
  const { uriTemplate, mimeType } = listing;
  const match = uriMatcher(uriTemplate);
  return {
    listing,
    ...completers(complete),
    read: (uri, call) => {
      const args = match(uri);
      return args ? read({ uri, mimeType, answer, args, entry: `template ${uriTemplate}` }, call) : undefined;
    },
  };
}

interface Reading {
  readonly uri: string;
  readonly entry: string;
  readonly args: unknown;
  readonly mimeType?: string | undefined;
  readonly answer: ResourceGives | readonly ResourceGives[] | undefined;
}

async function read(
  { uri, entry, args, mimeType, answer }: Reading,
  call: ToolCall,
): Promise<ReadResourceResult | InputRequiredResult> {
  const due = await dueAnswer({ entry, answers: answersOf(answer), args }, call);
  if ("asks" in due) return due.asks;
  const { gives: { contents, ttlMs, cacheScope, _meta } = {}, values } = due;
  const made = [{ uri, ...(mimeType === undefined ? {} : { mimeType }), text: `What is at ${uri}` }];
  return {
    contents: contents ? contents.map((part) => ({ uri, ...fillArguments(part, values) })) : made,
    ...(ttlMs !== undefined && { ttlMs }),
    ...(cacheScope !== undefined && { cacheScope }),
    ...(_meta && { _meta: fillArguments({ ..._meta }, values) }),
  };
}

/** Makes a prompt of its entry. */
export function promptRow({ answer, complete, ...listing }: CataloguePrompt): PromptRow {
  const { name } = listing;
  const answers = answersOf(answer);
  return {
    listing,
    ...completers(complete),
    get: async (args, call) => {
      const due = await dueAnswer({ entry: `prompt ${name}`, answers, args }, call);
      if ("asks" in due) return due.asks;
      const { gives: { description = listing.description, messages, _meta } = {}, values } = due;
      const text = JSON.stringify({ name, arguments: args });
      const result: GetPromptResult = {
        messages: messages ? fillArguments([...messages], values) : [{ role: "user", content: { type: "text", text } }],
        ...(description !== undefined && { description: fillArguments(description, values) }),
        ...(_meta && { _meta: fillArguments({ ..._meta }, values) }),
      };
      return result;
    },
  };
}

function completers(complete: Completed["complete"]): { readonly complete?: ReadonlyMap<string, Completer> } {
  if (!complete) return {};
  return {
    complete: new Map(
      Object.entries(complete).map(([name, values]): [string, Completer] => [
        name,
        (typed) => values.filter((value) => value.startsWith(typed)),
      ]),
    ),
  };
}
