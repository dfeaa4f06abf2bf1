// How the sessions of the MCP server get lost, up to 2025-11-25.
import type { Fault } from "../../fault.ts";
import type { Scenario } from "../../scenario.ts";
import { mcpTransports, reports } from "../links.ts";
import { callingAgain, goingOnListening, startedAgain, uses } from "../scripts.ts";
import { until2025_11 as withSessions } from "../since.ts";
import { anyMcp } from "./eras.ts";

const management = mcpTransports("session management");
const listening = mcpTransports("listening for messages");

/** A tool is called in a session. */
const calls = {
  endpoint: anyMcp,
  rpc_method: "tools/call",
  has_header: "mcp-session-id",
} as const;

/** The server has lost the session once a tool was called in it. */
const lostAfterCall: Fault = {
  name: "session-lost",
  match: calls,
  times: 1,
  policy: { endsSession: "after" },
};

/** What is said of a session that the server does not know. */
function unknownSession(name: string, edit: Fault["edit"] & object): Fault {
  return { name, match: { endpoint: anyMcp, has_header: "mcp-session-id", status: 404 }, edit };
}

/** Scenarios in which sessions get lost. */
export const lostSessionScenarios: readonly Scenario[] = [
  {
    name: "session-lost",
    group: "Sessions",
    story: "After the first tool call the MCP server has lost the session, and answers 404 in it from then on",
    client: "Initializes again without the session id, with the same token, and repeats only the request that failed",
    plan: { faults: [lostAfterCall] },
    revisions: withSessions,
    expects: ["C22", "M33", "M35"],
    reaches: "call_after_refusal",
    driver: callingAgain(),
    links: [management, ...reports("py#1676", "rs#733", "cc#62008", "sparfenyuk/mcp-proxy#149")],
  },
  {
    name: "session-lost-in-call",
    group: "Sessions",
    story: "The MCP server has lost the session when the first tool is called, and answers that call with 404",
    client: "Initializes again without the session id, and sends the call once more",
    plan: { faults: [{ name: "session-lost-in-call", match: calls, times: 1, policy: { endsSession: "before" } }] },
    revisions: withSessions,
    expects: ["M33", "M35"],
    reaches: "call_after_refusal",
    links: [management, ...reports("remote#307", "simonx1/ruby-mcp-client#162", "esengine/DeepSeek-Reasonix#4734")],
  },
  {
    name: "session-lost-with-stream",
    group: "Sessions",
    story: "The session is lost after a tool call, while the client's GET stream is open, which ends as well",
    client: "Initializes again without the session id, and opens a stream in the new session",
    plan: {
      faults: [{
        name: "session-lost-with-stream",
        match: { ...calls, session: { has_stream: true } },
        times: 1,
        policy: { endsSession: "after" },
      }],
    },
    revisions: withSessions,
    expects: ["M33", "M35"],
    reaches: "call_after_refusal",
    driver: goingOnListening,
    links: [management, listening, ...reports("spring-projects/spring-ai#2785")],
  },
  {
    name: "session-lost-again",
    group: "Sessions",
    story: "The MCP server loses the session after each of the first three tool calls",
    client: "Initializes again each time, and does not give up, nor log in anew",
    plan: { faults: [{ ...lostAfterCall, name: "session-lost-again", times: 3 }] },
    revisions: withSessions,
    expects: ["C22", "M33", "M35"],
    reaches: "call_after_refusal",
    driver: callingAgain(...uses, ...uses),
    links: [management, ...reports("remote#106", "joshrotenberg/tower-mcp#510")],
  },
  {
    name: "session-ends-with-token",
    group: "Sessions",
    story: "Behind the login: tokens expire after a minute, and a session ends for good with the token it began with",
    client: "Refreshes, gets 404 with the new token, and initializes again without the session id",
    plan: {
      policy: { sessionEndsWithToken: true, issueRefreshTokens: "always" },
      mint: { accessTokenTtlSeconds: 60 },
    },
    revisions: withSessions,
    expects: ["M33", "M35"],
    reaches: "call_after_expiry",
    links: [management, ...reports("stacklok/toolhive#5306")],
  },
  {
    name: "session-lost-400",
    group: "Sessions",
    story: "After the first tool call the session is lost, and the server answers 400 in it instead of 404",
    client: "Begins another session, or says that it cannot go on; it does not repeat the request for ever",
    plan: {
      faults: [
        lostAfterCall,
        unknownSession("unknown-session-400", {
          status: 400,
          body: "Invalid or missing session ID",
          content_type: "text/plain; charset=utf-8",
        }),
      ],
    },
    revisions: withSessions,
    expects: ["C22", "M33"],
    reaches: "call_after_refusal",
    driver: startedAgain,
    links: [management, ...reports("DAWNCR0W/affine-mcp-server#301", "py#1004", "anomalyco/opencode#32809")],
  },
  {
    name: "session-lost-html",
    group: "Sessions",
    story: "After the first tool call the session is lost, and the 404 is a page in HTML",
    client: "Goes by the status, and initializes again without the session id",
    plan: {
      faults: [
        lostAfterCall,
        unknownSession("unknown-session-html", {
          body: "<!doctype html><title>404 Not Found</title><h1>Not Found</h1>",
          content_type: "text/html; charset=utf-8",
        }),
      ],
    },
    revisions: withSessions,
    expects: ["M33", "M35"],
    reaches: "call_after_refusal",
    driver: callingAgain(),
    links: [management, ...reports("aklivity/zilla#2525")],
  },
  {
    name: "session-short-life",
    group: "Sessions",
    story: "Sessions last thirty seconds, so one that is idle for longer has ended",
    client: "Initializes again without the session id when it is needed again",
    plan: { policy: { sessionTtlSeconds: 30 } },
    revisions: withSessions,
    expects: ["M33", "M35"],
    reaches: "call_after_refusal",
    driver: callingAgain({ do: "wait", clock_ms: 61_000 }),
    links: [management, ...reports("aklivity/zilla#2525", "esengine/DeepSeek-Reasonix#4734")],
  },
  {
    name: "session-lost-between-pages",
    group: "Sessions",
    story: "Lists come in pages, and the session is lost as the second page of the tools is asked for",
    client: "Initializes again, and lists from the beginning: a cursor belongs to its session",
    catalogue: { page_sizes: [2, 2] },
    plan: {
      faults: [{
        name: "session-lost-between-pages",
        match: {
          endpoint: anyMcp,
          rpc_method: "tools/list",
          has_header: "mcp-session-id",
          message: { "params.cursor": "*" },
        },
        times: 1,
        policy: { endsSession: "before" },
      }],
    },
    revisions: withSessions,
    expects: ["M35", "M110"],
    reaches: "call_after_refusal",
    links: [management, {
      label: "MCP: pagination",
      url:
        "https://modelcontextprotocol.io/specification/2025-11-25/server/utilities/pagination#implementation-guidelines",
    }],
  },
];
