// JSON-RPC answers that the endpoints give themselves, before or instead of the SDK.
import { noteText } from "../http/seen_text.ts";

/** Codes of JSON-RPC 2.0 section 5.1. */
export const PARSE_ERROR: number = -32700;
/** The body is JSON, but no request. */
export const INVALID_REQUEST: number = -32600;
/** There is no such method. */
export const METHOD_NOT_FOUND: number = -32601;
/** The method is known, its parameters are not acceptable. */
export const INVALID_PARAMS: number = -32602;
/** The server itself failed. */
export const INTERNAL_ERROR: number = -32603;
/** What the SDK uses for refusals by the transport (method, content type, missing session id). */
export const SERVER_ERROR: number = -32000;
/** What the SDK uses for a session that is unknown or has ended. */
export const SESSION_NOT_FOUND: number = -32001;

/** A resource that does not exist, in the revisions up to 2025-11-25. */
export const RESOURCE_NOT_FOUND: number = -32002;
/** What 2026-07-28 calls headers that differ from the body. */
export const HEADER_MISMATCH: number = -32020;

type RpcId = string | number | null;

interface RpcErrorOptions {
  /** Id of the request it answers; null, if none could be read. */
  readonly id?: RpcId;
  readonly headers?: Record<string, string>;
  readonly data?: unknown;
}

/**
 * Builds an error answer.
 *
 * @param message What was wrong, and what is accepted.
 * @see {@link https://www.jsonrpc.org/specification#error_object}
 */
export function rpcErrorResponse(
  status: number,
  code: number,
  message: string,
  { id = null, headers = {}, data }: RpcErrorOptions = {},
): Response {
  const error = { code, message, ...(data !== undefined && { data }) };
  const json = JSON.stringify({ jsonrpc: "2.0", error, id });
  return noteText(new Response(json, { status, headers: { "content-type": "application/json", ...headers } }), json);
}

/** Finds the id that an error about this body must carry: that of a single request, else null. */
export function idOf(body: unknown): RpcId {
  if (!isPlainObject(body) || typeof body.method !== "string") return null;
  return typeof body.id === "string" || typeof body.id === "number" ? body.id : null;
}

/** Whether a parsed JSON value is an object, neither an array nor null. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
