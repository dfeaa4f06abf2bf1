// Scenarios that a client has to be led through: by the tool that tells whoever drives it what comes next.
import { driverOf } from "./driver.ts";
import type { DriverStep } from "./driver_step.ts";
import { hasMoreSteps } from "./driver_words.ts";
import type { Scenario } from "./scenario.ts";

/** The tool that tells what a client is to be made to do next; nothing that clients do is seen in its calls. */
export const NEXT_STEP = "mock_next_step";

const known = new WeakMap<Scenario, readonly DriverStep[]>();

const NOTHING_MORE: readonly DriverStep[] = [];

/** The script of a scenario, if there is more in it than connecting, listing tools and calling them once. */
export function guidedScript(scenario: Scenario): readonly DriverStep[] | undefined {
  const script = known.get(scenario) ?? moreOf(scenario);
  known.set(scenario, script);
  return script === NOTHING_MORE ? undefined : script;
}

function moreOf(scenario: Scenario): readonly DriverStep[] {
  const script = driverOf(scenario);
  return hasMoreSteps(script) ? script : NOTHING_MORE;
}

/** Whether a message, unchecked, asks for the next step. */
export function asksForNextStep(message: unknown): boolean {
  const { method, params }: Record<string, unknown> = Object(message);
  const { name }: Record<string, unknown> = Object(params);
  return method === "tools/call" && name === NEXT_STEP;
}
