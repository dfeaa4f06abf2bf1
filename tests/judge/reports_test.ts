/**
 * What users report of clients in the wild: each report played, and what is said of the client then. A row says by which
 * rule or sentence its mistake is seen, or why it is not.
 */
import assert from "node:assert/strict";
import { mcpReports } from "./reports_mcp.ts";
import { oauthReports } from "./reports_oauth.ts";
import { openWild } from "./wild.ts";

const reports = [...mcpReports, ...oauthReports];

Deno.test("every report from the wild has a row that is played, or says why it cannot be", () => {
  const numbers = [2, 3, 4, 5, 7, 8, 10, 11, 13, 14, 15, 16, 17, 18, 20, 22, 24, 27, 28, 29, 31];
  assert.deepEqual(reports.map(({ number }) => number).sort((a, b) => a - b), numbers);
  for (const { number, play, missing, verdict } of reports) {
    assert(play ? verdict !== undefined : missing !== undefined, `${number}`);
  }
});

for (const { number, issue, mistake, scenario, play, seen, verdict } of reports) {
  if (!play) continue;
  Deno.test(`report ${number}: ${mistake} (${issue})`, async () => {
    await using wild = await openWild(scenario);
    await play(wild);
    for (const { name, met } of await wild.faults()) assert.notEqual(met, 0, `No request met ${name}`);
    const report = await wild.report();
    const failures = report.clients.flatMap((client) => client.failures);
    const warnings = report.clients.flatMap((client) => client.warnings);
    const said = JSON.stringify({ verdict: report.verdict, reason: report.reason, failures, warnings });
    if ("rule" in seen) assert((seen.isWarning ? warnings : failures).includes(seen.rule), said);
    else assert.deepEqual([failures, warnings], [[], []], `${said}: the row has to name the rule that sees it`);
    if ("short" in seen) assert.match(report.reason, seen.short);
    assert.equal(report.verdict, verdict, said);
  });
}
