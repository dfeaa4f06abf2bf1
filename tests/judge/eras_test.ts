/** What looks as if a client mistook the era or the revision of a server, and is no mistake; and what is one. */
import assert from "node:assert/strict";
import { buildReport } from "../../lib/judge/report.ts";
import type { SetLimits } from "../../lib/judge/limits.ts";
import { origin } from "../helpers.ts";
import { type Made, make } from "../recorder/made_exchanges.ts";

type Row = readonly [url: string, made: Made];

const url = `${origin}/no-auth`;
const meta = (version: string): unknown => ({
  "io.modelcontextprotocol/protocolVersion": version,
  "io.modelcontextprotocol/clientInfo": { name: "c", version: "1" },
  "io.modelcontextprotocol/clientCapabilities": {},
});
let ids = 0;

const error = (code: number, data?: unknown): unknown => ({
  code,
  message: "no",
  ...(data === undefined ? {} : { data }),
});

/** A request of 2026-07-28. */
function asks(method: string, status: number, answer: Readonly<Record<string, unknown>> = {}, made: Made = {}): Row {
  const id = ++ids;
  return [url, {
    method: "POST",
    status,
    sent: { jsonrpc: "2.0", id, method, params: { _meta: meta("2026-07-28") } },
    headers: [["mcp-method", method], ["mcp-protocol-version", "2026-07-28"]],
    ...(Object.keys(answer).length === 0 ? {} : { answered: { jsonrpc: "2.0", id, ...answer } }),
    ...made,
  }];
}
const discovers = (supportedVersions: readonly string[]): Row =>
  asks("server/discover", 200, { result: { supportedVersions, capabilities: { tools: {} }, resultType: "complete" } });

/** An `initialize`, with the session that it began, or the error that it got. */
function begins(
  offered: string,
  outcome: {
    readonly session?: string;
    readonly settled?: string;
    readonly error?: unknown;
    readonly status?: number;
    readonly capabilities?: unknown;
  } = {},
  made: Made = {},
): Row {
  const id = ++ids;
  const { session, settled = offered, status = 200, capabilities = { tools: {} } } = outcome;
  return [url, {
    method: "POST",
    status,
    sent: {
      jsonrpc: "2.0",
      id,
      method: "initialize",
      params: { protocolVersion: offered, capabilities: {}, clientInfo: { name: "c", version: "1" } },
    },
    answered: {
      jsonrpc: "2.0",
      id,
      ...(outcome.error === undefined
        ? { result: { protocolVersion: settled, capabilities } }
        : { error: outcome.error }),
    },
    answeredHeaders: session === undefined ? [] : [["mcp-session-id", session]],
    ...made,
  }];
}
const told = (session: string): Row => [url, {
  method: "POST",
  status: 202,
  sent: { jsonrpc: "2.0", method: "notifications/initialized" },
  headers: [["mcp-session-id", session], ["mcp-protocol-version", "2025-11-25"]],
}];
const calls = (session: string, method = "tools/list", made: Made = {}): Row => {
  const id = ++ids;
  return [url, {
    method: "POST",
    sent: { jsonrpc: "2.0", id, method, params: {} },
    answered: { jsonrpc: "2.0", id, result: {} },
    headers: [["mcp-session-id", session], ["mcp-protocol-version", "2025-11-25"]],
    ...made,
  }];
};
const looks = (status: number, events?: string): Row => [url, {
  method: "GET",
  status,
  headers: [["accept", "text/event-stream"]],
  ...(events === undefined ? {} : { events }),
}];
/** Each exchange comes after the one before was answered, if it does not say when. */
function brokenBy(rows: readonly Row[], limits: SetLimits = {}): readonly string[] {
  const inTime = rows.map(([to, made], index): Row => {
    const route = to === url ? `no_auth_${(made.method ?? "GET").toLowerCase()}` : "no_auth_messages";
    return [to, { route, atMs: index * 100, ...made }];
  });
  const report = buildReport(make(...inTime), { sandbox: "main", hasOrigin: true, isWhole: true, limits });
  return report.clients.flatMap(({ findings }) =>
    findings.filter(({ status, rule }) => status === "broken" && rule.startsWith("M")).map(({ rule, level }) =>
      `${rule} ${level}`
    )
  );
}

