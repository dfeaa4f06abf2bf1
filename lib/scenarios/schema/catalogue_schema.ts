// The shape of what an MCP server declares: from a file, in a request, in a scenario, or given to a fixture.
import type { PromptMessage } from "@modelcontextprotocol/server";
import { z } from "zod";
import { isObject } from "../../http/json.ts";
import { parseJsonFile } from "../../http/json_file.ts";
import { closedObject, type Complete, requireShape, type Schema } from "../../http/json_body.ts";
import type {
  AnyAnswer,
  Cacheable,
  Catalogue,
  CataloguePrompt,
  CatalogueResource,
  CatalogueSkill,
  CatalogueTemplate,
  CatalogueTool,
  Lists,
  Paging,
  PromptGives,
  ResourceGives,
  Stage,
  ToolGives,
} from "../mcp_catalogue.ts";
import {
  annotationsField,
  contentSchema,
  contentsSchema,
  iconsField,
  metaField,
  questionsSchema,
  resourceFields,
} from "./content_schema.ts";
import { catalogueProblem } from "./catalogue_problem.ts";
import { uriTemplateProblem } from "../uri_template.ts";
import { taskSchema } from "./task_schema.ts";
import { milliseconds } from "./templated.ts";

const text = z.string();
const object = z.record(z.string(), z.unknown());

/** A JSON Schema, word for word; only what every reader of it looks at is looked at here. */
const jsonSchema = {
  $schema: text.exactOptional(),
  required: z.array(text).exactOptional(),
  $defs: object.exactOptional(),
};

/** What its type would have to say of its members cannot be said of what came in. */
function requireProperties(
  { properties }: Readonly<Record<string, unknown>>,
  { addIssue }: Pick<z.RefinementCtx, "addIssue">,
): void {
  if (properties === undefined) return;
  if (!isObject(properties)) {
    return addIssue({ code: "custom", path: ["properties"], message: "an object", input: properties });
  }
  for (const [name, schema] of Object.entries(properties)) {
    if (isObject(schema) || typeof schema === "boolean") continue;
    addIssue({ code: "custom", path: ["properties", name], message: "a JSON Schema", input: schema });
  }
}

function requireUriTemplate(input: string, { addIssue }: Pick<z.RefinementCtx, "addIssue">): void {
  const message = uriTemplateProblem(input);
  if (message !== undefined) addIssue({ code: "custom", path: [], message, input });
}

const cacheable = {
  ttlMs: z.number().int().min(0).exactOptional(),
  cacheScope: z.enum(["public", "private"]).exactOptional(),
} satisfies Complete<Cacheable>;

const anyAnswer = {
  when: object.exactOptional(),
  delay_ms: milliseconds.exactOptional(),
  never: z.literal(true).exactOptional(),
  error: closedObject({ code: z.number().int(), message: text, data: z.unknown().exactOptional() }).exactOptional(),
  inputRequests: z.union([questionsSchema, z.array(questionsSchema).min(1).max(100)]).exactOptional(),
  url_required: z.literal(true).exactOptional(),
  requestStates: z.array(z.string().min(1).max(16_384).nullable()).max(100).exactOptional(),
  _meta: metaField,
} satisfies Complete<AnyAnswer>;

const levels = ["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"] as const;

const toolGives: Schema<ToolGives> = closedObject(
  {
    ...anyAnswer,
    content: z.array(contentSchema).exactOptional(),
    structuredContent: z.unknown().exactOptional(),
    isError: z.boolean().exactOptional(),
    progress: z.array(closedObject({
      progress: z.number(),
      total: z.number().exactOptional(),
      message: text.exactOptional(),
    })).max(1000).exactOptional(),
    logs: z.array(closedObject({ level: z.enum(levels), data: z.unknown() })).max(1000).exactOptional(),
    updates: z.array(text).max(1000).exactOptional(),
    task: taskSchema.exactOptional(),
  } satisfies Complete<ToolGives>,
);

const resourceGives: Schema<ResourceGives> = closedObject(
  { ...anyAnswer, ...cacheable, contents: z.array(contentsSchema).exactOptional() } satisfies Complete<ResourceGives>,
);

const messageSchema: z.ZodType<PromptMessage> = closedObject({
  role: z.enum(["user", "assistant"]),
  content: contentSchema,
});

const promptGives: Schema<PromptGives> = closedObject(
  {
    ...anyAnswer,
    description: text.exactOptional(),
    messages: z.array(messageSchema).exactOptional(),
  } satisfies Complete<PromptGives>,
);

/** One answer, or a list of them. */
function answering<T>(gives: Schema<T>): { readonly answer: z.ZodExactOptional<Schema<T | readonly T[]>> } {
  const schema: Schema<T | readonly T[]> = z.union([gives, z.array(gives).min(1).max(1000)]);
  return { answer: schema.exactOptional() };
}

const shown = { title: text.exactOptional(), description: text.exactOptional(), icons: iconsField, _meta: metaField };

