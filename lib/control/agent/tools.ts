// The operations of the control API as tools of MCP, made from the same table: an agent that writes a client can break its
// own mock, run, read what was wrong, and mend.
import type { Tool } from "@modelcontextprotocol/server";
import { controlEndpoints, recordEndpoints } from "../../http/endpoints.ts";
import { isObject, type JsonObject } from "../../http/json.ts";
import type { Endpoint } from "../../http/place.ts";
import { defined } from "../../runtime/defined.ts";
import { jsonSchemaOf, type Operation } from "../operation.ts";
import { operations } from "../operations.ts";
import type { Purpose } from "./enter.ts";

/** An operation as a tool. */
export interface ControlTool {
  readonly listing: Tool;
  readonly operation: Operation;
  /** The request that does the same. */
  readonly purpose: Purpose;
  /** Name of the argument that says which one thing the operation is about; absent if it is about all. */
  readonly param?: string;
  /** Whether the members of the input are arguments themselves; else all of it is the argument `input`. */
  readonly isFlat: boolean;
  /** The whole shape of the input, where a list of tools would be too long with it. */
  readonly wholeSchema?: JsonObject;
}

/** The longest schema that stands in the list of tools, in characters; a longer one is a resource. */
const MAX_SCHEMA = 3000;
/** Where such a schema is. */
export const schemaUri = (tool: string): string => `mock://schemas/${tool}`;

const sandboxArgument = {
  type: "string",
  description: "Which sandbox, as in /s/<sandbox>: iss-missing~my-test, or main; the one of this endpoint if not given",
};

/** Makes the tools, by name. */
export function controlTools(): ReadonlyMap<string, ControlTool> {
  const named = new Map<string, Operation>(Object.entries(operations));
  const tools = [...controlEndpoints, ...recordEndpoints].flatMap((endpoint) => {
    const operation = named.get(endpoint.name);
    return operation ? [toolOf(endpoint, operation)] : [];
  });
  return new Map(tools.map((tool) => [tool.listing.name, tool]));
}

function toolOf({ name: endpointName, method, path }: Endpoint, operation: Operation): ControlTool {
  const name = endpointName.slice("control_".length);
  const { summary, description, input, example } = operation;
  const whole = input && jsonSchemaOf(input.schema);
  const isFlat = whole !== undefined && !operation.input?.isList && whole.type === "object";
  // What a query holds is short, but for what is said of it.
  const isLong = method !== "GET" && JSON.stringify(whole ?? {}).length > MAX_SCHEMA;
  const param = /:(\w+)/.exec(path)?.[1];
  const inputArgument = whole &&
    (isLong
      ? { type: "object", description: `As ${schemaUri(name)} describes it, such as ${JSON.stringify(example)}` }
      : { ...whole, description: `Such as ${JSON.stringify(example)}` });
  const isOpen = isLong || !isFlat;
  return defined({
    listing: {
      name,
      title: summary,
      description: [summary, description, input && `Example: ${JSON.stringify(example)}.`].filter(Boolean).join(". "),
      inputSchema: {
        type: "object" as const,
        properties: {
          ...(param === undefined ? {} : { [param]: { type: "string", description: `Which ${param}` } }),
          ...(isOpen ? inputArgument && { input: inputArgument } : members(whole).properties),
          sandbox: sandboxArgument,
        },
        required: [
          ...(param === undefined ? [] : [param]),
          ...(isOpen ? (inputArgument ? ["input"] : []) : members(whole).required),
        ],
        additionalProperties: false,
      },
      annotations: {
        readOnlyHint: method === "GET",
        destructiveHint: method === "DELETE" || name === "reset",
        idempotentHint: method !== "POST",
        openWorldHint: false,
      },
    },
    operation,
    purpose: { method, path },
    param,
    isFlat: !isOpen,
    wholeSchema: isLong ? whole : undefined,
  });
}

function members(
  schema: JsonObject | undefined,
): { readonly properties: JsonObject; readonly required: readonly string[] } {
  const { properties, required } = schema ?? {};
  return {
    properties: isObject(properties) ? properties : {},
    required: Array.isArray(required) ? required.filter((name) => typeof name === "string") : [],
  };
}
