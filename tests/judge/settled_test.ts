/** Which revision a client is judged by: what it settled with the server, and never what a header says afterwards. */
import assert from "node:assert/strict";
import { createLimits } from "../../lib/judge/limits.ts";
import { buildReport, type Report } from "../../lib/judge/report.ts";
import type { Revision } from "../../lib/judge/settled.ts";
import { readingSteps } from "../../lib/judge/steps.ts";
import { createView } from "../../lib/judge/view.ts";
import { finish } from "../../lib/runtime/slices.ts";
import { runDouble } from "../interop/double/double.ts";
import { json, origin, testApp } from "../helpers.ts";
import { type Made, make } from "../recorder/made_exchanges.ts";

type Row = readonly [url: string, made: Made];

const url = `${origin}/oauth`;
const opens = (offered: string, settled: string, session?: string): Row => [url, {
  method: "POST",
  sent: { jsonrpc: "2.0", id: 1, method: "initialize", params: { protocolVersion: offered } },
  answered: { jsonrpc: "2.0", id: 1, result: { protocolVersion: settled } },
  answeredHeaders: session === undefined ? [] : [["mcp-session-id", session]],
}];
const calls = (version: string | undefined, session?: string, made: Made = {}): Row => [url, {
  method: "POST",
  sent: { jsonrpc: "2.0", id: 2, method: "tools/call" },
  headers: [
    ...(version === undefined ? [] : [["mcp-protocol-version", version] as const]),
    ...(session === undefined ? [] : [["mcp-session-id", session] as const]),
  ],
  ...made,
}];
const modern = (version: string, header = version, status = 200): Row => [url, {
  method: "POST",
  status,
  sent: {
    jsonrpc: "2.0",
    id: 2,
    method: "tools/call",
    params: { _meta: { "io.modelcontextprotocol/protocolVersion": version } },
  },
  headers: [["mcp-protocol-version", header]],
}];

function judge(...rows: readonly Row[]): Report["clients"][number] {
  const report = buildReport(make(...rows), { sandbox: "main", hasOrigin: true, isWhole: true });
  const [client] = report.clients;
  assert(client && report.clients.length === 1);
  return client;
}

const cases: readonly (readonly [what: string, rows: readonly Row[], revision: string, stray: unknown])[] = [
  [
    "the answer to initialize settles",
    [opens("2026-07-28", "2025-11-25", "a"), calls("2025-11-25", "a")],
    "2025-11-25",
    undefined,
  ],
  [
    "an older header afterwards does not",
    [opens("2025-11-25", "2025-11-25", "a"), calls("2024-11-05", "a")],
    "2025-11-25",
    [{ version: "2024-11-05", settled: "2025-11-25", exchanges: [2] }],
  ],
  [
    "nor does a later one",
    [opens("2025-06-18", "2025-06-18", "a"), calls("2026-07-28", "a"), calls("2026-07-28", "a")],
    "2025-06-18",
    [{ version: "2026-07-28", settled: "2025-06-18", exchanges: [2, 3] }],
  ],
  [
    "a missing header is none that strays",
    [opens("2025-11-25", "2025-11-25", "a"), calls(undefined, "a")],
    "2025-11-25",
    undefined,
  ],
  [
    "a header is held against the session's own revision",
    [
      opens("2025-06-18", "2025-06-18", "a"),
      opens("2025-11-25", "2025-11-25", "b"),
      calls("2025-06-18", "a"),
      calls("2025-06-18", "b"),
    ],
    "2025-11-25",
    [{ version: "2025-06-18", settled: "2025-11-25", exchanges: [4] }],
  ],
  ["_meta settles where there is no session", [modern("2026-07-28")], "2026-07-28", undefined],
  [
    "and its header does not",
    [modern("2026-07-28", "2025-11-25")],
    "2026-07-28",
    [{ version: "2025-11-25", settled: "2026-07-28", exchanges: [1] }],
  ],
  [
    "a refused _meta settles nothing",
    [
      modern("2026-07-28", "2026-07-28", 400),
      opens("2025-11-25", "2025-11-25", "a"),
      modern("2026-07-28", "2026-07-28", 400),
    ],
    "2025-11-25",
    undefined,
  ],
  [
    "what a server made up is settled by nobody",
    [opens("2025-06-18", "2099-01-01", "a"), opens("2025-06-18", "1999-01-01", "b"), opens("2025-06-18", "", "c")],
    "2025-06-18",
    undefined,
  ],
  [
    "a later one than was offered is the server's alone",
    [opens("2025-03-26", "2025-11-25", "a")],
    "2025-03-26",
    undefined,
  ],
  [
    "one from before authorization says nothing of a client that offered a later one",
    [opens("2025-11-25", "2024-11-05", "a")],
    "2025-11-25",
    undefined,
  ],
  ["and counts where there is no other", [opens("2024-11-05", "2024-11-05", "a")], "2025-03-26", undefined],
  [
    "a request of 2026-07-28 over HTTP+SSE settles nothing, whatever status it gets",
    [
      [url, {
        answeredHeaders: [],
        route: "oauth_get",
        events: "event: endpoint\ndata: /oauth/messages?sessionId=1\n\n",
      }],
      [`${url}/messages?sessionId=1`, { ...modern("2026-07-28")[1], status: 202 }],
      [`${url}/messages?sessionId=1`, { ...opens("2025-11-25", "2024-11-05")[1], status: 202 }],
    ],
    "2025-11-25",
    undefined,
  ],
  ["a header counts where nothing else was said", [calls("2025-06-18")], "2025-06-18", undefined],
];

