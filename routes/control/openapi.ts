/**
 * The control API described: an index for people who look around, an OpenAPI document for programs.
 *
 * @module
 */
import { z } from "zod";
import type { Sandbox } from "../../lib/sandbox/sandbox.ts";
import { paths as recordPaths } from "../../lib/http/urls.ts";
import { version } from "../../lib/runtime/version.ts";
import { answers, errorAnswer } from "../../lib/control/answers.ts";
import { operations } from "../../lib/control/operations.ts";
import { exchangesOperation, type RecordOperation, reportOperation } from "../../lib/control/record.ts";
import { type ControlEndpointName, controlEndpoints } from "../../lib/http/endpoints.ts";

/**
 * The index: the sandbox, and what can be done to it.
 *
 * @param sandbox The sandbox.
 * @param world What it is called, and how it behaves.
 */
export function buildControlIndex(
  { origin, prefix, nowMs }: Sandbox,
  live: { readonly name: string; readonly scenario: { readonly name: string } },
): Readonly<Record<string, unknown>> {
  return {
    sandbox: live.name,
    scenario: live.scenario.name,
    now_ms: nowMs,
    links: controlEndpoints.map(({ name, method, path }) => ({
      name: name.slice("control_".length),
      method,
      href: origin + prefix + path.replace(/:(\w+)/g, "{$1}"),
      summary: operations[name].summary,
    })),
  };
}

/**
 * The OpenAPI document, from the schemas that requests are held against.
 *
 * @param sandbox The sandbox whose API is described.
 * @see {@link https://spec.openapis.org/oas/v3.1.1.html}
 */
export function buildOpenApi(
  { origin, prefix }: Pick<Sandbox, "origin" | "prefix">,
): Readonly<Record<string, unknown>> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const { name, method, path } of controlEndpoints) {
    const templated = path.replace(/:(\w+)/g, "{$1}");
    paths[templated] = { ...paths[templated], [method.toLowerCase()]: describeOperation(name, templated) };
  }
  for (const [path, operation] of recordOperations) paths[path] = { get: describeRecord(operation) };
  return {
    openapi: "3.1.1",
    info: {
      title: "Control API of the mock OAuth server",
      version,
      description: "Everything here changes one sandbox, and is answered when every process knows.",
    },
    servers: [{ url: origin + prefix }],
    security: [{}, { control_token: [] }],
    components: { securitySchemes: { control_token: { type: "http", scheme: "bearer" } } },
    paths,
  };
}

function describeOperation(name: ControlEndpointName, path: string): Readonly<Record<string, unknown>> {
  const { summary, description, body, isList = false, example } = operations[name];
  const parameters = [...path.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => ({
    name: parameter,
    in: "path",
    required: true,
    schema: { type: "string" },
  }));
  return {
    operationId: name.slice("control_".length),
    summary,
    ...(description === undefined ? {} : { description }),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body ? { requestBody: requestBody(isList ? oneOrMore(toJson(body)) : toJson(body), example) } : {}),
    responses: {
      200: { description: "Done", content: jsonContent(toJson(answers[name])) },
      "4XX": {
        description: "What is wrong, what arrived, what is accepted",
        content: jsonContent(toJson(errorAnswer)),
      },
    },
  };
}

/** What is read of the record, beside what changes a sandbox. */
const recordOperations = [[recordPaths.report, reportOperation], [recordPaths.exchanges, exchangesOperation]] as const;

function describeRecord(
  { operationId, summary, query, answer }: RecordOperation,
): Readonly<Record<string, unknown>> {
  return {
    operationId,
    summary,
    parameters: query.map((parameter) => ({ ...parameter, in: "query" })),
    responses: {
      200: { description: "Done", content: jsonContent(toJson(answer)) },
      ...(operationId === "report" ? { 422: { description: "With strict: the verdict is not pass" } } : {}),
      "4XX": {
        description: "What is wrong, what arrived, what is accepted",
        content: jsonContent(toJson(errorAnswer)),
      },
    },
  };
}

function requestBody(schema: unknown, example: unknown): Readonly<Record<string, unknown>> {
  return { content: { "application/json": { schema, ...(example === undefined ? {} : { example }) } } };
}

function jsonContent(schema: unknown): Readonly<Record<string, unknown>> {
  return { "application/json": { schema } };
}

function oneOrMore(schema: unknown): Readonly<Record<string, unknown>> {
  return { anyOf: [schema, { type: "array", minItems: 1, maxItems: 100, items: schema }] };
}

/** What comes in, before defaults are filled in and names are turned. */
function toJson(schema: z.ZodType): Readonly<Record<string, unknown>> {
  const { $schema: _, "~standard": _s, ...json } = z.toJSONSchema(schema, { io: "input" });
  return json;
}
