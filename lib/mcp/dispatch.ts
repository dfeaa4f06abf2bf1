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
import { describeError, errorStatus, OAuthError } from "../http/errors.ts";
import { prefixed } from "../http/secret_prefixes.ts";
import { createSessionStore } from "./sessions/session_table.ts";
import { readJson } from "./body.ts";
import type { McpEndpoint, McpOptions } from "./contract.ts";
import { findParamMismatch } from "./param_headers.ts";
import { answerPlain, asPlainInSession, asPlainModern, MODERN_REVISION } from "./fast_path.ts";
import { createProfiles, type Profile } from "./profile.ts";
import { HEADER_MISMATCH, idOf, INTERNAL_ERROR, isPlainObject, rpcErrorResponse, SERVER_ERROR } from "./rpc.ts";
import { createEventShelves } from "./sessions/events.ts";
import { createListeners, type Listeners } from "./listeners.ts";
import { createScopeMaker, type Scope, type ScopeMaker } from "./call_facts.ts";
import { buildServer } from "./server.ts";
import { scopesNeeded } from "./tool_scopes.ts";
import { createSessionTable, type Presenter } from "./sessions/held_sessions.ts";
import { createUnreadGuard } from "./unread.ts";
import { refuseHeaders, refuseMessage } from "./sessions/session_refusals.ts";
import { beginSession, serveSession, type SessionDeps } from "./sessions/sessions.ts";

/** The options, with those that an endpoint can fill in. */
export type DispatchOptions = McpOptions & Pick<Required<McpOptions>, "log">;

