// The door to the MCP endpoints: a route that has established who calls hands the request over and gets the
// protocol's answer. Nothing of the MCP SDK is loaded before the first call, since loading it costs more than the rest
// of a start.
import type { McpDispatcher, McpEndpoint, McpOptions } from "./contract.ts";
import { answerElicitation, findElicitation } from "./elicitation_table.ts";
import { rpcErrorResponse, SERVER_ERROR } from "./rpc.ts";
import { createSessions } from "./sessions/held_sessions.ts";
import { sessionFactsOf } from "./sessions/session_facts.ts";
import { createSessionTable } from "./sessions/session_table.ts";

export type { McpEndpoint, McpOptions } from "./contract.ts";

/**
 * Makes the MCP endpoints of one app; opens nothing.
 *
 * @see {@link https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#streamable-http}
 * @see {@link https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http}
 */
export function createMcpEndpoint(options: McpOptions): McpEndpoint {
  const sessions = createSessions(createSessionTable(options.store));
  let loading: Promise<McpDispatcher> | undefined;
  let loaded: McpDispatcher | undefined;
  let closed = false;

  async function load(): Promise<McpDispatcher> {
    const { createDispatcher } = await import("./dispatch.ts");
    loaded = createDispatcher({ ...options, sessions, log: options.log ?? (() => {}) });
    return loaded;
  }

  return {
    expect: (request, sandbox) => loaded?.expect(request, sandbox),
    handle: (request, call) => {
      if (closed) return Promise.resolve(shuttingDown());
      return loaded ? loaded.handle(request, call) : (loading ??= load()).then(({ handle }) => handle(request, call));
    },
    openSse: async (opening) => closed ? shuttingDown() : (await (loading ??= load())).openSse(opening),
    receive: async (message) => closed ? shuttingDown() : (await (loading ??= load())).receive(message),
    sessionsOf: (sandbox) => sessions.list(sandbox),
    endSession: (sandbox, handle) => sessions.end({ sandbox, handle }),
    sessionFactsOf: (request, sandbox, asked) => sessionFactsOf(request, sandbox, { sessions, asked }),
    elicitationOf: (sandbox, id) => findElicitation(options.store, sandbox.id, id),
    answerElicitation: async (sandbox, id) => {
      if (!await answerElicitation(options.store, sandbox.id, id)) return;
      await Promise.all(sessions.of(sandbox.id).map(async ({ transport }) => await (await transport)?.complete(id)));
    },
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
