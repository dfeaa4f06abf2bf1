// Which revision of MCP a client and a server agree on, and what becomes of it where they do not.
import type { Scenario } from "../../scenario.ts";
import { section } from "../links.ts";
import { since2026_07, until2025_11 } from "../since.ts";
import { anyMcp, older, rpcError, stateless } from "./eras.ts";

const negotiation = section("2025-11-25", "basic/lifecycle#version-negotiation");
const lifecycleErrors = section("2025-11-25", "basic/lifecycle#error-handling");
/** How a server of 2026-07-28 and its client agree on a revision. */
export const statelessNegotiation = section("2026-07-28", "basic/versioning#protocol-version-negotiation");

/** An `initialize` at any MCP endpoint. */
export const opening = { endpoint: anyMcp, rpc_method: "initialize" } as const;

/** A server that answers `initialize` with a revision that nobody has. */
function counterOffer(name: string, version: string, story: string): Scenario {
  return {
    name,
    group: "Versions and eras",
    story,
    client: "Disconnects, and tells its person why; at most it ends the session",
    plan: {
      policy: { mcpRevisions: older },
      faults: [{
        name,
        match: { ...opening, status: 200 },
        edit: { json: { set: { "result.protocolVersion": version } } },
      }],
    },
    revisions: until2025_11,
    expects: ["M19"],
    reaches: "connection",
    links: [negotiation],
  };
}

const handshakes: readonly Scenario[] = [
  {
    name: "offers-older",
    group: "Versions and eras",
    story: "The server has 2025-03-26 alone, and offers that to whoever asks for a later revision",
    client: "Continues with 2025-03-26, if it has it, and with nothing that came later",
    plan: { policy: { mcpRevisions: ["2025-03-26"] } },
    revisions: ["2025-06-18", "2025-11-25"],
    expects: ["M18"],
    links: [negotiation],
  },
  {
    name: "offers-newer",
    group: "Versions and eras",
    story: "The server has 2025-11-25 alone, and offers that to whoever asks for an earlier revision",
    client: "Continues with 2025-11-25, if it has it; if not, it disconnects",
    plan: { policy: { mcpRevisions: ["2025-11-25"] } },
    revisions: ["2025-03-26", "2025-06-18"],
    expects: ["M18"],
    links: [negotiation],
  },
  counterOffer(
    "offers-1999",
    "1999-01-01",
    "The server answers initialize with 1999-01-01, which is no revision of MCP",
  ),
  counterOffer("offers-2099", "2099-01-01", "The server answers initialize with 2099-01-01, which no client can have"),
  counterOffer("offers-nothing", "", "The server answers initialize with an empty protocolVersion"),
  {
    name: "initialize-refused",
    group: "Versions and eras",
    story: "initialize for a revision after 2025-03-26 gets the error -32602, with the list of those there are",
    client: "Tries a revision of the list, or stops; it does not repeat what was refused",
    plan: {
      policy: { mcpRevisions: ["2025-03-26", "2024-11-05"] },
      faults: [{
        name: "initialize-refused",
        match: { ...opening, message: { "params.protocolVersion": ["2025-06-18", "2025-11-25"] } },
        answer: {
          status: 200,
          body: rpcError(-32602, "Unsupported protocol version", { supported: ["2025-03-26", "2024-11-05"] }),
        },
      }],
    },
    revisions: ["2025-06-18", "2025-11-25"],
    expects: ["M20"],
    reaches: "connection",
    links: [lifecycleErrors],
  },
  {
    name: "initialize-refused-for-good",
    group: "Versions and eras",
    story: "initialize gets the error -32602, with a list of revisions that no client has",
    client: "Stops, and tells its person why",
    plan: {
      policy: { mcpRevisions: older },
      faults: [{
        name: "initialize-refused-for-good",
        match: opening,
        answer: {
          status: 400,
          body: rpcError(-32602, "Unsupported protocol version", { supported: ["1999-01-01"] }),
        },
      }],
    },
    revisions: until2025_11,
    expects: ["M20"],
    reaches: "connection",
    links: [lifecycleErrors],
  },
  {
    name: "slow-initialize",
    group: "Versions and eras",
    story: "initialize is answered after two seconds",
    client: "Waits for the answer before it sends other requests",
    plan: {
      policy: { mcpRevisions: older },
      faults: [{ name: "slow-initialize", match: opening, edit: { delay_ms: 2000 } }],
    },
    revisions: until2025_11,
    expects: ["M16"],
    links: [section("2025-11-25", "basic/lifecycle#initialization")],
  },
  {
    name: "declares-nothing",
    group: "Versions and eras",
    story: "The server declares no capabilities at all",
    client: "Asks for no tools, resources or prompts: the server has said that it has none",
    plan: {
      policy: { mcpRevisions: older },
      faults: [{
        name: "declares-nothing",
        match: { ...opening, status: 200 },
        edit: { json: { set: { "result.capabilities": {} } } },
      }],
    },
    revisions: until2025_11,
    expects: ["M21"],
    reaches: "connection",
    links: [section("2025-11-25", "basic/lifecycle#capability-negotiation")],
  },
];