const noSession = error(-32000);
const refusedVersion = (supported: readonly string[]): unknown => error(-32022, { supported, requested: "2026-07-28" });
const older = (): Row => asks("server/discover", 400, { error: noSession });
const session = (id: string): readonly Row[] => [begins("2025-11-25", { session: id }), told(id), calls(id)];

const excuses: Readonly<Record<string, readonly Row[]>> = {
  "a client of 2026-07-28 alone fails at an older server, as often as it is asked": [
    older(),
    older(),
    older(),
    older(),
  ],
  "one looks for HTTP+SSE before initialize, after a status that lets it": [
    asks("server/discover", 404),
    looks(405),
    ...session("session-a"),
  ],
  "one is told that the server has HTTP+SSE, and never asks": [
    looks(200, "event: endpoint\ndata: /no-auth/messages?sessionId=x\n\n"),
    [`${origin}/no-auth/messages?sessionId=x`, { ...begins("2024-11-05")[1], status: 202, answered: undefined }],
  ],
  "one process finds out by itself while another works": [
    older(),
    ...session("session-a"),
    older(),
    ...session("session-b"),
    calls("session-a"),
    older(),
    ...session("session-c"),
    calls("session-a"),
    calls("session-b"),
  ],
  "a program that is started for each call asks each time": ["a", "b", "c", "d", "e"].map((id) => `session-${id}`)
    .flatMap((id) => [
      older(),
      ...session(id),
    ]),
  "the list that it is refused with has older revisions alone": [
    asks("server/discover", 400, { error: refusedVersion(["2025-11-25"]) }),
    ...session("session-a"),
  ],
  "so has the list that it discovers": [discovers(["2025-11-25", "2025-06-18"]), ...session("session-a")],
  "an older server answers what it has, or anything": [
    asks("server/discover", 200, { result: {} }),
    asks("tools/list", 200, { result: { tools: [] } }),
    ...session("session-a"),
  ],
  "one process speaks 2026-07-28 and another one does not": [
    discovers(["2026-07-28"]),
    ...session("session-a"),
    asks("tools/list", 200, { result: { tools: [] } }),
    calls("session-a"),
  ],
  "a session is there before a request without one is refused": [
    ...session("session-a"),
    asks("tools/list", 400, { error: error(-32020) }),
    ...session("session-b"),
  ],
  "a refusal is answered by a server that then shows to be an older one": [
    asks("server/discover", 400, { error: error(-32020) }),
    asks("server/discover", 400),
    ...session("session-a"),
  ],
  "a server has no server/discover, which one of 2026-07-28 has to have": [
    asks("server/discover", 404, { error: error(-32601) }),
    ...session("session-a"),
  ],
  "its person tries again with the same revision, a minute later each time": [0, 1, 2, 3].map((minute) =>
    begins("2025-11-25", { status: 400, error: error(-32602, { supported: ["2025-03-26"] }) }, {
      atMs: minute * 60_000,
    })
  ),
  "its person tries again where no revision is common to both": [0, 1, 2, 3].map((minute) =>
    asks("server/discover", 400, { error: refusedVersion(["2099-01-01"]) }, { atMs: minute * 60_000 })
  ),
  "it offers a revision that may have been published since, or a draft": [
    begins("2027-07-28", { settled: "2027-07-28", session: "session-a" }),
    begins("DRAFT-2026-v1", { settled: "2025-11-25", session: "session-b" }),
  ],
  "it offers less after more was refused": [
    begins("2025-11-25", { status: 400, error: error(-32602) }),
    begins("2025-06-18", { session: "session-a" }),
  ],
  "it pings before initialize is answered": [
    begins("2025-11-25", { session: "session-a" }, { atMs: 0, tookMs: 500 }),
    [url, { method: "POST", sent: { jsonrpc: "2.0", id: "p", method: "ping" }, atMs: 100 }],
  ],
  "all clocks stand still": [
    begins("2025-11-25", { session: "session-a" }, { atMs: 0, tookMs: 50 }),
    [url, { ...told("session-a")[1], atMs: 0 }],
    calls("session-a", "tools/list", { atMs: 0 }),
  ],
  "it ends the session that it does not want": [
    begins("2025-11-25", { settled: "1999-01-01", session: "session-a" }),
    [url, { method: "DELETE", headers: [["mcp-session-id", "session-a"]] }],
  ],
  "what the server declared is not on record": [
    [url, { ...begins("2025-11-25", { session: "session-a" })[1], answered: undefined }],
    told("session-a"),
    calls("session-a", "prompts/list"),
  ],
  "one of its sessions may list what another may not": [
    begins("2025-11-25", { session: "session-a", capabilities: {} }),
    told("session-a"),
    begins("2025-11-25", { session: "session-b", capabilities: { prompts: {} } }),
    told("session-b"),
    calls("session-b", "prompts/list"),
  ],
};

