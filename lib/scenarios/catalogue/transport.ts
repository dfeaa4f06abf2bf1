// What goes wrong on the way, and passes: answers that break off, that never come, that come late, and a server that is
// down for a moment.
import type { Fault } from "../fault.ts";
import type { Match } from "../match.ts";
import type { Scenario } from "../scenario.ts";
import { reports, rfc } from "./links.ts";
import { startedAgain } from "./scripts.ts";
import { anyMcp } from "./mcp/eras.ts";
import { since2025_06, since2025_11 } from "./since.ts";

const incomplete = rfc("9112 8");
const retryAfter = rfc("9110 10.2.3");

const metadata: Match = { endpoint: "server_metadata", status: 200 };
const firstTokens: Match = { endpoint: "token", grant_type: "authorization_code", status: 200 };
const toolCall: Match = { endpoint: anyMcp, rpc_method: "tools/call", status: 200 };

/** A server that is down, and says for how long. */
function down(name: string, match: Match, times: number): Fault {
  return { name, match, times, answer: { status: 503, headers: { "retry-after": "1" }, body: "Service Unavailable" } };
}

/** Scenarios of what happens on the way. */
export const transportScenarios: readonly Scenario[] = [
  {
    name: "metadata-truncated",
    group: "Discovery",
    story: "The authorization server's metadata breaks off in the middle of its JSON",
    client: "Reports that the metadata is not JSON, and does not guess endpoints",
    plan: { faults: [{ name: "metadata-truncated", match: metadata, edit: { truncate_bytes: 100 } }] },
    revisions: since2025_11,
    expects: ["C4"],
    reaches: { refuses_before: "authorization", rule: "C4" },
    links: [incomplete, rfc("8414 3.2")],
  },
  {
    name: "metadata-503-once",
    group: "Discovery",
    story: "The first request for the authorization server's metadata gets 503, every later one the metadata",
    client: "Tries again, and does not take the server for one without metadata",
    plan: { faults: [down("metadata-503-once", { endpoint: "server_metadata" }, 1)] },
    revisions: since2025_06,
    expects: ["C4", "C22", "C42"],
    links: [rfc("9110 15.6.4"), retryAfter],
  },
  {
    name: "slow-metadata",
    group: "Discovery",
    story: "All metadata takes ten seconds",
    client: "Waits, or gives up and says what it waited for",
    plan: {
      faults: [{
        name: "slow-metadata",
        match: { endpoint: ["server_metadata", "resource_metadata"] },
        edit: { delay_ms: 10_000 },
      }],
    },
    expects: ["C1", "C22"],
    reaches: "discovery",
    links: [rfc("9110 15.5.9")],
  },
  {
    name: "token-truncated",
    group: "Token endpoint",
    story: "The first token response breaks off in the middle of its JSON, and the code is used up",
    client: "Reports that the response was cut off, and has the person log in again; does not store half a token",
    plan: { faults: [{ name: "token-truncated", match: firstTokens, times: 1, edit: { truncate_bytes: 60 } }] },
    expects: ["C11"],
    driver: startedAgain,
    links: [incomplete, rfc("6749 5.1")],
  },
  {
    name: "token-dropped",
    group: "Token endpoint",
    story: "The connection drops before the first token response arrives, and the code is used up",
    client: "Reports a network error, and has the person log in again; a code can be used once",
    plan: { faults: [{ name: "token-dropped", match: firstTokens, times: 1, edit: { drop: true } }] },
    expects: ["C11"],
    driver: startedAgain,
    links: [incomplete, rfc("6749 4.1.2")],
  },
  {
    name: "token-503-twice",
    group: "Token endpoint",
    story: "The first two token requests get 503 with Retry-After: 1, and the third gets tokens",
    client: "Sends the same request again after a pause; the code was not used up",
    plan: { faults: [down("token-503-twice", { endpoint: "token", method: "POST" }, 2)] },
    expects: ["C22", "C42"],
    links: [rfc("9110 15.6.4"), retryAfter],
  },
  {
    name: "mcp-503-once",
    group: "MCP server",
    story: "The first MCP request with a token gets 503 with Retry-After: 1, every later one its response",
    client: "Tries again with the same token, and does not send the person to log in",
    plan: { faults: [down("mcp-503-once", { endpoint: "mcp", method: "POST", authorized: true }, 1)] },
    expects: ["C22", "C42"],
    reaches: "call_after_refusal",
    links: [rfc("9110 15.6.4"), retryAfter],
  },
  {
    name: "mcp-truncated",
    group: "MCP server",
    story: "The response to the first tool call breaks off in the middle of its JSON",
    client: "Reports the call as failed, and continues the session",
    plan: { faults: [{ name: "mcp-truncated", match: toolCall, times: 1, edit: { truncate_bytes: 20 } }] },
    expects: ["C22"],
    links: [incomplete, ...reports("ts#1211")],
  },
  {
    name: "mcp-dropped",
    group: "MCP server",
    story: "The connection drops before the response to the first tool call arrives, though the tool has run",
    client: "Reports the call as failed; repeats it only if the tool is idempotent",
    plan: { faults: [{ name: "mcp-dropped", match: toolCall, times: 1, edit: { drop: true } }] },
    expects: ["C22"],
    links: [incomplete, rfc("9110 9.2.2")],
  },
];
