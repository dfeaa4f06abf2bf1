/** Cases: how a client finds out which revision a server has, and keeps to it. */
import { older, rpcError, stateless } from "../../../lib/scenarios/catalogue/mcp/eras.ts";
import type { Case } from "./case.ts";

const olderServer = { policy: { mcpRevisions: older } } as const;

/** Sets members of what a method is answered with. */
function setting(method: string, set: Readonly<Record<string, unknown>>): readonly unknown[] {
  const match = { endpoint: "mcp", rpc_method: method, status: 200 };
  return [{ name: method, match, life: "always", edit: { json: { set } } }];
}

/** Refuses requests of 2026-07-28. */
function refusing(status: number, body: unknown, life: unknown = "always"): readonly unknown[] {
  return [{ name: "refusing", match: stateless, life, answer: { status, ...(body === undefined ? {} : { body }) } }];
}

const unsupported = (supported: readonly string[]): unknown =>
  rpcError(-32022, "Unsupported protocol version", { supported, requested: "2026-07-28" });

const handshakes: readonly Case[] = [
  { rule: "M15", slips: ["offers a revision of its own making"], revisions: ["2025-06-18", "2025-11-25"] },
  { rule: "M16", slips: ["does not wait for initialize"], isRecommended: true },
  {
    rule: "M18",
    slips: ["asks for a task"],
    app: { policy: { mcpRevisions: ["2025-03-26"] } },
    revisions: ["2025-06-18", "2025-11-25"],
    settles: "2025-03-26",
  },
  {
    rule: "M18",
    slips: ["asks for a task"],
    app: { policy: { mcpRevisions: ["2025-06-18"] } },
    revisions: ["2025-03-26"],
  },
  {
    rule: "M19",
    slips: ["takes any counter-offer"],
    faults: setting("initialize", { "result.protocolVersion": "1999-01-01" }),
    reaches: "connection",
    isRecommended: true,
  },
  {
    rule: "M20",
    slips: ["offers the same again"],
    faults: [{
      name: "refused",
      match: { endpoint: "mcp", rpc_method: "initialize" },
      life: "always",
      answer: { status: 400, body: rpcError(-32602, "Unsupported protocol version", { supported: ["1999-01-01"] }) },
    }],
    reaches: "connection",
    isRecommended: true,
  },
  {
    rule: "M20",
    slips: ["offers the same again"],
    faults: [{
      name: "refused",
      match: { endpoint: "mcp", message: { method: "initialize", "params.protocolVersion": "2025-11-25" } },
      life: "always",
      answer: { status: 200, body: rpcError(-32602, "Unsupported protocol version", { supported: ["2025-06-18"] }) },
    }],
    revisions: ["2025-11-25"],
    settles: "2025-06-18",
    isRecommended: true,
  },
  {
    rule: "M21",
    slips: ["asks for what was not declared"],
    faults: setting("initialize", { "result.capabilities": {} }),
    reaches: "connection",
    revisions: ["2025-06-18", "2025-11-25"],
  },
  {
    rule: "M21",
    slips: ["asks for what was not declared"],
    faults: setting("initialize", { "result.capabilities": {} }),
    reaches: "connection",
    revisions: ["2025-03-26"],
    isRecommended: true,
  },
];

const transports: readonly Case[] = [
  {
    rule: "M38",
    slips: ["posts to the stream's URL"],
    app: { policy: { mcpTransport: "http_sse" } },
    revisions: ["2025-03-26", "2025-06-18", "2025-11-25"],
  },
  {
    rule: "M38",
    slips: ["posts to the stream's URL"],
    app: { policy: { mcpTransport: "http_sse" } },
    revisions: ["2026-07-28"],
    settles: "2025-11-25",
  },
  {
    rule: "M38",
    slips: ["takes any endpoint"],
    app: { policy: { mcpTransport: "http_sse" } },
    faults: [{
      name: "foreign",
      match: { endpoint: "mcp", method: "GET", status: 200 },
      life: "always",
      edit: { stream: { before: [{ event: "endpoint", data: "{other_origin}{path}/messages?sessionId=elsewhere" }] } },
    }],
    revisions: ["2025-11-25"],
    reaches: "connection",
    isRecommended: true,
  },
];

const eras: readonly Case[] = [
  {
    rule: "M58",
    slips: ["keeps to its refused version"],
    faults: refusing(400, unsupported(["2099-01-01"])),
    reaches: "connection",
    isRecommended: true,
  },
  {
    rule: "M58",
    slips: ["keeps to its refused version"],
    app: olderServer,
    faults: refusing(400, unsupported(older)),
    reaches: "connection",
    settles: "2025-11-25",
    isRecommended: true,
  },
  {
    rule: "M59",
    slips: ["falls back whatever it is told"],
    faults: refusing(400, rpcError(-32020, "Header mismatch"), "next"),
    isRecommended: true,
  },
  {
    rule: "M59",
    slips: ["returns to initialize"],
    faults: refusing(400, unsupported(["2026-07-28"]), "next"),
    isRecommended: true,
  },
  ...[400, 404, 405, 406, 422, 501].map((status): Case => ({
    rule: "M60",
    slips: ["logs in where it should fall back"],
    app: olderServer,
    faults: refusing(status, undefined),
    settles: "2025-11-25",
    reaches: "connection",
    isRecommended: true,
  })),
  {
    rule: "M60",
    slips: ["logs in where it should fall back"],
    app: olderServer,
    faults: refusing(200, rpcError(-32601, "Method not found")),
    reaches: "connection",
    settles: "2025-11-25",
    isRecommended: true,
  },
  {
    rule: "M61",
    slips: ["looks for HTTP+SSE first"],
    app: { policy: { mcpTransport: "http_sse" } },
    faults: refusing(422, undefined),
    settles: "2025-11-25",
    isRecommended: true,
  },
  {
    rule: "M62",
    slips: ["asks for the era before every call"],
    app: olderServer,
    client: { tools: ["mock_echo", "mock_echo", "mock_echo"] },
    revisions: ["2026-07-28"],
    settles: "2025-11-25",
    isRecommended: true,
  },
  { rule: "M63", slips: ["returns to initialize"], isRecommended: true },
  {
    rule: "M64",
    slips: ["ignores the listed versions"],
    faults: setting("server/discover", { "result.supportedVersions": older }),
    settles: "2025-11-25",
    isRecommended: true,
  },
  {
    rule: "M65",
    slips: ["discovers again for another name"],
    faults: setting("tools/call", {
      "result._meta": { "io.modelcontextprotocol/serverInfo": { name: "Another", version: "2" } },
    }),
    client: { tools: ["mock_echo", "mock_echo"] },
    isRecommended: true,
  },
  { rule: "M66", slips: ["polls a task that nobody declared"] },
];

/** How a client finds out which revision a server has, and keeps to it. */
export const versionCases: readonly Case[] = [...handshakes, ...transports, ...eras];
