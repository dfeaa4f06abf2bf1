// What a server shows a client: its name, its tools, and how one of them is called. A profile depends only on the
// endpoint, so it is made once, the list of tools included.
import {
  type CallToolResult,
  type Implementation,
  type InputRequiredResult,
  ProtocolError,
  type ServerCapabilities,
  type Tool,
} from "@modelcontextprotocol/server";
import { describeError, OAuthError } from "../http/errors.ts";
import type { Policy } from "../scenarios/plan.ts";
import type { McpMode } from "./caller.ts";
import { featureMethods, type Features } from "./features.ts";
import type { Log } from "./contract.ts";
import { INTERNAL_ERROR, INVALID_PARAMS } from "./rpc.ts";
import { basicTools } from "./tools/basic.ts";
import { conformanceTools } from "./conformance/conformance.ts";
import { minimalTools } from "./tools/minimal.ts";
import { conformanceFeatures } from "./conformance/conformance_features.ts";
import { noteTools } from "./tools/notes.ts";
import { declaredTool, type DefinedTool, failureResult, type ToolCall } from "./tools/tool.ts";
import { userTools } from "./tools/user.ts";

/** One server as a client sees it. */
export interface Profile {
  readonly serverInfo: Implementation;
  /** Told to the client's model. */
  readonly instructions: string | undefined;
  readonly tools: ReadonlyMap<string, DefinedTool>;
  /** The entries of `tools/list`, always in the same order. */
  readonly listing: Tool[];
  readonly capabilities: ServerCapabilities;
  /** What its server answers to in a session. */
  readonly sessionMethods: ReadonlySet<string>;
  readonly features: Features | undefined;
}

/** The profiles of one app, by endpoint: `/oauth` has tools that speak of a user. */
type Profiles = Readonly<Record<McpMode, Profile>>;

const TOOL_METHODS = ["initialize", "ping", "tools/list", "tools/call"] as const;

/** The first revision that answers wrong arguments by a result a model can read, not by an error of the protocol. */
const ARGUMENT_PROBLEMS_AS_RESULT = "2025-11-25";
const MAX_ECHOED_NAME = 100;

const FULL_CAPABILITIES = Object.freeze({
  tools: { listChanged: true },
  prompts: { listChanged: true },
  resources: { subscribe: true },
  completions: {},
  logging: {},
});

const INSTRUCTIONS = "A mock server for testing MCP clients: nothing here has an effect on the outside world. " +
  "Every tool answers exactly as its description says. Notes are seen only by the session or caller that wrote them.";

/** Makes the profiles. */
export function createProfiles(version: string): Profiles {
  const everyday = [...basicTools, ...noteTools];
  const open = createProfile({ name: "Mock MCP Server for E2E Testing", version }, INSTRUCTIONS, everyday);
  return {
    "no-auth": open,
    bearer: open,
    oauth: createProfile(
      { name: "Mock MCP Server with OAuth", version },
      `${INSTRUCTIONS} The tools userInfo, greet and adminAction speak of the user who logged in.`,
      [...everyday, ...userTools],
    ),
    conformance: createProfile(
      { name: "Mock MCP Server for Conformance Testing", version },
      `${INSTRUCTIONS} The tools, prompts and resources named test are those of the official conformance suite.`,
      [...everyday, ...conformanceTools],
      conformanceFeatures,
    ),
    minimal: createProfile({ name: "Mock MCP Server with one tool", version }, undefined, minimalTools),
  };
}

function createProfile(
  serverInfo: Implementation,
  instructions: string | undefined,
  tools: readonly DefinedTool[],
  features?: Features,
): Profile {
  return {
    serverInfo,
    instructions,
    tools: new Map(tools.map((tool) => [tool.name, tool])),
    listing: tools.map(({ listing }) => listing),
    capabilities: features ? FULL_CAPABILITIES : { tools: {} },
    sessionMethods: new Set([...TOOL_METHODS, ...(features ? featureMethods : [])]),
    features,
  };
}

/** A profile with the tools that a plan declares behind its own. */
export function withDeclaredTools(profile: Profile, { mcpTools = [] }: Policy): Profile {
  if (mcpTools.length === 0) return profile;
  const declared = mcpTools.map(declaredTool);
  return {
    ...profile,
    tools: new Map([...profile.tools, ...declared.map((tool) => [tool.name, tool] as const)]),
    listing: [...profile.listing, ...declared.map(({ listing }) => listing)],
  };
}

/** A `tools/call`, its parameters checked as far as the protocol goes. */
interface ToolRequest {
  readonly name: string;
  /** Its arguments, unchecked. */
  readonly args: unknown;
  readonly revision: string;
  /** Told of a tool that failed unexpectedly. */
  readonly log: Log;
}

/**
 * Calls a tool.
 *
 * @throws {ProtocolError} -32602 for a tool that does not exist, and for wrong arguments where the revision has it so;
 * -32603, without the reason, if the tool broke.
 * @see {@link https://modelcontextprotocol.io/specification/2025-11-25/server/tools#error-handling}
 */
export async function callTool(
  profile: Profile,
  request: ToolRequest,
  call: ToolCall,
): Promise<CallToolResult | InputRequiredResult> {
  const { name, args, revision, log } = request;
  const tool = profile.tools.get(name);
  if (!tool) throw new ProtocolError(INVALID_PARAMS, `Unknown tool: ${name.slice(0, MAX_ECHOED_NAME)}`);
  const prepared = tool.prepare(args);
  if ("problem" in prepared) {
    const text = `Input validation error: Invalid arguments for tool ${name}: ${prepared.problem}`;
    if (revision < ARGUMENT_PROBLEMS_AS_RESULT) throw new ProtocolError(INVALID_PARAMS, text);
    return failureResult(text);
  }
  try {
    return await prepared.run(call);
  } catch (error) {
    // A refusal that the caller is to read, such as a quota that is used up.
    if (error instanceof OAuthError) return failureResult(describeError(error));
    if (!call.signal?.aborted) log(`The tool ${name} failed`, error);
    throw new ProtocolError(INTERNAL_ERROR, "Internal error");
  }
}
