/** Calls of one tool on `/no-auth`: stateless (2026-07-28), and in a session (2025-11-25). */
import type { Send } from "./flow_bench.ts";
import { type Figure, type Load, measure } from "./measure.ts";

/** What is measured, and how. */
export interface McpBench {
  /** Where the server is. */
  readonly origin: string;
  /** How requests get there. */
  readonly send: Send;
  /** CPU time the server has used so far, in microseconds. */
  readonly cpuMicros: () => number | Promise<number>;
  readonly load: Load;
}

const headers = { "content-type": "application/json", accept: "application/json, text/event-stream" };

const statelessHeaders = {
  ...headers,
  "mcp-protocol-version": "2026-07-28",
  "mcp-method": "tools/call",
  "mcp-name": "mock_echo",
};

const statelessCall = callOf({
  "io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientInfo": { name: "bench", version: "0" },
  "io.modelcontextprotocol/clientCapabilities": {},
});

const sessionCall = callOf();

/** The body of a call, the same for every call as it is for the peers we compare with. */
function callOf(meta?: Record<string, unknown>): string {
  const params = { name: "mock_echo", arguments: { message: "hello" }, ...(meta && { _meta: meta }) };
  return JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params });
}

/**
 * Measures both ways of calling a tool.
 *
 * @param where What to call the server in the table.
 * @param bench What is measured, and how.
 */
export async function measureMcp(where: string, { origin, send, cpuMicros, load }: McpBench): Promise<Figure[]> {
  const url = `${origin}/no-auth`;
  const call = async (callHeaders: Record<string, string>, body: string): Promise<void> => {
    const response = await send(url, { method: "POST", headers: callHeaders, body });
    const text = await response.text();
    if (!text.includes("Echo: hello")) throw new Error(`No echo, status ${response.status}: ${text}`);
  };
  const sessionHeaders = await beginSession(url, send);
  return [
    await measure(`tools/call, stateless, ${where}`, () => call(statelessHeaders, statelessCall), cpuMicros, load),
    await measure(`tools/call, in a session, ${where}`, () => call(sessionHeaders, sessionCall), cpuMicros, load),
  ];
}

/** Begins a session, and gives the headers of what follows in it. */
async function beginSession(url: string, send: Send): Promise<Record<string, string>> {
  const params = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "bench", version: "0" } };
  const body = JSON.stringify({ jsonrpc: "2.0", id: 0, method: "initialize", params });
  const response = await send(url, { method: "POST", headers, body });
  await response.text();
  const id = response.headers.get("mcp-session-id") ?? "";
  const version = { "mcp-protocol-version": "2025-11-25", "mcp-session-id": id };
  const initialized = JSON.stringify({ jsonrpc: "2.0", method: "notifications/initialized" });
  await (await send(url, { method: "POST", headers: { ...headers, ...version }, body: initialized })).body?.cancel();
  return { ...headers, ...version };
}
