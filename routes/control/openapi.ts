// The control API described: an index for people who look around, an OpenAPI document for programs.
import { z } from "zod";
import { errorAnswer, jsonSchemaOf, members, type Operation, operation } from "../../lib/control/operation.ts";
import { operations } from "../../lib/control/operations.ts";
import {
  type ControlEndpointName,
  controlEndpoints,
  type RecordEndpointName,
  recordEndpoints,
} from "../../lib/http/endpoints.ts";
import { isObject, type JsonObject } from "../../lib/http/json.ts";
import type { Endpoint } from "../../lib/http/place.ts";
import { revisions } from "../../lib/judge/settled.ts";
import { version } from "../../lib/runtime/version.ts";
import type { Sandbox } from "../../lib/sandbox/sandbox.ts";
import { exchangeFormats, recordingFormats, reportFormats, runFormats, SARIF_TYPE, strictness } from "./formats.ts";
import { defined } from "../../lib/runtime/defined.ts";

const index = z.object({
  sandbox: z.string(),
  scenario: z.string(),
  now_ms: z.number(),
  links: z.array(z.object({ name: z.string(), method: z.string(), href: z.string(), summary: z.string() })),
});
const openApi = z.looseObject({ openapi: z.literal("3.1.1"), info: members, paths: members });

/** The two documents about the API, which are asked for as operations are. */
export const documents = {
  control_index: operation({
    summary: "What the sandbox is, and what can be done to it",
    answer: index,
    run: (_, { sandbox: { origin, prefix, nowMs }, live }) => ({
      sandbox: live.name,
      scenario: live.scenario.name,
      now_ms: nowMs,
      links: controlEndpoints.map(({ name, method, path }) => ({
        name: operationId(name),
        method,
        href: origin + prefix + templateOf(path),
        summary: described[name].summary,
      })),
    }),
  }),
  control_openapi: operation({
    summary: "This description",
    answer: openApi,
    run: (_, { sandbox }) => buildOpenApi(sandbox),
  }),
};

/** All that is described: a stream of events is not an operation. */
type DescribedName = ControlEndpointName | Exclude<RecordEndpointName, "control_events">;

const described: Readonly<Record<DescribedName, Operation>> = { ...operations, ...documents };

/**
 * The OpenAPI document, from the schemas that calls are held against.
 *
 * @see {@link https://spec.openapis.org/oas/v3.1.1.html}
 */
function buildOpenApi({ origin, prefix }: Sandbox): z.infer<typeof openApi> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const endpoint of [...controlEndpoints, ...recordEndpoints]) {
    const { name, method, path } = endpoint;
    if (name === "control_events") continue;
    const template = templateOf(path);
    paths[template] = { ...paths[template], [method.toLowerCase()]: describe(endpoint, described[name]) };
  }
  return {
    openapi: "3.1.1",
    info: {
      title: "Control API of the mock OAuth server",
      version,
      description: "Every call is about one sandbox. A change is answered once every process knows of it.",
    },
    servers: [{ url: origin + prefix }],
    security: [{}, { control_token: [] }],
    components: { securitySchemes: { control_token: { type: "http", scheme: "bearer" } } },
    paths,
  };
}

function describe(
  { name, method, path }: Endpoint,
  { summary, description, input, example, answer }: Operation,
): JsonObject {
  const inQuery = input && (method === "GET" || method === "DELETE");
  const parameters = [
    ...[...path.matchAll(/:(\w+)/g)].map(([, parameter]) => ({
      name: parameter,
      in: "path",
      required: true,
      schema: { type: "string" },
    })),
    ...queryParameters(name, inQuery ? input.schema : z.object({})),
  ];
  return defined({
    operationId: operationId(name),
    summary,
    description,
    parameters: parameters.length === 0 ? undefined : parameters,
    requestBody: input && !inQuery ? { content: jsonContent(schemaOf(input), example) } : undefined,
    responses: {
      ...(name === "control_clear_exchanges"
        ? { 204: { description: "Done" } }
        : { 200: { description: "Done", content: contentOf(name, answer) } }),
      ...(judged.has(name)
        ? { 422: { description: "With strict: the verdict is not pass", content: contentOf(name, answer) } }
        : {}),
      "4XX": {
        description: "What is wrong, what arrived, what is accepted",
        content: jsonContent(jsonSchemaOf(errorAnswer)),
      },
    },
  });
}

