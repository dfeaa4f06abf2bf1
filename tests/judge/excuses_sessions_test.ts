/** What looks like a mistake with a session, and is none; and where the line is. */
import assert from "node:assert/strict";
import { buildReport, type ReportOptions } from "../../lib/judge/report.ts";
import { origin } from "../helpers.ts";
import { type Made, make } from "../recorder/made_exchanges.ts";

type Row = readonly [string, Made];

const url = `${origin}/oauth`;

/** A request to the MCP server, in a session if one is named. */
function asks(method: string, atMs: number, session?: string, made: Made & { readonly params?: unknown } = {}): Row {
  const { params = {}, headers = [], ...rest } = made;
  return [url, {
    method: "POST",
    route: "oauth_post",
    atMs,
    sent: { jsonrpc: "2.0", id: atMs, method, params },
    answered: { jsonrpc: "2.0", id: atMs, result: {} },
    ...rest,
    headers: [...headers, ["mcp-protocol-version", "2025-11-25"], ...named(session)],
  }];
}

function begins(atMs: number, session: string | undefined, more: Made = {}): Row {
  const params = {
    protocolVersion: "2025-11-25",
    capabilities: {},
    clientInfo: { name: "c", version: "1" },
  };
  const result = { protocolVersion: "2025-11-25", capabilities: {}, serverInfo: { name: "s", version: "1" } };
  return asks("initialize", atMs, undefined, {
    params,
    answered: { jsonrpc: "2.0", id: atMs, result },
    answeredHeaders: named(session),
    ...more,
  });
}

/** GET or DELETE. */
function sends(method: "GET" | "DELETE", atMs: number, session: string | undefined, made: Made = {}): Row {
  const headers = [["accept", "text/event-stream"], ["mcp-protocol-version", "2025-11-25"], ...named(session)] as const;
  return [url, { method, route: `oauth_${method.toLowerCase()}`, atMs, headers, ...made }];
}

function named(session: string | undefined): readonly (readonly [string, string])[] {
  return session === undefined ? [] : [["mcp-session-id", session]];
}

const ready = (atMs: number, session?: string): Row =>
  asks("notifications/initialized", atMs, session, { status: 202 });
const gone = {
  status: 404,
  answered: { jsonrpc: "2.0", id: null, error: { code: -32001, message: "Session not found" } },
};
const [ONE, TWO, OLD] = ["sess…40…digest-of-one", "sess…40…digest-of-two", "sess…40…digest-of-old"];
const started = [begins(0, ONE), ready(10, ONE)];

function statusOf(rule: string, rows: readonly Row[], options: Partial<ReportOptions> = {}): string | undefined {
  const { clients } = buildReport(make(...rows), { sandbox: "main", hasOrigin: true, isWhole: true, ...options });
  assert.equal(clients.length, 1);
  return clients[0]?.findings.find((finding) => finding.rule === rule)?.status;
}

/** The server offers 2025-03-26 instead of 2025-11-25, and refuses what names another. */
const beginsOlder = begins(0, ONE, {
  answered: { jsonrpc: "2.0", id: 0, result: { protocolVersion: "2025-03-26", capabilities: {}, serverInfo: {} } },
});
const beginsNever = begins(0, ONE, {
  answered: { jsonrpc: "2.0", id: 0, result: { protocolVersion: "1999-01-01", capabilities: {}, serverInfo: {} } },
});
const unsupported = { status: 400, answered: { jsonrpc: "2.0", id: null, error: { code: -32000, message: "No" } } };
const asSettled = { headers: [["mcp-protocol-version", "2025-03-26"]] } as const;

type Expectation = readonly [
  rule: string,
  what: string,
  status: "kept" | "broken" | "not observed",
  rows: readonly Row[],
  options?: Partial<ReportOptions>,
];

const calls = (atMs: number, session?: string, made: Made = {}): Row => asks("tools/call", atMs, session, made);

const refused405 = (...times: readonly number[]): readonly Row[] => [
  ...started,
  ...times.map((atMs) => sends("GET", atMs, ONE, { status: 405 })),
  calls(1_000_000, ONE),
];

const list = (atMs: number, session: string, cursor: string | undefined, nextCursor?: string): Row =>
  asks("tools/list", atMs, session, {
    params: cursor === undefined ? {} : { cursor },
    answered: { jsonrpc: "2.0", id: atMs, result: { tools: [], ...(nextCursor === undefined ? {} : { nextCursor }) } },
  });

/** The client of a test that sends one request after the other. */
const NOTHING_CROSSES = { limits: { crossing_ms: 0 } } as const;

