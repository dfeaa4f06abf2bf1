// What findings come to: a verdict, and the sentence that says why.
import type { Progress } from "./progress.ts";
import type { Level, Status } from "./rules/rule.ts";
import type { Revision, Settlement, StrayVersion } from "./settled.ts";

/** The overall result: a requirement was broken, not enough was seen, or all is well. */
export type Verdict = "pass" | "fail" | "incomplete";

/** Where a JSON-RPC message is. */
export interface MessagePlace {
  /** Sequence number of its exchange. */
  readonly exchange: number;
  readonly part: "request" | "response";
  /** Its place among the messages of that part, from 0. */
  readonly index: number;
}

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
  readonly status: Status;
  /** Whether the scenario tests it. */
  readonly isExpected: boolean;
  /** Sequence numbers of the exchanges that show it. */
  readonly evidence: readonly number[];
  /** The message among these that shows it, if it is one. */
  readonly message?: MessagePlace;
  /** What was seen. */
  readonly detail: string;
  /** Where the rule is written. */
  readonly link: string;
  /** The official suite's names for it. */
  readonly official: readonly string[];
}

/** What findings come to. */
export interface Outcome {
  /** Ids of the broken rules that fail the client. */
  readonly failures: readonly string[];
  /** Ids of the broken rules that do not: recommendations. */
  readonly warnings: readonly string[];
  readonly verdict: Verdict;
  /** Why, as a sentence; if the verdict is incomplete, with what to do about it. */
  readonly reason: string;
}

/** What there is to say of one client. */
export interface ClientReport extends Outcome {
  /** Its (first) client_id. */
  readonly id: string;
  /** What it calls itself. */
  readonly name?: string;
  /** The revision of MCP that it was judged by; absent if it has not shown which it speaks. */
  readonly revision?: Revision;
  /** What it settled with the server, in order. */
  readonly settled: readonly Settlement[];
  /** Headers that name another revision; absent if there were none. */
  readonly strayVersions?: readonly StrayVersion[];
  /** True for somebody who never shows who it is, beside a client that does. */
  readonly isBystander?: boolean;
  /** What the recording of it does not tell, a sentence each without its full stop; absent where it was recorded here. */
  readonly unseen?: readonly string[];
  readonly progress: Progress;
  /** Sequence numbers of its exchanges. */
  readonly exchanges: readonly number[];
  /** One for each rule that its revision has. */
  readonly findings: readonly Finding[];
}

/** Whether a finding counts against a client: a recommendation counts only if the scenario tests it. */
export function isFailure({ status, level, isExpected }: Finding): boolean {
  return status === "broken" && (level === "MUST" || isExpected);
}

/**
 * The verdict on a client. It passes only if it kept all that was seen to be required of it and all that the scenario
 * expects, and came as far as the scenario wants it to.
 *
 * @param findings One for each rule.
 * @param progress How far it came.
 */
export function decide(findings: readonly Finding[], progress: Progress): Outcome {
  const broken = findings.filter(({ status }) => status === "broken");
  const failures = broken.filter(isFailure);
  const warnings = broken.filter((finding) => !isFailure(finding));
  return {
    failures: failures.map(({ rule }) => rule),
    warnings: warnings.map(({ rule }) => rule),
    ...verdictOf(findings, failures, progress),
  };
}

function verdictOf(
  findings: readonly Finding[],
  failures: readonly Finding[],
  { outcome, sentence }: Progress,
): Pick<Outcome, "verdict" | "reason"> {
  if (failures.length > 0) return { verdict: "fail", reason: brokenSentence(failures) };
  if (outcome === "beyond") return { verdict: "fail", reason: sentence };
  if (outcome === "short") return { verdict: "incomplete", reason: sentence };
  const unseen = findings.filter(({ isExpected, status }) => isExpected && status === "not observed");
  const [first] = unseen;
  if (first) {
    const ids = unseen.map(({ rule }) => rule).join(", ");
    return {
      verdict: "incomplete",
      reason: `${sentence}. The scenario tests ${ids}, and nothing that it did shows whether it keeps ${
        unseen.length === 1 ? "it" : "them"
      }: ${first.detail}`,
    };
  }
  return findings.some(({ status }) => status !== "not observed")
    ? { verdict: "pass", reason: sentence }
    : { verdict: "incomplete", reason: `${sentence}. Nothing that it did is what a rule applies to` };
}

function brokenSentence(broken: readonly Finding[]): string {
  const [first, ...others] = broken;
  if (!first) return "";
  const more = others.length === 0 ? "" : `; it also broke ${others.map(({ rule }) => rule).join(", ")}`;
  return `It broke ${first.rule} (${first.level}): ${first.detail}${more}`;
}

/** Whether a client counts: one without observed rules does not, such as a person with a browser, and a bystander only if it fails. */
export function isJudged(
  { findings, isBystander = false, verdict }: Pick<ClientReport, "findings" | "isBystander" | "verdict">,
): boolean {
  return isBystander ? verdict === "fail" : findings.some(({ status }) => status !== "not observed");
}

/** The verdict on all clients, and the reason: the worst client's. */
export function sumUp(clients: readonly ClientReport[]): Pick<Outcome, "verdict" | "reason"> {
  const judged = clients.filter(isJudged);
  const [only] = judged;
  if (!only) {
    const client = clients.find(({ isBystander = false }) => !isBystander) ?? clients[0];
    return { verdict: "incomplete", reason: client?.reason ?? "No client has sent a request" };
  }
  for (const verdict of ["fail", "incomplete"] as const) {
    const found = judged.find((client) => client.verdict === verdict);
    if (found) {
      return { verdict, reason: judged.length === 1 ? found.reason : `${found.name ?? found.id}: ${found.reason}` };
    }
  }
  return { verdict: "pass", reason: judged.length === 1 ? only.reason : `All ${judged.length} clients passed` };
}

/**
 * A report in which broken recommendations fail as requirements do.
 *
 * @param report A report.
 */
export function failOnShoulds<
  Judged extends { readonly clients: readonly ClientReport[]; readonly verdict: Verdict; readonly reason: string },
>(report: Judged): Judged {
  const clients = report.clients.map((client) => {
    const shoulds = client.findings.filter(({ rule, level }) => level === "SHOULD" && client.warnings.includes(rule));
    if (shoulds.length === 0) return client;
    const ids = shoulds.map(({ rule }) => rule);
    return {
      ...client,
      failures: [...client.failures, ...ids],
      warnings: client.warnings.filter((id) => !ids.includes(id)),
      verdict: "fail" as const,
      reason: client.verdict === "fail" ? client.reason : brokenSentence(shoulds),
    };
  });
  return { ...report, clients, ...sumUp(clients) };
}
