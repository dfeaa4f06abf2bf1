// The door to the MCP endpoints: a route that has established who calls hands the request over and gets the
// protocol's answer. Nothing of the MCP SDK is loaded before the first call, since loading it costs more than the rest
// of a start.
import type { McpEndpoint, McpOptions } from "./contract.ts";
import { rpcErrorResponse, SERVER_ERROR } from "./rpc.ts";

export type { McpEndpoint, McpOptions } from "./contract.ts";

/**
 * Makes the MCP endpoints of one app; opens nothing.
 *
 * @see {@link https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#streamable-http}
 * @see {@link https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http}
 */
export function createMcpEndpoint(options: McpOptions): McpEndpoint {
  let loading: Promise<McpEndpoint> | undefined;
  let loaded: McpEndpoint | undefined;
  let closed = false;

  async function load(): Promise<McpEndpoint> {
    const { createDispatcher } = await import("./dispatch.ts");
    loaded = createDispatcher({ ...options, log: options.log ?? (() => {}) });
    return loaded;
  }

  return {
    expect: (request, sandbox) => loaded?.expect(request, sandbox),
    handle: async (request, call) => closed ? shuttingDown() : (await (loading ??= load())).handle(request, call),
    openSse: async (opening) => closed ? shuttingDown() : (await (loading ??= load())).openSse(opening),
    receive: async (message) => closed ? shuttingDown() : (await (loading ??= load())).receive(message),
    sessionsOf: async (sandbox) => (await (loading ??= load())).sessionsOf(sandbox),
    endSession: async (sandbox, handle) => (await (loading ??= load())).endSession(sandbox, handle),
    sessionFactsOf: async (request, sandbox, asked) =>
      (await (loading ??= load())).sessionFactsOf(request, sandbox, asked),
    announce: async (sandbox, changes) => {
      await loaded?.announce(sandbox, changes);
    },
    endListening: async () => {
      await (await loading)?.endListening();
    },
    forget: async (sandboxId) => {
      await loaded?.forget(sandboxId);
    },
    close: async () => {
      closed = true;
      await (await loading)?.close();
    },
  };
}

function shuttingDown(): Response {
  return rpcErrorResponse(503, SERVER_ERROR, "The server is shutting down");
}
