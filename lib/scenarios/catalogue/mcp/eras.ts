// How servers from before 2026-07-28 answer a request of that revision, and how those of it refuse one: what a client has to
// tell apart that speaks both.
import type { Answer } from "../../edit.ts";
import type { Fault } from "../../fault.ts";
import type { Match } from "../../match.ts";
import type { Scenario } from "../../scenario.ts";
import { reports, section } from "../links.ts";
import { since2026_07 } from "../since.ts";

/** The MCP endpoints, with a login and without. */
export const anyMcp = ["mcp", "open_mcp"] as const;

/** A request of 2026-07-28, at any MCP endpoint. */
export const stateless: Match = {
  endpoint: anyMcp,
  message: { "params._meta.io.modelcontextprotocol/protocolVersion": "*" },
};

const compatibility = section("2026-07-28", "basic/transports/streamable-http#backward-compatibility");
const matrix = section("2026-07-28", "basic/versioning#compatibility-matrix");

/** An error in JSON-RPC. */
export function rpcError(code: number, message: string, data?: unknown, id: unknown = "{rpc_id}"): unknown {
  return { jsonrpc: "2.0", error: { code, message, ...(data === undefined ? {} : { data }) }, id };
}

/** One answer of an older server. */
interface OldAnswer extends Pick<Scenario, "name" | "story"> {
  readonly answer: Answer;
  /** What is done to it. */
  readonly edit?: Fault["edit"];
  readonly client?: string;
  readonly reports?: readonly string[];
}

const html = "<!DOCTYPE html><html><body><pre>Cannot POST /oauth</pre></body></html>";
const asHtml = { "content-type": "text/html; charset=utf-8" } as const;

const oldAnswers: readonly OldAnswer[] = [
  {
    name: "era-400-empty",
    story: "An older server: requests of 2026-07-28 get 400 and nothing else",
    answer: { status: 400 },
    reports: ["rs#1211", "modelcontextprotocol/csharp-sdk#1765"],
  },
  {
    name: "era-400-html",
    story: "An older server: requests of 2026-07-28 get 400 and a page in HTML",
    answer: { status: 400, headers: asHtml, body: html },
    reports: ["rs#1211"],
  },
  {
    name: "era-400-json",
    story: "An older server: requests of 2026-07-28 get 400 and JSON that is not JSON-RPC",
    answer: { status: 400, body: { error: "bad_request", message: "Missing required field: params.name" } },
  },
  {
    name: "era-400-invalid-request",
    story: "An older server: requests of 2026-07-28 get 400 and the error -32600 for no id",
    answer: { status: 400, body: rpcError(-32600, "Invalid Request", undefined, null) },
    reports: ["py#2950", "rs#1133"],
  },
  {
    name: "era-400-no-session",
    story: "An older server: requests of 2026-07-28 get 400 and the error -32000, as they have no session",
    answer: { status: 400, body: rpcError(-32000, "Bad Request: Server not initialized", undefined, null) },
    reports: ["ai-ecoverse/slicc#3001"],
  },
  {
    name: "era-404-no-session",
    story: "An older server: requests of 2026-07-28 get 404 and the error -32001, as they have no session",
    answer: { status: 404, body: rpcError(-32001, "Session not found", undefined, null) },
    client: "Falls back to initialize: it has lost no session, as it had none",
    reports: ["modelcontextprotocol/csharp-sdk#1765"],
  },
  ...[405, 406, 415, 422, 501].map((status): OldAnswer => ({
    name: `era-${status}`,
    story: `An older server: requests of 2026-07-28 get ${status} and a page in HTML`,
    answer: { status, headers: asHtml, body: html },
    ...(status === 405
      ? { client: "Falls back to initialize, and looks for HTTP+SSE only if that is refused as well" }
      : {}),
  })),
  {
    name: "era-200-method-not-found",
    story: "An older server: requests of 2026-07-28 get 200 and the error -32601",
    answer: { status: 200, body: rpcError(-32601, "Method not found") },
    reports: ["rahmanef63/mso#42"],
  },
  {
    name: "era-200-invalid-params",
    story: "An older server: requests of 2026-07-28 get 200 and the error -32602, as Python's SDK 1.28 has it",
    answer: { status: 200, body: rpcError(-32602, "Invalid request parameters", "") },
    reports: ["rs#1133"],
  },
  {
    name: "era-200-no-id",
    story: "An older server: requests of 2026-07-28 get 200 and the error -32000 for no id",
    answer: { status: 200, body: rpcError(-32000, "Bad Request: no valid session ID provided", undefined, null) },
    client: "Takes the error for the answer to its request, and falls back to initialize",
    reports: ["modelcontextprotocol/go-sdk#1014"],
  },
  {
    name: "era-silent",
    story: "An older server: requests of 2026-07-28 get no answer for two minutes",
    answer: { status: 400 },
    edit: { delay_ms: 120_000 },
    client: "Waits no longer than its time-out, and falls back to initialize",
    reports: ["modelcontextprotocol/modelcontextprotocol#2776"],
  },
];

