// HTTP+SSE, the transport of 2024-11-05: the client opens a stream with GET, learns from its first event where to send its
// messages, and gets every answer on the stream. Only the way that messages take is here: each goes to the same endpoint as
// over Streamable HTTP, in a session of that, which ends with the stream. As at servers of that time, a stream, and so its
// session, belongs to one process.
import type { Chance } from "../runtime/chance.ts";
import { prefixed } from "../http/secret_prefixes.ts";
import { readJson } from "./body.ts";
import { holderOf } from "./caller.ts";
import type { McpCall, McpEndpoint, SseMessage, SseOpening } from "./contract.ts";
import { isEventStream } from "../faults/open_streams.ts";
import {
  idOf,
  INVALID_REQUEST,
  isPlainObject,
  METHOD_NOT_FOUND,
  rpcErrorResponse,
  SERVER_ERROR,
  SESSION_NOT_FOUND,
} from "./rpc.ts";
import { MAX_SESSIONS } from "./sessions/session_memory.ts";

/** The only revision that has this transport, whatever a client asks for. */
const REVISION = "2024-11-05";
const SESSION_HEADER = "mcp-session-id";
/** Methods that a client of 2026-07-28 begins with. */
const laterMethods: ReadonlySet<unknown> = new Set(["server/discover", "subscriptions/listen"]);

/** The streams of one app. */
interface HttpSse {
  readonly open: (opening: SseOpening) => Response;
  readonly receive: (message: SseMessage) => Promise<Response>;
  /** Ends all streams. */
  readonly close: () => Promise<void>;
}

interface HttpSseDeps {
  readonly handle: McpEndpoint["handle"];
  readonly chance: Chance;
}

/** A stream that is open. */
interface Connection {
  /** Who opened it; only a person is held to it, since other callers are told apart by the session alone. */
  readonly presenter: McpCall;
  readonly signal: AbortSignal;
  /** Puts the text of an event on the stream. */
  readonly write: (event: string) => void;
  readonly end: () => void;
  /** Whether its `initialize` has come. */
  hasBegun: boolean;
  /** The headers that name the session it has with the endpoint. */
  session: Readonly<Record<string, string>>;
}

/**
 * Makes the streams of one app, none at first.
 *
 * @see {@link https://modelcontextprotocol.io/specification/2024-11-05/basic/transports#http-with-sse}
 */
export function createHttpSse({ handle, chance }: HttpSseDeps): HttpSse {
  const connections = new Map<string, Connection>();
  const ending = new Set<Promise<unknown>>();
  let isClosed = false;

  function endSession({ presenter, session }: Connection): void {
    if (isClosed || !(SESSION_HEADER in session)) return;
    const done = ask(handle, ungated(presenter), { method: "DELETE" }, session).finally(() => ending.delete(done));
    ending.add(done);
  }

  function open({ messagesUrl, ...presenter }: SseOpening): Response {
    const [oldest] = connections.values();
    if (connections.size >= MAX_SESSIONS) oldest?.end();
    const id = prefixed("session", chance.id());
    const key = keyOf(presenter.sandbox.id, id);
    const { stream, ...ends } = openStream(() => {
      connections.delete(key);
      endSession(connection);
    });
    const connection: Connection = { presenter, ...ends, hasBegun: false, session: {} };
    connections.set(key, connection);
    const { pathname, searchParams } = new URL(messagesUrl);
    searchParams.set("sessionId", id);
    connection.write(`event: endpoint\ndata: ${pathname}?${searchParams}\n\n`);
    return new Response(stream, { headers: { "content-type": "text/event-stream", "cache-control": "no-store" } });
  }

  /** The connection that a message is for, or the answer that there is none. */
  function find({ sandbox, sessionId, ...presenter }: SseMessage): Connection | Response {
    if (!sessionId) {
      const message = "Bad Request: the URL has no sessionId; send messages to the URL that the event endpoint names";
      return rpcErrorResponse(400, SERVER_ERROR, message);
    }
    const connection = connections.get(keyOf(sandbox.id, sessionId));
    if (connection && mayUse(connection.presenter, { sandbox, ...presenter })) return connection;
    const message = "Session not found: no open stream has this sessionId; a session ends with its stream (GET again)";
    return rpcErrorResponse(404, SESSION_NOT_FOUND, message);
  }

  async function receive(message: SseMessage): Promise<Response> {
    const connection = find(message);
    if (connection instanceof Response) return connection;
    const read = await readJson(message.request);
    if (read instanceof Response) return read;
    const body = asOfItsRevision(read.value);
    if (!connection.hasBegun && !isInitialize(body)) {
      return await deliver(refusalOf(body), connection);
    }
    const response = await ask(handle, message, { method: "POST", body: JSON.stringify(body) }, connection.session);
    if (!connection.hasBegun) await begin(connection, message, response);
    return await deliver(response, connection);
  }

  /** Keeps the session that an `initialize` has begun, and opens the stream of what the server says unasked. */
  async function begin(connection: Connection, presenter: McpCall, { ok, headers }: Response): Promise<void> {
    const id = headers.get(SESSION_HEADER);
    connection.hasBegun = ok;
    if (id === null) return;
    connection.session = { [SESSION_HEADER]: id };
    // The stream may have ended meanwhile.
    if (connection.signal.aborted) return endSession(connection);
    // It is open before the client learns of the session, which it keeps alive.
    const { body } = await ask(handle, ungated(presenter), { method: "GET" }, connection.session);
    if (body) void pump(body, connection).catch(() => {}).finally(connection.end);
  }

  return {
    open,
    receive,
    close: async () => {
      isClosed = true;
      for (const { end } of connections.values()) end();
      await Promise.all(ending);
    },
  };
}

