/** Sessions, streams and messages in the inspector, made from exchanges as they are on record. */
import assert from "node:assert/strict";
import { lineOf } from "../../views/inspect/model.js";
import { threadsOf } from "../../views/inspect/lanes.js";
import { blocksOf } from "../../views/inspect/stream.js";
import { flowEndpoints } from "../../routes/pages/inspect.tsx";
import type { Exchange, StreamFacts } from "../../lib/recorder/exchange.ts";

/** What is told of an exchange that is made up. */
interface Made {
  readonly method?: "GET" | "DELETE";
  readonly path?: string;
  readonly says?: unknown;
  readonly status?: number;
  /** The session's id, as the request has it, or as the answer gives it. */
  readonly session?: string;
  readonly given?: string;
  readonly resumes?: string;
  readonly answer?: unknown;
  /** Text of an event stream. */
  readonly events?: string;
  readonly stream?: StreamFacts;
  readonly isOpen?: boolean;
}

/** Exchanges that follow each other by a second. */
function record(all: readonly Made[]): Exchange[] {
  return all.map((made, index): Exchange => {
    const { method = "POST", path = "/no-auth", says, answer, events, session, given, resumes, status = 200 } = made;
    const header = (name: string, value: string | undefined): (readonly [string, string])[] =>
      value === undefined ? [] : [[name, value]];
    const body = events ?? (answer === undefined ? undefined : JSON.stringify(answer));
    return {
      sequence: index + 1,
      receivedAtMs: index * 1000,
      startedAtMs: index * 1000,
      route: "no_auth_mcp",
      method,
      url: `http://localhost:8789${path}`,
      peer: "p",
      request: {
        headers: [...header("mcp-session-id", session), ...header("last-event-id", resumes)],
        ...(says === undefined ? {} : { body: JSON.stringify(says) }),
        truncated: false,
      },
      status,
      response: {
        headers: [
          ["content-type", events === undefined ? "application/json" : "text/event-stream"],
          ...header("mcp-session-id", given),
        ],
        ...(body === undefined ? {} : { body }),
        truncated: false,
      },
      durationMs: 1,
      shapedBy: [],
      ...(made.stream ? { stream: made.stream } : {}),
      ...(made.isOpen ? { isOpen: true } : {}),
    };
  });
}

const ask = (id: number, method: string, params = {}): unknown => ({ jsonrpc: "2.0", id, method, params });
const result = (id: number): unknown => ({ jsonrpc: "2.0", id, result: {} });
const event = (message: unknown, id = ""): string => `${id && `id: ${id}\n`}data: ${JSON.stringify(message)}\n\n`;

/** What each line says of the others, in words. */
function tiesIn(all: readonly Made[]): readonly string[] {
  return [...threadsOf(record(all)).values()].map(({ ties, end }) =>
    [...ties.map(({ text, at }) => at === undefined ? text : `${text} (${at})`), end].filter(Boolean).join("; ")
  );
}

/** The lanes of each line, a letter each: a session's or a stream's, large where it begins or ends. */
function lanesIn(all: readonly Made[]): readonly string[] {
  return [...threadsOf(record(all)).values()].map(({ bars }) =>
    Array.from(bars, (bar) => {
      const letter = bar?.lane.kind === "session" ? "s" : bar ? "t" : ".";
      return bar?.part ? letter.toUpperCase() : letter;
    }).join("")
  );
}

const opening = { says: ask(0, "initialize"), given: "a" };

Deno.test("a session's lane goes from the line that it began with to the one that ended it (MCP 2025-11-25, session management)", () => {
  const all = [
    opening,
    { says: ask(1, "tools/list"), session: "a" },
    { says: ask(0, "initialize"), given: "b" },
    { says: ask(2, "tools/list"), session: "a", status: 404 },
    { method: "DELETE", session: "b" },
  ] as const;
  assert.deepEqual(lanesIn(all), ["S", "s", "sS", "Ss", ".S"]);
  assert.deepEqual(tiesIn(all), [
    "session 1 begins",
    "",
    "session 2 begins",
    "the server does not know session 1",
    "session 2 ends",
  ]);
  const among = [...threadsOf(record(all)).values()].map(({ among }) => among);
  assert.deepEqual(among, ["in session 1", "in session 1", "in session 2", "in session 1", "in session 2"]);
});

Deno.test("a session that is used again after a 404 goes on, and one that nothing began has no beginning", () => {
  const all = [
    { says: ask(1, "tools/list"), session: "a", status: 404 },
    { says: ask(2, "tools/list"), session: "a" },
  ];
  assert.deepEqual(tiesIn(all), ["", ""]);
  assert.deepEqual(lanesIn(all), ["S", "s"]);
});

Deno.test("a stream's lane is beside the lines during which it was open, and the first says who ended it", () => {
  const stream = { eventsAtMs: [], endedAtMs: 2500, endedBy: "client" } as const;
  const all = [
    { method: "GET", events: "", stream, session: "a" },
    { says: ask(1, "tools/list"), session: "a" },
    { says: ask(2, "tools/list"), session: "a" },
    { says: ask(3, "tools/list"), session: "a" },
    { method: "GET", events: "", isOpen: true, session: "a" },
    { says: ask(4, "tools/list"), session: "a" },
  ] as const;
  assert.deepEqual(lanesIn(all), ["ST", "st", "sT", "s", "sT", "st"]);
  assert.equal(tiesIn(all)[0], "stream ended by the client after 2.5 s");
  const among = [...threadsOf(record(all)).values()].map(({ among }) => among);
  assert.deepEqual(among.slice(1, 4), ["in session 1; stream 1 open", "in session 1; stream 1 open", "in session 1"]);
  assert.equal(among.at(-1), "in session 1; stream 5 open");
});