const toolSchema: Schema<CatalogueTool> = closedObject(
  {
    name: text,
    ...shown,
    annotations: z.looseObject({
      title: text.exactOptional(),
      readOnlyHint: z.boolean().exactOptional(),
      destructiveHint: z.boolean().exactOptional(),
      idempotentHint: z.boolean().exactOptional(),
      openWorldHint: z.boolean().exactOptional(),
    }).exactOptional(),
    execution: z.looseObject({
      taskSupport: z.enum(["forbidden", "optional", "required"]).exactOptional(),
    }).exactOptional(),
    inputSchema: z.looseObject({ type: z.literal("object"), ...jsonSchema }).superRefine(requireProperties),
    outputSchema: z.looseObject(jsonSchema).superRefine(requireProperties).exactOptional(),
    copies: z.number().int().min(1).max(100_000).exactOptional(),
    securitySchemes: z.array(object).exactOptional(),
    ...answering(toolGives),
  } satisfies Complete<CatalogueTool>,
);

const complete = z.record(z.string(), z.array(text)).exactOptional();

const resourceSchema: Schema<CatalogueResource> = closedObject(
  { ...resourceFields, ...answering(resourceGives) } satisfies Complete<CatalogueResource>,
);

const templateSchema: Schema<CatalogueTemplate> = closedObject(
  {
    uriTemplate: text.min(1).superRefine(requireUriTemplate),
    name: text,
    ...shown,
    mimeType: text.exactOptional(),
    annotations: annotationsField,
    ...answering(resourceGives),
    complete,
  } satisfies Complete<CatalogueTemplate>,
);

const promptSchema: Schema<CataloguePrompt> = closedObject(
  {
    name: text,
    ...shown,
    arguments: z.array(closedObject({
      name: text,
      title: text.exactOptional(),
      description: text.exactOptional(),
      required: z.boolean().exactOptional(),
    })).exactOptional(),
    ...answering(promptGives),
    complete,
  } satisfies Complete<CataloguePrompt>,
);

const skillSchema: Schema<CatalogueSkill> = closedObject(
  {
    uri: text.min(1),
    frontmatter: z.looseObject({ name: text, description: text }),
    resources: z.union([
      z.literal("dynamic"),
      z.array(closedObject({ uri: text, digest: text, size: z.number().int().min(0) })).max(10_000),
    ]),
    _meta: metaField,
  } satisfies Complete<CatalogueSkill>,
);

const sizes = z.number().int().min(0).max(1_000_000);

const lists = {
  tools: z.array(toolSchema).exactOptional(),
  resources: z.array(resourceSchema).exactOptional(),
  resourceTemplates: z.array(templateSchema).exactOptional(),
  prompts: z.array(promptSchema).exactOptional(),
} satisfies Complete<Lists>;

const names = z.array(text).exactOptional();

const stageSchema: Schema<Stage> = closedObject(
  {
    after: closedObject({
      method: text.min(1),
      name: text.exactOptional(),
      times: z.number().int().min(1).exactOptional(),
    }),
    ...lists,
    remove: closedObject({ tools: names, resources: names, resourceTemplates: names, prompts: names }).exactOptional(),
  } satisfies Complete<Stage>,
);

const paging = {
  page_sizes: z.array(sizes).max(1000).exactOptional(),
  page_size: sizes.min(1).exactOptional(),
  cursors: z.array(z.string().max(8192)).max(1000).exactOptional(),
} satisfies Complete<Paging>;

const ofList = closedObject(paging).exactOptional();

/** What an MCP server declares. */
export const catalogueSchema: Schema<Catalogue> = closedObject(
  {
    ...lists,
    skills: z.array(skillSchema).exactOptional(),
    serverInfo: closedObject({
      name: text,
      version: text,
      title: text.exactOptional(),
      description: text.exactOptional(),
      websiteUrl: text.exactOptional(),
      icons: iconsField,
    }).exactOptional(),
    instructions: text.exactOptional(),
    built_in: z.boolean().exactOptional(),
    any_arguments: z.boolean().exactOptional(),
    ...paging,
    pages: closedObject({ tools: ofList, resources: ofList, resourceTemplates: ofList, prompts: ofList })
      .exactOptional(),
    stages: z.array(stageSchema).max(100).exactOptional(),
    list_changed: z.enum(["sent", "promised", "unpromised"]).exactOptional(),
    ...cacheable,
    nextCursor: text.exactOptional(),
    resultType: text.exactOptional(),
    _meta: metaField,
  } satisfies Complete<Catalogue>,
).superRefine((catalogue, context) => {
  const problem = catalogueProblem(catalogue);
  if (problem) context.addIssue({ code: "custom", ...problem });
});

/**
 * Reads what an MCP server declares: a catalogue, the list of its tools alone, or the whole answer of a server to a request
 * for one of its lists.
 *
 * @throws OAuthError `invalid_request`, naming the member.
 */
export function parseCatalogue(value: unknown): Catalogue {
  if (Array.isArray(value)) return parseCatalogue({ tools: value });
  return requireShape(
    isObject(value) && value.jsonrpc === "2.0" && "result" in value ? value.result : value,
    catalogueSchema,
  );
}

/**
 * Reads the file of `--catalogue`.
 *
 * @throws Error whose message says in one line what is wrong.
 */
export function parseCatalogueFile(text: string): Catalogue {
  return parseCatalogue(parseJsonFile(text));
}
