/** What passes between the test client and one MCP endpoint: its messages, with the headers that their revision asks for. */
import { USER_AGENT } from "../http.ts";
import type { Login } from "../oauth/login.ts";
import type { Setting, Spoken } from "../options.ts";
import type { Document } from "../readings.ts";
import { type Outgoing, slipped } from "../slips_messages.ts";
import { keyOf, objectIn } from "./inbox.ts";
import { declaredIn } from "./questions.ts";
import { argumentHeaders, headerValue } from "./tool_headers.ts";
import { createTimer, type Timer } from "./time_limit.ts";

/** Who it says that it is. */
export const CLIENT_INFO = { name: "double", version: "1" } as const;

/** A request to the endpoint that is under way. */
export interface Sent {
  /** The method of its JSON-RPC message; empty if there is none. */
  readonly method: string;
  readonly response: Promise<Response>;
  /** The id of the JSON-RPC request as it is compared; undefined for what is none. */
  readonly id: string | undefined;
  /** Whether a slip changed it. */
  readonly isChanged: boolean;
  /** Sends the very same once more. */
  readonly again: () => Promise<Response>;
  /** Goes away from it. */
  readonly abort: () => void;
  readonly signal: AbortSignal;
  /** How long its answer is waited for. */
  readonly timer: Timer;
}

/** How a message is sent. */
export interface How {
  /** Whether it is sent as it should be, whatever the slip. */
  readonly isRight?: boolean;
  /** An id that another request had; one of its own if not given. */
  readonly id?: number;
}

/** How a server of this kind is spoken to: as in 2026-07-28, in sessions, or over HTTP+SSE. */
export type Era = "modern" | "sessions" | "http+sse";

/** What is settled with the server, and what is sent to it. */
export interface Link {
  /** What was found out; remembered, as nothing has to be tried twice. */
  era: Era | undefined;
  /** The revision that it speaks now. */
  revision: Spoken;
  /** The session it is in. */
  session: string | undefined;
  /** Where messages go; the endpoint itself, but over HTTP+SSE. */
  messagesUrl: string;
  /** The schemas of the tools that were listed last, by name. */
  readonly tools: Map<string, unknown>;
  /** These tools, as they were listed. */
  readonly listed: Map<string, Document>;
  /** The icons of these tools. */
  readonly icons: Set<string>;
  /** Lists that the server has said have changed. */
  readonly changed: Set<string>;
  /** How its person answers forms. */
  answer: Readonly<Document>;
  /** The folder that it lets a server know of. */
  root: string;
  /** What the server has declared; undefined, if that is not known. */
  capabilities: Document | undefined;
  readonly isModern: () => boolean;
  /** Sends a request, with an id that no other has, or a notification. */
  readonly post: (method: string, params: Document, how?: How) => Sent;
  /** Answers a request of the server. */
  readonly respond: (id: unknown, outcome: Document) => Sent;
  /** Asks for a stream; for the rest of one, if an event id is given. */
  readonly get: (lastEventId?: string) => Sent;
  /** Ends the session. */
  readonly remove: () => Sent;
}

export function createLink(setting: Setting, { present }: Login): Link {
  const { options, slip, mcpUrl } = setting;
  const { timeLimitMs: _, ...unlimited } = options;
  const untimed: Setting = { ...setting, options: unlimited };
  let ids = 0;
  let before = 0;

  /** The headers of every request in the session, or without one. */
  function headersFor(method?: string): Outgoing["headers"] {
    return {
      ...USER_AGENT,
      ...(link.session === undefined ? {} : { "mcp-session-id": link.session }),
      // The first revisions do not have this header.
      ...(method === "initialize" || link.revision <= "2025-03-26" ? {} : { "mcp-protocol-version": link.revision }),
    };
  }

  function messageHeaders(method: string | undefined, params: Document = {}): Outgoing["headers"] {
    return {
      ...headersFor(method),
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      ...(link.isModern() && method !== undefined ? { "mcp-method": method } : {}),
      ...(link.isModern() && method !== undefined ? nameHeader(method, params) : {}),
      ...(link.isModern() && method === "tools/call"
        ? argumentHeaders(link.tools.get(String(params.name)), params.arguments)
        : {}),
    };
  }

  /** The header that repeats what is called, got or read. */
  function nameHeader(method: string, { name, uri, taskId }: Document): Outgoing["headers"] {
    const named = method === "resources/read" ? uri : method.startsWith("tasks/") ? taskId : name;
    return typeof named === "string" ? { "mcp-name": headerValue(named) } : {};
  }

  function paramsOf(params: Document): Document {
    if (!link.isModern()) return params;
    const meta = {
      "io.modelcontextprotocol/protocolVersion": link.revision,
      "io.modelcontextprotocol/clientInfo": CLIENT_INFO,
      "io.modelcontextprotocol/clientCapabilities": declaredIn(setting, link.revision),
    };
    return { ...params, _meta: { ...objectIn(params, "_meta"), ...meta } };
  }

  function send(right: Outgoing, method: string, { isRight = false }: How = {}): Sent {
    const controller = new AbortController();
    const { signal } = controller;
    const outgoing = { ...right, signal };
    const about = { method, revision: link.revision, before: before++ };
    const changed = isRight ? outgoing : slipped(slip, outgoing, about);
    const [message = {}] = [changed?.message ?? {}].flat();
    const id = "method" in message && "id" in message ? keyOf(message.id) : undefined;
    const again = async (): Promise<Response> =>
      changed ? await present(changed, method) : new Response(null, { status: right.verb === "GET" ? 405 : 202 });
    const sent: Sent = {
      method,
      response: again(),
      id,
      isChanged: changed !== outgoing,
      again,
      abort: () => controller.abort(),
      signal,
      timer: createTimer(id === undefined ? untimed : setting, () => sent),
    };
    return sent;
  }

  const link: Link = {
    era: undefined,
    revision: options.version ?? "2026-07-28",
    session: undefined,
    messagesUrl: mcpUrl,
    tools: new Map(),
    listed: new Map(),
    icons: new Set(),
    changed: new Set(),
    answer: { action: "accept" },
    root: "file:///work",
    capabilities: undefined,
    isModern: () => link.revision === "2026-07-28",
    post: (method, params, how) => {
      const id = method.startsWith("notifications/") ? {} : { id: how?.id ?? ++ids };
      // Some requests have no parameters, and some revisions nothing to put there.
      const message = { jsonrpc: "2.0", ...id, method, params: paramsOf(params) };
      const headers = messageHeaders(method, params);
      return send({ verb: "POST", url: link.messagesUrl, headers, message }, method, how);
    },
    respond: (id, outcome) => {
      const message = { jsonrpc: "2.0", id, ...outcome };
      return send({ verb: "POST", url: link.messagesUrl, headers: messageHeaders(undefined), message }, "");
    },
    get: (lastEventId) => {
      const last: Record<string, string> = lastEventId === undefined ? {} : { "last-event-id": lastEventId };
      const headers = { ...headersFor(), accept: "text/event-stream", ...last };
      return send({ verb: "GET", url: mcpUrl, headers }, "");
    },
    remove: () => send({ verb: "DELETE", url: mcpUrl, headers: headersFor() }, ""),
  };
  return link;
}
