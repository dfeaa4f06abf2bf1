/** Where in an exchange the message is that shows a finding: among several of a request, and among those of a stream. */
import assert from "node:assert/strict";
import { placed } from "../../lib/judge/messages.ts";
import { buildReport } from "../../lib/judge/report.ts";
import { readingSteps } from "../../lib/judge/steps.ts";
import { finish } from "../../lib/runtime/slices.ts";
import { brokenByLine } from "../../views/inspect/model.js";
import { origin } from "../helpers.ts";
import { type Made, make } from "../recorder/made_exchanges.ts";

const mcp = `${origin}/no-auth`;
const post = (sent: unknown, made: Made = {}): readonly [string, Made] => [
  mcp,
  { method: "POST", route: "no_auth_post", headers: [["mcp-session-id", "one"]], sent, ...made },
];
const good = { jsonrpc: "2.0", id: 1, method: "tools/list" };

Deno.test("a finding names the message of a batch that shows it, and stands at its line (issue 19)", () => {
  const params = { protocolVersion: "2025-03-26", capabilities: {}, clientInfo: { name: "n", version: "1" } };
  const exchanges = make(
    post({ jsonrpc: "2.0", id: 0, method: "initialize", params }, {
      answered: { jsonrpc: "2.0", id: 0, result: { protocolVersion: "2025-03-26", capabilities: {}, serverInfo: {} } },
      answeredHeaders: [["mcp-session-id", "one"]],
    }),
    post([good, { id: 2, method: "tools/list" }]),
    post(good),
  );
  const report = buildReport(exchanges, { sandbox: "main", hasOrigin: true, isWhole: true });
  const finding = report.clients[0]?.findings.find(({ rule }) => rule === "M1");
  assert.equal(finding?.status, "broken");
  const [, batch] = exchanges;
  assert.deepEqual(finding.message, { exchange: batch?.sequence, part: "request", index: 1 });
  assert.deepEqual(brokenByLine(report).get(batch?.sequence ?? 0)?.map(({ rule }) => rule).includes("M1"), true);
});

Deno.test("a message is found in the stream that it came on, and one like it is not taken for it (issue 19)", () => {
  const ping = { jsonrpc: "2.0", id: 7, method: "ping" };
  const events = [good, ping, ping].map((message) => `data: ${JSON.stringify(message)}\n\n`).join("");
  const calls = finish(readingSteps(make(post(good, { events })))).filter((step) => step.kind === "mcp");
  const [call] = calls;
  assert(call);
  assert.deepEqual(placed(calls, call.answered[2]?.message), {
    message: { exchange: call.exchange.sequence, part: "response", index: 2 },
  });
  assert.deepEqual(placed(calls, { ...ping }), {});
  assert.deepEqual(placed(calls, undefined), {});
});
