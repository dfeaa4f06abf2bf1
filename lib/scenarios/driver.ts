// The script for a scenario: its own, or what follows from the rest of it.
import type { DrivenCall, DriverStep } from "./driver_step.ts";
import { ECHO_TOOL, REPORT_TOOL, SCHEMA_TOOL } from "./reporting_tools.ts";
import { sampleOf } from "./sample.ts";
import type { Scenario } from "./scenario.ts";

/** Longer than the short-lived tokens of scenarios live. */
const TOKEN_LIFE_MS = 61_000;

/** What each server behind `/oauth` has. */
const callsOn = {
  mock: [
    { tool: "mock_echo", arguments: { message: "hi" } },
    { tool: "mock_create_note", arguments: { title: "hi", content: "there" } },
  ],
  minimal: [{ tool: "test-tool" }],
  adder: [{ tool: "add_numbers", arguments: { a: 5, b: 3 } }],
} as const satisfies Readonly<Record<string, readonly DrivenCall[]>>;

const reporting: ReadonlySet<string> = new Set([REPORT_TOOL, ECHO_TOOL]);

/**
 * The steps for a scenario: its own, or those that follow from what it has and how far a client has to come.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { standard } from "./catalogue/standard.ts";
 * assert.deepEqual(driverOf(standard).map((step) => step.do), ["connect", "list_tools", "call", "call", "end"]);
 * ```
 */
export function driverOf(scenario: Scenario): readonly DriverStep[] {
  return scenario.driver ?? usual(scenario);
}

function usual(scenario: Scenario): readonly DriverStep[] {
  const { reaches } = scenario;
  const uses = usedTools(scenario);
  const expired: readonly DriverStep[] = [{ do: "wait", clock_ms: TOKEN_LIFE_MS }, ...uses];
  return [
    { do: "connect" },
    ...uses,
    // What a client does with what it got from a refresh, the next one shows.
    ...reaches === "call_after_expiry" ? [...expired, ...expired] : reaches === "expiry" ? expired : [],
    ...reaches === "logout" ? [{ do: "log_out" } as const] : [],
    { do: "end" },
  ];
}

/** Lists the tools of a scenario, and calls them. */
export function usedTools({ plan, catalogue }: Pick<Scenario, "plan" | "catalogue">): readonly DriverStep[] {
  const { tools, built_in: hasBuiltIn = false } = catalogue ?? {};
  const calls: readonly DrivenCall[] = [
    ...tools && !hasBuiltIn ? [] : callsOn[plan.policy?.mcpServer ?? "mock"],
    ...(tools ?? []).filter(({ name }) => !reporting.has(name)).map(({ name, copies, inputSchema }) => ({
      tool: copies === undefined ? name : `${name}-1`,
      ...argumentsFor(inputSchema),
    })),
  ];
  const has = (name: string): boolean => tools?.some((tool) => tool.name === name) ?? false;
  return [
    { do: "list_tools" },
    ...calls.flatMap((call): readonly DriverStep[] => [
      { do: "call", ...call },
      ...has(REPORT_TOOL) ? [{ do: "report", tool: call.tool } as const] : [],
    ]),
    ...has(ECHO_TOOL) ? [{ do: "hand_back_schema", tool: SCHEMA_TOOL } as const] : [],
  ];
}

/** A value for each argument that a tool requires. */
function argumentsFor(
  { properties, required = [] }: Readonly<Record<string, unknown>>,
): Pick<DrivenCall, "arguments"> {
  if (!Array.isArray(required) || required.length === 0) return {};
  const all: unknown = sampleOf({ type: "object", properties, required });
  const named = Object.entries(typeof all === "object" && all !== null ? all : {});
  return { arguments: Object.fromEntries(named.filter(([name]) => required.includes(name))) };
}
