/** What client and server said to each other, as rules see it: messages, streams, sessions, and answers wherever they came. */
import assert from "node:assert/strict";
import { type Conversation, conversationIn } from "../../lib/judge/conversation.ts";
import { readingSteps } from "../../lib/judge/steps.ts";
import type { McpStep } from "../../lib/judge/step.ts";
import { finish } from "../../lib/runtime/slices.ts";
import { origin } from "../helpers.ts";
import { type Made, make } from "../recorder/made_exchanges.ts";

type Row = readonly [url: string, made: Made];

const mcp = `${origin}/no-auth`;
const inSession = [["mcp-session-id", "one"]] as const;
const event = (data: unknown, id?: string): string =>
  `${id === undefined ? "" : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`;
const answer = (id: unknown, result: unknown = {}): unknown => ({ jsonrpc: "2.0", id, result });
const ask = (method: string, id: unknown, made: Made = {}): Row => [mcp, {
  method: "POST",
  route: "no_auth_post",
  sent: { jsonrpc: "2.0", id, method },
  headers: inSession,
  ...made,
}];

function callsIn(...rows: readonly Row[]): readonly McpStep[] {
  return finish(readingSteps(make(...rows))).filter((step) => step.kind === "mcp");
}

const said = (...rows: readonly Row[]): Conversation => conversationIn(callsIn(...rows));

/** Each request, and the position of the exchange that its answer came in. */
function answersIn({ requests }: Conversation): readonly (readonly [id: unknown, at: number | undefined])[] {
  return requests.map(({ id, answer }) => [id, answer?.step.at]);
}

Deno.test("the messages of a body are its parts in order, and what is none says why", () => {
  const [batch, broken, text, empty] = callsIn(
    ask("tools/list", 1, { sent: [{ jsonrpc: "2.0", id: 1, method: "ping" }, 7] }),
    ask("tools/list", 1, { sent: '{"jsonrpc"' }),
    ask("tools/list", 1, { sent: '"tools/list"' }),
    ask("tools/list", 1, { sent: "[]" }),
  ).map(({ sent, isBatch }) => [isBatch, sent.map(({ message, problem }) => message?.method ?? problem)]);
  assert.deepEqual(batch, [true, ["ping", "is JSON, but not an object"]]);
  assert.deepEqual(broken, [false, ["is not JSON"]]);
  assert.deepEqual(text, [false, ["is JSON, but not an object"]]);
  assert.deepEqual(empty, [true, []]);
});

Deno.test("an event stream tells its messages with their ids and times, who ended it, and where to resume (HTML 9.2.6)", () => {
  const [open, ended, ready] = callsIn(
    ask("tools/call", 1, {
      events: `: hello\n\nid: a\nretry: 200\ndata:\n\n${event(answer(1), "b")}data: {"cut`,
      stream: { eventsAtMs: [5, 10, 20] },
      isOpen: true,
    }),
    ask("tools/call", 2, { events: event(answer(2)), stream: { eventsAtMs: [7], endedAtMs: 30, endedBy: "cut" } }),
    ask("tools/call", 3, { atMs: 40, events: `event: message\r\ndata: {\r\ndata: "id":3,"result":{}}\r\n\r\n` }),
  );
  assert.deepEqual(open?.answered, [{ message: answer(1), eventId: "b", atMs: 20 }]);
  assert.deepEqual(open.stream, {
    endedAtMs: undefined,
    endedBy: undefined,
    lastEventId: "b",
    eventIds: ["a", "b"],
    retryMs: 200,
    endpoint: undefined,
  });
  assert.deepEqual([ended?.stream?.endedAtMs, ended?.stream?.endedBy, ended?.stream?.lastEventId], [
    30,
    "cut",
    undefined,
  ]);
  assert.deepEqual(ready?.answered, [{ message: { id: 3, result: {} }, eventId: undefined, atMs: 41 }]);
  assert.deepEqual([ready.stream?.endedAtMs, ready.stream?.endedBy], [41, "server"]);
});

Deno.test("an answer is tied to its request by session, type and value of the id, wherever it comes", () => {
  const other = [["mcp-session-id", "two"]] as const;
  const conversation = said(
    // In the response itself.
    ask("tools/list", 0, { answered: answer(0) }),
    // The stream breaks off, and the answer comes on the one that resumes it.
    ask("tools/call", "0", { events: "id: s1\ndata:\n\n", stream: { eventsAtMs: [1], endedAtMs: 2, endedBy: "cut" } }),
    [mcp, { route: "no_auth_get", headers: [...inSession, ["last-event-id", "s1"]], events: event(answer("0"), "s2") }],
    // The same id in another session has an answer of its own.
    ask("tools/call", "0", { headers: other, answered: answer("0") }),
    // Nothing answers this one.
    ask("tools/call", 9, { events: "" }),
  );
  assert.deepEqual(answersIn(conversation), [[0, 0], ["0", 2], ["0", 3], [9, undefined]]);
  assert.deepEqual(conversation.sessions.map(({ steps }) => steps.map(({ at }) => at)), [[0, 1, 2, 4], [3]]);
});