for (const [what, rows, revision, stray] of cases) {
  Deno.test(`a client's revision: ${what} (MCP transports, protocol version header)`, () => {
    const client = judge(...rows);
    assert.deepEqual([client.revision, client.strayVersions], [revision, stray]);
  });
}

Deno.test("a client speaks every revision that it offered or settled, and one that it is judged by alone", () => {
  const spokenBy = (judgedBy: Revision | undefined): readonly string[] => {
    const rows = [modern("2026-07-28", "2026-07-28", 400), opens("2025-11-25", "2025-03-26", "a")];
    const steps = finish(readingSteps(make(...rows)));
    const facts = {
      hasOrigin: true,
      isWhole: true,
      isGapless: true,
      wholeFrom: 0,
      issued: new Set(""),
      limits: createLimits(),
    };
    return [...createView(steps, { ...facts, judgedBy }).spoken].sort();
  };
  assert.deepEqual(spokenBy(undefined), ["2025-03-26", "2025-11-25", "2026-07-28"]);
  assert.deepEqual(spokenBy("2025-06-18"), ["2025-06-18"]);
});

Deno.test("a report says what a client settled, in order, and what it settled again once", () => {
  const { settled } = judge(
    opens("2026-07-28", "2025-11-25", "a"),
    opens("2025-11-25", "2025-11-25", "b"),
    opens("2025-06-18", "2025-06-18", "c"),
  );
  assert.deepEqual(settled, [{ version: "2025-11-25", exchange: 1 }, { version: "2025-06-18", exchange: 3 }]);
});

Deno.test("GET /control/report: a call with an older revision in its header does not turn fail into pass (issue 18)", async () => {
  await using test = await testApp({ loopbackOnly: true });
  let last: Request | undefined;
  await runDouble({
    send: (request) => {
      if (request.headers.has("mcp-session-id")) last = request.clone();
      return test.app(request);
    },
    version: "2025-11-25",
    slip: "names no resource",
  });
  const read = async (): Promise<unknown> => {
    const { verdict, clients } = await json(await test.get("/control/report"));
    assert(Array.isArray(clients));
    return [verdict, clients[0].revision, clients[0].failures];
  };
  assert.deepEqual(await read(), ["fail", "2025-11-25", ["C14"]]);
  assert(last);
  last.headers.set("mcp-protocol-version", "2024-11-05");
  const call = new Request(last.url, {
    method: "POST",
    headers: last.headers,
    body: (await last.text()).replace(/"id":\d+/, '"id":99'),
  });
  await (await test.app(call)).body?.cancel();
  assert.deepEqual(await read(), ["fail", "2025-11-25", ["C14"]]);
});
