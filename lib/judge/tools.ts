/**
 * The tools that a client was told of, and how it called them.
 *
 * @module
 */
import { isObject, type JsonObject } from "../http/json.ts";
import { conversationIn, type Request } from "./conversation.ts";
import { pathOf, textOf } from "./reading.ts";
import type { McpStep } from "./step.ts";

/** One page of a list of tools, as a client got it. */
export interface ToolPage {
  readonly request: Request;
  readonly server: string;
  readonly tools: readonly JsonObject[];
  readonly cursor: string | undefined;
  readonly next: string | undefined;
}

/** A call of a tool. */
export interface ToolCall {
  readonly request: Request;
  readonly server: string;
  readonly name: string;
  /** What it was called with; an empty object for nothing. */
  readonly args: JsonObject;
  /** How the server had listed a tool of this name before, the latest last. */
  readonly listings: readonly JsonObject[];
  /** How other servers had. */
  readonly elsewhere: readonly JsonObject[];
  /** The result; undefined if there is none. */
  readonly result: JsonObject | undefined;
}

/** What is known of tools. */
export interface ToolTalk {
  readonly pages: readonly ToolPage[];
  readonly calls: readonly ToolCall[];
}

const known = new WeakMap<readonly McpStep[], ToolTalk>();

/** What was said of tools in requests to MCP servers; worked out once for the same list of them. */
export function toolTalkIn(steps: readonly McpStep[]): ToolTalk {
  const found = known.get(steps) ?? readTalk(steps);
  known.set(steps, found);
  return found;
}

/** Which server an MCP endpoint belongs to: both transports of one, under whichever name of the machine, are one. */
export function serverAt({ address }: McpStep): string {
  return pathOf(address).replace(/\/(?:sse|messages)$/, "");
}

function readTalk(steps: readonly McpStep[]): ToolTalk {
  const pages: ToolPage[] = [];
  const calls: ToolCall[] = [];
  const listed = new Map<string, Map<string, JsonObject[]>>();
  for (const request of conversationIn(steps).requests) {
    const { method, params, answer, step } = request;
    const server = serverAt(step);
    const result = isObject(answer?.message.result) ? answer.message.result : undefined;
    if (method === "tools/list") {
      if (!Array.isArray(result?.tools)) continue;
      const tools = result.tools.filter(isObject);
      pages.push({ request, server, tools, cursor: textOf(params, "cursor"), next: textOf(result, "nextCursor") });
      for (const tool of tools) {
        const name = textOf(tool, "name");
        if (name === undefined) continue;
        const byServer = listed.get(name) ?? new Map<string, JsonObject[]>();
        listed.set(name, byServer);
        byServer.set(server, [...byServer.get(server) ?? [], tool]);
      }
      continue;
    }
    const name = method === "tools/call" ? textOf(params, "name") : undefined;
    if (name === undefined) continue;
    const own = listed.get(name);
    calls.push({
      request,
      server,
      name,
      args: isObject(params?.arguments) ? params.arguments : {},
      listings: own?.get(server) ?? [],
      elsewhere: [...own ?? []].flatMap(([other, tools]) => other === server ? [] : tools),
      result,
    });
  }
  return { pages, calls };
}
