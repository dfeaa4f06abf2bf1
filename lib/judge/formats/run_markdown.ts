/**
 * A run as Markdown, for the summary of a CI job.
 *
 * @module
 */
import type { Run, RunScenario } from "../run.ts";
import { text } from "./markdown.ts";

const marks = { pass: "pass", fail: "**fail**", incomplete: "incomplete", "not tried": "not tried" } as const;
/** What needs a look comes first. */
const order = ["fail", "incomplete", "pass", "not tried"];

/**
 * Writes a run as Markdown: the verdict, the counts, and a row for each scenario, those that failed on top.
 *
 * @param run The run.
 */
export function* runMarkdownPieces({ run, set, verdict, reason, counts, scenarios }: Run): Generator<string, void> {
  const { pass, fail, incomplete, notTried, withWarnings } = counts;
  yield [
    `# ${verdict}: ${text(run)}`,
    "",
    `${text(reason)}.`,
    "",
    `| scenarios (${text(set)}) | pass | fail | incomplete | not tried | with warnings |`,
    "| ---: | ---: | ---: | ---: | ---: | ---: |",
    `| ${scenarios.length} | ${pass} | ${fail} | ${incomplete} | ${notTried} | ${withWarnings} |`,
    "",
    "| scenario | verdict | why | rules | warnings |",
    "| --- | --- | --- | --- | --- |",
    "",
  ].join("\n");
  const sorted = scenarios.toSorted((one, other) => order.indexOf(one.verdict) - order.indexOf(other.verdict));
  for (const one of sorted) yield row(one);
}

function row({ name, verdict, reason, inspect, clients }: RunScenario): string {
  const ids = (of: "failures" | "warnings"): string => [...new Set(clients.flatMap((client) => client[of]))].join(", ");
  const why = verdict === "pass" || verdict === "not tried" ? "" : text(reason);
  return `| [${name}](${inspect}) | ${marks[verdict]} | ${why} | ${ids("failures")} | ${ids("warnings")} |\n`;
}
