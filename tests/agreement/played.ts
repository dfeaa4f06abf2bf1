/** The scenarios that both the official suite and we have. */
import { catalogue } from "../../lib/scenarios/catalogue/catalogue.ts";
import type { Scenario } from "../../main.ts";

/** Ours, in the order of the catalogue; `official` has the suite's name for it. */
export const playedScenarios: readonly Scenario[] = catalogue.filter(({ official }) => official !== undefined);

/** The suite's names. */
export const playedNames: readonly string[] = playedScenarios.map(({ official = "" }) => official);
