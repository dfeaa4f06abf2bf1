/** Cases: what a client keeps of what it was answered. Each is a scenario of the catalogue. */
import { cacheScenarios } from "../../../lib/scenarios/catalogue/mcp/caches.ts";
import type { Fault } from "../../../lib/scenarios/fault.ts";
import type { RuleId } from "../../../lib/scenarios/vocabulary.ts";
import type { Slip } from "../../interop/double/double.ts";
import type { Case } from "./case.ts";

function cacheCase(rule: RuleId, name: string, slip: Slip, isRecommended = true): Case {
  const scenario = cacheScenarios.find((one) => one.name === name);
  return {
    rule,
    slips: [slip],
    isRecommended,
    ...(scenario?.driver ? { client: { driver: scenario.driver } } : {}),
    ...(scenario?.catalogue ? { app: { catalogue: scenario.catalogue } } : {}),
    ...(scenario?.plan.faults ? { faults: scenario.plan.faults.map(asSent) } : {}),
  };
}

/** A fault of a scenario as the control API takes it. */
function asSent({ times, ...fault }: Fault): unknown {
  return { ...fault, ...(times === undefined ? {} : { life: { times } }) };
}

/** What a client keeps, for how long, and for whom. */
export const cacheCases: readonly Case[] = [
  cacheCase("M131", "cache-fresh", "fetches what is fresh"),
  cacheCase("M132", "cache-short", "keeps what has run out"),
  cacheCase("M132", "cache-pages", "keeps what has run out"),
  cacheCase("M133", "cache-never", "keeps what is never fresh"),
  cacheCase("M133", "cache-negative", "keeps what is never fresh"),
  cacheCase("M134", "cache-polling", "fetches whenever the time runs out"),
  cacheCase("M135", "cache-two-resources", "keeps results by method alone", false),
  cacheCase("M136", "cache-answered", "keeps what depends on its answers", false),
  cacheCase("M137", "cache-two-users", "keeps one cache for all logins", false),
  cacheCase("M138", "cache-changed", "keeps what has changed"),
  cacheCase("M138", "cache-resource-changed", "keeps what has changed"),
  cacheCase("M139", "cache-cursor-refused", "asks for a refused cursor again"),
];
