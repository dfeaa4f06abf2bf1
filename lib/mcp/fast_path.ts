// The fast path for the requests that make up nearly all traffic: `tools/list`, `tools/call` of a tool that answers at
// once, and in a session `ping`. The SDK checks each against four schemas, two of which no request ever meets, and builds a
// server and a transport, or a stream, around it, which costs ten times the answer. Only requests that the SDK would accept
// as they stand are taken here; anything unusual goes to the SDK, so that its checks hold for all.
//
// Two errors are taken as well: a tool, and in a session a method, that does not exist. In a session the SDK sends them
// down a resumable stream, and client 1.32 resumes a stream that brought an error forever.
import {
  CLIENT_CAPABILITIES_META_KEY,
  CLIENT_INFO_META_KEY,
  METHOD_NOT_FOUND,
  PROTOCOL_VERSION_META_KEY,
  ProtocolError,
  type Result,
  SERVER_INFO_META_KEY,
} from "@modelcontextprotocol/server";
import { OpenResponse } from "../http/any_origin.ts";
import { decodeHeader } from "../http/mcp_headers.ts";
import type { Log } from "./contract.ts";
import { attempted, type Awaitable, followed } from "../runtime/awaitable.ts";
import type { BoundedMap } from "../runtime/bounded_map.ts";
import { pageOf, pagesOf } from "./pages.ts";
import { callTool, type Profile } from "./profile.ts";
import { isPlainObject } from "./rpc.ts";
import type { CallFacts } from "./call_facts.ts";
import { MODERN_REVISION } from "./revisions.ts";
import { answerTask } from "./tasks/task_methods.ts";
import { isTaskMethod, MISSING_CAPABILITY } from "./tasks/task_support.ts";

/** A request that can take the fast path. */
export type FastRequest =
  | { readonly id: string | number; readonly method: "ping" | "unknown" }
  | { readonly id: string | number; readonly method: "tools/list"; readonly cursor: string | undefined }
  | { readonly id: string | number; readonly method: "tools/call"; readonly name: string; readonly args: unknown }
  | {
    readonly id: string | number;
    /** Any that is about tasks, which the SDK has nothing for. */
    readonly method: "tasks";
    readonly asked: string;
    readonly params: Readonly<Record<string, unknown>>;
  };

interface FastEra {
  readonly revision: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly log: Log;
}

const messageKeys: ReadonlySet<string> = new Set(["jsonrpc", "id", "method", "params"]);
const paramKeys: ReadonlySet<string> = new Set(["name", "arguments", "cursor", "_meta"]);
const sessionMetaKeys: ReadonlySet<string> = new Set(["progressToken"]);
const modernMetaKeys: ReadonlySet<string> = new Set([
  "progressToken",
  PROTOCOL_VERSION_META_KEY,
  CLIENT_INFO_META_KEY,
  CLIENT_CAPABILITIES_META_KEY,
]);

/** The `_meta` of requests that the SDK has accepted, by {@link envelopeOf}: a client sends the same with every request. */
export type Envelopes = Pick<BoundedMap<string, true>, "has" | "set">;

/** What identifies the `_meta` of a request of 2026-07-28, whatever its progress token, which is checked by itself. */
export function envelopeOf(meta: object): string {
  return JSON.stringify({ ...meta, progressToken: undefined });
}

/**
 * Finds out whether a request of 2026-07-28 can take the fast path: its `_meta` has been accepted before, and all three
 * headers are there and agree with the body.
 *
 * @see {@link https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http}
 */
export function asFastModern(
  body: unknown,
  headers: Headers,
  profile: Profile,
  envelopes: Envelopes,
): FastRequest | undefined {
  if (headers.get("mcp-protocol-version") !== MODERN_REVISION) return undefined;
  const fast = asFast(body, modernMetaKeys, profile);
  if (!fast || headers.get("mcp-method") !== fast.method || !isAccepted(body, envelopes)) return undefined;
  if (fast.method !== "tools/call") return fast;
  const hasParamHeaders = (profile.tools.get(fast.name)?.paramHeaders.length ?? 0) > 0;
  return hasParamHeaders || headers.get("mcp-name") !== fast.name ? undefined : fast;
}

function isAccepted(body: unknown, envelopes: Envelopes): boolean {
  const meta = isPlainObject(body) && isPlainObject(body.params) ? body.params._meta : undefined;
  return isPlainObject(meta) && meta[PROTOCOL_VERSION_META_KEY] === MODERN_REVISION && envelopes.has(envelopeOf(meta));
}

/**
 * Whether a request is one of the revisions up to 2025-11-25, as far as its shape tells at once; of any other request the
 * SDK's classifier tells.
 */
export function isUsualInSession(body: unknown, headers: Headers, profile: Profile): boolean {
  const version = headers.get("mcp-protocol-version");
  const isOfSessions = version === null || (/^\d{4}-\d\d-\d\d$/.test(version) && version < MODERN_REVISION);
  return isOfSessions && asFast(body, sessionMetaKeys, profile) !== undefined;
}

/**
 * Finds out whether a request in a session can take the fast path. It is known to be a request, and its headers have been
 * checked.
 *
 * @see {@link https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#sending-messages-to-the-server}
 */
