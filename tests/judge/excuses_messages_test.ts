/**
 * What looks like a mistake in speaking MCP and is none: messages that cross or are sent again, instances side by side, old
 * servers, what is not on record. Each stands beside what it is mistaken for, which is broken.
 */
import assert from "node:assert/strict";
import { limitTable, type SetLimits } from "../../lib/judge/limits.ts";
import { buildReport } from "../../lib/judge/report.ts";
import type { Exchange } from "../../lib/recorder/exchange.ts";
import { origin } from "../helpers.ts";
import { type Made, make } from "../recorder/made_exchanges.ts";

type Row = readonly [url: string, made: Made];

const mcp = `${origin}/no-auth`;
const BOTH = ["accept", "application/json, text/event-stream"] as const;
const version = ["mcp-protocol-version", "2025-11-25"] as const;

/** How a message is sent beside what it says. */
interface How extends Made {
  /** The session; none for an empty text. */
  readonly session?: string;
  readonly url?: string;
}

function post(sent: Readonly<Record<string, unknown>>, { session = "one", url = mcp, ...made }: How = {}): Row {
  const headers = session === "" ? [BOTH] : [BOTH, version, ["mcp-session-id", session] as const];
  return [url, { method: "POST", route: "no_auth_post", headers, sent: { jsonrpc: "2.0", ...sent }, ...made }];
}

const asks = (id: unknown, how: How & { readonly method?: string; readonly params?: unknown } = {}): Row => {
  const { method = "tools/call", params, ...rest } = how;
  return post({ id, method, ...(params === undefined ? {} : { params }) }, {
    answered: { jsonrpc: "2.0", id, result: {} },
    ...rest,
  });
};
const unanswered = (id: unknown, how: How & { readonly method?: string } = {}): Row =>
  asks(id, { answered: undefined, events: "", ...how });
const begins = (session: string, how: Made = {}, id = 0): Row => [mcp, {
  method: "POST",
  route: "no_auth_post",
  headers: [BOTH],
  sent: {
    jsonrpc: "2.0",
    id,
    method: "initialize",
    params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "c", version: "1" } },
  },
  answered: { jsonrpc: "2.0", id, result: { protocolVersion: "2025-11-25" } },
  answeredHeaders: session === "" ? [] : [["mcp-session-id", session]],
  ...how,
}];
const listens = (atMs: number, { session = "" }: { readonly session?: string } = {}): Row => [mcp, {
  route: "no_auth_get",
  headers: [["accept", "text/event-stream"], version, ...session === "" ? [] : [["mcp-session-id", session] as const]],
  status: 405,
  atMs,
}];
const told = (how: How = {}): Row => post({ method: "notifications/initialized" }, { status: 202, ...how });
const cancels = (requestId: unknown, how: How = {}): Row =>
  post({ method: "notifications/cancelled", params: { requestId } }, { status: 202, ...how });
const modern = (id: unknown, how: How & { readonly method?: string; readonly meta?: object } = {}): Row => {
  const { method = "tools/list", meta = {}, ...rest } = how;
  const named = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
    "io.modelcontextprotocol/clientInfo": { name: "c", version: "1" },
  };
  return asks(id, {
    method,
    params: { name: "t", _meta: { ...named, ...meta } },
    headers: [BOTH, ["mcp-protocol-version", "2026-07-28"], ["mcp-method", method], ["mcp-name", "t"]],
    ...rest,
  });
};

const overSse = { url: `${mcp}/messages?sessionId=a`, route: "no_auth_messages" } as const;

/** How much of it is on record. */
interface Recorded {
  readonly isWhole?: boolean;
  readonly edit?: (exchange: Exchange, index: number) => Exchange;
  /** Limits that the test sets. */
  readonly limits?: SetLimits;
}

function statusOf(rows: readonly Row[], rule: string, recorded: Recorded = {}): string | undefined {
  const { isWhole = true, edit, limits = {} } = recorded;
  const exchanges = make(...rows);
  const options = { sandbox: "main", hasOrigin: true, isWhole, isLabelled: true, limits };
  const report = buildReport(edit ? exchanges.map(edit) : exchanges, options);
  assert.equal(report.clients.length, 1);
  const finding = report.clients[0]?.findings.find((found) => found.rule === rule);
  return finding &&
    `${finding.status}${finding.status === "broken" && finding.level !== "MUST" ? " as a warning" : ""}`;
}

