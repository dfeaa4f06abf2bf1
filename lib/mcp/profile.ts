// What a server shows a client: its name, its tools, and how one of them is called.
import { type Implementation, ProtocolError, type ServerCapabilities, type Tool } from "@modelcontextprotocol/server";
import { describeError, OAuthError } from "../http/errors.ts";
import { fitOf } from "../judge/schema_fit.ts";
import { attempted } from "../runtime/awaitable.ts";
import type { CatalogueSkill } from "../scenarios/mcp_catalogue.ts";
import type { Log } from "./contract.ts";
import type { Features } from "./feature_rows.ts";
import type { AllPages } from "./pages.ts";
import { INTERNAL_ERROR, INVALID_PARAMS } from "./rpc.ts";
import { requireTaskSupport } from "./tasks/task_support.ts";
import { type DefinedTool, failureResult, type ToolAnswer, type ToolCall } from "./tools/tool.ts";

/** One server as a client sees it. */
export interface Profile {
  readonly serverInfo: Implementation;
  /** Told to the client's model. */
  readonly instructions: string | undefined;
  readonly tools: ReadonlyMap<string, DefinedTool>;
  /** The entries of `tools/list`, always in the same order. */
  readonly listing: readonly Tool[];
  readonly capabilities: ServerCapabilities;
  /** What its server answers to in a session. */
  readonly sessionMethods: ReadonlySet<string>;
  readonly features: Features;
  readonly skills: readonly CatalogueSkill[];
  readonly pages: AllPages;
  /** Whether arguments are held against the schemas of tools that do not look at these themselves. */
  readonly checksArguments: boolean;
  /** States that it gives as they are, not sealed. */
  readonly ownStates: ReadonlySet<string>;
  /** How long its lists may be kept, and by whom, in the revisions that say so. */
  readonly cache: { readonly ttlMs: number; readonly cacheScope: "public" | "private" };
}

/** The first revision that answers wrong arguments by a result a model can read, not by an error of the protocol. */
const ARGUMENT_PROBLEMS_AS_RESULT = "2025-11-25";
const MAX_ECHOED_NAME = 100;

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
export function callTool(profile: Profile, request: ToolRequest, call: ToolCall): ToolAnswer {
  const { name, args, revision, log } = request;
  const tool = profile.tools.get(name);
  if (!tool) throw new ProtocolError(INVALID_PARAMS, `Unknown tool: ${name.slice(0, MAX_ECHOED_NAME)}`);
  requireTaskSupport(tool, call, revision);
  const misfit = profile.checksArguments ? fitOf(args ?? {}, tool.listing.inputSchema) : null;
  const prepared = typeof misfit === "string" ? { problem: misfit } : tool.prepare(args);
  if ("problem" in prepared) {
    const text = `Input validation error: Invalid arguments for tool ${name}: ${prepared.problem}`;
    if (revision < ARGUMENT_PROBLEMS_AS_RESULT) throw new ProtocolError(INVALID_PARAMS, text);
    return failureResult(text);
  }
  return attempted(() => prepared.run(call), (error) => {
    // An answer that is declared to be an error.
    if (error instanceof ProtocolError) throw error;
    // A refusal that the caller is to read, such as a quota that is used up.
    if (error instanceof OAuthError) return failureResult(describeError(error));
    if (!call.signal?.aborted) log(`The tool ${name} failed`, error);
    throw new ProtocolError(INTERNAL_ERROR, "Internal error");
  });
}
