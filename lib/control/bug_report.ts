// What a bug report says of how to see the same again: a scenario that every server has, or one that travels with it.
import { buildScenarioLink, ownName } from "../scenarios/schema/scenario_link.ts";
import { describeScenario } from "../scenarios/schema/scenario_schema.ts";
import { paths } from "../http/urls.ts";
import type { Reproduction } from "../judge/formats/issue.ts";
import type { LiveSandbox } from "../sandbox/live_sandboxes.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import type { Fault } from "../scenarios/fault.ts";
import type { Scenario } from "../scenarios/scenario.ts";

/** The scenario of a sandbox with all that was changed there. */
export function scenarioInForce({ scenario, state }: Pick<LiveSandbox, "scenario" | "state">): Scenario {
  const { patch, faults } = state();
  const { plan: { policy = {}, mint = {}, faults: own = [] }, official: _, ...rest } = scenario;
  const all = [...own, ...faults];
  return {
    ...rest,
    name: ownName(scenario.name),
    group: "Custom",
    plan: {
      policy: { ...policy, ...patch.policy },
      mint: { ...mint, ...patch.mint },
      ...(all.length === 0 ? {} : { faults: all.map((fault, at) => lasting(fault, all.slice(0, at))) }),
    },
  };
}

/** A fault as a scenario has it: what lasts forever has no number of times there, and no two have one name. */
function lasting({ times, name, ...fault }: Fault, before: readonly Fault[]): Fault {
  return {
    ...fault,
    name: before.some((one) => one.name === name) ? `${name} (${before.length + 1})` : name,
    ...(times === undefined || times === Infinity ? {} : { times }),
  };
}

/** How to see what a sandbox has shown again, on any server of this kind. */
export async function reproductionOf(
  live: Pick<LiveSandbox, "scenario" | "state">,
  { origin }: Sandbox,
): Promise<Reproduction> {
  const { scenario, state } = live;
  const { patch, faults } = state();
  const isChanged = faults.length > 0 || Object.values(patch).some((part) => Object.keys(part ?? {}).length > 0);
  const watch = `Give your client the URL of its MCP endpoint, and open \`${paths.inspect}\` below the same address.`;
  if (!isChanged && scenario.group !== "Custom") {
    const where = `${origin}/s/${scenario.name}~bug-report${paths.oauth}`;
    return {
      steps: [`Start a mock-oauth; the MCP endpoint is \`${where}\`, whatever its origin.`, watch],
      definition: undefined,
    };
  }
  const inForce = scenarioInForce(live);
  const link = await buildScenarioLink(origin, inForce);
  const open = link === undefined
    ? "Start a mock-oauth with the scenario below: `--scenarios scenario.json`. It is too long for a link."
    : `Start a mock-oauth, open [this scenario](${link}) there, whatever its origin, and create it.`;
  return { steps: [open, watch], definition: JSON.stringify(describeScenario(inForce), null, 2) };
}
