/**
 * The verdict: every rule held against every client of a sandbox.
 *
 * @module
 */
import { finish, type Sliced } from "../runtime/slices.ts";
import type { Exchange } from "../recorder/exchange.ts";
import { sightOf } from "./doubt.ts";
import { lastGapIn } from "./gaps.ts";
import { type ClientSteps, groupByClient } from "./group.ts";
import { rules } from "./rules/catalogue.ts";
import { heldAgainst, isOfItsRevisions, notObserved, type Outcome, type Rule } from "./rules/rule.ts";
import { createLimits, limitsInForce, type SetLimits } from "./limits.ts";
import type { Reach } from "../scenarios/vocabulary.ts";
import type { Progress } from "./progress.ts";
import { hasPast } from "./past.ts";
import { placed } from "./messages.ts";
import { stoodStill } from "./moments.ts";
import { isTooNew, isTooOld, progressOf } from "./reach.ts";
import { type Revision, revisions, settlementsOf, strayVersions } from "./settled.ts";
import { positionsIn, readingSteps } from "./steps.ts";
import { type ClientReport, decide, type Finding, sumUp, type Verdict } from "./verdict.ts";
import { beganOnRecord, issuedTokens, type SandboxFacts, speaksMcp, type View, wasLedToRoot } from "./view.ts";

/** What the report is made from. */
export interface RecordFacts {
  /** Whether all exchanges are on record, from the first one on. */
  readonly isWhole: boolean;
  /** True if it was cleared; what came before is then not counted in what follows. */
  readonly isCleared?: boolean;
  /** How many of them were too large to be kept whole. */
  readonly cut: number;
  /** How many never came on record. */
  readonly leftOut: number;
  /** How many have fallen off it to make room for later ones. */
  readonly dropped: number;
  /** How many of those told something, and could not be kept to judge by. */
  readonly unjudged: number;
}

/** What there is to say of a sandbox. */
export interface Report {
  /** Its id. */
  readonly sandbox: string;
  /** The scenario it plays. */
  readonly scenario?: string;
  /** Ids of the rules that the scenario tests. */
  readonly expects: readonly string[];
  /** The revision of MCP that all clients are judged by, as asked for; absent if each is judged by its own. */
  readonly judgedBy?: Revision;
  /** The limits that it goes by where bytes do not decide, by name. */
  readonly limits: Readonly<Record<string, number>>;
  /** Why the verdict may not be about the scenario; absent if there is no such reason. */
  readonly note?: string;
  /** What it is made from. */
  readonly record: RecordFacts;
  /** All clients that sent requests, in order of their first request. */
  readonly clients: readonly ClientReport[];
  /** The verdict on the sandbox: that of its worst client; bystanders count only if they fail. */
  readonly verdict: Verdict;
  /** Why, as a sentence. */
  readonly reason: string;
}

/** What a report is about. */
export interface ReportOptions {
  /** The sandbox's id. */
  readonly sandbox: string;
  /** The scenario it plays. */
  readonly scenario?: string;
  /** Ids of the rules that the scenario tests. */
  readonly expects?: readonly string[];
  /** How far the scenario wants a client to come; to a call if not given. */
  readonly reaches?: Reach;
  /** Revisions of MCP that the scenario is for; absent for all. */
  readonly revisions?: readonly string[];
  /** The revision to judge all clients by; each by the one it speaks if not given. */
  readonly judgedBy?: Revision;
  /** Limits to judge by in place of those of the table; none if not given. */
  readonly limits?: SetLimits;
  /** Digests of tokens that were issued without a request for them; none if not given. */
  readonly minted?: readonly string[];
  /** Whether the scenario needs that nothing else lies at its origin; false if not given. */
  readonly needsOrigin?: boolean;
  /** Whether all requests to its origin are recorded. */
  readonly hasOrigin: boolean;
  /** Whether its exchanges are on record from the first one on, or since the record was cleared. */
  readonly isWhole: boolean;
  /** Whether the record was cleared: only clients that began afterwards are known from their first exchange; false if not given. */
  readonly isCleared?: boolean;
  /** Whether the sandbox was reset, so that a client may have been given things that are not on record; false if not given. */
  readonly wasReset?: boolean;
  /** Whether it has a label, which a test chooses to be alone; false if not given. */
  readonly isLabelled?: boolean;
  /** Where the last gap ends, as a position; where it ends by the numbers of the exchanges, if not given. */
  readonly wholeFrom?: number;
  /** How many exchanges never came on record; 0 if not given. */
  readonly leftOut?: number;
  /** How many have fallen off it; 0 if not given. */
  readonly dropped?: number;
  /** How many of those told something that was not kept; 0 if not given. */
  readonly unjudged?: number;
  /** How many requests have come and are not answered yet, and so not on record; 0 if not given. */
  readonly underWay?: number;
  /** Whether nothing is missing that tells something; as whole as the record if not given. */
  readonly isComplete?: boolean;
}

