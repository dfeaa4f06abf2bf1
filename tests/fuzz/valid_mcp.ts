/** Valid MCP messages of both eras, at all endpoints. */

import type { Json, JsonObject, Message, Pair } from "./message.ts";

/** What a request of 2026-07-28 carries in its body. */
const envelope: JsonObject = {
  "io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientInfo": { name: "fuzzer", version: "1" },
  "io.modelcontextprotocol/clientCapabilities": {},
};

interface Door {
  readonly name: string;
  readonly path: string;
  readonly headers: readonly Pair[];
  readonly query?: readonly Pair[];
}

const doors: readonly Door[] = [
  { name: "no_auth", path: "/no-auth", headers: [] },
  {
    name: "bearer",
    path: "/bearer",
    headers: [["authorization", "Bearer anything"]],
    query: [["expected", "anything"]],
  },
  { name: "oauth", path: "/oauth", headers: [["authorization", "Bearer <<access_token>>"]] },
  { name: "conformance", path: "/conformance", headers: [] },
];

function rpc(method: string, params: JsonObject, id: number = 1): JsonObject {
  return { jsonrpc: "2.0", id, method, params };
}

function call(name: string, argumentsOfIt: JsonObject): JsonObject {
  return rpc("tools/call", { name, arguments: argumentsOfIt });
}

const calls: readonly JsonObject[] = [
  call("mock_echo", { message: "<zqx" }),
  call("mock_json_echo", { data: { open: { more: 1 } } }),
  call("mock_add", { a: 1, b: 2 }),
  call("mock_create_note", { title: "fuzz", content: "text" }),
  rpc("tools/list", {}),
];

function post(door: Door, value: Json, more: Partial<Message> = {}): Message {
  const headers: readonly Pair[] = [
    ["content-type", "application/json"],
    ["accept", "application/json, text/event-stream"],
    ...door.headers,
    ...more.headers ?? [],
  ];
  return {
    name: `${door.name}_post`,
    method: "POST",
    path: door.path,
    query: door.query ?? [],
    body: { kind: "json", value },
    gives: [],
    ...more,
    headers,
  };
}

function initialize(revision: string): JsonObject {
  return rpc("initialize", {
    protocolVersion: revision,
    capabilities: {},
    clientInfo: { name: "fuzzer", version: "1" },
  });
}

function modern(door: Door, method: string, params: JsonObject): Message {
  const name: readonly Pair[] = typeof params.name === "string" ? [["mcp-name", params.name]] : [];
  return post(door, rpc(method, { ...params, _meta: envelope }), {
    headers: [["mcp-protocol-version", "2026-07-28"], ["mcp-method", method], ...name],
    isLasting: method === "subscriptions/listen",
  });
}

function ofDoor(door: Door): readonly Message[] {
  const pool = `session_${door.name}`;
  const batchPool = `batch_session_${door.name}`;
  const session = (revision: string, of = pool): readonly Pair[] => [
    ["mcp-session-id", `<<${of}>>`],
    ["mcp-protocol-version", revision],
  ];
  const read: Pair = ["accept", "text/event-stream"];
  const { name, path, query = [], headers } = door;
  return [
    post(door, initialize("2025-11-25"), { gives: [{ pool, header: "mcp-session-id" }] }),
    post(door, initialize("2025-03-26"), { gives: [{ pool: batchPool, header: "mcp-session-id" }] }),
    ...calls.map((value) => post(door, value, { headers: session("2025-11-25") })),
    post(door, [call("mock_echo", { message: "in a batch" })], { headers: session("2025-03-26", batchPool) }),
    modern(door, "tools/list", {}),
    modern(door, "tools/call", { name: "mock_echo", arguments: { message: "modern" } }),
    modern(door, "subscriptions/listen", {
      notifications: {
        toolsListChanged: true,
        promptsListChanged: true,
        resourceSubscriptions: ["test://watched-resource"],
      },
    }),
    {
      name: `${name}_get`,
      method: "GET",
      path,
      query,
      headers: [read, ...headers, ...session("2025-11-25")],
      gives: [],
      isLasting: true,
    },
    {
      name: `${name}_delete`,
      method: "DELETE",
      path,
      query,
      headers: [...headers, ...session("2025-11-25")],
      gives: [],
      changes: true,
    },
  ];
}

/** HTTP+SSE. By the time a message is sent, its stream has been left, so the session is gone. */
function ofOlderDoor(door: Door): readonly Message[] {
  const { name, path, query = [], headers } = door;
  return [
    {
      name: `${name}_sse`,
      method: "GET",
      path: `${path}/sse`,
      query,
      headers: [["accept", "text/event-stream"], ...headers],
      gives: [],
      isLasting: true,
    },
    post(door, initialize("2024-11-05"), {
      name: `${name}_messages`,
      path: `${path}/messages`,
      query: [...query, ["sessionId", "00000000-0000-4000-8000-000000000000"]],
    }),
  ];
}

const triggers = ["test_trigger_tool_change", "test_trigger_prompt_change", "test_trigger_resource_update"];
const conformance = doors.filter(({ name }) => name === "conformance");

/** Messages of clients of MCP. */
export const mcpMessages: readonly Message[] = [
  ...doors.flatMap(ofDoor),
  ...doors.filter(({ name }) => name !== "conformance").flatMap(ofOlderDoor),
  ...conformance.flatMap((door) =>
    triggers.map((name) => ({ ...modern(door, "tools/call", { name, arguments: {} }), changes: true }))
  ),
];
