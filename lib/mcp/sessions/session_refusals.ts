// What a session refuses before anything of it is looked at.
import type { InboundLegacyRoute } from "@modelcontextprotocol/server";
import { excerpt } from "../../http/errors.ts";
import type { RequestId } from "./request_ids.ts";
import { idOf, INVALID_REQUEST, rpcErrorResponse, SERVER_ERROR } from "../rpc.ts";
import { BATCHES_REMOVED, MAX_BATCH } from "./batches.ts";

/**
 * Refuses a request in a session that does not carry what each must, whatever it asks.
 *
 * @param body The parsed body, for the id that an error carries.
 * @param supported The revisions that a session can have.
 */
export function refuseHeaders(
  { method, headers }: Request,
  body: unknown,
  supported: readonly string[],
): Response | undefined {
  const accept = headers.get("accept") ?? "";
  if (method === "POST" && !(accept.includes("application/json") && accept.includes("text/event-stream"))) {
    const message = "Not Acceptable: Client must accept both application/json and text/event-stream";
    return rpcErrorResponse(406, SERVER_ERROR, message, { id: idOf(body) });
  }
  if (method === "GET" && !accept.includes("text/event-stream")) {
    return rpcErrorResponse(406, SERVER_ERROR, "Not Acceptable: Client must accept text/event-stream");
  }
  const version = headers.get("mcp-protocol-version");
  if (version !== null && !supported.includes(version)) {
    const listed = supported.join(", ");
    const message = `Bad Request: Unsupported protocol version: ${version.slice(0, 40)} (supported: ${listed})`;
    return rpcErrorResponse(400, SERVER_ERROR, message, { id: idOf(body) });
  }
  return undefined;
}

/**
 * Refuses a message that a session of its revision does not take.
 *
 * @param revision What was agreed when the session began.
 */
export function refuseMessage(
  reason: InboundLegacyRoute["reason"],
  body: unknown,
  revision: string,
): Response | undefined {
  if (reason === "initialize") {
    const message = "Invalid Request: the session has begun already";
    return rpcErrorResponse(400, INVALID_REQUEST, message, { id: idOf(body) });
  }
  if (reason === "batch" && revision >= BATCHES_REMOVED) {
    return rpcErrorResponse(400, INVALID_REQUEST, `Invalid Request: revision ${revision} has no batches`);
  }
  if (Array.isArray(body) && body.length > MAX_BATCH) {
    return rpcErrorResponse(400, INVALID_REQUEST, `Invalid Request: a batch has at most ${MAX_BATCH} messages`);
  }
  return undefined;
}

/**
 * Refuses a request whose id another of the session has, as nobody could tell the two answers apart.
 *
 * @param id The id.
 * @see {@link https://modelcontextprotocol.io/specification/2025-11-25/basic#requests}
 */
export function refuseRepeatedId(id: RequestId, body: unknown): Response {
  const shown = excerpt(JSON.stringify(id));
  const message =
    `Invalid Request: the id ${shown} is that of another request in this session, which is not answered yet; ` +
    "every request in a session has an id of its own (MCP basic, Requests)";
  return rpcErrorResponse(400, INVALID_REQUEST, message, { id: idOf(body) });
}
