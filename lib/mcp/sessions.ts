/**
 * A session's work. It begins with an `initialize`, which is answered here; a server and a transport of the SDK are made
 * when something first needs them, which for most sessions is never. They are told the same `initialize` then, whether
 * this process has answered it, another one, or one before a restart.
 *
 * @module
 */
import {
  isInitializeRequest,
  LATEST_PROTOCOL_VERSION,
  SUPPORTED_PROTOCOL_VERSIONS,
  WebStandardStreamableHTTPServerTransport,
} from "@modelcontextprotocol/server";
import { withEnd } from "../stream.ts";
import { createEventStore } from "./events.ts";
import { withSessionCode } from "./features.ts";
import { idOf, INVALID_PARAMS, isPlainObject, rpcErrorResponse } from "./rpc.ts";
import { buildServer, type ServerDeps } from "./server.ts";
import type { Presenter, Session, SessionTable, SessionTransport } from "./session_table.ts";

/** How long a client should wait before it resumes a stream that was closed. */
const RETRY_INTERVAL_MS = 250;
/** The store holds 65,536 bytes a value. */
const MAX_CAPABILITIES_CHARACTERS = 16_000;
const MAX_NAME_CHARACTERS = 200;
/** The first revision without batches. */
export const BATCHES_REMOVED = "2025-06-18";

/** Where sessions live, and what their servers need. */
export interface SessionDeps extends ServerDeps {
  /** The sessions of the app. */
  readonly table: SessionTable;
  /** Milliseconds between two signs of life on an open stream; the SDK's choice if not given. */
  readonly keepAliveMs: number | undefined;
}

/**
 * Answers an `initialize`, and begins the session it asks for.
 *
 * @param id The session's unguessable id.
 * @param exchange Who begins it, and the parsed body.
 * @param table Where it will live.
 * @see {@link https://modelcontextprotocol.io/specification/2025-11-25/basic/lifecycle#initialization}
 */
export async function beginSession(
  id: string,
  exchange: Presenter & { readonly body?: unknown },
  table: SessionTable,
): Promise<Response> {
  const { body, mode, caller, profile: { capabilities: ours, serverInfo, instructions } } = exchange;
  if (!isInitializeRequest(body) || !isPlainObject(body)) {
    const message = "Invalid params: initialize takes protocolVersion, capabilities and clientInfo { name, version }";
    return rpcErrorResponse(400, INVALID_PARAMS, message, { id: idOf(body) });
  }
  const { protocolVersion: requested, capabilities, clientInfo: { name, version } } = body.params;
  if (JSON.stringify(capabilities).length > MAX_CAPABILITIES_CHARACTERS) {
    const message = `Invalid params: capabilities may have ${MAX_CAPABILITIES_CHARACTERS} characters`;
    return rpcErrorResponse(400, INVALID_PARAMS, message, { id: idOf(body) });
  }
  const revision = SUPPORTED_PROTOCOL_VERSIONS.includes(requested) ? requested : LATEST_PROTOCOL_VERSION;
  await table.begin(id, exchange, {
    ...(mode === "oauth" && { owner: caller.owner }),
    revision,
    capabilities,
    clientInfo: { name: name.slice(0, MAX_NAME_CHARACTERS), version: version.slice(0, MAX_NAME_CHARACTERS) },
  });
  const result = { protocolVersion: revision, capabilities: ours, serverInfo, instructions };
  return Response.json({ jsonrpc: "2.0", id: idOf(body), result }, { headers: { "mcp-session-id": id } });
}

/**
 * Has a session's transport answer.
 *
 * @param session The session.
 * @param exchange The request, its body already parsed if it has one.
 * @param deps Where the session lives.
 */
export async function serveSession(
  session: Session,
  { request, body }: { readonly request: Request; readonly body?: unknown },
  deps: SessionDeps,
): Promise<Response> {
  session.transport ??= openTransport(session, deps);
  const transport = await session.transport;
  const response = await transport.handleRequest(request, { parsedBody: body });
  if (isCancellation(body) && session.record.revision >= BATCHES_REMOVED) {
    await closeCancelled(transport, body.params.requestId);
  }
  if (!response.body || response.headers.get("content-type") !== "text/event-stream") return response;
  session.openStreams++;
  const check = (): void => {
    deps.table.check(session).catch((error) => deps.log("A session's stream could not be checked", error));
  };
  const onChunk = (chunk: Uint8Array): void => chunk[0] === COMMENT ? check() : undefined;
  return new Response(withEnd(response.body, () => void session.openStreams--, onChunk), response);
}

/** Makes server and transport, and has them go through the `initialize` that the session began with. */
async function openTransport(session: Session, deps: SessionDeps): Promise<SessionTransport> {
  const { id, profile, record: { revision, capabilities, clientInfo } } = session;
  const transport = new WebStandardStreamableHTTPServerTransport({
    sessionIdGenerator: () => id,
    eventStore: createEventStore(),
    retryInterval: RETRY_INTERVAL_MS,
    ...(deps.keepAliveMs !== undefined && { keepAliveMs: deps.keepAliveMs }),
  });
  const sendAsIs = transport.send.bind(transport);
  transport.send = (message, options) => sendAsIs(withSessionCode(message), options);
  await buildServer(profile, deps).connect(transport);
  const request = new Request(session.sandbox.urls.home, {
    method: "POST",
    headers: { accept: "application/json, text/event-stream", "content-type": "application/json" },
  });
  const params = { protocolVersion: revision, capabilities, clientInfo };
  const parsedBody = { jsonrpc: "2.0", id: "begin", method: "initialize", params };
  const response = await transport.handleRequest(request, { parsedBody });
  await response.text();
  if (!response.ok) throw new Error(`The SDK refused an initialize that had been accepted: ${response.status}`);
  return transport;
}

interface Cancellation {
  readonly params: { readonly requestId: string | number };
}

function isCancellation(body: unknown): body is Cancellation {
  if (!isPlainObject(body) || body.method !== "notifications/cancelled" || !isPlainObject(body.params)) return false;
  return typeof body.params.requestId === "string" || typeof body.params.requestId === "number";
}

/**
 * Closes the stream of a request that was cancelled. The SDK sends no answer then, as the protocol has it, and leaves the
 * stream open for as long as the session lives. Whoever resumes it all the same is given an answer, since clients that
 * find nothing at the end of a stream come back forever. A batch shares one stream between its requests, so revisions
 * that had batches keep it open.
 *
 * @see {@link https://modelcontextprotocol.io/specification/2025-11-25/basic/utilities/cancellation#behavior-requirements}
 */
async function closeCancelled(transport: SessionTransport, id: string | number): Promise<void> {
  transport.closeSSEStream(id);
  const result = { content: [{ type: "text", text: "The call was cancelled" }], isError: true };
  // There is nothing to close for a request that is unknown, or that was answered before its cancellation came.
  await transport.send({ jsonrpc: "2.0", id, result }).catch(() => {});
}

/** A line of an event stream that begins with a colon only shows that the stream is alive. */
const COMMENT = ":".charCodeAt(0);
