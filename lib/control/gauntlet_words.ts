// What a gauntlet tells the person or agent that drives a client, in words.
import type { Run } from "../judge/run.ts";
import type { Verdict } from "../judge/verdict.ts";
import { driverOf } from "../scenarios/driver.ts";
import { describeStep } from "../scenarios/driver_words.ts";
import { NEXT_STAGE } from "../scenarios/guide.ts";
import type { Scenario, ScenarioClient } from "../scenarios/scenario.ts";
import type { Standing } from "./gauntlets.ts";

/** What is to be done in a stage, a line for each step. */
export function stepsOf(scenario: Scenario): readonly string[] {
  return [...(scenario.clients ?? []).map(describeClient), ...driverOf(scenario).map(describeStep)];
}

/** Where a gauntlet is, and what its client is to do there. */
export function describeStanding({ stage, number, stages, isDone }: Standing, pageUrl: string): string {
  if (isDone) return `The last of ${stages.length} stages is done. The page for people: ${pageUrl}`;
  return [
    `Stage ${number} of ${stages.length}: ${stage.name}. ${stage.story}.`,
    `A client that does it right: ${stage.client}.`,
    "What it is to be made to do:",
    ...stepsOf(stage).map((step, index) => `${index + 1}. ${step}`),
    `Then call ${NEXT_STAGE}. The page for people: ${pageUrl}`,
  ].join("\n");
}

/** What became of the stage that was left, where the gauntlet is now, and what that means for its client. */
export function describeMove(
  left: { readonly name: string; readonly verdict: Verdict; readonly reason: string } | undefined,
  standing: Standing,
  { pageUrl, counts }: { readonly pageUrl: string; readonly counts?: Run["counts"] | undefined },
): string {
  const became = left ? [`${left.name}: ${left.verdict}. ${left.reason}.`] : [];
  if (!standing.isDone) {
    const forgotten =
      "Nothing is known here of your client's login, registration and session: start it anew, or let it log in again.";
    return [...became, forgotten, describeStanding(standing, pageUrl)].join("\n");
  }
  const sum = counts ? [`${counts.pass} passed, ${counts.fail} failed, ${counts.incomplete} are incomplete.`] : [];
  return [...became, describeStanding(standing, pageUrl), ...sum].join("\n");
}

function describeClient({ client_id, client_secret }: ScenarioClient): string {
  const secret = client_secret === undefined ? "" : ` with the secret ${client_secret}`;
  return `give it the client_id ${client_id}${secret}, unless it registers itself`;
}
