/**
 * The verdict as Markdown, for a summary of a CI run or a bug report.
 *
 * @module
 */
import { plainText } from "../../runtime/plain_text.ts";
import type { RecordFacts, Report } from "../report.ts";
import type { Progress } from "../progress.ts";
import type { ClientReport, Finding } from "../verdict.ts";

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
  { sandbox, scenario, expects, judgedBy, note, record, clients, verdict, reason }: Report,
): Generator<string, void> {
  const lines = [
    `# ${verdict}: ${text(sandbox)}`,
    "",
    `${text(reason)}.`,
    "",
    ...(scenario === undefined ? [] : [`Scenario \`${scenario}\`${expectation(expects)}.`, ""]),
    ...(judgedBy === undefined ? [] : [`Judged by MCP ${judgedBy}, whichever revision a client speaks.`, ""]),
    ...(note === undefined ? [] : [`${text(note)}.`, ""]),
    ...missing(record),
  ];
  yield lines.join("\n");
  for (const client of clients) yield section(client).map((line) => `\n${line}`).join("");
}

function missing({ isCleared = false, cut, leftOut, dropped, unjudged }: RecordFacts): readonly string[] {
  const count = (number: number, what: string): string =>
    `${number} exchange${number === 1 ? " was" : "s were"} ${what}`;
  return [
    ...(isCleared ? ["The record was cleared; what came before is not judged.", ""] : []),
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

function section(client: ClientReport): readonly string[] {
  const { id, name, revision, findings, warnings, verdict, reason, progress, unseen = [] } = client;
  const order = ["broken", "kept", "not observed"];
  const sorted = findings.toSorted((one, other) => order.indexOf(one.status) - order.indexOf(other.status));
  const spoken = revision === undefined ? "of an unknown MCP revision" : `MCP ${revision}`;
  return [
    `## ${verdict}: ${text(name ?? id)}`,
    "",
    `${text(reason)}.`,
    "",
    `Client \`${plainText(id).replaceAll("`", "'")}\`, ${spoken}: ${stationsText(progress)}.`,
    "",
    ...unseen.flatMap((sentence) => [`${text(sentence)}.`, ""]),
    ...(warnings.length === 0 ? [] : [`Warnings, which do not fail it: ${warnings.join(", ")}.`, ""]),
    "| rule | level | status | what was seen | exchanges |",
    "| --- | --- | --- | --- | --- |",
    ...sorted.map(row),
    "",
  ];
}

function stationsText({ stations }: Progress): string {
  return stations.map(({ station, reached }) => `${reached ? "" : "not "}${station.replace("_", " ")}`).join(", ");
}

function row({ rule, name, level, status, detail, evidence, link, isExpected }: Finding): string {
  const expected = isExpected ? " (expected)" : "";
  return `| [${rule}](${link}) ${name}${expected} | ${level} | ${marks[status]} | ${text(detail)} | ${
    evidence.join(", ")
  } |`;
}

/** Text as it may stand in a cell: what a client chose must neither end it nor be read as markup. */
export function text(value: string): string {
  const plain = plainText(value.replace(/\s+/g, " ")).replace(/[\\`*_{}[\]<>|#~]/g, "\\$&");
  // Where Markdown is shown, `@name` calls a person, escaped or not.
  return plain.replace(/(?<!\w)@(?=\w)/g, "@\u200b");
}
