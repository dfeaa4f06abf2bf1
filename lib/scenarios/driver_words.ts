// Steps of a script in words, for people and for agents.
import { isObject } from "../http/json.ts";
import type { DrivenCall, DriverStep } from "./driver_step.ts";
import { ECHO_TOOL, REPORT_TOOL } from "./reporting_tools.ts";

const alone = {
  connect: "connect",
  list_tools: "list the tools",
  list_resources: "list the resources",
  list_resource_templates: "list the templates of resources",
  list_prompts: "list the prompts",
  list_skills: "list the skills",
  switch_user: "have another person log in, without ending the program",
  log_out: "log out",
  end: "disconnect",
} as const;

/**
 * A step as the end of a sentence that begins with "Let it".
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(describeStep({ do: "call", tool: "mock_echo", arguments: { message: "hi" } }), 'call mock_echo with {message: hi}');
 * ```
 */
export function describeStep(step: DriverStep): string {
  switch (step.do) {
    case "listen":
      return `listen to what the server says unasked${withValues(step.notifications)}`;
    case "call":
      return `call ${describeCall(step)}${step.progress ? ", and ask for its progress" : ""}`;
    case "call_at_once":
      return `call at once ${step.calls.map(describeCall).join(" and ")}`;
    case "cancel":
      return `call ${
        describeCall(step)
      }, and cancel the call, or the task that it has become, after ${step.after_ms} ms`;
    case "report":
      return `call ${REPORT_TOOL} with what became of the call of ${step.tool}: result, or error`;
    case "hand_back_schema":
      return `call ${ECHO_TOOL} with the inputSchema of ${step.tool}, as it has it, as schema`;
    case "read":
      return `read ${step.uri}`;
    case "load_skill":
      return `load the skill ${step.uri}, and read all of its files`;
    case "get_prompt":
      return `get the prompt ${step.prompt}${withValues(step.arguments)}`;
    case "answer":
      return `${step.action} the forms that come${withValues(step.content)}`;
    case "wait":
      return describeWait(step);
    default:
      return alone[step.do];
  }
}

/** Whether a script has more in it than connecting, listing tools and calling them once. */
export function hasMoreSteps(script: readonly DriverStep[]): boolean {
  const usual = ["connect", "list_tools", "call", "end"];
  return script.some((step) => !usual.includes(step.do)) ||
    script.filter((step) => step.do === "list_tools").length > 1;
}

function describeCall({ tool, arguments: args }: DrivenCall): string {
  return tool + withValues(args);
}

function withValues(values: object | undefined): string {
  return values === undefined ? "" : ` with ${written(values)}`;
}

/** Data in few characters: quotes stand only where they are needed. */
function written(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(written).join(", ")}]`;
  if (isObject(value)) return `{${Object.entries(value).map(([name, one]) => `${name}: ${written(one)}`).join(", ")}}`;
  const isPlain = typeof value === "string" && /^[a-z][\w/:.-]*$/i.test(value) && !/^(true|false|null)$/.test(value);
  return isPlain ? value : JSON.stringify(value) ?? "";
}

function describeWait({ clock_ms, ms }: Extract<DriverStep, { readonly do: "wait" }>): string {
  if (clock_ms === undefined) return `wait ${(ms ?? 0) / 1000} s`;
  return `wait until the server's clock has gone on by ${clock_ms / 1000} s (POST /control/clock moves it)`;
}
