// How scenarios ask clients for something: before a tool answers, or in the middle of a call.
import type { StreamEvent } from "../../edit.ts";
import type { Fault } from "../../fault.ts";
import type { Question, Questions, ToolGives } from "../../mcp_catalogue.ts";
import type { Scenario, ScenarioLink } from "../../scenario.ts";
import { section } from "../links.ts";
import { anyMcp } from "./eras.ts";

/** A section of the chapter on elicitation. */
export const elicitation = (anchor: string): ScenarioLink => section("2025-11-25", `client/elicitation#${anchor}`);

/** A form, as it is asked for. */
export function form(
  message: string,
  properties: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
  required: readonly string[] = [],
): Question {
  return {
    method: "elicitation/create",
    params: { message, requestedSchema: { type: "object", properties, required } },
  };
}

/** A scenario with one tool, which asks before it answers. */
export function asking(
  tool: string,
  inputRequests: Questions | readonly Questions[],
  entry: Omit<Scenario, "group" | "plan"> & { readonly plan?: Scenario["plan"]; readonly gives?: ToolGives },
): Scenario {
  const { gives, plan = {}, ...rest } = entry;
  return {
    group: "Questions",
    plan,
    catalogue: {
      tools: [{
        name: tool,
        inputSchema: { type: "object" },
        answer: { content: [{ type: "text", text: "Thank you" }], ...gives, inputRequests },
      }],
    },
    ...rest,
  };
}

/** Something that a server says in a session before it answers a tool call. */
export function saysInCalls(name: string, ...before: readonly StreamEvent[]): Fault {
  return {
    name,
    match: { endpoint: anyMcp, rpc_method: "tools/call", has_header: "mcp-session-id", status: 200 },
    edit: { stream: { before: [...before, { wait_ms: 3000 }] } },
  };
}

/** A request of a server, as an event. */
export function request(id: string, method: string, params?: Readonly<Record<string, unknown>>): StreamEvent {
  return { message: { jsonrpc: "2.0", id, method, ...(params && { params }) } };
}
