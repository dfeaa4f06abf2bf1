// The official suite's scenarios of versions, under names of ours.
import type { Scenario } from "../../scenario.ts";
import { section } from "../links.ts";
import { since2026_07 } from "../since.ts";
import { anyMcp, older, rpcError } from "./eras.ts";
import { opening, statelessNegotiation } from "./versions.ts";

/** The answers of a server that has read nothing it could parse. */
const unparsed = {
  status: 400,
  body: { jsonrpc: "2.0", error: { code: -32700, message: "Parse error SyntaxError: Unexpected end of JSON input" } },
} as const;

/** Scenarios of the suite; its servers ask for no login, and behind one these are the same. */
export const officialVersionScenarios: readonly Scenario[] = [
  {
    name: "bare-handshake",
    group: "Versions and eras",
    story: "The server has initialize and nothing else: no session, no capabilities, no tools",
    client: "Offers a revision that it has, says that it is initialized, and asks for nothing that is not there",
    plan: {
      policy: { mcpRevisions: older },
      faults: [
        {
          name: "bare-initialize",
          match: { ...opening, status: 200 },
          edit: {
            headers: { "mcp-session-id": null },
            json: {
              remove: ["result.instructions"],
              set: { "result.capabilities": {}, "result.serverInfo": { name: "test-server", version: "1.0.0" } },
            },
          },
        },
        {
          name: "bare-initialized",
          match: { endpoint: anyMcp, rpc_method: "notifications/initialized" },
          answer: { status: 202 },
        },
        {
          name: "bare-tools",
          match: { endpoint: anyMcp, rpc_method: "tools/list" },
          answer: { status: 200, body: { jsonrpc: "2.0", id: "{rpc_id}", result: { tools: [] } } },
        },
        {
          name: "bare-rest",
          match: {
            endpoint: anyMcp,
            method: "POST",
            not_rpc_method: ["initialize", "notifications/initialized", "tools/list"],
          },
          answer: { status: 200, body: { jsonrpc: "2.0", id: "{rpc_id}", result: {} } },
        },
        { name: "bare-get", match: { endpoint: anyMcp, method: "GET" }, answer: unparsed },
        { name: "bare-delete", match: { endpoint: anyMcp, method: "DELETE" }, answer: unparsed },
      ],
    },
    revisions: ["2025-06-18", "2025-11-25"],
    expects: ["M13", "M14", "M15", "M17"],
    reaches: "connection",
    official: "initialize",
    links: [section("2025-06-18", "basic/lifecycle#initialization")],
  },
  {
    name: "version-refused-once",
    group: "Versions and eras",
    story: "The first request gets 400 and -32022, with 2026-07-28 as the one revision there is",
    client: "Sends the request again with the revision of the list",
    plan: {
      policy: { mcpRevisions: ["2026-07-28"] },
      faults: [
        {
          name: "version-refused-once",
          match: { endpoint: anyMcp, method: "POST" },
          times: 1,
          answer: {
            status: 400,
            body: rpcError(-32022, "Unsupported protocol version", {
              supported: ["2026-07-28"],
              requested: "2026-07-28",
            }),
          },
        },
        {
          name: "discovers-nothing",
          match: { endpoint: anyMcp, rpc_method: "server/discover", status: 200 },
          edit: {
            json: {
              remove: ["result.instructions"],
              set: { "result.capabilities": {}, "result.serverInfo": { name: "test", version: "1.0" } },
            },
          },
        },
        {
          name: "lists-nothing",
          match: { endpoint: anyMcp, rpc_method: "tools/list", status: 200 },
          edit: { json: { set: { "result.tools": [] } } },
        },
        {
          name: "says-nothing",
          match: { endpoint: anyMcp, rpc_method: "tools/call", status: 200 },
          edit: { json: { set: { "result.content": [] } } },
        },
      ],
    },
    revisions: since2026_07,
    expects: ["M39", "M40", "M41", "M42", "M58", "M59"],
    reaches: "connection",
    official: "request-metadata",
    links: [statelessNegotiation],
  },
];
