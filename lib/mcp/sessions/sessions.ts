// A session's work. It begins with an `initialize`, which is answered here; a server and a transport of the SDK are made
// when something first needs them, which for most sessions is never. They are told the same `initialize` then, whether
// this process has answered it, another one, or one before a restart.
import {
  isInitializeRequest,
  LATEST_PROTOCOL_VERSION,
  WebStandardStreamableHTTPServerTransport,
} from "@modelcontextprotocol/server";
import { prefixed } from "../../http/secret_prefixes.ts";
import { noteText } from "../../http/seen_text.ts";
import { withEnd } from "../../http/stream.ts";
import type { Chance } from "../../runtime/chance.ts";
import { cutText } from "../../runtime/own_text.ts";
import { createBatches } from "./batches.ts";
import { requestIdsOf } from "./request_ids.ts";
import { refuseRepeatedId } from "./session_refusals.ts";
import { type EventShelves, MAX_EVENT_BYTES, MAX_EVENTS_PER_SESSION, type SessionEvents } from "./events.ts";
import { holderOf } from "../caller.ts";
import { tellOf } from "../client_link.ts";
import { asOfSessions } from "../features.ts";
import { isEventStream } from "../../faults/open_streams.ts";
import { idOf, INVALID_PARAMS, isPlainObject, rpcErrorResponse, SERVER_ERROR } from "../rpc.ts";
import { buildServer, type ServerDeps } from "../server.ts";
import { sessionRevisionsOf } from "../revisions.ts";
import type { Sessions } from "./held_sessions.ts";
import { capabilitiesOf } from "../tasks/task_support.ts";
import { handleOf } from "./session_table.ts";
import type { Presenter, Session, SessionTransport } from "./session_memory.ts";

/** How long a client should wait before it resumes a stream that was closed. */
const RETRY_INTERVAL_MS = 250;
/** The store holds 65,536 bytes a value. */
const MAX_CAPABILITIES_CHARACTERS = 16_000;
const MAX_NAME_CHARACTERS = 200;
/** What visible ASCII has beside letters and digits (MCP transports, session management). */
const SYMBOLS = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

/** Where sessions live, and what their servers need. */
export interface SessionDeps extends ServerDeps {
  readonly sessions: Sessions;
  /** Milliseconds between two signs of life on an open stream; the SDK's choice if not given. */
  readonly keepAliveMs: number | undefined;
  readonly shelves: EventShelves;
}

/**
 * Answers an `initialize`, and begins the session it asks for.
 *
 * @see {@link https://modelcontextprotocol.io/specification/2025-11-25/basic/lifecycle#initialization}
 */
export async function beginSession(
  chance: Chance,
  exchange: Presenter & { readonly body?: unknown },
  sessions: Pick<Sessions, "begin">,
): Promise<Response> {
  const { body, mode, caller, policy, profile: { capabilities: ours, serverInfo, instructions } } = exchange;
  if (!isInitializeRequest(body) || !isPlainObject(body)) {
    const message = "Invalid params: initialize takes protocolVersion, capabilities and clientInfo { name, version }";
    return rpcErrorResponse(400, INVALID_PARAMS, message, { id: idOf(body) });
  }
  const { protocolVersion: requested, capabilities, clientInfo: { name, version } } = body.params;
  if (JSON.stringify(capabilities).length > MAX_CAPABILITIES_CHARACTERS) {
    const message = `Invalid params: capabilities may have ${MAX_CAPABILITIES_CHARACTERS} characters`;
    return rpcErrorResponse(400, INVALID_PARAMS, message, { id: idOf(body) });
  }
  // So long that the record, too, calls it by its plain hash.
  const id = prefixed("session", chance.id(24)) + (policy.sessionIds === "symbols" ? SYMBOLS : "");
  const [latest = LATEST_PROTOCOL_VERSION, ...earlier] = sessionRevisionsOf(policy);
  const revision = earlier.includes(requested) ? requested : latest;
  await sessions.begin(id, exchange, {
    ...(mode === "oauth" && { owner: holderOf(caller) }),
    revision,
    capabilities,
    clientInfo: { name: cutText(name, MAX_NAME_CHARACTERS), version: cutText(version, MAX_NAME_CHARACTERS) },
  });
  const own = capabilitiesOf(ours, revision);
  const result = { protocolVersion: revision, capabilities: own, serverInfo, instructions };
  const json = JSON.stringify({ jsonrpc: "2.0", id: idOf(body), result });
  const headers = { "content-type": "application/json", "mcp-session-id": id };
  return noteText(new Response(json, { headers }), json);
}

/**
 * Ends the session that a request has begun or named, once it has been answered: with the answer's last byte where that
 * comes in a stream, and at once with a stream that has no end of its own.
 */
export async function endAfter(
  response: Response,
  { request, sandbox }: Pick<Presenter, "sandbox"> & { readonly request: Request },
  { end }: Pick<Sessions, "end">,
): Promise<Response> {
  const id = response.headers.get("mcp-session-id") ?? request.headers.get("mcp-session-id");
  if (id === null || !response.ok) return response;
  const ended = { sandbox, handle: handleOf(id) };
  if (request.method === "POST" && response.body && isEventStream(response)) {
    // The client sees the end of the answer once the session has ended.
    const ending = { flush: () => end(ended), cancel: () => end(ended) };
    return new Response(response.body.pipeThrough(new TransformStream<Uint8Array, Uint8Array>(ending)), response);
  }
  await end(ended);
  return response;
}