Deno.test("as many lanes are drawn as can be told apart", () => {
  const all = Array.from({ length: 9 }, () => ({ method: "GET", events: "", isOpen: true } as const));
  assert.deepEqual(lanesIn(all).at(-1), "tttttt");
});

Deno.test("a request is tied to its answer on another stream, both ways (MCP 2025-11-25, listening for messages)", () => {
  const facts = { eventsAtMs: [1500, 2500], endedAtMs: 9000, endedBy: "server" } as const;
  const all = [
    { method: "GET", session: "a", events: event(ask(7, "ping"), "g-1") + event(result(1), "g-2"), stream: facts },
    { says: ask(1, "tools/call", { name: "slow" }), session: "a", status: 202 },
    { says: result(7), session: "a", status: 202 },
  ] as const;
  assert.deepEqual(tiesIn(all).slice(1), ["answered on another stream (1)", "answers ping (1)"]);
  const [told] = threadsOf(record(all)).values();
  assert.deepEqual(told?.events.map(({ fields, text, tied, atMs }) => [fields, text, tied, atMs]), [
    ["id g-1", "ping", 3, 1500],
    ["id g-2", "result 1", 2, 2500],
  ]);
});

Deno.test("ids of one session say nothing of another's", () => {
  const all = [
    { says: ask(1, "tools/call"), session: "a", status: 202 },
    { method: "GET", session: "b", events: event(result(1)), stream: { eventsAtMs: [1500] } },
  ] as const;
  assert.deepEqual(tiesIn(all), ["", ""]);
});

Deno.test("messages over HTTP+SSE are tied by the URL that the stream named (MCP 2024-11-05, HTTP with SSE)", () => {
  const messages = "/no-auth/messages?sessionId=1";
  const events = `event: endpoint\ndata: ${messages}\n\n` + event(result(0));
  const all = [
    { method: "GET", path: "/no-auth/sse", events, stream: { eventsAtMs: [1, 1000] }, isOpen: true },
    { path: messages, says: ask(0, "initialize"), status: 202 },
  ] as const;
  assert.deepEqual(tiesIn(all), ["session 1 begins", "answered on another stream (1)"]);
});

Deno.test("a stream that is resumed says after which event, and on which line that came (MCP 2025-11-25, resumability)", () => {
  const ended = (atMs: number): StreamFacts => ({ eventsAtMs: [atMs], endedAtMs: atMs + 20, endedBy: "server" });
  const all = [
    { says: ask(1, "tools/call"), session: "a", events: "id: e-1\nretry: 500\ndata:\n\n", stream: ended(0) },
    { method: "GET", session: "a", resumes: "e-1", events: event(result(1), "e-2"), stream: ended(1000) },
  ] as const;
  assert.deepEqual(tiesIn(all), [
    "answered on another stream (2); stream ended by the server after 20 ms",
    "resumes after event e-1 (1); stream ended by the server after 20 ms",
  ]);
  const [first] = threadsOf(record(all)).values();
  assert.deepEqual(first?.events.map(({ fields, text }) => [fields, text]), [["id e-1, retry 500 ms", "no message"]]);
});

Deno.test("an answer that comes alone in a stream is no more than an answer, a batch shows each of its messages", () => {
  const [plain] = threadsOf(record([{ says: ask(1, "tools/list"), events: event(result(1)) }])).values();
  assert.deepEqual(plain?.events, []);
  const batch = [ask(1, "tools/list"), 7, { jsonrpc: "2.0", method: "notifications/initialized" }];
  const [several] = threadsOf(record([{ says: batch }])).values();
  assert.deepEqual(several?.events.map(({ way, text, messages }) => [way, text, messages]), [
    ["there", "tools/list", [0]],
    ["there", "result without an id", [1]],
    ["there", "notifications/initialized", [2]],
  ]);
});

Deno.test("a block of a stream is read as browsers read it (HTML 9.2.6)", () => {
  const [exchange] = record([{
    events: ": still here\r\n\r\nid: 1\nevent: message\ndata: {\ndata: }\n\nid: 2\ndata: cut",
  }]);
  assert(exchange);
  assert.deepEqual(blocksOf(exchange).map(({ fields, text, messages }) => [fields, text, messages.length]), [
    ["", "comment: still here", 0],
    ["id 1", "", 1],
  ]);
});

Deno.test("a line says what a client's message is, be it a request, an answer or a batch", () => {
  const asks = (says: unknown): string | undefined =>
    record([{ says }]).map((one) => lineOf(one, flowEndpoints).asks)[0];
  assert.equal(asks(ask(1, "tools/call", { name: "add" })), "tools/call add");
  assert.equal(asks(result(7)), "result 7");
  assert.equal(
    asks({ jsonrpc: "2.0", id: "x", error: { code: -32601, message: "No such method" } }),
    'error "x": No such method',
  );
  assert.equal(asks([ask(1, "tools/list"), ask(2, "prompts/list")]), "tools/list, prompts/list");
});
