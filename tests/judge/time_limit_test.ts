/** A client that waits for an answer that never comes, and goes on: what the time limits of the tests rest on. */
import assert from "node:assert/strict";
import { revisions } from "../../lib/judge/settled.ts";
import { playCase } from "./cases/play.ts";

for (const method of ["tools/list", "tools/call"]) {
  for (const revision of revisions) {
    Deno.test(`a client of ${revision} that gives up what is never answered (${method}) breaks no rule`, async () => {
      const report = await playCase({
        faults: [{ match: { endpoint: "mcp", rpc_method: method }, edit: { hold: true } }],
        client: { timeLimitMs: 60_000, tools: ["mock_echo", "mock_create_note"] },
      }, revision);
      const [client] = report.clients;
      assert.equal(report.clients.length, 1);
      const broken = client?.findings.filter(({ status }) => status === "broken").map((
        { rule, detail },
      ) => [rule, detail]);
      assert.deepEqual(broken, []);
      assert.equal(report.verdict, "pass", report.reason);
    });
  }
}