const expectations: readonly Expectation[] = [
  ["M27", "three requests for a stream that is refused", "kept", refused405(20, 120, 220)],
  ["M27", "four at once", "broken", refused405(20, 120, 220, 320)],
  ["M27", "four with pauses that grow", "kept", refused405(20, 1020, 3020, 7020)],
  ["M27", "four in more than ten seconds", "kept", refused405(20, 4020, 8020, 12_020)],
  ["M27", "four, where a test allows five", "kept", refused405(20, 120, 220, 320), {
    limits: { stream_attempts: 5 },
  }],
  [
    "M27",
    "one in each of four sessions",
    "kept",
    [1, 2, 3, 4].flatMap((number) => [
      begins(number * 100, `sess…40…${number}`),
      ready(number * 100 + 10, `sess…40…${number}`),
      sends("GET", number * 100 + 20, `sess…40…${number}`, { status: 405 }),
      calls(number * 100 + 30, `sess…40…${number}`),
    ]),
  ],
  ["M27", "one in each of five connections without sessions, in whatever order", "kept", [
    ...[0, 1, 2, 3, 4].map((atMs) => begins(atMs, undefined)),
    ...[20, 21, 22, 23, 24].map((atMs) => sends("GET", atMs, undefined, { status: 405 })),
    calls(30),
  ]],
  ["M27", "four in one connection without a session", "broken", [
    begins(0, undefined),
    ...[20, 21, 22, 23].map((atMs) => sends("GET", atMs, undefined, { status: 405 })),
    calls(30),
  ]],
  [
    "M27",
    "refusals of a token, and of a server that is too busy",
    "not observed",
    [
      ...started,
      ...[401, 503, 503, 503, 429].map((status, index) => sends("GET", 20 + index * 100, ONE, { status })),
      calls(1000, ONE),
    ],
  ],
  [
    "M27",
    "404 in a session that is lost",
    "not observed",
    [
      ...started,
      ...[20, 30, 40, 50].map((atMs) => sends("GET", atMs, ONE, gone)),
      calls(60, ONE, gone),
      begins(70, TWO),
    ],
  ],
  [
    "M27",
    "four requests that are answered with JSON",
    "broken",
    [...started, ...[20, 30, 40, 50].map((atMs) => sends("GET", atMs, ONE, { answered: {} })), calls(60, ONE)],
  ],

  ["M33", "a session that is named in every request", "kept", [...started, calls(20, ONE)]],
  ["M33", "a connection that cannot begin, after one whose end was refused (java-sdk)", "kept", [
    ...started,
    sends("DELETE", 20, ONE, { status: 500 }),
    begins(30, undefined, { status: 500, answered: undefined }),
    sends("GET", 40, undefined, { status: 500 }),
  ]],
  ["M33", "a connection that cannot begin beside another one", "kept", [
    ...started,
    begins(30, undefined, { status: 500, answered: undefined }),
    sends("GET", 40, undefined, { status: 500 }),
  ]],
  ["M19", "a stream that a transport asks for at once, before its client ends the session (java-sdk)", "kept", [
    beginsNever,
    sends("GET", 5, ONE),
    sends("DELETE", 10, ONE),
  ]],
  ["M19", "a call in what is no revision", "broken", [beginsNever, calls(10, ONE)]],
  ["M33", "a call without it", "broken", [...started, calls(20)]],
  ["M33", "a stream that is asked for without it", "broken", [...started, sends("GET", 20, undefined)]],
  ["M33", "another client process that asks which transport there is", "kept", [
    ...started,
    [url, { method: "GET", route: "oauth_get", atMs: 20, headers: [["accept", "text/event-stream"]], status: 400 }],
    calls(30, ONE),
  ]],
  ["M33", "another process that begins meanwhile", "kept", [
    begins(0, ONE),
    begins(5, TWO),
    ready(10, ONE),
    ready(15, TWO),
    calls(20, ONE),
    calls(25, TWO),
  ]],
  ["M33", "a connection whose session has ended, and that asks for its stream again, beside another one", "kept", [
    begins(0, ONE),
    begins(5, TWO),
    ready(10, ONE),
    ready(15, TWO),
    sends("DELETE", 20, ONE),
    sends("GET", 1100, undefined, { status: 400 }),
    calls(1200, TWO),
  ]],
  ["M33", "a request that was on its way before the session was answered", "not observed", [
    begins(0, ONE),
    asks("ping", 0, undefined),
  ]],
  ["M33", "a server that gives an id at times only", "not observed", [
    begins(0, ONE),
    begins(10, undefined),
    calls(20),
  ]],
  ["M33", "an id that no answer on record has given, of a session of before it or changed", "not observed", [
    ...started,
    calls(20, OLD, gone),
    calls(30, ONE),
  ]],
  ["M33", "an end of another session than the one that it has begun", "not observed", [
    ...started,
    calls(20, ONE),
    sends("DELETE", 30, OLD, gone),
  ]],
  ["M33", "a session of before the record, and then one that it begins", "kept", [
    calls(0, OLD, gone),
    begins(10, ONE),
    ready(20, ONE),
    calls(30, ONE),
  ]],
  ["M33", "a session of before the record, as long as that is not whole", "not observed", [
    begins(0, ONE),
    calls(20, OLD, gone),
  ], { isWhole: false }],
  ["M33", "another id than the one that it was given, and never that one", "broken", [
    begins(0, ONE),
    asks("notifications/initialized", 10, OLD, gone),
  ]],
  ["M33", "an id where it was given none", "broken", [begins(0, undefined), calls(20, "…9…undefined")]],
  ["M33", "no id where it was given none", "kept", [begins(0, undefined), ready(10), calls(20)]],
  ["M33", "what comes after the end of a session", "kept", [
    ...started,
    sends("DELETE", 20, ONE),
    sends("GET", 30, undefined, { status: 400 }),
  ]],
  ["M33", "calls without the session that it began in place of a lost one", "broken", [
    ...started,
    calls(20, ONE, gone),
    begins(30, TWO),
    ready(40, TWO),
    calls(50, undefined, { status: 400 }),
  ]],
  ["M33", "what is asked for without the lost session, which two processes had, and one is yet to leave", "kept", [
    ...started,
    begins(15, TWO),
    calls(20, ONE, gone),
    calls(25, TWO, gone),
    begins(30, "sess…40…digest-of-three"),
    calls(50, undefined, { status: 400 }),
    calls(60, "sess…40…digest-of-three"),
  ]],
  ["M33", "the stream of an ended session that is asked for again, where another process has begun", "kept", [
    ...started,
    sends("DELETE", 20, ONE),
    begins(30, TWO),
    ready(40, TWO),
    sends("GET", 1100, undefined, { status: 400 }),
    calls(1200, TWO),
  ]],

  ["M35", "calls that were on their way when the first got 404", "kept", [
    ...started,
    ...[20, 25, 30, 900].map((atMs) => calls(atMs, ONE, gone)),
    begins(950, TWO),
    ready(960, TWO),
    calls(970, TWO),
  ]],
  ["M35", "a call long after", "broken", [...started, calls(20, ONE, gone), calls(1500, ONE, gone)]],
  ["M35", "calls one after the other, which may have been sent at once", "not observed", [
    ...started,
    ...[20, 25, 30, 35].map((atMs) => calls(atMs, ONE, gone)),
  ]],
  ["M35", "calls one after the other, where a test knows that nothing crosses", "broken", [
    ...started,
    ...[20, 21, 22, 23].map((atMs) => calls(atMs, ONE, gone)),
  ], NOTHING_CROSSES],
  ["M35", "calls at once, also where a test knows that nothing crosses", "not observed", [
    ...started,
    ...[20, 25, 30].map((atMs) => calls(atMs, ONE, { ...gone, tookMs: 20 })),
  ], NOTHING_CROSSES],
  ["M35", "another process in the same session, where a test knows that nothing crosses", "kept", [
    ...started,
    calls(20, ONE, gone),
    begins(30, TWO),
    ready(40, TWO),
    calls(50, ONE, gone),
  ], NOTHING_CROSSES],
  ["M35", "a call long after, where a test knows that it takes longer", "not observed", [
    ...started,
    calls(20, ONE, gone),
    calls(1500, ONE, gone),
  ], { limits: { crossing_ms: 5000 } }],
  ["M35", "another process in the same session, which is told later", "kept", [
    ...started,
    calls(20, ONE, gone),
    begins(30, TWO),
    ready(40, TWO),
    calls(5000, ONE, gone),
  ]],
  ["M35", "an old id that comes again and again beside the new session", "broken", [
    ...started,
    calls(20, ONE, gone),
    begins(30, TWO),
    ready(40, TWO),
    calls(5000, ONE, gone),
    calls(10_000, ONE, gone),
  ]],
  ["M35", "initialize with the old id", "broken", [
    ...started,
    calls(20, ONE, gone),
    asks("initialize", 30, ONE, { ...gone, params: { protocolVersion: "2025-11-25" } }),
  ]],
  ["M35", "404 at the stream alone", "not observed", [
    ...started,
    sends("GET", 20, ONE, gone),
    sends("GET", 3000, ONE, gone),
    calls(3010, ONE),
  ]],
  ["M35", "a stream and an end that are asked for in the lost session", "kept", [
    ...started,
    calls(20, ONE, gone),
    begins(30, TWO),
    sends("GET", 2000, ONE, gone),
    sends("DELETE", 3000, ONE, gone),
  ]],
  ["M35", "a client that has not gone on yet", "not observed", [...started, calls(20, ONE, gone)]],

  ["M36", "a stream that ends as the session does, and is asked for at once", "kept", [
    ...started,
    sends("DELETE", 20, ONE),
    sends("GET", 25, ONE, gone),
    asks("notifications/cancelled", 30, ONE, gone),
  ]],
  ["M36", "a call long after the end", "broken", [...started, sends("DELETE", 20, ONE), calls(2000, ONE, gone)]],
  ["M36", "a call soon after the end", "not observed", [
    ...started,
    sends("DELETE", 20, ONE),
    calls(25, ONE, gone),
  ]],
  ["M36", "a call soon after the end, where a test knows that nothing crosses", "broken", [
    ...started,
    sends("DELETE", 20, ONE),
    calls(25, ONE, gone),
  ], NOTHING_CROSSES],
  ["M36", "a call that came before the end was answered, also then", "not observed", [
    ...started,
    sends("DELETE", 20, ONE, { tookMs: 10 }),
    calls(25, ONE),
  ], NOTHING_CROSSES],
  ["M36", "a stream that ends as the session does, also then", "kept", [
    ...started,
    sends("DELETE", 20, ONE),
    sends("GET", 25, ONE, gone),
  ], NOTHING_CROSSES],
  ["M36", "the end of a session that nobody has begun", "not observed", [
    ...started,
    sends("DELETE", 20, OLD, gone),
  ]],
  ["M36", "a session that goes on, as nobody may end it", "kept", [
    ...started,
    sends("DELETE", 20, ONE, { status: 405 }),
    calls(2000, ONE),
  ]],
  ["M36", "a session that is left alone", "not observed", [...started, calls(20, ONE)]],

  ["M110", "the same cursor, which both sessions gave", "kept", [
    ...started,
    list(20, ONE, undefined, "page-2"),
    list(30, ONE, "page-2"),
    begins(40, TWO),
    ready(50, TWO),
    list(60, TWO, undefined, "page-2"),
    list(70, TWO, "page-2"),
  ]],
  ["M110", "a cursor of another session", "broken", [
    ...started,
    list(20, ONE, undefined, "page-2"),
    begins(40, TWO),
    ready(50, TWO),
    list(60, TWO, "page-2"),
  ]],
  ["M110", "a cursor whose page is not on record", "not observed", [
    ...started,
    list(20, ONE, undefined, "page-2"),
    begins(40, TWO),
    ready(50, TWO),
    list(60, TWO, "page-2"),
  ], { isWhole: false }],
];

