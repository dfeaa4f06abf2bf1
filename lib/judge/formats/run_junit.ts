/**
 * A run as JUnit XML: a suite for each group, a case for each scenario.
 *
 * @module
 */
import type { Run, RunScenario } from "../run.ts";
import { attributesOf, escapeXml } from "./xml.ts";

/**
 * Writes a run as JUnit XML. A failed scenario is a failure, an incomplete one an error, one that was not tried skipped.
 *
 * @param run The run.
 */
export function* runJunitPieces({ run, scenarios, counts }: Run): Generator<string, void> {
  const { fail: failures, incomplete: errors, notTried: skipped } = counts;
  const totals = { tests: scenarios.length, failures, errors, skipped };
  yield `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites${
    attributesOf({ name: `mock-oauth run ${run}`, ...totals })
  }>\n`;
  for (const group of new Set(scenarios.map((one) => one.group))) {
    yield suite(run, group, scenarios.filter((one) => one.group === group));
  }
  // A file without a case would count as success.
  if (scenarios.length === 0) yield nobody(run);
  yield "</testsuites>\n";
}

function suite(run: string, group: string, scenarios: readonly RunScenario[]): string {
  const count = (wanted: RunScenario["verdict"]): number =>
    scenarios.filter(({ verdict }) => verdict === wanted).length;
  const attributes = attributesOf({
    name: group,
    tests: scenarios.length,
    failures: count("fail"),
    errors: count("incomplete"),
    skipped: count("not tried"),
  });
  return [`  <testsuite${attributes}>`, ...scenarios.map((one) => testCase(run, one)), "  </testsuite>\n"].join("\n");
}

function testCase(run: string, { name, story, verdict, reason, clients, inspect }: RunScenario): string {
  const about = escapeXml(
    [story, ...clients.map((client) => `${client.name ?? client.id}: ${client.reason}.`), inspect].join("\n"),
  );
  const told = attributesOf({ message: reason });
  const inner = {
    pass: `<system-out>${about}</system-out>`,
    fail: `<failure${told}>${about}</failure>`,
    incomplete: `<error${told}>${about}</error>`,
    "not tried": `<skipped${told}/>`,
  }[verdict];
  return `    <testcase${attributesOf({ classname: `mock-oauth.${run}`, name })}>${inner}</testcase>`;
}

function nobody(run: string): string {
  const head = attributesOf({ name: run, tests: 1, failures: 0, errors: 1, skipped: 0 });
  const message = attributesOf({ message: `No client has tried a scenario with the label ${run}` });
  return `  <testsuite${head}>\n    <testcase${
    attributesOf({ classname: `mock-oauth.${run}`, name: "a client tries a scenario" })
  }><error${message}/></testcase>\n  </testsuite>\n`;
}
