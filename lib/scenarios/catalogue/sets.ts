// Sets of scenarios, by names that stand in URLs: what a run is held against, and what configurations are made for.
import { type Scenario, scenarioGroups } from "../scenario.ts";

/** What every client meets sooner or later, of each chapter something: a first scorecard. */
export const core: readonly string[] = [
  "standard",
  "challenge-missing",
  "prm-only-in-challenge",
  "oidc-only",
  "metadata-503-once",
  "dcr-method-changed",
  "state-wrong",
  "person-denies",
  "token-200-error",
  "token-type-lowercase",
  "short-tokens",
  "refresh-refused",
  "refresh-no-new-token",
  "step-up",
  "endless-401",
  "session-lost",
  "answers-as-streams",
  "stream-comments",
  "pages",
  "call-unanswered",
];

/** Names of all sets: two of our choice, and a group each. */
export const setNames: readonly string[] = ["core", "all", ...scenarioGroups.map(slugOf)];

/** A group's name as it stands in URLs: `official-suite`. */
export function slugOf(group: string): string {
  return group.toLowerCase().replace(/\W+/g, "-");
}

/** Whether a scenario is in a set. */
export function isInSet({ name, group }: Pick<Scenario, "name" | "group">, set: string): boolean {
  return set === "all" || (set === "core" ? core.includes(name) : slugOf(group) === set);
}
