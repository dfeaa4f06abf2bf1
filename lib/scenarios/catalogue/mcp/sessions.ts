// What the MCP server refuses in a session, up to 2025-11-25, and what session ids it gives.
import type { Scenario } from "../../scenario.ts";
import { mcpTransports, reports } from "../links.ts";
import { whileListening } from "../scripts.ts";
import { until2025_11 as withSessions } from "../since.ts";
import { anyMcp } from "./eras.ts";

const management = mcpTransports("session management");
const listening = mcpTransports("listening for messages");

/** A stream of the server's own messages is asked for in a session. */
const gets = { endpoint: anyMcp, method: "GET", has_header: "mcp-session-id" } as const;

/** JSON-RPC, as the SDK refuses a stream. */
function refusal(code: number, message: string): Record<string, unknown> {
  return { jsonrpc: "2.0", error: { code, message }, id: null };
}

/** Scenarios in which a server refuses the stream of its own messages. */
const refusedStreams: readonly Scenario[] = [
  {
    name: "no-get-stream",
    group: "Sessions",
    story: "The MCP server offers no stream of its own messages: GET gets 405",
    client: "Goes on with POST alone, and does not ask for the stream again",
    plan: {
      faults: [{
        name: "no-get-stream",
        match: gets,
        answer: { status: 405, headers: { allow: "POST, DELETE" }, body: refusal(-32000, "Method not allowed.") },
      }],
    },
    revisions: withSessions,
    expects: ["M27"],
    driver: whileListening,
    links: [listening, ...reports("py#3420", "modelcontextprotocol/java-sdk#900", "remote#136")],
  },
  {
    name: "get-stream-404",
    group: "Sessions",
    story: "GET at the MCP endpoint gets 404, though the session is alive",
    client: "Goes on with POST alone, and does not ask for the stream again",
    plan: {
      faults: [{ name: "get-stream-404", match: gets, answer: { status: 404, body: "Cannot GET /oauth" } }],
    },
    revisions: withSessions,
    expects: ["M27"],
    driver: whileListening,
    links: [listening, ...reports("ts#1635", "QwenLM/qwen-code#8784", "cap-js/mcp#36")],
  },
  {
    name: "get-stream-406",
    group: "Sessions",
    story: "GET at the MCP endpoint gets 406, whatever it accepts",
    client: "Goes on with POST alone, and does not ask for the stream again",
    plan: {
      faults: [{
        name: "get-stream-406",
        match: gets,
        answer: { status: 406, body: refusal(-32000, "Not Acceptable: Client must accept application/json") },
      }],
    },
    revisions: withSessions,
    expects: ["M27"],
    driver: whileListening,
    links: [listening, ...reports("ts#1635")],
  },
  {
    name: "get-stream-json",
    group: "Sessions",
    story: "GET at the MCP endpoint gets 200 and JSON that describes the server, instead of a stream",
    client: "Takes it for no stream, goes on with POST alone, and does not ask again and again",
    plan: {
      faults: [{
        name: "get-stream-json",
        match: gets,
        answer: { status: 200, body: { name: "mcp-server", status: "ok", transport: "streamable-http" } },
      }],
    },
    revisions: withSessions,
    expects: ["M27"],
    driver: whileListening,
    links: [listening, ...reports("f/prompts.chat#1117", "malloydata/malloyyo#133", "CoinStatsHQ/coinstats-mcp#29")],
  },
  {
    name: "get-stream-conflict",
    group: "Sessions",
    story: "GET gets 409: the server believes that the client's last stream is still open, and allows only one",
    client: "Goes on with POST alone; the session and its calls are not concerned",
    plan: {
      faults: [{
        name: "get-stream-conflict",
        match: gets,
        answer: {
          status: 409,
          body: refusal(-32000, "Conflict: Only one SSE stream is allowed per session"),
        },
      }],
    },
    revisions: withSessions,
    expects: ["M27"],
    driver: whileListening,
    links: [
      listening,
      ...reports(
        "danny-avila/LibreChat#14816",
        "kaeawc/auto-mobile#1942",
        "supercorp-ai/supergateway#126",
        "render-oss/render-mcp-server#26",
      ),
    ],
  },
];

/** Scenarios on the end of a session, and on its id. */
const endsAndIds: readonly Scenario[] = [
  {
    name: "end-session-405",
    group: "Sessions",
    story: "The MCP server lets nobody end a session: DELETE gets 405",
    client: "Asks for the end of its session once, takes the refusal, and is done",
    plan: {
      faults: [{
        name: "end-session-405",
        match: { endpoint: anyMcp, method: "DELETE" },
        answer: { status: 405, headers: { allow: "GET, POST" }, body: refusal(-32000, "Method not allowed.") },
      }],
    },
    revisions: withSessions,
    expects: ["M36"],
    links: [management, ...reports("ballerina-platform/ballerina-library#9161")],
  },
  {
    name: "no-session-id",
    group: "Sessions",
    story: "The MCP server keeps no sessions: initialize brings no session id, and there is no stream to GET",
    client: "Sends no session id, and goes on all the same",
    plan: { policy: { sessionIds: "none" } },
    revisions: withSessions,
    expects: ["M33"],
    links: [management, ...reports("insp#806", "ts#340")],
  },
  {
    name: "session-id-symbols",
    group: "Sessions",
    story: "Session ids hold every visible ASCII character, such as quotes, commas and percent signs",
    client: "Sends the id back as it came, without decoding, trimming or quoting it",
    plan: { policy: { sessionIds: "symbols" } },
    revisions: withSessions,
    expects: ["M33"],
    links: [management, ...reports("simonx1/ruby-mcp-client#162")],
  },
];

/** Scenarios of sessions that do not get lost. */
export const sessionScenarios: readonly Scenario[] = [...refusedStreams, ...endsAndIds];