for (const [what, rows] of Object.entries(excuses)) {
  Deno.test(`no rule on versions or eras is broken where ${what}`, () => {
    assert.deepEqual(brokenBy(rows), []);
  });
}

const mistakes: readonly (readonly [what: string, rows: readonly Row[], broken: readonly string[]])[] = [
  ["offers less than it had agreed on", [...session("session-a"), begins("2025-06-18", { session: "session-b" })], [
    "M15 SHOULD",
  ]],
  [
    "looks for HTTP+SSE after an error that says nothing of transports",
    [begins("2025-11-25", { status: 422, error: error(-32600) }), looks(405)],
    ["M38 SHOULD"],
  ],
  [
    "looks for it though the server is of 2026-07-28",
    [asks("server/discover", 400, { error: error(-32020) }), looks(405)],
    ["M61 SHOULD"],
  ],
  [
    "asks again and again in 2026-07-28",
    [older(), ...session("session-a"), older(), older(), older(), calls("session-a")],
    ["M62 SHOULD"],
  ],
  [
    "subscribes where the server has no subscriptions",
    [
      begins("2025-11-25", { session: "session-a", capabilities: { resources: {} } }),
      told("session-a"),
      calls("session-a", "resources/subscribe"),
    ],
    ["M113 MUST"],
  ],
];

for (const [what, rows, broken] of mistakes) {
  Deno.test(`a client that ${what} breaks ${broken.join(", ")}`, () => {
    assert.deepEqual(brokenBy(rows), broken);
  });
}

Deno.test("M59 is not broken where one process goes on in 2026-07-28 after a refusal, and another begins with initialize", () => {
  const refused = asks("server/discover", 400, { error: error(-32020) });
  const goesOn = [
    discovers(["2026-07-28"]),
    asks("tools/list", 200, { result: { tools: [], resultType: "complete" } }),
  ];
  const isBroken = (rows: readonly Row[]): boolean => brokenBy(rows).includes("M59 SHOULD");
  assert(!isBroken([refused, ...goesOn, ...session("session-a")]));
  assert(isBroken([refused, ...session("session-a")]));
});

Deno.test("a limit that a test sets makes a requirement of what it limits (M20, M62)", () => {
  const insists = [0, 1, 2].map(() => begins("2025-11-25", { status: 400, error: error(-32602) }));
  assert.deepEqual([brokenBy(insists), brokenBy(insists, { offers_again: 1 })], [["M20 SHOULD"], ["M20 MUST"]]);
  assert.deepEqual(brokenBy(insists, { offers_again: 2 }), []);
  const asksAgain = [older(), ...session("session-a"), older(), calls("session-a")];
  assert.deepEqual([brokenBy(asksAgain), brokenBy(asksAgain, { era_probes: 0 })], [[], ["M62 MUST"]]);
});
