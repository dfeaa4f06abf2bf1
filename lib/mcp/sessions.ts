/**
 * A session's work: it begins with `initialize`, and the SDK's transport answers what comes after.
 *
 * @module
 */
import { isInitializeRequest, WebStandardStreamableHTTPServerTransport } from "@modelcontextprotocol/server";
import { createEventStore } from "./events.ts";
import type { Profile } from "./profile.ts";
import { idOf, INVALID_PARAMS, rpcErrorResponse } from "./rpc.ts";
import { buildServer, type ServerDeps } from "./server.ts";
import type { Presenter, Session, SessionTable } from "./session_table.ts";

/** How long a client should wait before it resumes a stream that was closed. */
const RETRY_INTERVAL_MS = 250;

/** What a session begins with. */
export interface SessionStart {
  /** Its unguessable id. */
  readonly id: string;
  /** Who begins it. */
  readonly presenter: Presenter;
  /** What its server shows. */
  readonly profile: Profile;
  /** The parsed `initialize`. */
  readonly body: unknown;
}

/** Where sessions live, and what their servers need. */
export interface SessionDeps extends ServerDeps {
  /** The sessions of the app. */
  readonly table: SessionTable;
}

/**
 * Answers an `initialize`, and begins the session it asks for.
 *
 * @param request The request.
 * @param start What the session begins with.
 * @param deps Where it will live.
 * @see {@link https://modelcontextprotocol.io/specification/2025-11-25/basic/lifecycle#initialization}
 */
export async function beginSession(request: Request, start: SessionStart, deps: SessionDeps): Promise<Response> {
  const { id, presenter, profile, body } = start;
  const { table } = deps;
  if (!isInitializeRequest(body)) {
    const message = "Invalid params: initialize takes protocolVersion, capabilities and clientInfo { name, version }";
    return rpcErrorResponse(400, INVALID_PARAMS, message, { id: idOf(body) });
  }
  const server = buildServer(profile, deps);
  const revision = (): string => server.getNegotiatedProtocolVersion() ?? "";
  const transport = new WebStandardStreamableHTTPServerTransport({
    sessionIdGenerator: () => id,
    eventStore: createEventStore(),
    retryInterval: RETRY_INTERVAL_MS,
    onsessioninitialized: () => {
      table.touch({ id, beginner: presenter, profile, transport, revision, lastUsedMs: 0, openStreams: 0 });
      table.sweep();
    },
    onsessionclosed: () => table.forget(id),
  });
  await server.connect(transport);
  const response = await transport.handleRequest(request, { parsedBody: body });
  if (!table.has(id)) await server.close();
  return response;
}

/**
 * Has a session's transport answer.
 *
 * @param session The session.
 * @param exchange The request, its body already parsed if it has one.
 * @param table Where the session lives.
 */
export async function serveSession(
  session: Session,
  { request, body }: { readonly request: Request; readonly body?: unknown },
  table: SessionTable,
): Promise<Response> {
  const response = await session.transport.handleRequest(request, { parsedBody: body });
  if (request.method !== "GET" || response.status !== 200) return response;
  session.openStreams++;
  return withEnd(response, () => {
    session.openStreams--;
    if (table.has(session.id)) table.touch(session);
  });
}

/** The same response, with a word when its stream ends, whichever side ends it. */
function withEnd(response: Response, onEnd: () => void): Response {
  const reader = response.body?.getReader();
  if (!reader) return response;
  let open = true;
  const end = (): boolean => {
    if (!open) return false;
    open = false;
    onEnd();
    return true;
  };
  const body = new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      const { done, value } = await reader.read();
      if (!done) controller.enqueue(value);
      else if (end()) controller.close();
    },
    cancel: async (reason) => {
      end();
      await reader.cancel(reason);
    },
  });
  return new Response(body, { status: response.status, headers: response.headers });
}