/** What all requests of one app share. */
interface Shared extends SessionDeps {
  readonly chance: McpOptions["chance"];
  readonly createScope: ScopeMaker;
  readonly scopes: WeakMap<Request, Scope>;
  readonly modern: McpHttpHandler;
  readonly listeners: Listeners;
  /** Serves both eras without sessions. */
  readonly sessionless: McpHttpHandler;
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
export function createDispatcher(options: DispatchOptions): McpEndpoint {
  const { log, store, chance, keepAliveMs } = options;
  const profiles = createProfiles(options.version);
  const scopes = new WeakMap<Request, Scope>();
  const scopeOf = (request: Request | undefined): Scope => {
    const scope = request && scopes.get(request);
    if (!scope) throw new Error("The SDK gave back a request that it was not given");
    return scope;
  };
  const createModern = (maxSubscriptions: number): McpHttpHandler =>
    createMcpHandler(
      ({ requestInfo }) => buildServer(scopeOf(requestInfo).profile, serverDeps),
      { legacy: "reject", maxSubscriptions, ...(keepAliveMs !== undefined && { keepAliveMs }) },
    );
  // It is never asked to let anyone listen.
  const modern = createModern(0);
  const sessionless: McpHttpHandler = createMcpHandler(
    ({ requestInfo }) => buildServer(scopeOf(requestInfo).profile, serverDeps),
    { legacy: "stateless" },
  );
  const guard = createUnreadGuard();
  const listeners = createListeners({ createHandler: createModern, guard });
  const serverDeps = { scopeOf, log, announce: listeners.announce };
  const table = createSessionTable(createSessionStore(store));
  const createScope = createScopeMaker(options);
  const sessionDeps = { ...serverDeps, table, keepAliveMs, guard, shelves: createEventShelves() };
  const shared: Shared = { ...sessionDeps, chance, createScope, scopes, modern, sessionless, listeners };

  return {
    expect: table.expect,
    handle: async (request, sandbox, mode, caller) => {
      table.sweep();
      if (request.method !== "POST" && request.method !== "GET" && request.method !== "DELETE") {
        const allow = "GET, POST, DELETE";
        return rpcErrorResponse(405, SERVER_ERROR, `Method not allowed: use ${allow}`, { headers: { allow } });
      }
      const read = request.method === "POST" ? await readJson(request) : { value: undefined };
      if (read instanceof Response) return read;
      const refusal = caller.refuseScope?.(scopesNeeded(read.value));
      if (refusal) return refusal;
      try {
        return await route({ request, body: read.value, sandbox, mode, caller, profile: profiles[mode] }, shared);
      } catch (error) {
        if (error instanceof OAuthError) {
          return rpcErrorResponse(errorStatus(error), SERVER_ERROR, describeError(error), { id: idOf(read.value) });
        }
        log("An MCP request failed", error);
        return rpcErrorResponse(500, INTERNAL_ERROR, "Internal error", { id: idOf(read.value) });
      }
    },
    endListening: listeners.close,
    close: async () => {
      await Promise.all([table.close(), modern.close(), sessionless.close(), listeners.close()]);
    },
  };
}

async function route(exchange: Exchange, shared: Shared): Promise<Response> {
  if (exchange.mode === "minimal") return await withoutSession(exchange, shared);
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

async function inSession({ reason }: InboundLegacyRoute, exchange: Exchange, shared: Shared): Promise<Response> {
  const { request, body } = exchange;
  const { chance, log, table, scopes, createScope } = shared;
  const isFirst = reason === "initialize" && !request.headers.has("mcp-session-id");
  if (isFirst) {
    return refuseHeaders(request, body) ?? await beginSession(prefixed("session", chance.id()), exchange, table);
  }
  const session = await table.find(request, exchange, body);
  if (session instanceof Response) return session;
  const refusal = refuseHeaders(request, body) ?? refuseMessage(reason, body, session.record.revision);
  if (refusal) return refusal;
  if (request.method === "DELETE") {
    await table.end(session);
    return new Response(null, { status: 200 });
  }
  // Nothing is under way that a notification could be about.
  if (reason === "notification" && !session.transport) return new Response(null, { status: 202 });
  const scope = createScope(exchange, ownerOfNotes(session.id));
  const plain = reason === "no-claim" ? asPlainInSession(body, session.profile) : undefined;
  if (plain) {
    const { revision } = session.record;
    return await answerPlain(plain, scope, { revision, headers: { "mcp-session-id": session.id }, log });
  }
  scopes.set(request, scope);
  return await serveSession(session, exchange, shared);
}

async function withoutSession(exchange: Exchange, { scopes, createScope, sessionless }: Shared): Promise<Response> {
  const { request, body, caller } = exchange;
  scopes.set(request, createScope(exchange, caller.owner));
  return await sessionless.fetch(request, { parsedBody: body });
}

async function stateless(route: InboundModernRoute, exchange: Exchange, shared: Shared): Promise<Response> {
  const { request, profile, caller } = exchange;
  const { log, scopes, modern, listeners, createScope } = shared;
  const refusal = refuseParamHeaders(route, request.headers, profile);
  if (refusal) return refusal;
  const scope = createScope(exchange, caller.owner);
  const plain = asPlainModern(route, request.headers, profile);
  if (plain) return await answerPlain(plain, scope, { revision: MODERN_REVISION, headers: {}, log });
  scopes.set(request, scope);
  const { message } = route;
  const isListening = route.messageKind === "request" && message.method === "subscriptions/listen";
  if (isListening) return await listeners.listen(exchange.sandbox.name, request, message);
  return await modern.fetch(request, { parsedBody: message });
}

/** The SDK compares these headers for its own `McpServer` alone. */
function refuseParamHeaders(route: InboundModernRoute, headers: Headers, { tools }: Profile): Response | undefined {
  const { message, classification: { revision } } = route;
  if (revision !== MODERN_REVISION || message.method !== "tools/call" || !isPlainObject(message.params)) {
    return undefined;
  }
  const { name, arguments: args } = message.params;
  const tool = typeof name === "string" ? tools.get(name) : undefined;
  if (!tool || tool.paramHeaders.length === 0) return undefined;
  const mismatch = findParamMismatch(tool.paramHeaders, args, headers);
  if (!mismatch) return undefined;
  const { header, problem } = mismatch;
  return rpcErrorResponse(400, HEADER_MISMATCH, `Bad Request: ${header}: ${problem}`, {
    id: idOf(message),
    data: { mismatch: { header, body: problem } },
  });
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