/** Sends a message to the endpoint on a connection's behalf. */
function ask(
  handle: McpEndpoint["handle"],
  call: McpCall,
  init: RequestInit,
  session: Connection["session"],
): Promise<Response> {
  const headers = { accept: "application/json, text/event-stream", "content-type": "application/json", ...session };
  // This transport is older than any choice of revisions.
  const { mcpRevisions: _any, ...policy } = call.policy;
  return handle(new Request(call.sandbox.urls.home, { ...init, headers }), { ...call, policy });
}

function keyOf(sandboxId: string, id: string): string {
  return `${sandboxId} ${id}`;
}

function mayUse(opener: McpCall, { mode, caller }: McpCall): boolean {
  return opener.mode === mode && (opener.caller.user === undefined || holderOf(opener.caller) === holderOf(caller));
}

/** The server's own requests need no scope. */
function ungated({ caller: { refuseScope: _, ...caller }, ...call }: McpCall): McpCall {
  return { ...call, caller };
}

function isInitialize(body: unknown): body is Record<string, unknown> {
  return isPlainObject(body) && body.method === "initialize";
}

/** An `initialize` that asks for the revision of this transport: servers of its time know no other. */
function asOfItsRevision(body: unknown): unknown {
  if (!isInitialize(body) || !isPlainObject(body.params)) return body;
  return { ...body, params: { ...body.params, protocolVersion: REVISION } };
}

/** The answer to what comes before `initialize`; to what no server of this time knows, that it does not. */
function refusalOf(body: unknown): Response {
  const [code, message] = isPlainObject(body) && laterMethods.has(body.method)
    ? [METHOD_NOT_FOUND, "Method not found"] as const
    : [INVALID_REQUEST, "Invalid Request: a session begins with initialize"] as const;
  return rpcErrorResponse(400, code, message, { id: idOf(body) });
}

/** Puts an answer on the stream, and accepts the message; a refusal that answers no request is the response itself. */
async function deliver(response: Response, connection: Connection): Promise<Response> {
  const accepted = (): Response => new Response("Accepted", { status: 202 });
  if (response.body && isEventStream(response)) {
    pump(response.body, connection).catch(() => {});
    return accepted();
  }
  const text = await response.text();
  const isLost = response.status === 404;
  if (isLost) connection.end();
  else if (isAnswer(text)) connection.write(messageOf(text));
  else if (response.ok) return accepted();
  return isLost || !isAnswer(text) ? new Response(text, response) : accepted();
}

function isAnswer(text: string): boolean {
  if (!text.startsWith("{")) return false;
  const message: unknown = JSON.parse(text);
  return isPlainObject(message) && (typeof message.id === "string" || typeof message.id === "number");
}

function messageOf(json: string): string {
  return `event: message\ndata: ${json}\n\n`;
}

/** Copies the messages of an endpoint's own stream, without what that needs to be resumed, until either ends. */
async function pump(body: NonNullable<Response["body"]>, { signal, write }: Connection): Promise<void> {
  let rest = "";
  for await (const chunk of body.pipeThrough(new TextDecoderStream(), { signal })) {
    const events = (rest + chunk).split("\n\n");
    rest = events.pop() ?? "";
    for (const event of events) {
      const data = event.split("\n").find((line) => line.startsWith("data: {"))?.slice("data: ".length);
      if (data !== undefined) write(messageOf(data));
      else if (event.startsWith(":")) write(`${event}\n\n`);
    }
  }
}

/** A stream of text, and what ends it; `onEnd` is called once, whichever side does. */
function openStream(
  onEnd: () => void,
): Pick<Connection, "signal" | "write" | "end"> & { readonly stream: ReadableStream<Uint8Array> } {
  const encoder = new TextEncoder();
  const stop = new AbortController();
  stop.signal.addEventListener("abort", onEnd, { once: true });
  let write = (_text: string): void => {};
  let close = (): void => {};
  const stream = new ReadableStream<Uint8Array>({
    start: (controller) => {
      write = (text) => controller.enqueue(encoder.encode(text));
      close = () => controller.close();
    },
    // The reader is gone: there is nothing left to close.
    cancel: () => stop.abort(),
  });
  return {
    stream,
    signal: stop.signal,
    write: (text) => {
      if (!stop.signal.aborted) write(text);
    },
    end: () => {
      if (stop.signal.aborted) return;
      stop.abort();
      close();
    },
  };
}