Deno.test("an answer that came before a request is not its answer", () => {
  const conversation = said(
    [mcp, { route: "no_auth_get", headers: inSession, events: event(answer(1)), stream: { eventsAtMs: [10] } }],
    ask("tools/call", 1, { atMs: 20, status: 202 }),
  );
  assert.deepEqual(answersIn(conversation), [[1, undefined]]);
});

Deno.test("over HTTP+SSE answers come on the stream, and settle 2024-11-05, whatever was offered", () => {
  const messages = `${mcp}/messages?sessionId=session_${"A".repeat(22)}`;
  const offered = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "c", version: "1" } };
  const post = (sent: Readonly<Record<string, unknown>>): Row => [messages, {
    method: "POST",
    route: "no_auth_messages",
    status: 202,
    sent: { jsonrpc: "2.0", ...sent },
  }];
  const result = { protocolVersion: "2024-11-05" };
  const rows: readonly Row[] = [
    [`${mcp}/sse`, {
      route: "no_auth_sse",
      events: `event: endpoint\ndata: ${messages.slice(origin.length)}\n\n${event(answer(1, result))}${
        event(answer(2))
      }`,
    }],
    post({ id: 1, method: "initialize", params: offered }),
    post({ method: "notifications/initialized" }),
    post({ id: 2, method: "tools/list" }),
  ];
  const conversation = said(...rows);
  assert.deepEqual(answersIn(conversation), [[1, 0], [2, 0]]);
  assert.deepEqual(conversation.requests.map(({ version, era }) => [version, era]), [
    ["2024-11-05", "handshake"],
    ["2024-11-05", "handshake"],
  ]);
  assert.deepEqual(conversation.sessions.map(({ isHttpSse, version, steps }) => [isHttpSse, version, steps.length]), [
    [true, "2024-11-05", 4],
  ]);
  const [, unanswered] = callsIn(
    [`${mcp}/sse`, { ...rows[0]?.[1], events: `event: endpoint\ndata: ${messages}\n\n` }],
    post({
      id: 1,
      method: "initialize",
      params: offered,
    }),
  );
  assert.equal(unanswered?.versions.settled, undefined, "an answer that has not come settles nothing");
});

Deno.test("the era of a message is that of its own _meta, else of its session, else of its headers", () => {
  const meta = { _meta: { "io.modelcontextprotocol/protocolVersion": "2026-07-28" } };
  const named = (version: string): NonNullable<Made["headers"]> => [["mcp-protocol-version", version]];
  const { requests } = said(
    ask("initialize", 1),
    ask("tools/list", 2),
    ask("tools/list", 3, { sent: { id: 3, method: "tools/list", params: meta } }),
    ask("tools/list", 4, { headers: named("2026-07-28") }),
    ask("tools/list", 5, { headers: named("2025-11-25") }),
    ask("server/discover", 6, { headers: [] }),
  );
  assert.deepEqual(
    requests.map(({ era }) => era),
    ["handshake", "handshake", "stateless", "stateless", "handshake", "stateless"],
  );
});

Deno.test("a request of the server is tied to the answer that the client sends", () => {
  const roots = { jsonrpc: "2.0", id: "r", method: "roots/list" };
  const { serverRequests, serverNotifications, responses } = said(
    [mcp, {
      route: "no_auth_get",
      headers: inSession,
      events: event(roots) + event({ jsonrpc: "2.0", method: "notifications/message" }),
      stream: { eventsAtMs: [10, 11] },
      isOpen: true,
    }],
    ask("", 0, { atMs: 20, status: 202, sent: answer("r") }),
    ask("", 0, { atMs: 30, status: 202, sent: answer("other") }),
  );
  assert.deepEqual(serverRequests.map(({ method, answers }) => [method, answers.map(({ step }) => step.at)]), [
    ["roots/list", [1]],
  ]);
  assert.deepEqual(serverNotifications.map(({ message }) => message.method), ["notifications/message"]);
  assert.deepEqual(responses.map(({ message }) => message.id), ["r", "other"]);
});
