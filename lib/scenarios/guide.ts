// Scenarios that a client has to be led through: by the tool that tells its driver what comes next.
import { driverOf } from "./driver.ts";
import type { DriverStep } from "./driver_step.ts";
import { hasMoreSteps } from "./driver_words.ts";
import type { Scenario } from "./scenario.ts";

/** The tool that tells what a client is to be made to do next. */
export const NEXT_STEP = "mock_next_step";
/** The tool that takes a client to the next stage of a gauntlet. */
export const NEXT_STAGE = "mock_next_stage";
/** The tool that tells which stage that is. */
export const WHERE_AM_I = "mock_where_am_i";

/** The tools that are for the driver of a client: nothing that clients do is seen in their calls. */
const forDrivers: ReadonlySet<unknown> = new Set([NEXT_STEP, NEXT_STAGE, WHERE_AM_I]);

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

/** Whether a message, unchecked, is a call by which a driver asks what comes next. */
export function isOfDriver(message: unknown): boolean {
  const { method, params }: Record<string, unknown> = Object(message);
  const { name }: Record<string, unknown> = Object(params);
  return method === "tools/call" && forDrivers.has(name);
}