/**
 * Judges the clients of a sandbox by what they did.
 *
 * @param exchanges What is on record, in order.
 * @param options What the report is about.
 */
export function buildReport(exchanges: readonly Exchange[], options: ReportOptions): Report {
  return finish(judging(exchanges, options));
}

/**
 * The same in slices: a record can be long.
 *
 * @param exchanges What is on record, or was and is kept to judge by, in order.
 * @param options What the report is about.
 */
export function* judging(exchanges: readonly Exchange[], options: ReportOptions): Sliced<Report> {
  const { sandbox, scenario, expects = [], reaches = "call", revisions: played, isLabelled = false } = options;
  const { hasOrigin, isWhole, isCleared = false, wasReset = false, judgedBy } = options;
  const isMisplaced = options.needsOrigin && exchanges.some(({ url }) => isByPath(url));
  const { leftOut = 0, dropped = 0, unjudged = 0, underWay = 0, isComplete = isWhole } = options;
  const steps = yield* readingSteps(exchanges);
  const numbersOf = (positions: readonly number[]): readonly number[] =>
    positions.flatMap((index) => exchanges[index]?.sequence ?? []);
  const limits = createLimits(options.limits);
  const facts = {
    hasOrigin,
    isWhole: isComplete,
    isGapless: isWhole && underWay === 0 && exchanges.every(({ isCut = false }) => !isCut),
    wholeFrom: isWhole ? 0 : options.wholeFrom ?? lastGapIn(exchanges),
    limits,
    issued: new Set([...issuedTokens(steps), ...options.minted ?? []]),
    judgedBy,
  };
  const playedBy = revisions.filter((revision) => played?.includes(revision));
  const groups = groupByClient(steps, { isLabelled });
  const isLed = groups.some((client) => wasLedToRoot(client.steps, facts));
  const clients: ClientReport[] = [];
  for (const client of groups) {
    const isKnown = facts.isWhole && (!isCleared || beganOnRecord(client.steps)) &&
      !(wasReset && hasPast(client.steps, facts));
    clients.push(
      yield* judgingClient(client, { ...facts, isWhole: isKnown, isGapless: facts.isGapless && isKnown }, {
        expects,
        reaches,
        playedBy,
        numbersOf,
      }),
    );
  }
  return {
    sandbox,
    ...(scenario === undefined ? {} : { scenario }),
    expects,
    ...(judgedBy === undefined ? {} : { judgedBy }),
    limits: limitsInForce(limits),
    ...(isMisplaced ? { note: NEEDS_ORIGIN } : isLed ? { note: LED_TO_ROOT } : {}),
    record: {
      isWhole: isWhole && !isCleared,
      ...(isCleared ? { isCleared } : {}),
      cut: exchanges.filter(({ isCut }) => isCut).length,
      leftOut,
      dropped,
      unjudged,
    },
    clients,
    ...sumUp(clients),
  };
}

const NEEDS_ORIGIN =
  "The scenario needs an origin of its own: it was requested by a path, and a client that falls back " +
  "to the root of that origin finds a healthy server there. POST /control/origins opens a port for it";

const LED_TO_ROOT =
  "Discovery failed in this sandbox, or its metadata names another resource, and a client went on to the root of the " +
  "origin, as it may: another server is there, whose tokens are not valid here. POST /control/origins opens a port on " +
  "which the sandbox has its own root";

