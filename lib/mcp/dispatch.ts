/**
 * Takes a request to the era it belongs to: a session of the revisions up to 2025-11-25, or the stateless handler of
 * 2026-07-28. The SDK's own classifier decides, on the body parsed once.
 *
 * @module
 */
import {
  classifyInboundRequest,
  createMcpHandler,
  type InboundHttpRequest,
  type InboundLegacyRoute,
  type InboundModernRoute,
  type McpHttpHandler,
} from "@modelcontextprotocol/server";
import { readJson } from "./body.ts";
import type { McpEndpoint, McpOptions } from "./options.ts";
import { answerPlain, asPlainInSession, asPlainModern, MODERN_REVISION } from "./plain.ts";
import { createProfiles, type Profiles } from "./profile.ts";
import { idOf, INTERNAL_ERROR, INVALID_REQUEST, rpcErrorResponse, SERVER_ERROR } from "./rpc.ts";
import { createScope, type Scope } from "./scope.ts";
import { buildServer } from "./server.ts";
import { createSessionTable, type Presenter } from "./session_table.ts";
import { beginSession, serveSession, type SessionDeps } from "./sessions.ts";

/** The first revision without batches. */
const BATCHES_REMOVED = "2025-06-18";

/** What all requests of one app share. */
interface Shared extends SessionDeps {
  readonly options: Required<McpOptions>;
  readonly profiles: Profiles;
  readonly scopes: WeakMap<Request, Scope>;
  readonly modern: McpHttpHandler;
}

/** One request, its body parsed if it has one. */
interface Exchange extends Presenter {
  readonly request: Request;
  readonly body?: unknown;
}

/**
 * Makes the endpoints proper, with the SDK loaded.
 *
 * @param options What they work with.
 */
export function createDispatcher(options: Required<McpOptions>): McpEndpoint {
  const scopes = new WeakMap<Request, Scope>();
  const scopeOf = (request: Request | undefined): Scope => {
    const scope = request && scopes.get(request);
    if (!scope) throw new Error("The SDK gave back a request that it was not given");
    return scope;
  };
  const { log } = options;
  const modern = createMcpHandler(
    ({ requestInfo }) => buildServer(scopeOf(requestInfo).profile, { scopeOf, log }),
    { legacy: "reject" },
  );
  const table = createSessionTable();
  const shared = { options, profiles: createProfiles(options.version), scopes, scopeOf, log, modern, table };

  return {
    handle: async (request, sandbox, mode, caller) => {
      table.sweep();
      if (request.method !== "POST" && request.method !== "GET" && request.method !== "DELETE") {
        const allow = "GET, POST, DELETE";
        return rpcErrorResponse(405, SERVER_ERROR, `Method not allowed: use ${allow}`, { headers: { allow } });
      }
      const read = request.method === "POST" ? await readJson(request) : { value: undefined };
      if (read instanceof Response) return read;
      try {
        return await route({ request, body: read.value, sandbox, mode, caller }, shared);
      } catch (error) {
        log("An MCP request failed", error);
        return rpcErrorResponse(500, INTERNAL_ERROR, "Internal error", { id: idOf(read.value) });
      }
    },
    close: async () => {
      await Promise.all([table.close(), modern.close()]);
    },
  };
}

async function route(exchange: Exchange, shared: Shared): Promise<Response> {
  const found = classifyInboundRequest(classifiable(exchange));
  switch (found.kind) {
    case "legacy":
      return await inSession(found, exchange, shared);
    case "modern":
      return await stateless(found, exchange, shared);
    case "reject":
      // The SDK finds the same words again, and its way of saying them.
      return await shared.modern.fetch(exchange.request, { parsedBody: exchange.body });
  }
}

async function inSession(route: InboundLegacyRoute, exchange: Exchange, shared: Shared): Promise<Response> {
  const { request, body, sandbox, mode, caller } = exchange;
  const { options: { chance, log }, table, scopes } = shared;
  if (route.reason === "initialize" && !request.headers.has("mcp-session-id")) {
    const id = chance.id();
    const scope = scopeFor(exchange, ownerOfNotes(id), shared);
    scopes.set(request, scope);
    return await beginSession(
      request,
      { id, presenter: { sandbox, mode, caller }, profile: scope.profile, body },
      shared,
    );
  }
  const session = table.find(request, exchange, body);
  if (session instanceof Response) return session;
  const revision = session.revision();
  if (Array.isArray(body) && revision >= BATCHES_REMOVED) {
    return rpcErrorResponse(400, INVALID_REQUEST, `Invalid Request: revision ${revision} has no batches`);
  }
  const scope = scopeFor(exchange, ownerOfNotes(session.id), shared);
  const plain = route.reason === "no-claim" ? asPlainInSession(body, request.headers, session) : undefined;
  if (plain) return await answerPlain(plain, scope, { revision, headers: { "mcp-session-id": session.id }, log });
  scopes.set(request, scope);
  return await serveSession(session, exchange, table);
}

async function stateless(route: InboundModernRoute, exchange: Exchange, shared: Shared): Promise<Response> {
  const { request } = exchange;
  const { options: { log }, scopes, modern } = shared;
  const scope = scopeFor(exchange, exchange.caller.owner, shared);
  const plain = asPlainModern(route, request.headers, scope.profile);
  if (plain) return await answerPlain(plain, scope, { revision: MODERN_REVISION, headers: {}, log });
  scopes.set(request, scope);
  return await modern.fetch(request, { parsedBody: route.message });
}

function scopeFor({ sandbox, caller }: Presenter, owner: string, { options, profiles }: Shared): Scope {
  return createScope(options, caller.user ? profiles.user : profiles.open, { sandbox, caller, owner });
}

/** Notes written in a session are seen in that session alone. */
function ownerOfNotes(sessionId: string): string {
  return `session:${sessionId}`;
}

function classifiable({ request: { method, headers }, body }: Exchange): InboundHttpRequest {
  const protocolVersionHeader = headers.get("mcp-protocol-version");
  const mcpMethodHeader = headers.get("mcp-method");
  const mcpNameHeader = headers.get("mcp-name");
  return {
    httpMethod: method,
    ...(protocolVersionHeader !== null && { protocolVersionHeader }),
    ...(mcpMethodHeader !== null && { mcpMethodHeader }),
    ...(mcpNameHeader !== null && { mcpNameHeader }),
    body,
  };
}