interface Excuse {
  readonly rule: string;
  readonly what: string;
  readonly excused: readonly Row[];
  readonly recorded?: Recorded;
  /** What it is mistaken for. */
  readonly mistake: readonly Row[];
  readonly isRecommended?: boolean;
}

const opened = [begins("one"), told({ atMs: 10 })];

/** A server says something unasked, and the client that it could not read something. */
const unread = (code: number): readonly Row[] => [
  ...opened,
  says(1, 20, { method: "notifications/x" }),
  responds(null, 40, { error: { code, message: "Cannot read that" } }),
  asks(2, { atMs: 60 }),
];

/** An event stream with these messages. */
const events = (...messages: readonly object[]): string =>
  messages.map((message) => `data: ${JSON.stringify({ jsonrpc: "2.0", ...message })}\n\n`).join("");
const asked = (id: unknown, method = "x/unknown"): object => ({ id, method });
const done = (id: unknown): object => ({ id, result: {} });
const says = (id: number, atMs: number, ...messages: readonly object[]): Row =>
  asks(id, { answered: undefined, events: events(...messages, done(id)), atMs });
const responds = (id: unknown, atMs: number, outcome: object = { result: {} }): Row =>
  post({ id, ...outcome }, { status: 202, atMs });

const region = { type: "string", "x-mcp-header": "Region" } as const;
const lists = (id: number, atMs: number, header = "Region"): Row => {
  const inputSchema = { type: "object", properties: { region: { ...region, "x-mcp-header": header } } };
  return modern(id, { answered: { jsonrpc: "2.0", id, result: { tools: [{ name: "t", inputSchema }] } }, atMs });
};
const calls = (id: number, atMs: number, header?: string, how: How & { readonly region?: string } = {}): Row => {
  const { region: value = "eu", ...rest } = how;
  const [url, made] = modern(id, { method: "tools/call", atMs, ...rest });
  const sent = Object(made.sent);
  const params = { ...sent.params, arguments: { region: value } };
  const headers = [...made.headers ?? [], ...header === undefined ? [] : [[`mcp-param-${header}`, value] as const]];
  return [url, { ...made, sent: { ...sent, params }, headers }];
};
const mismatch = (id: number): How => ({
  status: 400,
  answered: { jsonrpc: "2.0", id, error: { code: -32020, message: "HeaderMismatch" } },
});
const page = (id: number, atMs: number, cursor?: string, nextCursor?: string): Row =>
  asks(id, {
    method: "tools/list",
    params: cursor === undefined ? {} : { cursor },
    answered: {
      jsonrpc: "2.0",
      id,
      result: { tools: [{ name: "t" }], ...(nextCursor === undefined ? {} : { nextCursor }) },
    },
    atMs,
  });
const manyPages = (count: number): readonly Row[] =>
  Array.from(
    { length: count },
    (_, index) => page(index + 1, 20 + 20 * index, index === 0 ? undefined : `page-${index}`, `page-${index + 1}`),
  );
const oldCode = { answered: { jsonrpc: "2.0", id: 2, error: { code: -32001, message: "Session not found" } } } as const;