/** Whether a URL names its sandbox in its path. */
function isByPath(url: string): boolean {
  return /^https?:\/\/[^/]+(\/\.well-known\/[a-z-]+)?\/s\//.test(url);
}

/** What a scenario tests, and how its evidence is named. */
interface Purpose {
  readonly expects: readonly string[];
  readonly reaches: Reach;
  /** The revisions that it is for, oldest first; empty if it is for all. */
  readonly playedBy: readonly Revision[];
  /** Sequence numbers of exchanges by their positions in the order. */
  readonly numbersOf: (positions: readonly number[]) => readonly number[];
}

function* judgingClient(
  client: ClientSteps,
  facts: SandboxFacts,
  { expects, reaches, playedBy, numbersOf }: Purpose,
): Sliced<ClientReport> {
  const { id, name, steps, standing } = client;
  const { view, widest, check: checkAll } = sightOf(client, facts);
  const { revision } = view;
  const wanted = isTooOld(view, playedBy) ? playedBy[0] : isTooNew(view, playedBy) ? playedBy.at(-1) : undefined;
  const findings: Finding[] = [];
  for (const rule of rulesFor(view, expects, wanted)) {
    const { status, evidence, detail, message, level = rule.level } = standing === "nobody"
      ? notObserved(NOBODY)
      : checkAll((seen) => check(rule, seen));
    findings.push({
      rule: rule.id,
      name: rule.name,
      title: rule.title,
      level,
      status,
      isExpected: expects.includes(rule.id),
      evidence: numbersOf([...new Set(evidence)]),
      ...placed(widest.calls, message),
      detail,
      link: rule.link,
      official: rule.official,
    });
    yield;
  }
  const seen = progressOf(widest, reaches, {
    find: (id) => rules.find((rule) => rule.id === id),
    statusOf: (id) => findings.find(({ rule }) => rule === id)?.status,
    revisions: playedBy,
  });
  const progress: Progress = standing === "nobody" ? { ...seen, outcome: "short", sentence: NOBODY } : seen;
  const stray = strayVersions(view.settled);
  return {
    id,
    ...(name === undefined ? {} : { name }),
    ...(revision === undefined ? {} : { revision }),
    settled: settlementsOf(view.calls),
    ...(stray.length === 0 ? {} : { strayVersions: stray }),
    ...(standing === "client" ? {} : { isBystander: true }),
    progress,
    exchanges: numbersOf(steps.flatMap(positionsIn)),
    findings,
    ...decide(findings, progress),
  };
}

const NOBODY = "Nothing ties these requests to a client, so no rule applies to them";

function check(rule: Rule, view: View): Outcome {
  if (rule.isOfMcp && !speaksMcp(view)) return notObserved("It made no request to an MCP server");
  const outcome = rule.check(view);
  if (rule.goesByTime && outcome.status === "broken" && stoodStill(view.steps)) {
    return notObserved("The clock of the server stood still, so that nothing shows how long it waited");
  }
  return outcome.status === "broken" ? heldAgainst(view, rule, outcome) : outcome;
}

/**
 * The rules that a client's revision has; where the scenario expects none of these, also those that it expects of later
 * revisions, so that a client that does what the scenario tests does not pass. A client that has not shown what it speaks
 * is judged by what has been required since 2025-06-18, and by all that the scenario expects. A client that is too old for
 * the scenario, or too new, is also shown the rules that it would have there.
 *
 * @param wanted The revision that it would have to speak.
 */
function rulesFor(
  view: Pick<View, "revision" | "offered" | "spoken">,
  expects: readonly string[],
  wanted: Revision | undefined,
): readonly Rule[] {
  const { revision } = view;
  const own = rules.filter((rule) =>
    isOfItsRevisions(rule, view) || (wanted !== undefined && rule.revisions.includes(wanted))
  );
  if (revision !== undefined && own.some(({ id }) => expects.includes(id))) return own;
  const isLater = ({ revisions }: Rule): boolean => revisions.every((later) => later > (revision ?? ""));
  return rules.filter((rule) => own.includes(rule) || (expects.includes(rule.id) && isLater(rule)));
}
