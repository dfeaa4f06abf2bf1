/** Cases: how long a client waits, and what it does then. */
import type { Case } from "./case.ts";

/** How long a client waits that waits for less than for ever. */
const timeLimitMs = 60_000;

const once = [{ do: "connect" }, { do: "call", tool: "mock_echo" }] as const;

/** An answer that has begun, and does not come within ten minutes. */
const unanswered = (rpc_method: string): unknown => ({
  match: { endpoint: "mcp", rpc_method },
  edit: { stream: { end: { after_ms: 600_000, how: "cut" } } },
});

const progress = {
  jsonrpc: "2.0",
  method: "notifications/progress",
  params: { progressToken: "{message.params._meta.progressToken}", progress: "{event.number}" },
};

/** How long a client waits, and what it does then. */
export const timeCases: readonly Case[] = [
  {
    rule: "M99",
    slips: ["cancels initialize"],
    faults: [{ match: { endpoint: "mcp", rpc_method: "initialize", status: 200 }, edit: { delay_ms: 600_000 } }],
    client: { timeLimitMs, driver: [...once, ...once] },
  },
  {
    rule: "M102",
    slips: ["waits for ever"],
    faults: [unanswered("tools/call")],
    client: { timeLimitMs, tools: ["mock_echo", "mock_echo"] },
    isRecommended: true,
  },
  {
    rule: "M103",
    slips: ["waits for ever"],
    faults: [{
      match: { endpoint: "mcp", message: { "params._meta.progressToken": "first" } },
      edit: { stream: { before: [{ message: progress, every_ms: 30_000, times: 120 }] } },
    }],
    client: { timeLimitMs, extras: ["asks for progress"] },
    isRecommended: true,
  },
];
