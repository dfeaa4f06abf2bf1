/**
 * The verdict as Markdown, for a summary of a CI run or a bug report.
 *
 * @module
 */
import type { ClientReport, Finding, RecordFacts, Report } from "../report.ts";

const marks = { kept: "kept", broken: "**broken**", "not observed": "not observed" } as const;

/**
 * Writes a report as Markdown: first the verdict, then a table for each client with broken rules on top.
 *
 * @param report The report.
 */
export function renderMarkdown(report: Report): string {
  return [...markdownPieces(report)].join("");
}

/**
 * The same in pieces, a client each.
 *
 * @param report The report.
 */
export function* markdownPieces(
  { sandbox, scenario, expects, note, record, clients, verdict }: Report,
): Generator<string, void> {
  const lines = [
    `# ${verdict}: ${text(sandbox)}`,
    "",
    ...(scenario === undefined ? [] : [`Scenario \`${scenario}\`${expectation(expects)}.`, ""]),
    ...(note === undefined ? [] : [`${text(note)}.`, ""]),
    ...missing(record),
    ...(clients.length === 0 ? ["No client has sent a request.", ""] : []),
  ];
  yield lines.join("\n");
  for (const client of clients) yield section(client).map((line) => `\n${line}`).join("");
}

function missing({ cut, leftOut, dropped, unjudged }: RecordFacts): readonly string[] {
  const count = (number: number, what: string): string =>
    `${number} exchange${number === 1 ? " was" : "s were"} ${what}`;
  return [
    ...(cut > 0 ? [`${count(cut, "cut because it was too large")}.`, ""] : []),
    ...(leftOut > 0 ? [`${count(leftOut, "left out of the record")}.`, ""] : []),
    ...(dropped > 0
      ? [`${count(dropped, "dropped from the record to make room for later ones")}${judgedBy(unjudged)}.`, ""]
      : []),
  ];
}

function judgedBy(unjudged: number): string {
  return unjudged === 0 ? "; the verdict counts them" : `; the verdict does not count ${unjudged} of them`;
}

function expectation(expects: readonly string[]): string {
  return expects.length === 0 ? "" : `, which tests ${expects.join(", ")}`;
}

function section({ id, name, revision, findings, verdict }: ClientReport): readonly string[] {
  const order = ["broken", "kept", "not observed"];
  const sorted = findings.toSorted((one, other) => order.indexOf(one.status) - order.indexOf(other.status));
  return [
    `## ${verdict}: ${text(name ?? id)}`,
    "",
    `Client \`${id.replaceAll("`", "'")}\`, ${
      revision === undefined ? "of an unknown MCP revision" : `MCP ${revision}`
    }.`,
    "",
    "| rule | level | status | what was seen | exchanges |",
    "| --- | --- | --- | --- | --- |",
    ...sorted.map(row),
    "",
  ];
}

function row({ rule, name, level, status, detail, evidence, link, isExpected }: Finding): string {
  const expected = isExpected ? " (expected)" : "";
  return `| [${rule}](${link}) ${name}${expected} | ${level} | ${marks[status]} | ${text(detail)} | ${
    evidence.join(", ")
  } |`;
}

/** What a client chose must neither end the cell nor be read as markup. */
function text(value: string): string {
  return value.replace(/\s+/g, " ").replace(/[\\`*_{}[\]<>|#~]/g, "\\$&");
}