/**
 * Has a session's transport answer.
 *
 * @param exchange The request, its body already parsed if it has one.
 */
export async function serveSession(
  session: Session,
  { request, body }: { readonly request: Request; readonly body?: unknown },
  deps: SessionDeps,
): Promise<Response> {
  session.transport ??= openTransport(session, deps);
  const transport = await session.transport;
  const response = await transport.handleRequest(request, { parsedBody: body });
  for (const message of Array.isArray(body) ? body : [body]) {
    if (isCancellation(message)) await transport.cancelled(message.params.requestId);
  }
  if (!response.body || !isEventStream(response)) return response;
  session.openStreams++;
  const check = (): void => {
    deps.sessions.check(session).catch((error) => deps.log("A session's stream could not be checked", error));
  };
  const onChunk = (chunk: Uint8Array): void => chunk[0] === COMMENT ? check() : undefined;
  const onEnd = (): void => {
    session.openStreams--;
    session.requestIds.leave(requestIdsOf(body));
  };
  return new Response(withEnd(response.body, onEnd, onChunk), response);
}

/** Makes server and transport, and has them go through the `initialize` that the session began with. */
async function openTransport(session: Session, deps: SessionDeps): Promise<SessionTransport> {
  const { id, profile, requestIds, record: { revision, capabilities, clientInfo } } = session;
  const events = deps.shelves.open(session.sandbox.name);
  const transport = new WebStandardStreamableHTTPServerTransport({
    sessionIdGenerator: () => id,
    eventStore: events,
    retryInterval: RETRY_INTERVAL_MS,
    ...(deps.keepAliveMs !== undefined && { keepAliveMs: deps.keepAliveMs }),
  });
  const batches = createBatches((id) => answerCancelled(transport, id));
  const sendAsIs = transport.send.bind(transport);
  transport.send = async (message, options) => {
    const answered = "method" in message ? undefined : message.id;
    try {
      await sendAsIs(asOfSessions(message), options);
    } finally {
      if (answered !== undefined) requestIds.release([answered]);
    }
    if (answered !== undefined) await batches.answered(answered);
  };
  const asked = new Set<string>();
  const server = buildServer(profile, { ...deps, asked });
  await server.connect(transport);
  const request = new Request(session.sandbox.urls.home, {
    method: "POST",
    headers: { accept: "application/json, text/event-stream", "content-type": "application/json" },
  });
  const params = { protocolVersion: revision, capabilities, clientInfo };
  const parsedBody = { jsonrpc: "2.0", id: "begin", method: "initialize", params };
  const response = await transport.handleRequest(request, { parsedBody });
  await response.text();
  if (!response.ok) throw new Error(`The SDK refused an initialize that had been accepted: ${response.status}`);
  return {
    handleRequest: async (request, options) => {
      const body = options?.parsedBody;
      const repeated = requestIds.take(body);
      if (repeated !== undefined) return refuseRepeatedId(repeated, body);
      batches.begin(body);
      const response = refuseLost(request, events) ?? await transport.handleRequest(request, options);
      // A refusal is the only answer that its requests get.
      if (!isEventStream(response)) requestIds.release(requestIdsOf(body));
      return response;
    },
    cancelled: async (requestId) => {
      requestIds.release([requestId]);
      if (!await batches.cancel(requestId)) await closeCancelled(transport, requestId);
    },
    // A server without the list may not say that it has changed.
    tell: (change) => tellOf(server, change).catch(() => {}),
    complete: async (elicitationId) => {
      if (!asked.delete(elicitationId)) return;
      await server.notification({ method: "notifications/elicitation/complete", params: { elicitationId } }).catch(
        () => {},
      );
    },
    close: async () => {
      await transport.close();
      events.drop();
    },
  };
}

/** The SDK would say of an event that has left that its id has a wrong format. */
function refuseLost({ method, headers }: Request, events: SessionEvents): Response | undefined {
  const eventId = headers.get("last-event-id");
  if (method !== "GET" || eventId === null || eventId === "" || events.keeps(eventId)) return undefined;
  const kept = `the last ${MAX_EVENTS_PER_SESSION} events and ${MAX_EVENT_BYTES.session} bytes of a session at most`;
  const message =
    `Bad Request: the stream cannot be resumed from this Last-Event-ID: it was never sent in this session, ` +
    `was pushed by a test, or is no longer kept (${kept}); send the request again`;
  return rpcErrorResponse(400, SERVER_ERROR, message);
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
 * stream open for as long as the session lives. A client that resumes it nevertheless gets a response, since clients that
 * find nothing at the end of a stream come back forever.
 *
 * @see {@link https://modelcontextprotocol.io/specification/2025-11-25/basic/utilities/cancellation#behavior-requirements}
 */
async function closeCancelled(transport: WebStandardStreamableHTTPServerTransport, id: string | number): Promise<void> {
  transport.closeSSEStream(id);
  await answerCancelled(transport, id);
}

async function answerCancelled(
  transport: WebStandardStreamableHTTPServerTransport,
  id: string | number,
): Promise<void> {
  const result = { content: [{ type: "text", text: "The call was cancelled" }], isError: true };
  // There is nothing to close for a request that is unknown, or that was answered before its cancellation came.
  await transport.send({ jsonrpc: "2.0", id, result }).catch(() => {});
}

/** A line of an event stream that begins with a colon only shows that the stream is alive. */
const COMMENT = ":".charCodeAt(0);