/** M18: what shows that a client does not keep to the revision that the server has offered. */
const counterOffers: readonly Expectation[] = [
  ["M18", "a client that names the revision that the server has offered", "kept", [
    beginsOlder,
    asks("tools/list", 20, ONE, asSettled),
  ]],
  ["M18", "one that goes on with its own, again and again", "broken", [
    beginsOlder,
    asks("notifications/initialized", 20, ONE, unsupported),
    asks("tools/list", 40, ONE, unsupported),
  ]],
  ["M18", "one that stops when its own was refused", "not observed", [
    beginsOlder,
    asks("tools/list", 20, ONE, unsupported),
    sends("DELETE", 40, ONE),
  ]],
  ["M18", "one that has sent two messages at once before it was refused", "not observed", [
    beginsOlder,
    asks("notifications/initialized", 20, ONE, { ...unsupported, tookMs: 30 }),
    asks("tools/list", 21, ONE, { ...unsupported, tookMs: 30 }),
  ]],
  ["M18", "one that is not refused", "not observed", [
    beginsOlder,
    asks("tools/list", 20, ONE),
    asks("tools/list", 40, ONE),
  ]],
  ["M18", "one that is refused for something else, as it names what was settled", "kept", [
    beginsOlder,
    asks("tools/list", 20, ONE, { ...unsupported, ...asSettled }),
    asks("tools/list", 40, ONE, { ...unsupported, ...asSettled }),
  ]],
];

for (const [rule, what, status, rows, options] of [...expectations, ...counterOffers]) {
  Deno.test(`${rule} is ${status} for ${what} (MCP session management)`, () => {
    assert.equal(statusOf(rule, rows, options), status);
  });
}

Deno.test("M34 is broken by a session id in a URL, or at another origin, and by no other request (MCP session management)", () => {
  assert.equal(statusOf("M34", [...started, calls(20, ONE)]), "kept");
  assert.equal(statusOf("M34", [...started, [`${url}?session_id=${ONE}`, calls(20, ONE)[1]]]), "broken");
  assert.equal(statusOf("M34", [...started, ["http://elsewhere.example/oauth", calls(20, ONE)[1]]]), "broken");
  assert.equal(statusOf("M34", [...started, [`${url}/`, calls(20, ONE)[1]]]), "kept");
});