export function asFastInSession(body: unknown, profile: Profile): FastRequest | undefined {
  if (isPlainObject(body) && typeof body.method === "string") {
    const { id, method, params } = body;
    const isKnown = profile.sessionMethods.has(method);
    if (!isKnown || (method === "ping" && params === undefined)) {
      if (typeof id !== "string" && typeof id !== "number") return undefined;
      return { id, method: isKnown ? "ping" : "unknown" };
    }
  }
  return asFast(body, sessionMetaKeys, profile);
}

/**
 * Finds out whether a request is about tasks, whatever its `_meta`: that is known to be as it must.
 *
 * @param revision The revision that it is in.
 */
export function asAboutTasks(body: unknown, revision: string, { capabilities }: Profile): FastRequest | undefined {
  if (!capabilities.tasks || !isPlainObject(body)) return undefined;
  const { id, method, params } = body;
  if (!isId(id) || typeof method !== "string" || !isTaskMethod(method, revision)) return undefined;
  return { id, method: "tasks", asked: method, params: isPlainObject(params) ? params : {} };
}

/** The same for one of 2026-07-28, whose headers have to agree with its body; where they do not, the SDK says so. */
export function asAboutTasksModern(message: unknown, headers: Headers, profile: Profile): FastRequest | undefined {
  const fast = asAboutTasks(message, MODERN_REVISION, profile);
  if (fast?.method !== "tasks" || headers.get("mcp-protocol-version") !== MODERN_REVISION) return undefined;
  const { asked, params: { taskId } } = fast;
  const isNamed = typeof taskId !== "string" || decodeHeader(headers.get("mcp-name") ?? "") === taskId;
  return headers.get("mcp-method") === asked && isNamed ? fast : undefined;
}

function asFast(message: unknown, metaKeys: ReadonlySet<string>, { tools }: Profile): FastRequest | undefined {
  if (!isPlainObject(message) || message.jsonrpc !== "2.0" || !hasOnly(message, messageKeys)) return undefined;
  const { id, method, params = {} } = message;
  if (!isId(id)) return undefined;
  if (!isPlainObject(params) || !hasOnly(params, paramKeys) || !isPlainMeta(params._meta, metaKeys)) return undefined;
  const { name, arguments: args, cursor } = params;
  if (method === "tools/list") {
    const isList = name === undefined && args === undefined && (cursor === undefined || typeof cursor === "string");
    return isList ? { id, method, cursor } : undefined;
  }
  if (method !== "tools/call" || typeof name !== "string" || cursor !== undefined) return undefined;
  if (args !== undefined && !isPlainObject(args)) return undefined;
  return !tools.get(name)?.lasting ? { id, method, name, args } : undefined;
}

function isPlainMeta(meta: unknown, known: ReadonlySet<string>): boolean {
  if (meta === undefined) return true;
  if (!isPlainObject(meta) || !hasOnly(meta, known)) return false;
  return meta.progressToken === undefined || isId(meta.progressToken);
}

function isId(value: unknown): value is string | number {
  return typeof value === "string" || Number.isSafeInteger(value);
}

function hasOnly(value: Record<string, unknown>, known: ReadonlySet<string>): boolean {
  for (const key in value) if (!known.has(key)) return false;
  return true;
}

/** Answers a request in the form the SDK gives its answers. */
export function answerFast(request: FastRequest, facts: CallFacts, era: FastEra): Awaitable<Response> {
  const { id } = request;
  return attempted(
    () =>
      followed(
        resultOf(request, facts, era),
        (result) => jsonResponse({ jsonrpc: "2.0", id, result: stamped(result, facts.profile, era) }, era),
      ),
    (error) => {
      if (!(error instanceof ProtocolError)) throw error;
      const status = error.code === MISSING_CAPABILITY ? 400 : 200;
      return jsonResponse({ jsonrpc: "2.0", id, error: toldOf(error) }, era, status);
    },
  );
}

function toldOf({ code, message, data }: ProtocolError): Readonly<Record<string, unknown>> {
  return { code, message, ...(data !== undefined && { data }) };
}

function resultOf(request: FastRequest, facts: CallFacts, era: FastEra): Awaitable<Result> {
  const { profile, call } = facts;
  switch (request.method) {
    case "tasks":
      return answerTask({ ...request, ...era, method: request.asked, facts });
    case "tools/call":
      return callTool(profile, { ...request, ...era }, call);
    case "tools/list": {
      const { items, ...rest } = pageOf(profile.listing, request.cursor, pagesOf("tools", profile.pages));
      return { tools: items, ...rest, ...(era.revision === MODERN_REVISION && profile.cache) };
    }
    case "ping":
      return {};
    case "unknown":
      throw new ProtocolError(METHOD_NOT_FOUND, "Method not found");
  }
}

/** From 2026-07-28 on every result names its kind and the server. */
function stamped(result: Result, { serverInfo }: Profile, { revision }: FastEra): Result {
  if (revision !== MODERN_REVISION) return result;
  return { ...result, resultType: "complete", _meta: { ...result._meta, [SERVER_INFO_META_KEY]: serverInfo } };
}

function jsonResponse(body: unknown, { headers }: FastEra, status = 200): Response {
  return new OpenResponse(JSON.stringify(body), headers, status);
}
