/**
 * The short way for the requests that make up nearly all traffic: `tools/list`, `tools/call` of a tool that answers at
 * once, and in a session `ping`. The SDK builds a server and a transport, or a stream, around each of them, which costs ten times the answer.
 * Only requests that the SDK would accept as they stand are taken here; whatever is unusual goes the SDK's way, so that
 * its checks hold for all.
 *
 * Two errors are taken as well: a tool, and in a session a method, that does not exist. In a session the SDK sends them
 * down a resumable stream, and client 1.32 goes on resuming a stream that brought an error for good.
 *
 * @module
 */
import {
  CLIENT_CAPABILITIES_META_KEY,
  CLIENT_INFO_META_KEY,
  type InboundModernRoute,
  METHOD_NOT_FOUND,
  PROTOCOL_VERSION_META_KEY,
  ProtocolError,
  type Result,
  SERVER_INFO_META_KEY,
} from "@modelcontextprotocol/server";
import { noteText } from "../http/seen_text.ts";
import type { Log } from "./contract.ts";
import { callTool, type Profile } from "./profile.ts";
import { isPlainObject } from "./rpc.ts";
import type { Scope } from "./call_facts.ts";

/** The revision of the stateless era that the SDK serves. */
export const MODERN_REVISION = "2026-07-28";

/** A request that can go the short way. */
export type PlainRequest =
  | { readonly id: string | number; readonly method: "tools/list" | "ping" | "unknown" }
  | { readonly id: string | number; readonly method: "tools/call"; readonly name: string; readonly args: unknown };

/** How the answer has to look. */
export interface PlainEra {
  /** Revision of the protocol. */
  readonly revision: string;
  /** Sent along with the answer. */
  readonly headers: Readonly<Record<string, string>>;
  /** Told of failures that are the server's own. */
  readonly log: Log;
}

/** What the SDK says of lists that name nothing else: always stale, and nobody else's. */
const CACHE_FIELDS = Object.freeze({ ttlMs: 0, cacheScope: "private" });

const paramKeys: ReadonlySet<string> = new Set(["name", "arguments", "_meta"]);
const sessionMetaKeys: ReadonlySet<string> = new Set(["progressToken"]);
const modernMetaKeys: ReadonlySet<string> = new Set([
  "progressToken",
  PROTOCOL_VERSION_META_KEY,
  CLIENT_INFO_META_KEY,
  CLIENT_CAPABILITIES_META_KEY,
]);

/**
 * Finds out whether a request of 2026-07-28 can go the short way. The classifier has checked the envelope and that it
 * agrees with the headers that are there; here all three headers must be there.
 *
 * @param route What the SDK's classifier made of it.
 * @param headers The request's headers.
 * @param profile The tools there are.
 * @see {@link https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http}
 * @internal
 */
export function asPlainModern(route: InboundModernRoute, headers: Headers, profile: Profile): PlainRequest | undefined {
  if (route.classification.revision !== MODERN_REVISION) return undefined;
  if (headers.get("mcp-protocol-version") !== MODERN_REVISION) return undefined;
  const plain = asPlain(route.message, modernMetaKeys, profile);
  if (!plain || headers.get("mcp-method") !== plain.method) return undefined;
  return plain.method === "tools/call" && headers.get("mcp-name") !== plain.name ? undefined : plain;
}

/**
 * Finds out whether a request in a session can go the short way. The classifier has checked that it is a request, and
 * its headers have been checked.
 *
 * @param body The parsed body.
 * @param profile The tools and methods there are.
 * @see {@link https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#sending-messages-to-the-server}
 */
export function asPlainInSession(body: unknown, profile: Profile): PlainRequest | undefined {
  if (isPlainObject(body) && typeof body.method === "string") {
    const { id, method, params } = body;
    const isKnown = profile.sessionMethods.has(method);
    if (!isKnown || (method === "ping" && params === undefined)) {
      if (typeof id !== "string" && typeof id !== "number") return undefined;
      return { id, method: isKnown ? "ping" : "unknown" };
    }
  }
  return asPlain(body, sessionMetaKeys, profile);
}

function asPlain(message: unknown, metaKeys: ReadonlySet<string>, { tools }: Profile): PlainRequest | undefined {
  if (!isPlainObject(message)) return undefined;
  const { id, method, params = {} } = message;
  if (typeof id !== "string" && typeof id !== "number") return undefined;
  if (!isPlainObject(params) || !hasOnly(params, paramKeys) || !isPlainMeta(params._meta, metaKeys)) return undefined;
  const { name, arguments: args } = params;
  if (method === "tools/list") return name === undefined && args === undefined ? { id, method } : undefined;
  if (method !== "tools/call" || typeof name !== "string") return undefined;
  if (args !== undefined && !isPlainObject(args)) return undefined;
  return !tools.get(name)?.lasting ? { id, method, name, args } : undefined;
}

function isPlainMeta(meta: unknown, known: ReadonlySet<string>): boolean {
  if (meta === undefined) return true;
  if (!isPlainObject(meta) || !hasOnly(meta, known)) return false;
  const token = meta.progressToken;
  return token === undefined || typeof token === "string" || Number.isSafeInteger(token);
}

function hasOnly(value: Record<string, unknown>, known: ReadonlySet<string>): boolean {
  for (const key in value) if (!known.has(key)) return false;
  return true;
}

/**
 * Answers a request the short way, in the form the SDK gives its answers.
 *
 * @param request The request.
 * @param scope What the tool may touch.
 * @param era How the answer has to look.
 */
export async function answerPlain(request: PlainRequest, scope: Scope, era: PlainEra): Promise<Response> {
  const { id } = request;
  try {
    const result = await resultOf(request, scope, era);
    return jsonResponse({ jsonrpc: "2.0", id, result: stamped(result, scope.profile, era) }, era);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return jsonResponse({ jsonrpc: "2.0", id, error: { code: error.code, message: error.message } }, era);
  }
}

async function resultOf(request: PlainRequest, { profile, call }: Scope, era: PlainEra): Promise<Result> {
  switch (request.method) {
    case "tools/call":
      return await callTool(profile, { ...request, ...era }, call);
    case "tools/list":
      return { tools: profile.listing, ...(era.revision === MODERN_REVISION && CACHE_FIELDS) };
    case "ping":
      return {};
    case "unknown":
      throw new ProtocolError(METHOD_NOT_FOUND, "Method not found");
  }
}

/** From 2026-07-28 on every result names its kind and the server. */
function stamped(result: Result, { serverInfo }: Profile, { revision }: PlainEra): Result {
  if (revision !== MODERN_REVISION) return result;
  return { ...result, resultType: "complete", _meta: { [SERVER_INFO_META_KEY]: serverInfo } };
}

function jsonResponse(body: unknown, { headers }: PlainEra): Response {
  const json = JSON.stringify(body);
  return noteText(new Response(json, { headers: { "content-type": "application/json", ...headers } }), json);
}
