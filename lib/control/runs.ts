// `/control/runs/<run>`: all sandboxes that have one label, added up. They belong to the run by their names.
import { z } from "zod";
import { excerpt, OAuthError } from "../http/errors.ts";
import { closedObject, type Schema } from "../http/json_body.ts";
import { buildUrls, paths } from "../http/urls.ts";
import type { Report } from "../judge/report.ts";
import { type Run, sumUpRun, type Trial, TRIED } from "../judge/run.ts";
import { failOnShoulds } from "../judge/verdict.ts";
import { placeOf } from "../sandbox/place.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import { isInSet, setNames } from "../scenarios/catalogue/sets.ts";
import { type Scenario, scenarioGroups } from "../scenarios/scenario.ts";
import { type Deps, one, operation } from "./operation.ts";
import { MAX_WAIT_SECONDS, type Patience } from "./record.ts";

/** What a run needs. */
export type RunDeps = Pick<Deps, "liveSandboxes" | "reports" | "catalogue" | "scenarios" | "sleep" | "monotonicMs">;

/** The most sandboxes of one label that are added up: more than there are scenarios. */
const MAX_SANDBOXES = 1000;
/** How often is looked whether a run is decided, in milliseconds. */
const STEP_MS = 250;
/** How many times as long as the last look took the next one waits: many who wait must not hold up all others. */
const REST = 4;
const LABEL = /^[a-z0-9-]{1,64}$/;

const text = z.string();
const count = z.number().int().min(0);
const verdict = z.enum(["pass", "fail", "incomplete"]);
const ids = z.array(text);

const runAnswer: Schema = z.strictObject({
  run: text,
  set: text.meta({ description: "The set of scenarios that it is held against, or tried for those that were tried" }),
  verdict: verdict.meta({
    description: "That of the worst scenario; incomplete as long as one of the set was not tried",
  }),
  reason: text,
  counts: z.strictObject({ pass: count, fail: count, incomplete: count, notTried: count, withWarnings: count }),
  scenarios: z.array(z.strictObject({
    name: text,
    group: text,
    story: text,
    verdict: z.enum([...verdict.options, "not tried"]),
    reason: text,
    url: z.url().meta({ description: "The URL to give to a client" }),
    report: z.url().meta({ description: "Where the report is" }),
    inspect: z.url().meta({ description: "Where a person sees what happened" }),
    clients: z.array(z.strictObject({
      id: text,
      name: text.optional(),
      revision: text.optional(),
      verdict,
      reason: text,
      progress: text.meta({ description: "How far it came" }),
      failures: ids.meta({ description: "Ids of the broken rules that fail it" }),
      warnings: ids.meta({ description: "Ids of the broken rules that do not: recommendations" }),
    })),
  })),
});

/** What can be asked of a run. */
export const runOperations = {
  control_run: operation({
    summary: "What all sandboxes with one label come to: a client's scorecard",
    description: "A sandbox belongs to the run by its name: /s/<scenario>~<run>. There is nothing to set up.",
    input: one(closedObject({
      set: z.enum([TRIED, ...setNames]).exactOptional().meta({
        description: "The scenarios that have to be tried for the run to pass; those that were tried if not given",
      }),
      wait: count.max(MAX_WAIT_SECONDS).exactOptional().meta({
        description:
          "Waits up to this many seconds until every scenario of the set has a verdict other than incomplete",
      }),
    })),
    example: { set: "core" },
    answer: runAnswer,
    run: (deps, { sandbox, param, signal, input: { set = TRIED, wait: waitSeconds = 0 } }) =>
      settleRun(deps, { run: param, set, sandbox }, { waitSeconds, signal }),
  }),
};

/** Which run, as seen from where. */
export interface RunQuery {
  readonly run: string;
  readonly set: string;
  /** Whether broken SHOULDs fail a client as MUSTs do; false if not given. */
  readonly isStrict?: boolean;
  /** The sandbox that was asked. */
  readonly sandbox: Pick<Sandbox, "origin">;
}

/**
 * Adds up a run.
 *
 * @throws OAuthError `invalid_request` for a label or a set that cannot be.
 */