const excuses: readonly Excuse[] = [
  {
    rule: "M1",
    what: "a probe has no body at all",
    excused: [...opened, [mcp, { method: "POST", route: "no_auth_post", status: 400, headers: [BOTH] }]],
    mistake: [...opened, [mcp, { method: "POST", route: "no_auth_post", status: 400, headers: [BOTH], sent: "{" }]],
  },
  {
    rule: "M3",
    what: "a request that was refused for want of a token is sent again with one",
    excused: [...opened, asks(1, { status: 401 }), asks(1)],
    mistake: [...opened, asks(1), asks(1)],
  },
  {
    rule: "M3",
    what: "a server was too busy to take it",
    excused: [...opened, asks(1, { status: 503 }), asks(1)],
    mistake: [...opened, asks(1), asks(1)],
  },
  {
    rule: "M3",
    what: "the answer was lost on its way, and a library sends the request again",
    excused: [...opened, unanswered(1), asks(1)],
    mistake: [...opened, asks(1), asks(1)],
  },
  {
    rule: "M3",
    what: "a new session counts from the same number",
    excused: [...opened, asks(1), begins("two"), told({ session: "two" }), asks(1, { session: "two" })],
    mistake: [...opened, asks(1), begins("two"), told({ session: "two" }), asks(1)],
  },
  {
    rule: "M3",
    what: '1 and "1" are two ids',
    excused: [...opened, asks(1), asks("1")],
    mistake: [...opened, asks("1"), asks("1")],
  },
  {
    rule: "M3",
    what: "two instances without sessions count from the same number at the same time",
    excused: [
      modern(0, { tookMs: 50 }),
      modern(0, { atMs: 20, tookMs: 50 }),
      modern(1, { atMs: 60, tookMs: 50 }),
      modern(1, { atMs: 80 }),
    ],
    mistake: [modern(0), modern(1, { tookMs: 50 }), modern(1, { atMs: 20 })],
  },
  {
    rule: "M3",
    what: "an id comes again after it was answered, where there are no sessions",
    excused: [modern(0), modern(1), modern(1, { atMs: 100 })],
    mistake: [modern(0), modern(1, { tookMs: 50 }), modern(1, { atMs: 20 })],
  },
  {
    rule: "M13",
    what: "a ping comes first",
    excused: [asks(1, { method: "ping", session: "" }), begins("one")],
    mistake: [asks(1, { method: "tools/list", session: "" }), begins("one")],
  },
  {
    rule: "M13",
    what: "a request is sent to be refused for want of a token",
    excused: [asks(1, { method: "tools/list", session: "", status: 401 }), begins("one")],
    mistake: [asks(1, { method: "tools/list", session: "", status: 400 }), begins("one")],
  },
  {
    rule: "M13",
    what: "the server has no sessions",
    excused: [begins(""), told({ session: "" }), asks(1, { session: "" })],
    mistake: [asks(1, { session: "" }), begins("")],
  },
  {
    rule: "M13",
    what: "what came before is not on record",
    recorded: { isWhole: false },
    excused: [asks(1, { session: "" }), begins("one")],
    mistake: [asks(1, { session: "" }), begins("one")],
  },
  {
    rule: "M13",
    what: "a client tries 2026-07-28 first",
    excused: [modern(1, { status: 400 }), begins("one")],
    mistake: [asks(1, { session: "", status: 400 }), begins("one")],
  },
  {
    rule: "M17",
    what: "the notification overtakes, or is overtaken by, the first request",
    excused: [begins("one"), asks(1, { atMs: 20 }), told({ atMs: 25 }), asks(2, { atMs: 40 })],
    mistake: [begins("one"), asks(1, { atMs: 20 }), asks(2, { atMs: 40 }), told({ atMs: 2000 })],
    isRecommended: true,
  },
  {
    rule: "M17",
    what: "the first request has come, and the notification may still be on its way",
    excused: [begins("one"), asks(1, { atMs: 20 })],
    mistake: [begins("one"), asks(1, { atMs: 20 }), asks(2, { atMs: 40 })],
  },
  {
    rule: "M17",
    what: "the notification was refused",
    excused: [begins("one"), told({ atMs: 10, status: 500 }), asks(1, { atMs: 20 }), asks(2, { atMs: 40 })],
    mistake: [begins("one"), asks(1, { atMs: 20 }), asks(2, { atMs: 40 })],
  },
  {
    rule: "M17",
    what: "initialize was answered with an error",
    excused: [
      begins("one", { answered: { jsonrpc: "2.0", id: 0, error: { code: -32602, message: "no" } } }),
      asks(1, { atMs: 20 }),
      asks(2, { atMs: 40 }),
    ],
    mistake: [begins("one"), asks(1, { atMs: 20 }), asks(2, { atMs: 40 })],
  },
  {
    rule: "M17",
    what: "a long message hides what was sent",
    recorded: {
      edit: (exchange, index) =>
        index === 1 ? { ...exchange, request: { headers: exchange.request.headers, truncated: true } } : exchange,
    },
    excused: [begins("one"), told({ atMs: 10 }), asks(1, { atMs: 20 }), asks(2, { atMs: 40 })],
    mistake: [begins("one"), asks(1, { atMs: 20 }), asks(2, { atMs: 40 })],
  },
  {
    rule: "M17",
    what: "another instance begins too at a server without sessions, and it may be that one's request",
    excused: [
      begins(""),
      begins("", { atMs: 10 }),
      asks(1, { session: "", atMs: 20 }),
      asks(2, { session: "", atMs: 40 }),
    ],
    mistake: [begins(""), asks(1, { session: "", atMs: 20 }), asks(2, { session: "", atMs: 40 })],
  },
  {
    rule: "M17",
    what: "it asked something before it began, at a server without sessions",
    excused: [modern(1, { status: 400 }), begins("", { atMs: 10 }), told({ session: "", atMs: 20 })],
    mistake: [begins(""), asks(1, { session: "", atMs: 20 }), asks(2, { session: "", atMs: 40 })],
  },
  {
    rule: "M22",
    what: "the server sends the client on to another path",
    excused: [...opened, asks(1, { status: 307 }), asks(1, { url: `${mcp}/v2` })],
    mistake: [...opened, asks(1, { url: `${mcp}/v2` })],
  },
  {
    rule: "M23",
    what: "the transport is HTTP+SSE, which does not ask for the header",
    excused: [
      [`${mcp}/sse`, { route: "no_auth_sse", events: "event: endpoint\ndata: /no-auth/messages?sessionId=a\n\n" }],
      asks(1, {
        url: `${mcp}/messages?sessionId=a`,
        route: "no_auth_messages",
        session: "",
        headers: [["accept", "a/b"]],
      }),
    ],
    mistake: [asks(1, { session: "", headers: [["accept", "a/b"]] })],
  },
  {
    rule: "M23",
    what: "the transport is HTTP+SSE, and its stream was opened before the record begins",
    excused: [
      asks(1, {
        url: `${mcp}/messages?sessionId=a`,
        route: "no_auth_messages",
        session: "",
        headers: [["accept", "a/b"]],
      }),
    ],
    mistake: [asks(1, { session: "", headers: [["accept", "a/b"]] })],
  },
  {
    rule: "M26",
    what: "somebody looks at the endpoint",
    excused: [...opened, [mcp, { route: "no_auth_get", status: 405, headers: [["accept", "text/html"]] }]],
    mistake: [...opened, [mcp, {
      route: "no_auth_get",
      status: 405,
      headers: [["accept", "text/html"], ["mcp-session-id", "one"], version],
    }]],
  },
  {
    rule: "M39",
    what: "the server has no sessions, and the client names its methods in headers",
    excused: [
      begins(""),
      asks(1, { session: "", headers: [BOTH, ["mcp-method", "tools/call"], version] }),
      modern(2),
    ],
    mistake: [asks(1, { session: "", headers: [BOTH, ["mcp-method", "tools/call"], version] }), modern(2)],
  },
  {
    rule: "M44",
    what: "the name was redacted in one place alone",
    excused: [modern(1, {
      method: "tools/call",
      headers: [BOTH, ["mcp-protocol-version", "2026-07-28"], ["mcp-method", "tools/call"], ["mcp-name", "…3…abc"]],
    })],
    mistake: [modern(1, {
      method: "tools/call",
      headers: [BOTH, ["mcp-protocol-version", "2026-07-28"], ["mcp-method", "tools/call"], ["mcp-name", "u"]],
    })],
  },
  {
    rule: "M27",
    what: "a client without a session connects anew, and each connection asks for its stream",
    excused: [0, 100, 200, 300, 400].flatMap((atMs) => [begins("", { atMs }), listens(atMs + 50)]),
    mistake: [begins(""), ...[50, 150, 250, 350, 450].map((atMs) => listens(atMs))],
    isRecommended: true,
  },
  {
    rule: "M41",
    what: "a client of both eras tries its luck over HTTP+SSE, which has no such header",
    excused: [
      [`${mcp}/sse`, { route: "no_auth_sse", events: "event: endpoint\ndata: /no-auth/messages?sessionId=a\n\n" }],
      modern(1, { ...overSse, status: 400, headers: [] }),
    ],
    mistake: [modern(1, { status: 400, headers: [] })],
  },
  {
    rule: "M43",
    what: "a client of both eras tries its luck over HTTP+SSE, which has no such header",
    excused: [
      [`${mcp}/sse`, { route: "no_auth_sse", events: "event: endpoint\ndata: /no-auth/messages?sessionId=a\n\n" }],
      modern(1, { ...overSse, status: 400, headers: [] }),
    ],
    mistake: [modern(1, { status: 400, headers: [] })],
  },
  {
    rule: "M51",
    what: "a client that falls back to sessions asks for a stream in one",
    excused: [
      modern(1, { status: 400 }),
      ...opened,
      [mcp, { route: "no_auth_get", headers: [["accept", "text/event-stream"], ["mcp-session-id", "one"], version] }],
    ],
    mistake: [modern(1), [mcp, { route: "no_auth_get", headers: [["mcp-protocol-version", "2026-07-28"]] }]],
    isRecommended: true,
  },
  {
    rule: "M95",
    what: "a token is used again once its request was answered",
    excused: [
      ...opened,
      asks(1, { atMs: 20, params: { _meta: { progressToken: "a" } } }),
      asks(2, { atMs: 40, params: { _meta: { progressToken: "a" } } }),
    ],
    mistake: [
      ...opened,
      asks(1, { atMs: 20, tookMs: 50, params: { _meta: { progressToken: "a" } } }),
      asks(2, { atMs: 40, params: { _meta: { progressToken: "a" } } }),
    ],
  },
  {
    rule: "M98",
    what: "the answer and the cancellation cross",
    excused: [...opened, asks(1, { atMs: 20 }), cancels(1, { atMs: 1000 })],
    mistake: [...opened, asks(1, { atMs: 20 }), cancels(1, { atMs: 1100 })],
    isRecommended: true,
  },
  {
    rule: "M98",
    what: "the request that is cancelled overtakes its cancellation",
    excused: [...opened, cancels(1, { atMs: 20 }), unanswered(1, { atMs: 25 })],
    mistake: [...opened, cancels(1, { atMs: 20 }), unanswered(2, { atMs: 25 })],
  },
  {
    rule: "M98",
    what: "it means a request of a session that was lost",
    excused: [...opened, unanswered(1), begins("two"), told({ session: "two" }), cancels(1, { session: "two" })],
    mistake: [...opened, unanswered(1), begins("two"), told({ session: "two" }), cancels(3, { session: "two" })],
  },
  {
    rule: "M98",
    what: "a fault kept the answer from the client",
    recorded: { edit: (exchange, index) => index === 2 ? { ...exchange, shapedBy: ["cut"] } : exchange },
    excused: [...opened, asks(1, { atMs: 20 }), cancels(1, { atMs: 9000 })],
    mistake: [...opened, asks(1, { atMs: 20 }), cancels(1, { atMs: 9000 })],
    isRecommended: true,
  },
  {
    rule: "M5",
    what: "it could not read what else came, and says so without an id",
    excused: [
      ...opened,
      says(1, 20, { method: "notifications/x" }),
      responds(null, 40, { error: { code: -32700, message: "Parse error" } }),
    ],
    mistake: [...opened, says(1, 20, { method: "notifications/x" }), responds(null, 40)],
  },
  {
    rule: "M6",
    what: "what the server had asked for is not on record whole",
    excused: [...opened, says(1, 20), responds("q", 40)],
    recorded: {
      edit: (exchange, index) =>
        index === 2 ? { ...exchange, response: { ...exchange.response, truncated: true } } : exchange,
    },
    mistake: [...opened, says(1, 20), responds("q", 40)],
  },
  {
    rule: "M7",
    what: "the server cancelled what it had asked for",
    excused: [
      ...opened,
      says(1, 20, asked("q"), { method: "notifications/cancelled", params: { requestId: "q" } }),
      asks(2, { atMs: 9000 }),
    ],
    mistake: [...opened, says(1, 20, asked("q")), asks(2, { atMs: 9000 })],
    isRecommended: true,
  },
  {
    rule: "M12",
    what: "nothing has succeeded yet, so that the server may be an older one",
    excused: [modern(2, { ...oldCode, atMs: 20 }), begins("one", { atMs: 60 })],
    mistake: [modern(1), modern(2, { ...oldCode, atMs: 20 }), begins("one", { atMs: 60 }, 3)],
    isRecommended: true,
  },
  {
    rule: "M46",
    what: "the tool was listed anew, and marked otherwise, while it was called",
    excused: [lists(1, 0), lists(2, 20, "Area"), calls(3, 22, "region")],
    mistake: [lists(1, 0), calls(3, 22)],
  },
  {
    rule: "M49",
    what: "the next call is another one",
    excused: [lists(1, 0), calls(2, 20, "region", mismatch(2)), calls(3, 40, "region", { region: "us" })],
    mistake: [lists(1, 0), calls(2, 20, "region", mismatch(2)), calls(3, 40, "region", mismatch(3))],
    isRecommended: true,
  },
  {
    rule: "M99",
    what: "another process of the client has a request of the same id under way",
    excused: [
      unanswered(0, { session: "", atMs: 20, tookMs: 9000 }),
      begins("", { atMs: 30, tookMs: 5000 }),
      cancels(0, { session: "", atMs: 60 }),
    ],
    mistake: [begins("", { atMs: 30, tookMs: 5000 }), cancels(0, { session: "", atMs: 60 })],
  },
  {
    rule: "M102",
    what: "it gave the request up in time, and the answer came all the same",
    excused: [
      ...opened,
      asks(1, { atMs: 20, tookMs: 700_000 }),
      cancels(1, { atMs: 60_000 }),
    ],
    mistake: [...opened, asks(1, { atMs: 20, tookMs: 700_000 })],
    isRecommended: true,
  },
  {
    rule: "M107",
    what: "it looks at the first page alone of a list that it knows",
    excused: [
      ...opened,
      page(1, 20, undefined, "b"),
      page(2, 40, "b"),
      page(3, 60, undefined, "b"),
      asks(4, { atMs: 80 }),
    ],
    mistake: [...opened, page(3, 60, undefined, "b"), asks(4, { atMs: 80 })],
    isRecommended: true,
  },
  {
    rule: "M107",
    what: "it begins to read anew before it calls a tool",
    excused: [
      ...opened,
      page(1, 20, undefined, "b"),
      page(2, 40, undefined, "b"),
      page(3, 60, "b"),
      asks(4, { atMs: 80 }),
    ],
    mistake: [...opened, page(1, 20, undefined, "b"), asks(4, { atMs: 80 })],
    isRecommended: true,
  },
  {
    rule: "M107",
    what: "it stops at a bound of its own, after fifty pages (typescript-sdk)",
    excused: [...opened, ...manyPages(50), asks(51, { atMs: 2000 })],
    mistake: [...opened, ...manyPages(49), asks(51, { atMs: 2000 })],
    isRecommended: true,
  },
  {
    rule: "M107",
    what: "four readings of one list run side by side",
    excused: [
      ...opened,
      ...[1, 2, 3, 4].map((id) => page(id, 20 + id, undefined, "b")),
      ...[5, 6, 7, 8].map((id) => page(id, 40 + id, "b", "c")),
      ...[9, 10, 11, 12].map((id) => page(id, 60 + id, "c")),
    ],
    mistake: [...opened, page(1, 20, undefined, "b"), ...[5, 6, 7, 8].map((id) => page(id, 40 + id, "b", "c"))],
    isRecommended: true,
  },
  {
    rule: "M107",
    what: "readings go on that were begun before the record",
    excused: [
      ...opened,
      ...[1, 2, 3, 4].map((id) => page(id, 40 + id, "b", "c")),
      page(5, 50, undefined, "b"),
      ...[6, 7, 8, 9, 10].map((id) => page(id, 60 + id, "c")),
    ],
    mistake: [...opened, page(5, 50, undefined, "b"), ...[6, 7, 8, 9].map((id) => page(id, 60 + id, "b", "b"))],
    isRecommended: true,
  },
  {
    rule: "M107",
    what: "a server was too busy to give the page",
    excused: [
      ...opened,
      page(1, 20, undefined, "b"),
      ...[2, 3, 4, 5].map((id) =>
        asks(id, { method: "tools/list", params: { cursor: "b" }, status: 503, atMs: 20 * id })
      ),
      page(6, 120, "b"),
    ],
    mistake: [...opened, page(1, 20, undefined, "b"), ...[2, 3, 4, 5].map((id) => page(id, 20 * id, "b", "c"))],
    isRecommended: true,
  },
  {
    rule: "M16",
    what:
      "it is another instance that sends something meanwhile, after a handshake of its own, to a server without sessions",
    excused: [
      begins("", { tookMs: 1000 }),
      begins("", { atMs: 100 }),
      told({ session: "", atMs: 200 }),
      asks(1, { session: "", atMs: 300 }),
    ],
    mistake: [begins("", { tookMs: 1000 }), asks(1, { session: "", atMs: 300 })],
    isRecommended: true,
  },
];