const withoutHandshake: readonly Scenario[] = [
  {
    name: "version-refused-for-older",
    group: "Versions and eras",
    story: "Requests of 2026-07-28 get 400 and -32022, with a list of earlier revisions",
    client: "Picks the newest of the list that it has, and begins with initialize",
    plan: {
      policy: { mcpRevisions: older },
      faults: [{
        name: "version-refused-for-older",
        match: stateless,
        answer: {
          status: 400,
          body: rpcError(-32022, "Unsupported protocol version", { supported: older, requested: "2026-07-28" }),
        },
      }],
    },
    revisions: since2026_07,
    expects: ["M58"],
    links: [statelessNegotiation],
  },
  {
    name: "version-refused-for-unknown",
    group: "Versions and eras",
    story: "Requests of 2026-07-28 get 400 and -32022, with a list of revisions that no client has",
    client: "Stops, and tells its person why: the server is no older one, so there is nothing to fall back to",
    plan: {
      policy: { mcpRevisions: ["2026-07-28"] },
      faults: [{
        name: "version-refused-for-unknown",
        match: stateless,
        answer: {
          status: 400,
          body: rpcError(-32022, "Unsupported protocol version", {
            supported: ["2099-01-01"],
            requested: "2026-07-28",
          }),
        },
      }],
    },
    revisions: since2026_07,
    expects: ["M58"],
    reaches: "connection",
    links: [statelessNegotiation, section("2026-07-28", "basic/transports/streamable-http#backward-compatibility")],
  },
  {
    name: "discover-lists-newer",
    group: "Versions and eras",
    story: "server/discover lists a revision to come beside 2026-07-28",
    client: "Continues with 2026-07-28, the newest of the list that it has",
    plan: {
      faults: [{
        name: "discover-lists-newer",
        match: { endpoint: anyMcp, rpc_method: "server/discover", status: 200 },
        edit: { json: { set: { "result.supportedVersions": ["2099-01-01", "2026-07-28"] } } },
      }],
    },
    revisions: since2026_07,
    expects: ["M63", "M64"],
    links: [section("2026-07-28", "server/discover#discoverresult")],
  },
  {
    name: "discover-lists-older",
    group: "Versions and eras",
    story: "server/discover is answered, and lists earlier revisions alone",
    client: "Picks the newest of the list that it has, and begins with initialize",
    plan: {
      faults: [{
        name: "discover-lists-older",
        match: { endpoint: anyMcp, rpc_method: "server/discover", status: 200 },
        edit: { json: { set: { "result.supportedVersions": older } } },
      }],
    },
    revisions: since2026_07,
    expects: ["M64"],
    links: [section("2026-07-28", "server/discover#discoverresult")],
  },
  {
    name: "server-info-changes",
    group: "Versions and eras",
    story: "The answers to tool calls name another server than all others do",
    client: "Goes on as before: the name of a server is there to be shown, and changes nothing",
    plan: {
      faults: [{
        name: "server-info-changes",
        match: { endpoint: anyMcp, rpc_method: "tools/call", status: 200 },
        edit: {
          json: {
            set: { "result._meta": { "io.modelcontextprotocol/serverInfo": { name: "Another", version: "2" } } },
          },
        },
      }],
    },
    revisions: since2026_07,
    expects: ["M65"],
    links: [section("2026-07-28", "server/discover#discoverresult"), section("2026-07-28", "basic#meta")],
  },
];

/** Scenarios of revisions. */
export const versionScenarios: readonly Scenario[] = [...handshakes, ...withoutHandshake];