const strict = {
  name: "strict",
  description: "Status 422 unless the verdict is pass; with should, broken SHOULDs fail a client as MUSTs do",
  schema: { type: "string", enum: [...strictness, "false"] },
};

/** What answers with a verdict. */
const judged: ReadonlySet<string> = new Set(["control_report", "control_run", "control_judge"]);

/** What a query may hold beside an operation's input: the ways to write an answer, which only HTTP has. */
const queryOnly: Readonly<Record<string, readonly JsonObject[]>> = {
  control_report: [
    { name: "format", description: "The format of the answer", schema: { enum: reportFormats } },
    strict,
  ],
  control_run: [
    { name: "format", description: "The format of the answer", schema: { enum: runFormats } },
    strict,
  ],
  control_judge: [
    { name: "format", description: "The format of the answer", schema: { enum: recordingFormats } },
    strict,
    { name: "revision", description: "As that of the report", schema: { enum: revisions } },
    { name: "limits", description: "As those of the report", schema: { type: "string" } },
    {
      name: "whole",
      description: "Whether the clients had done nothing before the recording began",
      schema: { enum: ["true", "false"] },
    },
  ],
  control_exchanges: [{ name: "format", description: "The format of the answer", schema: { enum: exchangeFormats } }],
};

function queryParameters(name: string, schema: z.ZodType): readonly JsonObject[] {
  const { properties } = jsonSchemaOf(schema);
  const members = Object.entries(isObject(properties) ? properties : {}).map(([name, member]) => {
    const { description, ...schema } = isObject(member) ? member : {};
    return { name, description, schema };
  });
  return [...queryOnly[name] ?? [], ...members].map((parameter) => ({ ...parameter, in: "query" }));
}

/** What an answer is in JSON where another `format` is asked for, by endpoint. */
const otherJson: Readonly<Record<string, JsonObject>> = {
  control_run: {
    description: "With format=badge",
    type: "object",
    properties: { schemaVersion: { const: 1 }, label: { type: "string" }, message: { type: "string" } },
    required: ["schemaVersion", "label", "message"],
  },
  control_exchanges: {
    description: "With format=har",
    type: "object",
    properties: { log: { type: "object" } },
    required: ["log"],
  },
};

/** What an answer is, in every format that there is of it. */
function contentOf(name: string, answer: z.ZodType): JsonObject {
  const schema = jsonSchemaOf(answer);
  const other = otherJson[name];
  const isJudged = judged.has(name);
  const texts = isJudged ? ["application/xml", "text/markdown"] : [];
  return {
    ...jsonContent(other ? { anyOf: [schema, other] } : schema),
    ...Object.fromEntries(texts.map((type) => [type, { schema: { type: "string" } }])),
    ...(isJudged ? { [SARIF_TYPE]: { schema: { type: "object" } } } : {}),
  };
}

function jsonContent(schema: unknown, example?: unknown): JsonObject {
  return { "application/json": defined({ schema, example }) };
}

function schemaOf({ schema, isList }: NonNullable<Operation["input"]>): JsonObject {
  const items = jsonSchemaOf(schema);
  return isList ? { anyOf: [items, { type: "array", minItems: 1, maxItems: 100, items }] } : items;
}

function operationId(name: string): string {
  return name.slice("control_".length);
}

function templateOf(path: string): string {
  return path.replace(/:(\w+)/g, "{$1}");
}
