/** Cases: how a client reads event streams, comes back to those that end too early, and gives up what takes too long. */
import type { Case } from "./case.ts";

const always = { life: "always" } as const;
const calls = { endpoint: "mcp", rpc_method: "tools/call" } as const;
const asStreams = { policy: { mcpAnswerForm: "events" } } as const;

/** The stream of a call closes after the event that opens it. */
const closesEarly = {
  match: calls,
  policy: { mcp_answer_form: "events" },
  edit: { stream: { fields: { retry_ms: 5 }, end: { after_events: 1, how: "close" } } },
};
const cutEarly = { ...closesEarly, edit: { stream: { end: { after_events: 1, how: "cut" } } } };
/** A call's stream opens, and nothing more comes. */
const hangs = { match: calls, edit: { stream: { end: { how: "hold" } } } };
const ping = { jsonrpc: "2.0", id: "ping-1", method: "ping" };

/** How a client reads event streams. */
export const streamCases: readonly Case[] = [
  { rule: "M25", slips: ["reads JSON alone"], app: asStreams },
  { rule: "M25", slips: ["reads event streams alone"] },
  {
    rule: "M52",
    slips: ["chokes on comments"],
    faults: [{
      match: { endpoint: "mcp", method: "POST" },
      ...always,
      edit: { stream: { before: [{ comment: "still here" }], split: true } },
    }],
  },
  ...[{ body: "Accepted" }, { status: 200 }, { status: 204 }].map((edit): Case => ({
    rule: "M24",
    slips: ["sends again what was accepted"],
    isRecommended: true,
    faults: [{ match: { endpoint: "mcp", rpc_method: "notifications/*" }, ...always, edit }],
  })),
  {
    rule: "M28",
    slips: ["does not come back to a stream", "asks again instead of coming back"],
    isRecommended: true,
    faults: [closesEarly],
  },
  {
    rule: "M29",
    slips: ["does not wait as the stream says"],
    faults: [{
      ...closesEarly,
      edit: { stream: { fields: { retry_ms: 500 }, end: { after_events: 1, how: "close" } } },
    }],
  },
  ...[closesEarly, cutEarly].map((fault): Case => ({
    rule: "M30",
    slips: ["comes back without the event id", "comes back with another event id"],
    isRecommended: true,
    faults: [
      fault,
      {
        match: { endpoint: "mcp", method: "GET", headers: { "last-event-id": null } },
        ...always,
        edit: { stream: { end: { how: "close" } } },
      },
    ],
    revisions: ["2025-11-25"],
  })),
  {
    rule: "M30",
    slips: ["comes back with the event id of another stream"],
    isRecommended: true,
    faults: [{
      ...closesEarly,
      edit: {
        stream: {
          on_get: [{ id: "of-the-other", message: { jsonrpc: "2.0", method: "notifications/x" } }],
          end: { after_events: 1, how: "close" },
        },
      },
    }],
    client: { listens: true },
    revisions: ["2025-11-25"],
  },
  {
    rule: "M31",
    slips: ["answers no request"],
    isRecommended: true,
    faults: [
      { match: calls, edit: { stream: { on_get: [{ message: ping }], via: "get" } } },
      { match: calls, nth: 2, answer: { status: 503, headers: { "retry-after": "3" } } },
    ],
    client: { listens: true, tools: ["mock_echo", "mock_create_note"] },
  },
  {
    rule: "M32",
    slips: ["goes away without cancelling"],
    isRecommended: true,
    faults: [hangs],
    client: { timeLimitMs: 3000, tools: ["mock_echo", "mock_echo"] },
  },
  {
    rule: "M53",
    slips: ["asks again under the same id"],
    faults: [{ match: calls, edit: { stream: { end: { how: "cut" } } } }],
  },
  {
    rule: "M54",
    slips: ["cancels with a notification"],
    isRecommended: true,
    faults: [hangs],
    client: { timeLimitMs: 3000, tools: ["mock_echo", "mock_echo"] },
  },
];
