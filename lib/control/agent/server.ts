// The control API as an MCP server: tools, resources and prompts, for every revision that the SDK serves.
import { type CallToolResult, INVALID_PARAMS, ProtocolError, Server } from "@modelcontextprotocol/server";
import { describeError, excerpt, OAuthError } from "../../http/errors.ts";
import { isObject } from "../../http/json.ts";
import type { Deps } from "../operation.ts";
import { catalogueTools } from "./catalogue_tools.ts";
import type { Agent } from "./enter.ts";
import { getPrompt, listPrompts } from "./prompts.ts";
import { listResources, readResource, resourceTemplates } from "./resources.ts";
import { type ControlTool, controlTools } from "./tools.ts";

/** They name no URL: a client that speaks through a pipe may have them from another process than the one it then uses. */
const INSTRUCTIONS = "Controls a mock OAuth 2.1 and MCP server that tests MCP clients: break it with faults and " +
  "scenarios, move its clock, and read what a client did and which rules it broke. Begin with run, which lists the " +
  "scenarios of a set with the URL that the client under test is given for each, or with list_scenarios. A sandbox is made by its first use: any name " +
  "<scenario>~<label> with a label of your own.";

/** Builds a server for an agent. */
type BuildServer = (agent: Agent) => Server;

/** Makes what builds servers, one for each request or connection. */
export async function createControlServers(deps: Deps, version: string): Promise<BuildServer> {
  const tools = controlTools();
  const own = catalogueTools(await deps.catalogue());
  const listed = [...own.map(({ listing }) => listing), ...[...tools.values()].map(({ listing }) => listing)];

  return (agent) => {
    const { enter, origin } = agent;
    const server = new Server(
      { name: "mock-oauth control", version },
      { capabilities: { tools: {}, resources: {}, prompts: {} }, instructions: INSTRUCTIONS },
    );
    server.setRequestHandler("tools/list", () => ({ tools: listed }));
    server.setRequestHandler(
      "tools/call",
      async ({ params: { name, arguments: args = {} } }, { mcpReq: { signal } }) => {
        const tool = tools.get(name);
        if (tool) return await answered(() => runTool(deps, tool, args, { ...agent, signal }));
        const one = own.find(({ listing }) => listing.name === name);
        if (!one) throw new ProtocolError(INVALID_PARAMS, `There is no tool ${name}`);
        return await answered(() => one.run(args, origin));
      },
    );
    server.setRequestHandler("resources/list", () => ({ resources: listResources(tools) }));
    server.setRequestHandler("resources/templates/list", () => ({ resourceTemplates }));
    server.setRequestHandler("resources/read", async ({ params: { uri } }) => {
      const found = await readResource(uri, { tools, deps, enter }).catch(asProtocolError);
      if (!found) throw new ProtocolError(INVALID_PARAMS, "There is no such resource", { uri });
      return found;
    });
    server.setRequestHandler("prompts/list", () => ({ prompts: listPrompts() }));
    server.setRequestHandler("prompts/get", async ({ params: { name, arguments: args = {} } }) => {
      const prompt = await Promise.try(getPrompt, name, args).catch(asProtocolError);
      if (!prompt) throw new ProtocolError(INVALID_PARAMS, `There is no prompt ${name}`);
      if ("missing" in prompt) throw new ProtocolError(INVALID_PARAMS, `The argument ${prompt.missing} is required`);
      return prompt;
    });
    return server;
  };
}

/** Runs an operation in the sandbox that the call names. */
async function runTool(
  deps: Deps,
  { listing, operation, purpose, param, isFlat }: ControlTool,
  args: Readonly<Record<string, unknown>>,
  { enter, refusalOfRun, signal }: Agent & { readonly signal: AbortSignal },
): Promise<unknown> {
  requireKnown(args, Object.keys(listing.inputSchema.properties ?? {}));
  const { sandbox, ...rest } = args;
  const call = await enter(sandboxOf(sandbox), purpose);
  const about = param === undefined ? undefined : rest[param];
  if (param !== undefined && (typeof about !== "string" || about === "")) {
    throw new OAuthError("invalid_request", `The argument ${param} is required`, {
      parameter: param,
      expected: "a text",
    });
  }
  // A run is of many sandboxes: who may control one of another label has no claim to it.
  const refusal = param === "run" ? refusalOfRun(String(about)) : undefined;
  if (refusal) throw refusal;
  const { input, ...flat } = param === undefined ? rest : without(rest, param);
  const given = isFlat ? (input === undefined ? flat : { ...flat, input }) : input;
  return await operation.run(deps, { ...call, signal, param: typeof about === "string" ? about : "", input: given });
}

/** What is no name must not stand for the sandbox of this endpoint: another would be changed than the agent meant. */
function sandboxOf(sandbox: unknown): string {
  if (sandbox === undefined) return "";
  if (typeof sandbox === "string" && sandbox !== "") return sandbox;
  throw new OAuthError("invalid_request", "The argument sandbox must be the name of one sandbox", {
    parameter: "sandbox",
    received: JSON.stringify(sandbox),
    expected: "a text such as iss-missing~my-test or main, or no such argument for the sandbox of this endpoint",
  });
}

/** A misspelt argument is not ignored: without `sandbox` another sandbox would be changed. */
function requireKnown(args: Readonly<Record<string, unknown>>, known: readonly string[]): void {
  const unknown = Object.keys(args).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw new OAuthError("invalid_request", `${excerpt(unknown)} is not a known argument`, {
    parameter: excerpt(unknown),
    expected: known.join(", "),
  });
}

function without(object: Readonly<Record<string, unknown>>, name: string): Readonly<Record<string, unknown>> {
  const { [name]: _, ...rest } = object;
  return rest;
}

/** What came of it, twice: as data, and as text; a refusal is for the model to read. */
async function answered(run: () => Promise<unknown> | unknown): Promise<CallToolResult> {
  try {
    const value = await run();
    const content = [{ type: "text" as const, text: JSON.stringify(value, null, 2) }];
    return isObject(value) ? { content, structuredContent: value } : { content };
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error;
    return { content: [{ type: "text", text: describeError(error) }], isError: true };
  }
}

function asProtocolError(error: unknown): never {
  if (error instanceof OAuthError) throw new ProtocolError(INVALID_PARAMS, describeError(error));
  throw error;
}
