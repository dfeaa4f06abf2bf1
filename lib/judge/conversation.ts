/**
 * What a client and a server said to each other: requests with their answers, wherever these came, and which session and which
 * era of the protocol each belongs to.
 *
 * @module
 */
import { isObject, type JsonObject } from "../http/json.ts";
import { headerOf } from "../recorder/exchange.ts";
import { PRECISION_MS } from "./moments.ts";
import { textOf } from "./reading.ts";
import { settledVersions } from "./settled.ts";
import type { McpStep } from "./step.ts";

/**
 * The two ways in which MCP is spoken: after a handshake with `initialize`, up to 2025-11-25, or without one, each request for
 * itself, since 2026-07-28. A client may speak both, so rules look at the era of each message.
 */
export type Era = "handshake" | "stateless";

/** The first revision without a handshake. */
export const FIRST_STATELESS = "2026-07-28";

/** A message that a client sent. */
export interface Said {
  readonly step: McpStep;
  readonly message: JsonObject;
  readonly era: Era;
  /** The revision that applies to it; undefined if it was not settled. */
  readonly version: string | undefined;
  /** The session or stream of HTTP+SSE that it belongs to; undefined for none. */
  readonly thread: string | undefined;
}

/** A request or a notification of a client. */
export interface Asked extends Said {
  readonly method: string;
  readonly params: JsonObject | undefined;
}

/** A request of a client. */
export interface Request extends Asked {
  /** As it was sent; undefined if there was none. */
  readonly id: unknown;
  /** What answered it, wherever that came; undefined if nothing on record does. */
  readonly answer: Reply | undefined;
}

/** A message of a server. */
export interface Reply {
  /** The exchange in whose response it came. */
  readonly step: McpStep;
  readonly message: JsonObject;
  readonly eventId: string | undefined;
  /** When it left, in milliseconds since 1970 of real time. */
  readonly atMs: number;
}

/** A request that a server made of a client, and the answers to it. */
export interface ServerRequest extends Reply {
  readonly thread: string | undefined;
  readonly method: string;
  readonly answers: readonly Said[];
}

/** A session, or a stream of HTTP+SSE. */
export interface Session {
  readonly thread: string;
  readonly isHttpSse: boolean;
  /** The `initialize` that began it; undefined if that is not on record. */
  readonly opening: Request | undefined;
  /** The revision that was settled for it; undefined if that cannot be told. */
  readonly version: string | undefined;
  /** All exchanges in it, in order. */
  readonly steps: readonly McpStep[];
}

/** All that was said. */
export interface Conversation {
  readonly requests: readonly Request[];
  readonly notifications: readonly Asked[];
  /** Answers of the client to requests of the server. */
  readonly responses: readonly Said[];
  /** Requests of the server, in the order in which they left. */
  readonly serverRequests: readonly ServerRequest[];
  /** Notifications of the server, likewise. */
  readonly serverNotifications: readonly Reply[];
  readonly sessions: readonly Session[];
}

/**
 * Whether all that a client has said is on record, so that what is not there was not said.
 *
 * @param isGapless Whether no exchange is missing.
 */
export function hasAllSaid(
  { isGapless, calls }: { readonly isGapless: boolean; readonly calls: readonly McpStep[] },
): boolean {
  return isGapless && calls.every(({ isSentWhole }) => isSentWhole);
}

const known = new WeakMap<readonly McpStep[], Conversation>();

/**
 * What was said in requests to MCP servers; worked out once for the same list of them.
 *
 * @param calls All requests of a client to MCP servers, in order.
 */
export function conversationIn(calls: readonly McpStep[]): Conversation {
  const found = known.get(calls) ?? readConversation(calls);
  known.set(calls, found);
  return found;
}

function readConversation(calls: readonly McpStep[]): Conversation {
  const said = saidIn(calls);
  const asked = said.flatMap((one): readonly Asked[] => {
    const method = textOf(one.message, "method");
    const { params } = one.message;
    return method === undefined ? [] : [{ ...one, method, params: isObject(params) ? params : undefined }];
  });
  const replies = repliesIn(calls);
  const requests = withAnswers(asked.filter((one) => !isNotification(one)), replies);
  const responses = said.filter(({ message }) => textOf(message, "method") === undefined && isAnswer(message));
  return {
    requests,
    notifications: asked.filter(isNotification),
    responses,
    serverRequests: serverRequestsIn(replies, responses),
    serverNotifications: replies.filter(({ message }) => textOf(message, "method") !== undefined && !("id" in message)),
    sessions: sessionsIn(calls, requests),
  };
}

function saidIn(calls: readonly McpStep[]): readonly Said[] {
  const versions = settledVersions(calls);
  // Where a handshake was made without a session, headers alone do not tell that the next message does without one.
  const shaken = new Set<string>();
  return calls.flatMap((step) => {
    if (step.method === "initialize" && step.versions.settled !== undefined) shaken.add(step.address);
    return step.sent.flatMap(({ message }): readonly Said[] => {
      if (message === undefined) return [];
      const era = shaken.has(step.address) && !isStateless(message) ? "handshake" : eraOf(step, message);
      const own = message.method === "initialize" ? step.versions.settled : undefined;
      return [{ step, message, era, version: versions.get(step) ?? own, thread: threadOf(step) }];
    });
  });
}

