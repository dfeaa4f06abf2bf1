// Messages that clients seldom see: what a server says unasked, codes and kinds of answers that are unusual.
import type { Scenario } from "../../scenario.ts";
import { section } from "../links.ts";
import { callingAgain } from "../scripts.ts";
import { since2026_07, until2025_11 } from "../since.ts";
import { anyMcp } from "./eras.ts";

const BASE = "https://modelcontextprotocol.io/specification/2025-11-25/basic";
const messages = { label: "MCP 2025-11-25: messages", url: `${BASE}#messages` };
const resultTypes = section("2026-07-28", "basic#resulttype");

/** Scenarios of messages. */
export const messageScenarios: readonly Scenario[] = [
  {
    name: "unknown-notification",
    group: "MCP server",
    story: "Before each answer to a tool call comes a notification that no revision of the protocol knows",
    client: "Ignores it: a notification gets no answer, whatever it says",
    plan: {
      faults: [{
        name: "unknown-notification",
        match: { endpoint: anyMcp, rpc_method: "tools/call", status: 200 },
        edit: {
          stream: {
            before: [{ message: { jsonrpc: "2.0", method: "notifications/x-weather", params: { sky: ["clear"] } } }],
          },
        },
      }],
    },
    expects: ["M5", "M25"],
    links: [section("2025-11-25", "basic#notifications")],
  },
  {
    name: "server-requests",
    group: "MCP server",
    story: "While a tool call is under way the server pings the client, and asks it for what no client knows",
    client:
      "Answers each request under its id, as it is: a text, a zero, a large number; what it does not know with -32601",
    plan: {
      faults: [{
        name: "server-requests",
        match: { endpoint: anyMcp, rpc_method: "tools/call", status: 200 },
        edit: {
          stream: {
            before: [
              { message: { jsonrpc: "2.0", id: "ping-1", method: "ping" } },
              { message: { jsonrpc: "2.0", id: 0, method: "ping" } },
              { message: { jsonrpc: "2.0", id: "0", method: "ping" } },
              { message: { jsonrpc: "2.0", id: Number.MAX_SAFE_INTEGER, method: "x/weather", params: {} } },
              { wait_ms: 3000 },
            ],
          },
        },
      }],
    },
    revisions: until2025_11,
    expects: ["M6", "M7"],
    links: [section("2025-11-25", "basic#responses"), section("2025-11-25", "basic/utilities/ping"), messages],
  },
  {
    name: "old-error-codes",
    group: "MCP server",
    story: "The first two tool calls get errors whose codes once meant a lost session and a missing login",
    client: "Reports the calls as failed, and continues: these codes have no meaning of their own",
    plan: {
      faults: ([[-32001, "Session not found"], [-32003, "Unauthorized"]] as const).map(([code, message], index) => ({
        name: `old-error-code-${index + 1}`,
        match: { endpoint: anyMcp, rpc_method: "tools/call", status: 200 },
        nth: index + 1,
        times: 1,
        edit: { json: { remove: ["result"], set: { error: { code, message } } } },
      })),
    },
    revisions: since2026_07,
    expects: ["M12"],
    driver: callingAgain(),
    links: [section("2026-07-28", "basic#error-codes")],
  },
  {
    name: "declared-method-missing",
    group: "MCP server",
    story: "The server declares prompts, and answers prompts/list with 404 and -32601, as if there were none",
    client: "Continues without prompts: the method is missing, and neither a session nor the revision is lost",
    plan: {
      faults: [{
        name: "declared-method-missing",
        match: { endpoint: anyMcp, rpc_method: "server/discover", status: 200 },
        edit: { json: { set: { "result.capabilities.prompts": {} } } },
      }],
    },
    revisions: since2026_07,
    expects: ["M56"],
    driver: callingAgain({ do: "list_prompts" }),
    links: [section("2026-07-28", "basic/transports/streamable-http#protocol-version-header")],
  },
  {
    name: "result-kind-unknown",
    group: "MCP server",
    story: "The result of the first tool call is of a kind that no client knows, with a state as if it asked for input",
    client: "Takes the result for invalid, and reports the call as failed",
    plan: {
      faults: [{
        name: "result-kind-unknown",
        match: { endpoint: anyMcp, rpc_method: "tools/call", status: 200 },
        times: 1,
        edit: {
          json: {
            set: {
              "result.resultType": "x-deferred",
              "result.requestState": "deferred-1",
              "result.inputRequests": {},
            },
          },
        },
      }],
    },
    revisions: since2026_07,
    expects: ["M57"],
    links: [resultTypes],
  },
  {
    name: "result-kind-missing",
    group: "MCP server",
    story: "No result says of which kind it is, as those of earlier revisions do not, and the tools come in two pages",
    client: "Takes every result for complete, and reads both pages",
    catalogue: { page_sizes: [5] },
    plan: {
      faults: [{
        name: "result-kind-missing",
        match: { endpoint: anyMcp, rpc_method: ["tools/list", "tools/call"], status: 200 },
        edit: { json: { remove: ["result.resultType"] } },
      }],
    },
    revisions: since2026_07,
    expects: ["M107"],
    links: [resultTypes],
  },
];
