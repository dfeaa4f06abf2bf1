// Reads the body of an MCP request, once, and refuses what is not JSON before anything is looked up.
import { isJsonContentType } from "@modelcontextprotocol/server";
import { describeError, errorStatus, OAuthError } from "../http/errors.ts";
import { JsonError } from "../http/json.ts";
import { bodyJson, MAX_MESSAGE_BYTES } from "../http/request_body.ts";
import { INVALID_REQUEST, PARSE_ERROR, rpcErrorResponse, SERVER_ERROR } from "./rpc.ts";

/**
 * Reads and parses a POST's body: the value, or the answer that refuses it.
 *
 * @param request The request, its body unread.
 * @throws OAuthError `temporarily_unavailable` where there is no room for the body.
 * @returns 415 for another media type or a compressed body, 413 above 4 MiB, 400 for what is not JSON or nested too deep.
 */
export async function readJson(request: Request): Promise<{ readonly value: unknown } | Response> {
  if (!isJsonContentType(request.headers.get("content-type"))) {
    return rpcErrorResponse(415, SERVER_ERROR, "Unsupported Media Type: Content-Type must be application/json");
  }
  try {
    return { value: await bodyJson(request, MAX_MESSAGE_BYTES) };
  } catch (error) {
    if (error instanceof OAuthError && error.code === "temporarily_unavailable") throw error;
    if (error instanceof JsonError && error.isTooDeep) {
      return rpcErrorResponse(400, INVALID_REQUEST, `Invalid Request: the body ${error.message}`);
    }
    if (error instanceof OAuthError && errorStatus(error) === 413) {
      const limit = MAX_MESSAGE_BYTES;
      return rpcErrorResponse(413, SERVER_ERROR, `Payload Too Large: Request body must not exceed ${limit} bytes`);
    }
    if (error instanceof OAuthError && errorStatus(error) === 415) {
      const { headers = {} } = error.detail;
      return rpcErrorResponse(415, SERVER_ERROR, `Unsupported Media Type: ${describeError(error)}`, { headers });
    }
    return rpcErrorResponse(400, PARSE_ERROR, "Parse error: the request body is not valid JSON");
  }
}