/** Which session, or stream of HTTP+SSE, an exchange belongs to. */
export function threadOf({ session, channel }: McpStep): string | undefined {
  return session ?? channel;
}

/** Whether a message is a notification: it has no id, and its method is not known to be one of requests. */
export function isNotification({ method, message }: Pick<Asked, "method" | "message">): boolean {
  return method.startsWith("notifications/") || !("id" in message);
}

/** Members of `_meta` that only requests without a handshake have. */
const statelessMeta = ["protocolVersion", "clientInfo", "clientCapabilities"].map((name) =>
  `io.modelcontextprotocol/${name}`
);
/** Methods that there are only without a handshake. */
const statelessMethods: ReadonlySet<unknown> = new Set(["server/discover", "subscriptions/listen"]);

/** Which era a message belongs to, by what it carries itself, else by its session and its headers. */
export function eraOf(step: McpStep, message: JsonObject | undefined): Era {
  if (message?.method === "initialize") return "handshake";
  if (isStateless(message)) return "stateless";
  if (threadOf(step) !== undefined) return "handshake";
  const named = step.versions.inHeader ?? "";
  return named >= FIRST_STATELESS || headerOf(step.exchange.request, "mcp-method") !== undefined
    ? "stateless"
    : "handshake";
}

/** Whether a message says by itself that it needs no handshake. */
function isStateless(message: JsonObject | undefined): boolean {
  const meta = isObject(message?.params) && isObject(message.params._meta) ? message.params._meta : {};
  return statelessMeta.some((name) => name in meta) || statelessMethods.has(message?.method);
}

function isAnswer(message: JsonObject): boolean {
  return "result" in message || "error" in message;
}

function repliesIn(calls: readonly McpStep[]): readonly Reply[] {
  return calls.flatMap((step) => step.answered.map((answered) => ({ step, ...answered }))).sort((one, other) =>
    one.atMs - other.atMs
  );
}

/** An id of a message within a session, by type and value. */
function keyOf(thread: string | undefined, id: unknown): string {
  return `${thread ?? ""}\n${JSON.stringify(id) ?? ""}`;
}

/**
 * The answer to a request is the one in its own response; where there is none, the first one in its session that came later on
 * another stream, and answers no other request.
 */
function withAnswers(asked: readonly Asked[], replies: readonly Reply[]): readonly Request[] {
  const taken = new Set<Reply>();
  const own = new Map<McpStep, Reply[]>();
  const elsewhere = new Map<string, Reply[]>();
  for (const reply of replies) {
    if ("method" in reply.message || !isAnswer(reply.message)) continue;
    const { step, message } = reply;
    own.set(step, [...own.get(step) ?? [], reply]);
    const thread = threadOf(step);
    if (thread === undefined) continue;
    const key = keyOf(thread, message.id);
    elsewhere.set(key, [...elsewhere.get(key) ?? [], reply]);
  }
  const direct = new Map<Asked, Reply>();
  for (const one of asked) {
    const reply = own.get(one.step)?.find((reply) => !taken.has(reply) && isSameId(reply.message.id, one.message.id));
    if (!reply) continue;
    taken.add(reply);
    direct.set(one, reply);
  }
  return asked.map((one): Request => {
    const { id } = one.message;
    const answer = direct.get(one) ??
      (one.thread === undefined ? undefined : elsewhere.get(keyOf(one.thread, id))?.find(
        (reply) => !taken.has(reply) && reply.atMs >= one.step.exchange.receivedAtMs,
      ));
    if (answer) taken.add(answer);
    return { ...one, id, answer };
  });
}

/** Whether two ids are one: by type and value. */
export function isSameId(one: unknown, other: unknown): boolean {
  return one === other && one !== undefined;
}

function serverRequestsIn(replies: readonly Reply[], responses: readonly Said[]): readonly ServerRequest[] {
  const answers = new Map<string, Said[]>();
  for (const response of responses) {
    const key = keyOf(response.thread, response.message.id);
    answers.set(key, [...answers.get(key) ?? [], response]);
  }
  return replies.flatMap((reply): readonly ServerRequest[] => {
    const { step, message, atMs } = reply;
    const method = textOf(message, "method");
    if (method === undefined || !("id" in message)) return [];
    const thread = threadOf(step);
    const later = answers.get(keyOf(thread, message.id)) ?? [];
    return [{
      ...reply,
      thread,
      method,
      answers: later.filter((answer) => answer.step.exchange.receivedAtMs >= atMs - PRECISION_MS),
    }];
  });
}

function sessionsIn(calls: readonly McpStep[], requests: readonly Request[]): readonly Session[] {
  const steps = Map.groupBy(calls, threadOf);
  steps.delete(undefined);
  const openings = new Map<string | undefined, Request>();
  for (const request of requests) {
    if (request.method === "initialize" && !openings.has(request.thread)) openings.set(request.thread, request);
  }
  return [...steps].flatMap(([thread, own]): readonly Session[] => {
    if (thread === undefined) return [];
    const opening = openings.get(thread);
    const version = opening?.step.versions.settled;
    return [{ thread, isHttpSse: own.some(({ channel }) => channel !== undefined), opening, version, steps: own }];
  });
}
