/** What looks like a mistake with an event stream, and is none; and where the line is. */
import assert from "node:assert/strict";
import { buildReport, type ReportOptions } from "../../lib/judge/report.ts";
import type { Exchange, StreamFacts } from "../../lib/recorder/exchange.ts";
import { origin } from "../helpers.ts";
import { type Made, make } from "../recorder/made_exchanges.ts";

type Row = readonly [string, Made];
type Status = "kept" | "broken" | "not observed";

const url = `${origin}/oauth`;
const SESSION = "sess…40…digest-of-one";

/** How its response ends, when that is an event stream. */
interface End {
  readonly atMs?: number;
  readonly by?: NonNullable<StreamFacts["endedBy"]>;
}

function streamed(
  events: string,
  fromMs: number,
  { atMs, by = "server" }: End,
): Pick<Made, "events" | "stream" | "isOpen"> {
  const count = events.split("\n\n").length - 1;
  const times = { eventsAtMs: Array.from({ length: count }, () => fromMs + 1) };
  return atMs === undefined
    ? { events, stream: times, isOpen: true }
    : { events, stream: { ...times, endedAtMs: atMs, endedBy: by } };
}

/** A message in the session of 2025-11-25; with no session, one of 2026-07-28. */
function sends(
  message: Readonly<Record<string, unknown>>,
  atMs: number,
  made: Made = {},
  session: string | null = SESSION,
): Row {
  const version = session === null ? "2026-07-28" : "2025-11-25";
  const headers: Exchange["request"]["headers"] = [
    ["mcp-protocol-version", version],
    ...(session === null
      ? [["mcp-method", String(message.method)], ["mcp-name", "t"]] as const
      : [["mcp-session-id", session]] as const),
  ];
  return [url, { method: "POST", route: "oauth_post", atMs, sent: { jsonrpc: "2.0", ...message }, ...made, headers }];
}

const params = { name: "t", arguments: {} };
const _meta = {
  "io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientCapabilities": {},
  "io.modelcontextprotocol/clientInfo": { name: "c", version: "1" },
};

function begins(atMs: number, session = SESSION, made: Made = {}, id = 0): Row {
  const offer = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "c", version: "1" } };
  const result = { protocolVersion: "2025-11-25", capabilities: {}, serverInfo: { name: "s", version: "1" } };
  return [url, {
    method: "POST",
    route: "oauth_post",
    atMs,
    sent: { jsonrpc: "2.0", id, method: "initialize", params: offer },
    answered: { jsonrpc: "2.0", id, result },
    answeredHeaders: [["mcp-session-id", session]],
    ...made,
  }];
}

const initialized = (atMs: number, session = SESSION): Row =>
  sends({ method: "notifications/initialized" }, atMs, { status: 202 }, session);
const started = [begins(0), initialized(5)];
const answer = (id: number): string => `id: a-${id}\ndata: {"jsonrpc":"2.0","id":${id},"result":{"content":[]}}\n\n`;
const opening = (id: string, retryMs = 500): string => `id: ${id}\nretry: ${retryMs}\ndata: \n\n`;

/** A call whose stream opens with an id, and ends before the answer. */
function lost(id: number, atMs: number, end: End): Row {
  return sends({ id, method: "tools/call", params }, atMs, streamed(opening(`e-${id}`), atMs, end));
}

/** An answer that is held back until its client closes the connection. */
function heldFor(atMs: number): Made {
  return { stream: { eventsAtMs: [], endedAtMs: atMs, endedBy: "client" } };
}

function held(id: number, atMs: number, leftAtMs: number): Row {
  return sends({ id, method: "tools/call", params }, atMs, heldFor(leftAtMs));
}

/** A call that is answered at once. */
function called(id: number, atMs: number): Row {
  return sends({ id, method: "tools/call", params }, atMs, {
    answered: { jsonrpc: "2.0", id, result: { content: [] } },
  });
}

function listed(id: number, atMs: number): Row {
  return sends({ id, method: "tools/list" }, atMs, { answered: { jsonrpc: "2.0", id, result: { tools: [] } } });
}

function cancels(requestId: number, atMs: number): Row {
  return sends({ method: "notifications/cancelled", params: { requestId } }, atMs, { status: 202 });
}

