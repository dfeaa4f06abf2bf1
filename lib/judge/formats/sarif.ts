/**
 * Broken rules as SARIF, which tools for the results of analyses read: a result for each, with what the rule requires.
 *
 * @see {@link https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html}
 * @module
 */
import type { JsonObject } from "../../http/json.ts";
import { defined } from "../../runtime/defined.ts";
import { version } from "../../runtime/version.ts";
import type { Report } from "../report.ts";
import { rules } from "../rules/catalogue.ts";
import type { Run } from "../run.ts";

/** A broken rule. */
interface Broken {
  readonly rule: string;
  readonly level: "error" | "warning";
  readonly text: string;
  readonly sandbox: string;
  /** What the client calls itself, or its id. */
  readonly client: string;
  /** Where a person sees what happened. */
  readonly seenAt?: string;
  /** Numbers of the exchanges that show it. */
  readonly exchanges?: readonly number[];
}

/** Writes a report as SARIF. */
export function* reportSarifPieces({ sandbox, verdict, reason, clients }: Report): Generator<string, void> {
  const broken = clients.flatMap(({ id, name, findings, failures }) =>
    findings.filter(({ status }) => status === "broken").map(({ rule, title, detail, evidence }): Broken => ({
      rule,
      level: failures.includes(rule) ? "error" : "warning",
      text: `${detail}. ${sentence(title)}`,
      sandbox,
      client: name ?? id,
      exchanges: evidence,
    }))
  );
  yield sarifOf(sandbox, { verdict, reason }, broken);
}

/** Writes a run as SARIF. */
export function* runSarifPieces({ run, verdict, reason, scenarios }: Run): Generator<string, void> {
  const broken = scenarios.flatMap(({ name: scenario, inspect, clients }) =>
    clients.flatMap((client) => {
      const brokenAs = (level: Broken["level"]) => (rule: string): Broken => ({
        rule,
        level,
        text: `It broke ${rule} in ${scenario}. ${sentence(rules.find(({ id }) => id === rule)?.title ?? "")}`,
        sandbox: `${scenario}~${run}`,
        client: client.name ?? client.id,
        seenAt: inspect,
      });
      return [...client.failures.map(brokenAs("error")), ...client.warnings.map(brokenAs("warning"))];
    })
  );
  yield sarifOf(run, { verdict, reason }, broken);
}

function sarifOf(name: string, outcome: Pick<Run, "verdict" | "reason">, broken: readonly Broken[]): string {
  const ids = [...new Set(broken.map(({ rule }) => rule))].sort();
  return JSON.stringify({
    $schema: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json",
    version: "2.1.0",
    runs: [{
      tool: {
        driver: {
          name: "mock-oauth",
          semanticVersion: version,
          informationUri: "https://github.com/iterate/mock-oauth",
          rules: ids.map(describe),
        },
      },
      automationDetails: { id: `mock-oauth/${name}/` },
      results: broken.map((one) => resultOf(one, ids.indexOf(one.rule))),
      properties: outcome,
    }],
  });
}

function describe(id: string): JsonObject {
  const rule = rules.find((one) => one.id === id);
  return defined({
    id,
    name: rule?.name,
    shortDescription: rule && { text: sentence(rule.title) },
    helpUri: rule?.link,
    defaultConfiguration: { level: rule?.level === "MUST" ? "error" : "warning" },
    properties: rule && { level: rule.level, revisions: rule.revisions, official: rule.official },
  });
}

function resultOf({ rule, level, text, sandbox, client, seenAt, exchanges }: Broken, ruleIndex: number): JsonObject {
  return defined({
    ruleId: rule,
    ruleIndex,
    level,
    message: { text: `${client}: ${text}` },
    // A server sees no source: what there is to point at is a client in a sandbox.
    locations: [{ logicalLocations: [{ name: client, fullyQualifiedName: `${sandbox}/${client}` }] }],
    partialFingerprints: { "brokenRule/v1": `${sandbox}/${client}/${rule}` },
    hostedViewerUri: seenAt,
    properties: exchanges && { exchanges },
  });
}

function sentence(title: string): string {
  return title.endsWith(".") ? title : `${title}.`;
}
