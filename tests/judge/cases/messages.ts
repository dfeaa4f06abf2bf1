/** Cases: what the messages of a client are. */
import type { Case } from "./case.ts";

/** Revisions that begin with `initialize`, and those of them in which clients name the revision in a header. */
const withHandshake = ["2025-03-26", "2025-06-18", "2025-11-25"] as const;

/** An endpoint that nobody has to log in for, and that has prompts to complete and logs to send. */
const open = { endpoint: "/conformance" } as const;

/** What a server says unasked while it answers a request. */
function saying(rpc_method: string, ...messages: readonly unknown[]): unknown {
  return {
    match: { endpoint: "mcp", rpc_method },
    edit: { stream: { before: messages.map((message) => ({ message })) } },
  };
}
const unasked = (id: unknown, method: string): unknown => ({ jsonrpc: "2.0", id, method, params: {} });
const notification = (method: string): unknown => ({ jsonrpc: "2.0", method, params: { any: [1] } });

/** A server that asks for something whose progress it wants to know. */
const followsPing = saying("tools/list", {
  jsonrpc: "2.0",
  id: "q",
  method: "ping",
  params: { _meta: { progressToken: "of-ping" } },
});

/** What the messages of a client are. */
export const messageCases: readonly Case[] = [
  { rule: "M1", slips: ["does not say JSON-RPC", "says JSON-RPC 1.0"] },
  { rule: "M2", slips: ["has the id null", "has a fraction for an id"] },
  { rule: "M3", slips: ["uses an id again"], revisions: withHandshake },
  { rule: "M3", slips: ["uses one id at a time"], client: { extras: ["calls twice at once"] } },
  { rule: "M4", slips: ["gives notifications an id"], revisions: withHandshake },
  ...["notifications/x-unknown", "notifications/progress", "notifications/tools/list_changed"].map((method): Case => ({
    rule: "M5",
    slips: ["answers notifications"],
    faults: [saying("tools/list", notification(method))],
  })),
  ...["q-1", 2 ** 53 - 1, "0", 0].map((id): Case => ({
    rule: "M6",
    slips: ["answers another id", "answers with a result and an error"],
    faults: [saying("tools/list", unasked(id, "ping"))],
  })),
  {
    rule: "M7",
    slips: ["answers no request"],
    faults: [
      saying("tools/list", unasked("q", "x/unknown")),
      { match: { endpoint: "mcp", rpc_method: "tools/call" }, edit: { delay_ms: 3000 } },
    ],
    client: { tools: ["mock_echo", "mock_echo"] },
    isRecommended: true,
  },
  { rule: "M96", slips: ["reports progress backwards"], faults: [followsPing] },
  { rule: "M96", slips: ["reports progress afterwards"], faults: [followsPing], isRecommended: true },
  {
    rule: "M100",
    slips: ["answers what was cancelled"],
    faults: [
      saying("tools/list", unasked("q", "ping"), {
        jsonrpc: "2.0",
        method: "notifications/cancelled",
        params: { requestId: "q" },
      }),
    ],
    isRecommended: true,
  },
  { rule: "M8", slips: ["sends a batch"] },
  { rule: "M9", slips: ["begins with a batch"] },
  ...[-32000, -32001, -32004, -32019].map((code): Case => ({
    rule: "M12",
    slips: ["takes an old code for a lost login"],
    faults: [{
      match: { endpoint: "mcp", rpc_method: "tools/call", status: 200 },
      edit: { json: { remove: ["result"], set: { error: { code, message: "Session not found" } } } },
    }],
    client: { tools: ["mock_echo", "mock_echo"] },
    isRecommended: true,
  })),
  {
    rule: "M56",
    slips: ["looks for another transport"],
    client: { extras: ["lists prompts"], pause: () => Promise.resolve() },
  },
  {
    rule: "M57",
    slips: ["goes on with any result"],
    faults: [{
      match: { endpoint: "mcp", rpc_method: "tools/call", status: 200 },
      edit: {
        json: { set: { "result.resultType": "x-deferred", "result.requestState": "s", "result.inputRequests": {} } },
      },
    }],
    client: { tools: ["mock_echo", "mock_echo"] },
  },
  {
    rule: "M10",
    slips: ["takes a reserved key", "makes up a bad key"],
    client: { extras: ["asks for progress"] },
  },
  { rule: "M11", slips: ["makes up a traceparent"], client: { extras: ["is traced"] } },
  { rule: "M95", slips: ["makes up a progress token"], client: { extras: ["asks for progress"] } },
  {
    rule: "M95",
    slips: ["shares a progress token"],
    client: { extras: ["calls twice at once"] },
    revisions: withHandshake,
  },
  { rule: "M98", slips: ["cancels what it never sent"], client: { extras: ["cancels a call"] } },
  { rule: "M104", slips: ["makes up a log level"], client: { ...open, extras: ["sets a log level"] } },
  {
    rule: "M105",
    slips: ["completes at every keystroke"],
    client: { ...open, extras: ["completes an argument"] },
    isRecommended: true,
  },
  { rule: "M22", slips: ["posts below the endpoint"] },
  { rule: "M23", slips: ["takes JSON alone"] },
  { rule: "M23", slips: ["takes anything"], isRecommended: true },
  { rule: "M26", slips: ["takes JSON from a stream"], client: { listens: true } },
  { rule: "M39", slips: ["leaves out its capabilities", "leaves out its revision"] },
  { rule: "M40", slips: ["does not say who it is"], isRecommended: true },
  { rule: "M41", slips: ["names no version"] },
  { rule: "M42", slips: ["names another version"] },
  { rule: "M43", slips: ["names no method", "names methods in capitals"] },
  { rule: "M44", slips: ["names no tool", "names another tool"] },
  { rule: "M50", slips: ["sends a response"] },
  { rule: "M51", slips: ["keeps a session", "pings"], isRecommended: true },
];
