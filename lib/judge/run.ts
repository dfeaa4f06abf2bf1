/**
 * A run: what one client comes to in many scenarios, each in a sandbox of its own with the same label.
 *
 * @module
 */
import type { Scenario } from "../scenarios/scenario.ts";
import type { Report } from "./report.ts";
import type { Revision } from "./settled.ts";
import type { Verdict } from "./verdict.ts";

/** What became of a client in a scenario. */
export interface TriedClient {
  readonly id: string;
  /** What it calls itself. */
  readonly name?: string;
  readonly revision?: Revision;
  readonly verdict: Verdict;
  readonly reason: string;
  /** How far it came, as a sentence. */
  readonly progress: string;
  /** Ids of the broken rules that fail it. */
  readonly failures: readonly string[];
  /** Ids of the broken rules that do not. */
  readonly warnings: readonly string[];
}

/** A scenario of a run. */
export interface RunScenario extends Pick<Scenario, "name" | "group" | "story"> {
  /** The verdict on its sandbox; "not tried" where no client has sent a request. */
  readonly verdict: Verdict | "not tried";
  readonly reason: string;
  /** The URL to give to a client. */
  readonly url: string;
  /** Where the report is. */
  readonly report: string;
  /** Where a person sees it. */
  readonly inspect: string;
  /** Those that sent requests, bystanders left out. */
  readonly clients: readonly TriedClient[];
}

/** How many scenarios came to what. */
export interface RunCounts {
  readonly pass: number;
  readonly fail: number;
  readonly incomplete: number;
  readonly notTried: number;
  /** Scenarios in which a recommendation was broken that does not fail the client. */
  readonly withWarnings: number;
}

/** The sum of a run. */
export interface Run {
  readonly run: string;
  /** Which scenarios it is held against: a set, or those that were tried. */
  readonly set: string;
  /** That of the worst scenario; with a set, "incomplete" as long as one of it was not tried. */
  readonly verdict: Verdict;
  readonly reason: string;
  readonly counts: RunCounts;
  /** Those of the set and all that were tried, in the order of the catalogue. */
  readonly scenarios: readonly RunScenario[];
}

/** What is known of a scenario in a run. */
export interface Trial extends Pick<RunScenario, "url" | "report" | "inspect"> {
  readonly scenario: Pick<Scenario, "name" | "group" | "story">;
  /** Undefined if nobody has used its sandbox. */
  readonly seen: Pick<Report, "clients" | "verdict" | "reason"> | undefined;
}

/** The set that stands for whatever was tried. */
export const TRIED = "tried";

/** How many names a sentence lists. */
const MAX_NAMED = 5;

/** Sums up a run. */
export function sumUpRun(run: string, set: string, trials: readonly Trial[]): Run {
  const scenarios = trials.map(scenarioOf);
  const named = (wanted: RunScenario["verdict"]): readonly string[] =>
    scenarios.filter(({ verdict }) => verdict === wanted).map(({ name }) => name);
  const [pass, fail, incomplete, notTried] = [named("pass"), named("fail"), named("incomplete"), named("not tried")];
  const counts = {
    pass: pass.length,
    fail: fail.length,
    incomplete: incomplete.length,
    notTried: notTried.length,
    withWarnings: scenarios.filter(({ clients }) => clients.some(({ warnings }) => warnings.length > 0)).length,
  };
  const outcome = (verdict: Verdict, reason: string): Run => ({ run, set, verdict, reason, counts, scenarios });
  const tried = trials.length - notTried.length;
  if (fail.length > 0) return outcome("fail", `${fail.length} of ${count(tried)} failed: ${list(fail)}`);
  if (tried === 0) return outcome("incomplete", `No client has tried a scenario with the label ${run}`);
  if (incomplete.length > 0) {
    return outcome("incomplete", `${incomplete.length} of ${count(tried)} incomplete: ${list(incomplete)}`);
  }
  if (notTried.length > 0) {
    return outcome("incomplete", `${notTried.length} of ${count(trials.length)} not tried: ${list(notTried)}`);
  }
  return outcome("pass", `${count(tried)} passed`);
}

function scenarioOf({ scenario: { name, group, story }, seen, ...places }: Trial): RunScenario {
  const about = { name, group, story, ...places };
  const clients = (seen?.clients ?? []).filter(({ isBystander = false }) => !isBystander);
  if (!seen || clients.length === 0) {
    return { ...about, verdict: "not tried", reason: "No client has sent a request", clients: [] };
  }
  return {
    ...about,
    verdict: seen.verdict,
    reason: seen.reason,
    clients: clients.map(({ id, name, revision, verdict, reason, progress, failures, warnings }) => ({
      id,
      ...(name === undefined ? {} : { name }),
      ...(revision === undefined ? {} : { revision }),
      verdict,
      reason,
      progress: progress.sentence,
      failures,
      warnings,
    })),
  };
}

function count(scenarios: number): string {
  return `${scenarios} scenario${scenarios === 1 ? "" : "s"}`;
}

function list(names: readonly string[]): string {
  const more = names.length - MAX_NAMED;
  return names.slice(0, MAX_NAMED).join(", ") + (more > 0 ? ` and ${more} more` : "");
}