export async function readRun(deps: RunDeps, query: RunQuery): Promise<Run> {
  const { run, set, sandbox: { origin }, isStrict = false } = query;
  requireLabel(run);
  const used = await deps.liveSandboxes.labelled(run, MAX_SANDBOXES);
  const isUsed = new Set(used);
  const catalogue = await deps.catalogue();
  const known = new Set(catalogue.map(({ name }) => `${name}~${run}`));
  const trials: Trial[] = [];
  for (const scenario of catalogue.toSorted(byGroup)) {
    const name = `${scenario.name}~${run}`;
    const trial = { ...placesOf(scenario, run, origin), scenario };
    const seen = isUsed.has(name) ? await judgeNamed(deps, name, { scenario, run, origin, isStrict }) : undefined;
    if (isTried(seen) || isInSet(scenario, set)) trials.push({ ...trial, seen });
  }
  // Scenarios that a test has defined stand in no catalogue.
  for (const name of used.filter((name) => !known.has(name))) {
    const scenario = await deps.scenarios.find(name.slice(0, -run.length - 1));
    const seen = scenario && await judgeNamed(deps, name, { scenario, run, origin, isStrict });
    if (scenario && isTried(seen)) trials.push({ ...placesOf(scenario, run, origin), scenario, seen });
  }
  return sumUpRun(run, set, trials);
}

/** The run, once every scenario of it is decided, but after the wait at the latest, or when the caller has left. */
export async function settleRun(deps: RunDeps, query: RunQuery, { waitSeconds, signal }: Patience): Promise<Run> {
  const { sleep, monotonicMs } = deps;
  const startMs = monotonicMs();
  let run = await readRun(deps, query);
  let tookMs = monotonicMs() - startMs;
  // Looking takes its time as well, of which a test's clock knows nothing.
  for (let leftMs = waitSeconds * 1000; leftMs > 0 && !isDecided(run) && !signal?.aborted;) {
    const pauseMs = Math.min(leftMs, Math.max(STEP_MS, REST * tookMs));
    const beforeMs = monotonicMs();
    await sleep(pauseMs);
    if (signal?.aborted) break;
    run = await readRun(deps, query);
    const passedMs = Math.max(pauseMs, monotonicMs() - beforeMs);
    // Where others are in the way, the pause was longer than it was meant to be, too.
    tookMs = passedMs - pauseMs;
    leftMs -= passedMs;
  }
  return run;
}

function isDecided({ counts: { pass, fail, incomplete, notTried } }: Run): boolean {
  return incomplete + notTried === 0 && pass + fail > 0;
}

/** In the order in which groups are shown. */
function byGroup(one: Scenario, other: Scenario): number {
  return scenarioGroups.indexOf(one.group) - scenarioGroups.indexOf(other.group);
}

interface Named {
  readonly scenario: Scenario;
  readonly run: string;
  readonly origin: string;
  readonly isStrict: boolean;
}

/** The report on a sandbox that is in use. */
async function judgeNamed(
  { liveSandboxes, reports }: RunDeps,
  name: string,
  { scenario, run, origin, isStrict }: Named,
): Promise<Report | undefined> {
  const place = placeOf(scenario, run, origin);
  const live = await liveSandboxes.find({ name, scenario: scenario.name, label: run, prefix: place.prefix, path: "/" });
  if (!live) return undefined;
  const { report } = await reports.judge(live.seenFrom(place.origin, place.prefix));
  return isStrict ? failOnShoulds(report) : report;
}

function isTried(seen: Report | undefined): boolean {
  return seen !== undefined && seen.clients.length > 0;
}

function placesOf(scenario: Scenario, run: string, origin: string): Pick<Trial, "url" | "report" | "inspect"> {
  const place = placeOf(scenario, run, origin);
  const { oauth: url, inspect } = buildUrls(place);
  return { url, report: place.origin + place.prefix + paths.report, inspect };
}

/** @throws OAuthError `invalid_request` for what cannot be the label of a run. */
export function requireLabel(run: string): void {
  if (LABEL.test(run)) return;
  throw new OAuthError("invalid_request", `${excerpt(run)} cannot be the label of a run`, {
    parameter: "run",
    received: excerpt(run),
    expected: "1 to 64 lower-case letters, digits and hyphens, as in /s/standard~my-run",
  });
}