/** GET; with an event id it resumes a stream. */
function gets(atMs: number, lastId: string | undefined, made: Made): Row {
  const headers: Exchange["request"]["headers"] = [
    ["accept", "text/event-stream"],
    ...(lastId === undefined ? [] : [["last-event-id", lastId]] as const),
    ["mcp-protocol-version", "2025-11-25"],
    ["mcp-session-id", SESSION],
  ];
  return [url, { method: "GET", route: "oauth_get", atMs, headers, ...made }];
}

const resumes = (id: number, atMs: number, lastId = `e-${id}`): Row =>
  gets(atMs, lastId, streamed(answer(id), atMs, { atMs: atMs + 5 }));
const listens = (atMs: number, end: End = {}): Row => gets(atMs, undefined, streamed("", atMs, end));
const ends = (atMs: number): Row => [url, {
  method: "DELETE",
  route: "oauth_delete",
  atMs,
  headers: [["mcp-protocol-version", "2025-11-25"], ["mcp-session-id", SESSION]],
}];

/** A call of 2026-07-28. */
function callsModern(id: number, atMs: number, made: Made, method = "tools/call"): Row {
  return sends({ id, method, params: { ...params, _meta } }, atMs, made, null);
}

/** One that is told of a change on a request that it counts by itself, after it has listed and called. */
function toldApartBy(id: string): readonly Row[] {
  const change = 'data: {"jsonrpc":"2.0","method":"notifications/tools/list_changed"}\n\n';
  const stream = { eventsAtMs: [20] };
  return [
    sends(
      { id, method: "subscriptions/listen", params: { _meta } },
      0,
      { events: change, stream, isOpen: true },
      null,
    ),
    callsModern(0, 5, modernAnswer(0), "tools/list"),
    callsModern(1, 10, modernAnswer(1)),
  ];
}

const modernAnswer = (id: number): Made => ({
  answered: { jsonrpc: "2.0", id, result: { resultType: "complete", content: [] } },
});
const toldApart = toldApartBy("listen:0");
const closedAt = (atMs: number): End => ({ atMs });

/** The server asks something on the stream of a GET, gets that answered, and answers a call there. */
const answeredAside: readonly Row[] = [
  ...started,
  gets(8, undefined, {
    events: 'data: {"jsonrpc":"2.0","id":"p","method":"ping"}\n\n' + answer(1),
    stream: { eventsAtMs: [12, 14] },
    isOpen: true,
  }),
  sends({ id: 1, method: "tools/call", params }, 10, streamed("", 10, { atMs: 15 })),
  answersPing(20),
];

