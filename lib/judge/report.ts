/**
 * The verdict: every rule held against every client of a sandbox.
 *
 * @module
 */
import { finish, type Sliced } from "../runtime/slices.ts";
import type { Exchange } from "../recorder/exchange.ts";
import { type ClientSteps, groupByClient } from "./group.ts";
import { rules } from "./rules/catalogue.ts";
import { type Level, notObserved, type Outcome, type Rule, type Status } from "./rules/rule.ts";
import { positionsIn, readingSteps } from "./steps.ts";
import { createView, issuedTokens, type Revision, revisions, type SandboxFacts, speaksMcp, type View } from "./view.ts";

/** The overall result: a requirement was broken, not enough was seen, or all is well. */
export type Verdict = "pass" | "fail" | "incomplete";

/** What became of one rule. */
export interface Finding {
  /** Id of the rule, such as `C11`. */
  readonly rule: string;
  /** Its name. */
  readonly name: string;
  /** What it requires of a client. */
  readonly title: string;
  /** How strongly the part in question is required. */
  readonly level: Level;
  /** What became of it. */
  readonly status: Status;
  /** Whether the scenario tests it. */
  readonly isExpected: boolean;
  /** Sequence numbers of the exchanges that show it. */
  readonly evidence: readonly number[];
  /** What was seen. */
  readonly detail: string;
  /** Where the rule is written. */
  readonly link: string;
  /** The official suite's names for it. */
  readonly official: readonly string[];
}

/** What there is to say of one client. */
export interface ClientReport {
  /** Its (first) client_id. */
  readonly id: string;
  /** What it calls itself. */
  readonly name?: string;
  /** The revision of MCP that it was judged by; absent if it has not shown which it speaks. */
  readonly revision?: Revision;
  /** Sequence numbers of its exchanges. */
  readonly exchanges: readonly number[];
  /** One for each rule that its revision has. */
  readonly findings: readonly Finding[];
  /** What they come to. */
  readonly verdict: Verdict;
}

/** What the report is made from. */
export interface RecordFacts {
  /** Whether all exchanges are on record, from the first one on. */
  readonly isWhole: boolean;
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
  /** Why the verdict may not be about the scenario; absent if there is no such reason. */
  readonly note?: string;
  /** What it is made from. */
  readonly record: RecordFacts;
  /** All clients that sent requests, in order of their first request. */
  readonly clients: readonly ClientReport[];
  /** The verdict on the sandbox. */
  readonly verdict: Verdict;
}

/** What a report is about. */
export interface ReportOptions {
  /** The sandbox's id. */
  readonly sandbox: string;
  /** The scenario it plays. */
  readonly scenario?: string;
  /** Ids of the rules that the scenario tests. */
  readonly expects?: readonly string[];
  /** Revisions of MCP that the scenario is for; absent for all. */
  readonly revisions?: readonly string[];
  /** Whether the scenario needs that nothing else lies at its origin; false if not given. */
  readonly needsOrigin?: boolean;
  /** Whether all requests to its origin are recorded. */
  readonly hasOrigin: boolean;
  /** Whether its exchanges are on record from the first one on. */
  readonly isWhole: boolean;
  /** Whether it has a label, which a test chooses to be alone; false if not given. */
  readonly isLabelled?: boolean;
  /** How many exchanges never came on record; 0 if not given. */
  readonly leftOut?: number;
  /** How many have fallen off it; 0 if not given. */
  readonly dropped?: number;
  /** How many of those told something that was not kept; 0 if not given. */
  readonly unjudged?: number;
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
  const { sandbox, scenario, expects = [], revisions: played, hasOrigin, isWhole, isLabelled = false } = options;
  const isMisplaced = options.needsOrigin && exchanges.some(({ url }) => isByPath(url));
  const { leftOut = 0, dropped = 0, unjudged = 0, isComplete = isWhole } = options;
  const steps = yield* readingSteps(exchanges);
  const numbersOf = (positions: readonly number[]): readonly number[] =>
    positions.flatMap((index) => exchanges[index]?.sequence ?? []);
  const facts = { hasOrigin, isWhole: isComplete, issued: issuedTokens(steps) };
  const oldest = revisions.find((revision) => played?.includes(revision));
  const groups = groupByClient(steps, { isLabelled });
  const clients: ClientReport[] = [];
  for (const client of groups) clients.push(yield* judgingClient(client, facts, { expects, oldest, numbersOf }));
  return {
    sandbox,
    ...(scenario === undefined ? {} : { scenario }),
    expects,
    ...(isMisplaced ? { note: NEEDS_ORIGIN } : {}),
    record: { isWhole, cut: exchanges.filter(({ isCut }) => isCut).length, leftOut, dropped, unjudged },
    clients,
    verdict: sumUp(clients),
  };
}