/** What nothing but the time that two messages may cross in tells from a mistake. */
const crossings: Readonly<Record<string, readonly Row[]>> = {
  "M17: its first request comes, and late the notification that belongs before it": [
    begins("one"),
    asks(1, { atMs: 20 }),
    told({ atMs: 2000 }),
  ],
  "M17: its first request comes, nothing else for long, and no notification": [
    begins("one"),
    asks(1, { atMs: 20, tookMs: 9000 }),
    listens(5000, { session: "one" }),
  ],
  "M96: it reports progress after its answer": [
    ...opened,
    says(1, 20, { id: "q", method: "x", params: { _meta: { progressToken: "p" } } }),
    responds("q", 40),
    post({ method: "notifications/progress", params: { progressToken: "p", progress: 1 } }, {
      status: 202,
      atMs: 2000,
    }),
  ],
  "M98: it cancels a request after the answer": [...opened, asks(1, { atMs: 20 }), cancels(1, { atMs: 2000 })],
  "M100: it answers what the server had cancelled": [
    ...opened,
    says(1, 20, asked("q"), { method: "notifications/cancelled", params: { requestId: "q" } }),
    responds("q", 2000),
  ],
};

for (const [what, rows] of Object.entries(crossings)) {
  const [rule = ""] = what.split(":");
  Deno.test(`${what}: that is a warning, unless a test says how long messages may cross`, () => {
    assert.equal(statusOf(rows, rule), "broken as a warning");
    assert.equal(statusOf(rows, rule, { limits: { crossing_ms: 500 } }), "broken");
    assert.doesNotMatch(statusOf(rows, rule, { limits: { crossing_ms: 5500 } }) ?? "", /broken/);
    assert.match(limitTable.crossing_ms.about, new RegExp(`\\b${rule}\\b`));
  });
}

for (const { rule, what, excused, recorded, mistake, isRecommended = false } of excuses) {
  Deno.test(`${rule} is not broken where ${what}`, () => {
    assert.doesNotMatch(statusOf(excused, rule, recorded) ?? "", /broken/);
    assert.equal(statusOf(mistake, rule), isRecommended ? "broken as a warning" : "broken");
  });
}

Deno.test("M17 is kept by who says that it is initialized where there is no session, and not by who begins alone", () => {
  assert.equal(statusOf([begins("")], "M17"), "not observed");
  assert.equal(statusOf([begins(""), told({ session: "", atMs: 20 })], "M17"), "kept");
  assert.equal(statusOf([told({ session: "" }), begins("", { atMs: 20 })], "M17"), "not observed");
});

Deno.test("M5 is not observed where an error without an id may answer a notification, or what could not be read (JSON-RPC 5)", () => {
  for (const code of [-32600, -32700]) assert.equal(statusOf(unread(code), "M5"), "not observed");
  assert.equal(statusOf([...opened, says(1, 20, { method: "notifications/x" }), asks(2, { atMs: 60 })], "M5"), "kept");
});
