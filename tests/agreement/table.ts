/** Our verdicts beside the suite's: all of them, and as tables. */
import assert from "node:assert/strict";
import type { DrivenClient } from "../matrix/clients.ts";
import { sdkV1 } from "../matrix/sdk_v1.ts";
import { sdkV2 } from "../matrix/sdk_v2.ts";
import { renderTable } from "../matrix/table.ts";
import type { Sdk } from "../matrix/walk.ts";
import { type ClientName, compare, type Comparison } from "./compare.ts";
import { driveForSuite, driveForUs } from "./drive.ts";
import { playedNames, playedScenarios } from "./played.ts";
import { reasons, unruled } from "./reasons.ts";
import { runSuite } from "./suite.ts";

/** The document that the tables stand in. */
export const path = new URL("README.md", import.meta.url);

/** The lines of the document between which the tables stand. */
export const markers = ["<!-- agreement: made by `deno task agreement` -->", "<!-- end of the agreement -->"] as const;

const clients: readonly { readonly name: ClientName; readonly title: string; readonly sdk: Sdk }[] = [
  { name: "v1", title: "Client of SDK 1.32", sdk: sdkV1 },
  { name: "v2", title: "Client of SDK 2.4", sdk: sdkV2 },
];

/** Has both clients judged by the suite and by us. */
export async function compareAll(): Promise<readonly Comparison[]> {
  const all: Comparison[] = [];
  for (const { name: client, sdk } of clients) {
    const results = await runSuite((assignment) => driveForSuite(sdk, assignment));
    assert.deepEqual([...results.keys()].sort(), playedNames.toSorted());
    for (const scenario of playedScenarios) {
      const { official = "" } = scenario;
      const judgement = await driveForUs(sdk, scenario);
      all.push(compare({ client, scenario: official, checks: results.get(official) ?? [], judgement }));
    }
  }
  return all;
}

/** What is wrong: differences without a reason, reasons without a difference, checks that nobody has thought of. */
export function findProblems(all: readonly Comparison[]): readonly string[] {
  const known = unruled.flatMap(({ checks }) => checks);
  const seen = new Set(all.flatMap((comparison) => comparison.unruled));
  return [
    ...findDifferences(all),
    ...[...seen].filter((id) => !known.includes(id)).map((id) => `no rule looks at ${id}`),
    ...known.filter((id) => !seen.has(id)).map((id) => `a rule looks at ${id} by now, or nobody`),
  ];
}

/** Differences of some clients without a reason, and reasons without a difference. */
export function findDifferences(all: readonly Comparison[]): readonly string[] {
  const names = new Set(all.map(({ client }) => client));
  return [
    ...all.flatMap((comparison) =>
      comparison.differences.filter((difference) => reasonsFor(comparison, difference).length === 0)
        .map((difference) => `${comparison.client} in ${comparison.scenario}: ${difference}`)
    ),
    ...reasons.filter((reason) =>
      reason.clients.some((name) => names.has(name)) &&
      !all.some((comparison) =>
        comparison.differences.some((difference) => reasonsFor(comparison, difference).includes(reason.reason))
      )
    ).map(({ scenario, reason }) => `no longer needed for ${scenario}: ${reason}`),
  ];
}

function reasonsFor({ client, scenario }: Comparison, difference: string): readonly string[] {
  return reasons.filter((known) =>
    known.scenario === scenario && known.clients.includes(client) && known.about.test(difference)
  ).map(({ reason }) => reason);
}

/** The lines between which the table of a client with a driver stands. */
export function markersOf({ name }: Pick<DrivenClient, "name">): readonly [string, string] {
  return [`<!-- ${name}: made by \`deno task agreement --client ${name}\` -->`, `<!-- end of ${name} -->`];
}

/** The table of a client with a driver, in Markdown. */
export function renderDriven({ title, version }: DrivenClient, all: readonly Comparison[]): string {
  return [`**Client of ${title} ${version}**`, ...sumsOf(all), tableOf(all)].join("\n\n");
}

function sumsOf(all: readonly Comparison[]): readonly string[] {
  const total = all.reduce((sum, { compared }) => sum + compared, 0);
  const apart = all.filter(({ differences }) => differences.length > 0);
  const judgedByLater = all.filter(({ judgedBy }) => judgedBy !== undefined).length;
  return [
    `${total} checks compared in ${all.length} runs; ${
      all.length - apart.length
    } runs agree in all, ${apart.length} differ for a reason.`,
    `In ${judgedByLater} runs ours is by the scenario's revision, which the client does not speak.`,
  ];
}

function tableOf(all: readonly Comparison[]): string {
  return renderTable(all.map(cellsOf), ["scenario", "checks", "the suite says", "we say", "both agree"]);
}

/** The tables, in Markdown. */
export function renderAgreement(all: readonly Comparison[]): string {
  const byClient = clients.map(({ name, title }) =>
    `**${title}**\n\n${tableOf(all.filter(({ client }) => client === name))}`
  );
  return [
    ...sumsOf(all),
    ...byClient,
    "**Checks without a rule**",
    renderTable(
      unruled.map(({ checks, reason }) => [checks.map((id) => `\`${id}\``).join(", "), reason]),
      ["checks", "why"],
    ),
  ].join("\n\n");
}

function cellsOf(comparison: Comparison): readonly string[] {
  const { scenario, compared, failed, broken, verdict, judgedBy, ownVerdict, idle, differences } = comparison;
  const law = judgedBy === undefined ? "" : ` by ${judgedBy}; ${ownVerdict} by its own revision`;
  const why = [...new Set(differences.flatMap((difference) => reasonsFor(comparison, difference)))];
  return [
    `\`${scenario}\``,
    String(compared),
    failed.length === 0 ? "pass" : failed.map((id) => `\`${id}\``).join(", "),
    `${[verdict, broken.join(", ")].filter(Boolean).join(": ")}${law}`,
    differences.length === 0 ? `yes${idle === undefined ? "" : `, of nothing done: ${idle}`}` : why.join("; "),
  ];
}