const NEEDS_ORIGIN =
  "The scenario needs an origin of its own: it was requested by a path, and a client that falls back " +
  "to the root of that origin finds a healthy server there. POST /control/origins opens a port for it";

/** Whether a URL names its sandbox in its path. */
function isByPath(url: string): boolean {
  return /^https?:\/\/[^/]+(\/\.well-known\/[a-z-]+)?\/s\//.test(url);
}

/** Whether a finding counts against a client: a recommendation counts only if the scenario tests it. */
export function isFailure({ status, level, isExpected }: Finding): boolean {
  return status === "broken" && (level === "MUST" || isExpected);
}

/** What a scenario tests, and how its evidence is named. */
interface Purpose {
  readonly expects: readonly string[];
  /** The oldest revision that it is for; undefined if it is for all. */
  readonly oldest: Revision | undefined;
  /** Sequence numbers of exchanges by their positions in the order. */
  readonly numbersOf: (positions: readonly number[]) => readonly number[];
}

function* judgingClient(
  { id, name, steps }: ClientSteps,
  facts: SandboxFacts,
  { expects, oldest, numbersOf }: Purpose,
): Sliced<ClientReport> {
  const seen = createView(steps, facts);
  // A scenario that is new with a revision judges the client by that revision.
  const revision = seen.revision !== undefined && oldest !== undefined && oldest > seen.revision
    ? oldest
    : seen.revision;
  const view = { ...seen, revision };
  const findings: Finding[] = [];
  for (const rule of rulesFor(revision, expects)) {
    const { status, evidence, detail, level = rule.level } = check(rule, view);
    findings.push({
      rule: rule.id,
      name: rule.name,
      title: rule.title,
      level,
      status,
      isExpected: expects.includes(rule.id),
      evidence: numbersOf([...new Set(evidence)]),
      detail,
      link: rule.link,
      official: rule.official,
    });
    yield;
  }
  return {
    id,
    ...(name === undefined ? {} : { name }),
    ...(revision === undefined ? {} : { revision }),
    exchanges: numbersOf(steps.flatMap(positionsIn)),
    findings,
    verdict: verdictOf(findings),
  };
}

function check(rule: Rule, view: View): Outcome {
  if (rule.isOfMcp && !speaksMcp(view)) return notObserved("It made no request to an MCP server");
  const outcome = rule.check(view);
  const { revision } = view;
  if (outcome.status !== "broken" || revision === undefined || rule.revisions.includes(revision)) return outcome;
  // A client cannot break what its revision does not require; nor has it shown what the scenario tests.
  return notObserved(
    `${outcome.detail}. Only ${rule.revisions.join(" and ")} require that, and it speaks ${revision}`,
  );
}

/**
 * The rules that a client's revision has; where the scenario expects none of these, also those that it expects of later
 * revisions, so that a client that does what the scenario tests does not pass. A client that has not shown what it speaks
 * is judged by what has been required since 2025-06-18, and by all that the scenario expects.
 */
function rulesFor(revision: Revision | undefined, expects: readonly string[]): readonly Rule[] {
  const own = rules.filter(({ revisions }) => revisions.includes(revision ?? "2025-06-18"));
  if (revision !== undefined && own.some(({ id }) => expects.includes(id))) return own;
  const isLater = ({ revisions }: Rule): boolean => revisions.every((later) => later > (revision ?? ""));
  return rules.filter((rule) => own.includes(rule) || (expects.includes(rule.id) && isLater(rule)));
}

/** The verdict on a client. */
export function verdictOf(findings: readonly Finding[]): Verdict {
  if (findings.some(isFailure)) return "fail";
  const isSeen = findings.some(({ status }) => status !== "not observed");
  const isMissing = findings.some(({ isExpected, status }) => isExpected && status === "not observed");
  return isSeen && !isMissing ? "pass" : "incomplete";
}

/** The verdict on all clients. A client without observed rules, such as a person with a browser, does not count. */
export function sumUp(clients: readonly ClientReport[]): Verdict {
  const judged = clients.filter(({ findings }) => findings.some(({ status }) => status !== "not observed"));
  if (judged.some(({ verdict }) => verdict === "fail")) return "fail";
  return judged.length > 0 && judged.every(({ verdict }) => verdict === "pass") ? "pass" : "incomplete";
}
