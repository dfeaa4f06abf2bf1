/** Endpoints, clients and raw requests for the MCP tests: all in process, on a clock that tests move. */
import { Client as NewClient, StreamableHTTPClientTransport as NewTransport } from "@modelcontextprotocol/client";
// @ts-types="@modelcontextprotocol/sdk/client/index"
import { Client as OldClient } from "@modelcontextprotocol/sdk/client/index.js";
// @ts-types="@modelcontextprotocol/sdk/client/streamableHttp"
import { StreamableHTTPClientTransport as OldTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import assert from "node:assert/strict";
import { createChance, randomBytes } from "../../lib/runtime/chance.ts";
import type { McpCaller, McpMode } from "../../lib/mcp/caller.ts";
import { createMcpEndpoint, type McpEndpoint } from "../../lib/mcp/endpoint.ts";
import { type Sleep, sleepOnTimer } from "../../lib/runtime/sleep.ts";
import { buildSandbox, type Sandbox } from "../../lib/sandbox/sandbox.ts";
import { type Policy, standardPlan } from "../../lib/scenarios/plan.ts";
import { parseCatalogue } from "../../lib/scenarios/schema/catalogue_schema.ts";
import { createStore } from "../../lib/store/kv.ts";

/** What every test's clock shows at first, in milliseconds since 1970. */
export const START_MS = 1_700_000_000_123;

export const OPEN: McpCaller = { owner: "somebody" };
export const ANN: McpCaller = {
  owner: "login-of-ann",
  user: { userId: "mock-user-1", userName: "ann", email: "ann@example.com", sessionId: "session-1" },
};
export const ADMIN: McpCaller = {
  owner: "login-of-admin",
  user: { userId: "mock-user-2", userName: "root", email: "admin@example.com", sessionId: "session-2" },
};

/** A `fetch` that reaches the endpoint without a network. */
export type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

/** An endpoint, ways to reach it, and its clock. */
export interface TestMcp extends AsyncDisposable {
  readonly endpoint: McpEndpoint;
  readonly fetchAs: (mode: McpMode, caller: McpCaller, policy?: Partial<Policy>, catalogue?: unknown) => Fetch;
  /** What the endpoint logged. */
  readonly errors: unknown[];
  nowMs: number;
}

/** What a test chooses of an endpoint. */
export interface TestMcpOptions {
  readonly sleep?: Sleep;
  /** A database that other endpoints use too, and that the test closes. */
  readonly kv?: Deno.Kv;
  readonly keepAliveMs?: number;
}

/** Opens an endpoint, on a store of its own in memory unless told otherwise. */
export async function openMcp({ sleep, kv: shared, keepAliveMs }: TestMcpOptions = {}): Promise<TestMcp> {
  const kv = shared ?? await Deno.openKv(":memory:");
  const chance = createChance(randomBytes);
  const errors: unknown[] = [];
  const endpoint = createMcpEndpoint({
    store: createStore(kv, chance),
    chance,
    version: "9.9.9",
    log: (_, error) => errors.push(error),
    sleep: sleep ?? sleepOnTimer,
    ...(keepAliveMs !== undefined && { keepAliveMs }),
  });
  const sandboxOf = ({ origin }: URL): Sandbox => buildSandbox({ origin, now: () => mcp.nowMs });
  const mcp: TestMcp = {
    endpoint,
    errors,
    nowMs: START_MS,
    fetchAs: (mode, caller, policy = {}, written = undefined) => {
      const declared = written === undefined ? {} : { catalogue: parseCatalogue(written) };
      const plan = { ...standardPlan.policy, ...policy };
      return (input, init) => {
        const request = new Request(input, init);
        const sandbox = sandboxOf(new URL(request.url));
        return endpoint.handle(request, { sandbox, mode, caller, policy: plan, ...declared });
      };
    },
    [Symbol.asyncDispose]: async () => {
      await endpoint.close();
      if (!shared) kv.close();
    },
  };
  return mcp;
}

/** What a tool answered, as far as the tests look at it. */
export interface Answer {
  readonly text: string;
  readonly isError: boolean;
  readonly structured: unknown;
}

/** How to call one tool. */
export interface CallOptions {
  readonly signal?: AbortSignal;
  readonly onprogress?: (progress: { progress: number; total?: number | undefined }) => void;
}

/** What the tests need of any client. */
export interface TestClient extends AsyncDisposable {
  readonly call: (name: string, args?: Record<string, unknown>, options?: CallOptions) => Promise<Answer>;
  readonly toolNames: () => Promise<string[]>;
  readonly server: () => { readonly name: string; readonly version: string } | undefined;
  readonly instructions: () => string | undefined;
}

const url = new URL("http://mock.test/mcp");

function answerOf(result: Record<string, unknown>): Answer {
  const { content, isError, structuredContent } = result;
  assert.ok(Array.isArray(content) && content.length === 1 && content[0].type === "text");
  return { text: content[0].text, isError: isError === true, structured: structuredContent };
}

/** The client that most of the world runs; it speaks the revisions with sessions. */
async function connectOld(fetch: Fetch): Promise<TestClient> {
  const client = new OldClient({ name: "old", version: "1" });
  await client.connect(new OldTransport(url, { fetch }));
  return {
    call: async (name, args = {}, options = {}) =>
      answerOf(await client.callTool({ name, arguments: args }, undefined, options)),
    toolNames: async () => (await client.listTools()).tools.map(({ name }) => name),
    server: () => client.getServerVersion(),
    instructions: () => client.getInstructions(),
    [Symbol.asyncDispose]: () => client.close(),
  };
}

async function connectNew(fetch: Fetch, mode: "auto" | "legacy"): Promise<TestClient> {
  const client = new NewClient({ name: "new", version: "1" }, { versionNegotiation: { mode } });
  await client.connect(new NewTransport(url, { fetch }));
  assert.equal(client.getNegotiatedProtocolVersion(), mode === "auto" ? "2026-07-28" : "2025-11-25");
  return {
    call: async (name, args = {}, options = {}) => answerOf(await client.callTool({ name, arguments: args }, options)),
    toolNames: async () => (await client.listTools()).tools.map(({ name }) => name),
    server: () => client.getServerVersion(),
    instructions: () => client.getInstructions(),
    [Symbol.asyncDispose]: () => client.close(),
  };
}

/** The official clients, in every era they speak. */
export const clients = [
  { name: "v1 client, 2025-11-25", connect: connectOld },
  { name: "v2 client, 2025-11-25", connect: (fetch: Fetch): Promise<TestClient> => connectNew(fetch, "legacy") },
  { name: "v2 client, 2026-07-28", connect: (fetch: Fetch): Promise<TestClient> => connectNew(fetch, "auto") },
] as const;

/** Runs a step against a fresh endpoint through each client. */
export async function withEachClient(
  t: Deno.TestContext,
  { mode, caller }: { readonly mode: McpMode; readonly caller: McpCaller },
  run: (client: TestClient, mcp: TestMcp) => Promise<void>,
): Promise<void> {
  for (const { name, connect } of clients) {
    await t.step(name, async () => {
      await using mcp = await openMcp();
      await using client = await connect(mcp.fetchAs(mode, caller));
      await run(client, mcp);
      assert.deepEqual(mcp.errors, []);
    });
  }
}

/** Posts a body as it stands. */
export function post(fetch: Fetch, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json, text/event-stream", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
}

/** A request of the GET or DELETE kind. */
export function send(fetch: Fetch, method: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(url, { method, headers: { accept: "text/event-stream", ...headers } });
}

/** A request of a revision with sessions. */
export function rpc(method: string, params?: unknown, id: string | number = 1): Record<string, unknown> {
  return { jsonrpc: "2.0", id, method, ...(params !== undefined && { params }) };
}

/** The body of an `initialize`. */
export function initialize(protocolVersion = "2025-11-25"): Record<string, unknown> {
  return rpc("initialize", { protocolVersion, capabilities: {}, clientInfo: { name: "raw", version: "1" } });
}

/** Begins a session and returns the header that names it. */
export async function beginSession(fetch: Fetch, protocolVersion?: string): Promise<{ "mcp-session-id": string }> {
  const response = await post(fetch, initialize(protocolVersion));
  assert.equal(response.status, 200);
  await response.text();
  const id = response.headers.get("mcp-session-id");
  assert.ok(id);
  return { "mcp-session-id": id };
}

/** What a request of 2026-07-28 carries in its body. */
export const envelope = {
  "io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientInfo": { name: "raw", version: "1" },
  "io.modelcontextprotocol/clientCapabilities": {},
};

/** Posts a request of 2026-07-28. */
export function postModern(
  fetch: Fetch,
  { method, params = {}, meta = {}, headers = {} }: {
    readonly method: string;
    readonly params?: Record<string, unknown>;
    readonly meta?: Record<string, unknown>;
    readonly headers?: Record<string, string>;
  },
): Promise<Response> {
  const name: Record<string, string> = typeof params.name === "string" ? { "mcp-name": params.name } : {};
  return post(fetch, rpc(method, { ...params, _meta: { ...envelope, ...meta } }), {
    "mcp-protocol-version": "2026-07-28",
    "mcp-method": method,
    ...name,
    ...headers,
  });
}

/** The messages of an event stream that has ended, or the one message of a JSON answer. */
export async function messagesOf(response: Response): Promise<Record<string, unknown>[]> {
  const text = await response.text();
  if (response.headers.get("content-type") === "application/json") return [JSON.parse(text)];
  return text.split("\n").filter((line) => line.startsWith("data: {")).map((line) => JSON.parse(line.slice(6)));
}

/** Checks the status and the error of an answer that refuses. */
export async function assertRefused(
  response: Response,
  status: number,
  code: number,
  id: unknown = null,
): Promise<void> {
  const body = await response.json();
  assert.equal(response.status, status, JSON.stringify(body));
  assert.deepEqual([body.jsonrpc, body.error.code, body.id], ["2.0", code, id]);
  assert.equal(typeof body.error.message, "string");
}