const expectations: readonly (readonly [
  rule: string,
  what: string,
  status: Status,
  rows: readonly Row[],
  options?: Partial<ReportOptions>,
])[] = [
  ["M28", "a client that comes back", "kept", [...started, lost(1, 10, closedAt(60)), resumes(1, 570)]],
  ["M28", "one whose other stream is refused, and that goes on for long", "broken", [
    ...started,
    lost(1, 10, closedAt(60)),
    gets(570, undefined, { status: 409 }),
    called(2, 6000),
  ]],
  ["M28", "one whose other stream is refused, and that still waits", "not observed", [
    ...started,
    lost(1, 10, closedAt(60)),
    gets(570, undefined, { status: 405 }),
  ]],
  ["M28", "one whose other stream is refused, and that comes back then", "kept", [
    ...started,
    lost(1, 10, closedAt(60)),
    gets(70, undefined, { status: 405 }),
    resumes(1, 570),
  ]],
  ["M28", "one that comes back, and is refused", "kept", [
    ...started,
    lost(1, 10, closedAt(60)),
    gets(570, "e-1", { status: 400 }),
    called(2, 6000),
  ]],
  ["M28", "one that still waits", "not observed", [...started, lost(1, 10, closedAt(60))]],
  ["M28", "one that does something else meanwhile", "not observed", [
    ...started,
    lost(1, 10, closedAt(60)),
    called(2, 100),
    called(3, 900),
  ]],
  ["M28", "one that goes on for long", "broken", [...started, lost(1, 10, closedAt(60)), called(2, 6000)]],
  ["M28", "one that goes on for long, where a test allows it", "not observed", [
    ...started,
    lost(1, 10, closedAt(60)),
    called(2, 6000),
  ], { limits: { come_back_ms: 60_000 } }],
  ["M28", "one that has cancelled the call", "not observed", [
    ...started,
    lost(1, 10, closedAt(60)),
    cancels(1, 100),
    called(2, 60_000),
  ]],
  ["M28", "one that waits for nothing until its time is over", "broken", [
    ...started,
    lost(1, 10, closedAt(60)),
    cancels(1, 60_000),
  ]],
  ["M28", "one that ends its session before it may come back", "not observed", [
    ...started,
    lost(1, 10, closedAt(60)),
    ends(300),
  ]],
  ["M28", "one that ends its session later", "broken", [...started, lost(1, 10, closedAt(60)), ends(700)]],
  ["M28", "a connection that broke", "not observed", [
    ...started,
    lost(1, 10, { atMs: 60, by: "cut" }),
    called(2, 60_000),
  ]],
  ["M28", "an answer that came on the other stream", "not observed", [
    ...started,
    gets(8, undefined, {
      events: answer(1),
      stream: { eventsAtMs: [80] },
      isOpen: true,
    }),
    lost(1, 10, closedAt(60)),
    called(2, 60_000),
  ]],
  ["M29", "back after 455 of 500 ms", "kept", [...started, lost(1, 10, closedAt(60)), resumes(1, 515)]],
  ["M29", "back after 440 of 500 ms", "broken", [...started, lost(1, 10, closedAt(60)), resumes(1, 500)]],
  ["M29", "back after half a minute", "kept", [...started, lost(1, 10, closedAt(60)), resumes(1, 30_000)]],
  ["M29", "back at once where the connection broke", "not observed", [
    ...started,
    lost(1, 10, { atMs: 60, by: "cut" }),
    resumes(1, 61),
  ]],
  ["M29", "a stream of its own that is opened meanwhile", "kept", [
    ...started,
    lost(1, 10, closedAt(60)),
    listens(70),
    resumes(1, 570),
  ]],
  ["M30", "an id that came", "kept", [...started, lost(1, 10, closedAt(60)), resumes(1, 570)]],
  ["M30", "an id that never came", "broken", [...started, lost(1, 10, closedAt(60)), resumes(1, 570, "e-9")]],
  ["M30", "an id that may have come before the record begins", "not observed", [
    ...started,
    lost(1, 10, closedAt(60)),
    resumes(1, 570, "e-9"),
  ], { isWhole: false }],
  ["M30", "a first stream for what the server says unasked", "not observed", [
    ...started,
    lost(1, 10, closedAt(60)),
    listens(70),
  ]],
  ["M30", "that stream opened again, as it had ended", "not observed", [
    ...started,
    listens(8, closedAt(50)),
    lost(1, 10, closedAt(60)),
    listens(70),
  ]],
  ["M30", "the id of another stream, which is open", "broken", [
    ...started,
    gets(8, undefined, { events: opening("g-1"), stream: { eventsAtMs: [9] }, isOpen: true }),
    lost(1, 10, closedAt(60)),
    resumes(2, 570, "g-1"),
  ]],
  ["M30", "the id of another stream, which has ended too", "kept", [
    ...started,
    gets(8, undefined, streamed(opening("g-1"), 8, closedAt(65))),
    lost(1, 10, closedAt(60)),
    resumes(2, 570, "g-1"),
  ]],
  ["M30", "a second one in place of the call's", "broken", [
    ...started,
    listens(8),
    lost(1, 10, closedAt(60)),
    listens(570),
  ]],
  ["M25", "the same tool called three times", "kept", [
    ...started,
    called(1, 10),
    called(2, 20),
    called(3, 30),
  ]],
  ["M25", "three processes that begin at the same time", "not observed", [
    begins(0, "sess…40…a", { tookMs: 30 }),
    begins(10, "sess…40…b", { tookMs: 30 }),
    begins(20, "sess…40…c", { tookMs: 30 }),
  ]],
  ["M25", "a look now and then whether the server is there", "not observed", [
    begins(0, "sess…40…a"),
    begins(30_000, "sess…40…b"),
    begins(60_000, "sess…40…c"),
  ]],
  ["M25", "initialize again and again", "broken", [
    begins(0, "sess…40…a", {}, 1),
    begins(10, "sess…40…b", {}, 2),
    begins(20, "sess…40…c", {}, 3),
  ]],
  ["M24", "a session begun anew", "kept", [
    ...started,
    listed(1, 10),
    begins(20, "sess…40…b"),
    initialized(30, "sess…40…b"),
  ]],
  ["M24", "a notification that is sent again in its session", "broken", [...started, initialized(30), listed(1, 40)]],
  ["M31", "a ping that is answered at once", "kept", pinged([answersPing(110)])],
  ["M31", "a ping whose answer has not come yet", "not observed", pinged([called(2, 300)])],
  ["M31", "a ping that is answered after three seconds", "broken", pinged([answersPing(3200)])],
  ["M31", "a client that goes on without an answer", "broken", pinged([called(2, 9000)])],
  ["M31", "an answer that came on the stream of a GET, and a client that asks for something else then", "kept", [
    ...answeredAside,
    listed(2, 300),
  ]],
  ["M31", "one that ends its session then, and may have lost it", "not observed", [...answeredAside, ends(300)]],
  ["M31", "one that asks for the same again then", "not observed", [...answeredAside, called(2, 300)]],
  ["M31", "one that cancels what was answered", "not observed", [...answeredAside, cancels(1, 200), listed(2, 300)]],
  ["M32", "a call that is cancelled", "kept", [
    ...started,
    lost(1, 10, { atMs: 5000, by: "client" }),
    cancels(1, 4999),
    called(2, 9000),
  ]],
  ["M32", "a client that is gone", "not observed", [...started, lost(1, 10, { atMs: 5000, by: "client" })]],
  ["M32", "one whose cancellation is on its way", "not observed", [
    ...started,
    lost(1, 10, { atMs: 5000, by: "client" }),
    listed(2, 5500),
  ]],
  ["M32", "one that goes on", "broken", [...started, lost(1, 10, { atMs: 5000, by: "client" }), listed(2, 9000)]],
  ["M32", "one that sends the same again at once", "broken", [
    ...started,
    lost(1, 10, { atMs: 5000, by: "client" }),
    called(2, 5001),
  ]],
  ["M32", "one that lost the connection, and resumes", "not observed", [
    ...started,
    lost(1, 10, { atMs: 5000, by: "client" }),
    resumes(1, 6000),
    called(2, 9000),
  ]],
  ["M32", "a session that ends with a call under way", "broken", [
    ...started,
    lost(1, 10, { atMs: 5002 }),
    ends(5000),
  ]],
  ["M32", "a session that ends with a call under way, whose stream the client closes then", "broken", [
    ...started,
    lost(1, 10, { atMs: 5300, by: "client" }),
    ends(5000),
  ]],
  ["M32", "a session that ends after its call was lost", "not observed", [
    ...started,
    lost(1, 10, { atMs: 100, by: "cut" }),
    ends(5000),
  ]],
  ["M32", "an answer that is held back, and a client that is gone", "not observed", [...started, held(1, 10, 1010)]],
  ["M32", "an answer that is held back, and a client that cancels the call", "kept", [
    ...started,
    held(1, 10, 1010),
    cancels(1, 1011),
    listed(2, 5000),
  ]],
  ["M32", "an answer that is held back, and a client that closes the connection and goes on", "broken", [
    ...started,
    held(1, 10, 1010),
    listed(2, 5000),
  ]],
  ["M102", "an answer that is held back, and a client that closes the connection", "kept", [
    ...started,
    held(1, 10, 1010),
    listed(2, 5000),
  ]],
  ["M102", "a client that is stopped while it waits", "not observed", [...started, held(1, 10, 4010)]],
  ["M102", "one that is stopped, and ends its session", "not observed", [
    ...started,
    held(1, 10, 4010),
    ends(4005),
  ]],
  ["M102", "one that is stopped, after something else that it sent meanwhile", "not observed", [
    ...started,
    held(1, 10, 4010),
    listed(2, 2000),
  ]],
  ["M102", "one that is stopped, and begun again", "not observed", [
    ...started,
    held(1, 10, 4010),
    begins(6000, "sess…40…b"),
    initialized(6005, "sess…40…b"),
  ]],
  ["M102", "one that cancels the call, and closes the connection", "kept", [
    ...started,
    held(1, 10, 4010),
    cancels(1, 4009),
  ]],
  ["M102", "one without a session that is stopped, and begun again", "not observed", [
    callsModern(1, 0, heldFor(4000)),
    callsModern(0, 6000, modernAnswer(0), "server/discover"),
    callsModern(2, 6010, modernAnswer(2)),
  ]],
  ["M102", "one without a session that is stopped, and another that counts anew", "not observed", [
    callsModern(3, 0, heldFor(4000)),
    callsModern(0, 6000, modernAnswer(0), "tools/list"),
    callsModern(1, 6010, modernAnswer(1)),
  ]],
  ["M102", "one without a session that goes on", "kept", [
    callsModern(1, 0, heldFor(4000)),
    callsModern(2, 4001, modernAnswer(2)),
  ]],
  ["M102", "one that does so only after the time that a test allows", "broken", [...started, held(1, 10, 1010)], {
    limits: { request_ms: 500 },
  }],
  ["M102", "one that lost the connection, as the server closed it", "not observed", [
    ...started,
    sends({ id: 1, method: "tools/call", params }, 10),
    listed(2, 5000),
  ]],
  ["M54", "an answer that is held back, and a client that closes the connection", "kept", [
    callsModern(1, 0, heldFor(1000)),
    callsModern(2, 1001, modernAnswer(2)),
  ]],
  ["M53", "the same call again, as the client itself had closed the connection", "not observed", [
    callsModern(1, 0, modernAnswer(1), "tools/list"),
    callsModern(2, 10, heldFor(1010)),
    callsModern(2, 1020, modernAnswer(2)),
  ]],
  ["M53", "the call under another id", "kept", [
    callsModern(1, 0, streamed("", 0, { atMs: 5, by: "cut" })),
    callsModern(2, 10, modernAnswer(2)),
  ]],
  ["M53", "the call under the same id", "broken", [
    callsModern(1, 0, modernAnswer(1), "tools/list"),
    callsModern(2, 10, streamed("", 10, { atMs: 15, by: "cut" })),
    callsModern(2, 20, modernAnswer(2)),
  ]],
  ["M53", "the same id, which may be that of another instance", "not observed", [
    callsModern(1, 0, streamed("", 0, { atMs: 5, by: "cut" })),
    callsModern(1, 10, modernAnswer(1)),
  ]],
  ["M53", "the call not repeated, as it may do harm", "not observed", [
    callsModern(1, 0, streamed("", 0, { atMs: 5, by: "cut" })),
    callsModern(2, 10, modernAnswer(2), "tools/list"),
  ]],
  ["M54", "a stream that its client closed, and a client that goes on", "kept", [
    callsModern(1, 0, streamed("", 0, { atMs: 5, by: "client" })),
    callsModern(2, 6, modernAnswer(2)),
  ]],
  ["M54", "a stream that its client closed as it was stopped", "not observed", [
    callsModern(1, 0, streamed("", 0, { atMs: 5, by: "client" })),
  ]],
  ["M54", "a subscription that its client closed", "not observed", [
    callsModern(1, 0, streamed("", 0, { atMs: 5, by: "client" }), "subscriptions/listen"),
  ]],
  ["M112", "what listens counted apart, and the list read again", "kept", [
    ...toldApart,
    callsModern(2, 320, modernAnswer(2), "tools/list"),
    callsModern(3, 9000, modernAnswer(3)),
  ]],
  ["M112", "what listens counted apart, so that another instance may have called", "not observed", [
    ...toldApart,
    callsModern(2, 9000, modernAnswer(2)),
  ]],
  ["M112", "another instance's list", "not observed", [
    ...toldApart,
    callsModern(0, 320, modernAnswer(0), "tools/list"),
  ]],
];

/** The server asks on the stream of a GET, with a call under way, what no person is needed for. */
function pinged(more: readonly Row[]): readonly Row[] {
  const events = 'data: {"jsonrpc":"2.0","id":"p","method":"ping"}\n\n';
  return [
    ...started,
    gets(8, undefined, { events, stream: { eventsAtMs: [100] }, isOpen: true }),
    called(1, 10),
    ...more,
  ];
}

function answersPing(atMs: number): Row {
  return sends({ id: "p", result: {} }, atMs, { status: 202 });
}

for (const [rule, what, status, rows, options] of expectations) {
  Deno.test(`${rule} is ${status}: ${what}`, () => {
    const { clients } = buildReport(make(...rows), { sandbox: "main", hasOrigin: true, isWhole: true, ...options });
    assert.equal(clients.length, 1);
    const finding = clients[0]?.findings.find((found) => found.rule === rule);
    assert.equal(finding?.status, status, finding?.detail);
  });
}