const FALLS_BACK = "Falls back to initialize, and continues with the revision that is agreed on there";

/** The revisions of a server from before 2026-07-28. */
export const older = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"] as const;

const olderServers = oldAnswers.map((
  { name, story, client = FALLS_BACK, answer, edit, reports: seen = [] },
): Scenario => ({
  name,
  group: "Versions and eras",
  story,
  client,
  plan: {
    policy: { mcpRevisions: older },
    faults: [{ name, match: stateless, answer, ...(edit === undefined ? {} : { edit }) }],
  },
  revisions: since2026_07,
  expects: ["M60"],
  links: [compatibility, matrix, ...reports(...seen)],
}));

/** Behind a login: 401 comes first, and the same token is good after the refusal. */
const behindLogin: Scenario = {
  name: "newer-revision-400",
  group: "Versions and eras",
  story: "An older server behind a login: with a token, requests of a later revision than 2025-11-25 get 400",
  client: "Falls back to initialize, with the token that it has",
  plan: {
    policy: { mcpRevisions: older },
    faults: [
      {
        name: "newer-revision-400",
        match: { endpoint: "mcp", authorized: true, revision_after: "2025-11-25" },
        answer: { status: 400, body: "Bad Request: Unsupported protocol version" },
      },
      {
        name: "newer-revision-400-open",
        match: { endpoint: "open_mcp", revision_after: "2025-11-25" },
        answer: { status: 400, body: "Bad Request: Unsupported protocol version" },
      },
    ],
  },
  revisions: since2026_07,
  expects: ["C22", "M60"],
  links: [compatibility, matrix, ...reports("different-ai/openwork#3569")],
};

const noDiscovery: Scenario = {
  name: "era-404-no-discovery",
  group: "Versions and eras",
  story: "server/discover gets 404 and -32601, where all other requests of 2026-07-28 are answered",
  client: "Goes on with 2026-07-28, as only that method is missing, or with initialize, and names that revision",
  plan: {
    faults: [{
      name: "era-404-no-discovery",
      match: { endpoint: anyMcp, rpc_method: "server/discover" },
      answer: { status: 404, body: rpcError(-32601, "Method not found") },
    }],
  },
  revisions: since2026_07,
  // No sentence says what a client makes of a server that lacks what it has to have: both ways lead to its tools.
  expects: ["M41", "C45"],
  links: [section("2026-07-28", "basic/transports/streamable-http#protocol-version-header"), compatibility],
};

/** One way in which a server of 2026-07-28 refuses the first request of a client. */
interface Refusal extends Pick<Scenario, "name" | "story" | "client"> {
  readonly body: unknown;
}

const refusals: readonly Refusal[] = [
  {
    name: "era-header-mismatch",
    story: "The first request of 2026-07-28 gets 400 and -32020, as a proxy has lost one of its headers",
    client: "Sees that the server is of 2026-07-28, and sends the request again",
    body: rpcError(-32020, "Header mismatch: the Mcp-Method header is missing"),
  },
  {
    name: "era-missing-capability",
    story: "The first request of 2026-07-28 gets 400 and -32021, for a capability that the client has to declare",
    client: "Sees that the server is of 2026-07-28: declares the capability if it has it, or does without that request",
    body: rpcError(-32021, "Missing required client capability", { requiredCapabilities: { elicitation: {} } }),
  },
];

const newerServers = refusals.map(({ body, ...said }): Scenario => ({
  ...said,
  group: "Versions and eras",
  plan: { faults: [{ name: said.name, match: stateless, times: 1, answer: { status: 400, body } }] },
  revisions: since2026_07,
  expects: ["M59"],
  links: [
    compatibility,
    section("2026-07-28", "basic#error-codes"),
    ...reports("modelcontextprotocol/conformance#464"),
  ],
}));

/** Scenarios of servers whose era a client has to find out. */
export const eraScenarios: readonly Scenario[] = [...olderServers, behindLogin, noDiscovery, ...newerServers];
