/**
 * Reads the body of an MCP request, once, and refuses what is no JSON-RPC before anything is looked up.
 *
 * @module
 */
import { isJsonContentType } from "@modelcontextprotocol/server";
import { errorStatus, OAuthError } from "../errors.ts";
import { bodyText, MAX_MESSAGE_BYTES } from "../request_body.ts";
import { INVALID_REQUEST, PARSE_ERROR, rpcErrorResponse, SERVER_ERROR } from "./rpc.ts";

/** Below it every recursive reader of a body (schemas, `JSON.stringify`) stays far from the end of the stack. */
export const MAX_NESTING = 200;

/**
 * Reads and parses a POST's body: the value, or the answer that refuses it.
 *
 * @param request The request, its body unread.
 * @returns 415 for another media type, 413 above 4 MiB, 400 for what is not JSON or nested deeper than {@link MAX_NESTING}.
 */
export async function readJson(request: Request): Promise<{ readonly value: unknown } | Response> {
  if (!isJsonContentType(request.headers.get("content-type"))) {
    return rpcErrorResponse(415, SERVER_ERROR, "Unsupported Media Type: Content-Type must be application/json");
  }
  try {
    const text = await bodyText(request, MAX_MESSAGE_BYTES);
    if (isNestedDeeper(text, MAX_NESTING)) {
      return rpcErrorResponse(
        400,
        INVALID_REQUEST,
        `Invalid Request: JSON is nested deeper than ${MAX_NESTING} levels`,
      );
    }
    return { value: JSON.parse(text) };
  } catch (error) {
    if (error instanceof OAuthError && errorStatus(error) === 413) {
      const limit = MAX_MESSAGE_BYTES;
      return rpcErrorResponse(413, SERVER_ERROR, `Payload Too Large: Request body must not exceed ${limit} bytes`);
    }
    return rpcErrorResponse(400, PARSE_ERROR, "Parse error: the request body is not valid JSON");
  }
}

/** Looks at the text, since parsing two million brackets takes a second. */
function isNestedDeeper(json: string, levels: number): boolean {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < json.length; at++) {
    const char = json[at];
    if (inString) {
      if (char === "\\") at++;
      else if (char === '"') inString = false;
    } else if (char === '"') inString = true;
    else if (char === "[" || char === "{") {
      if (++depth > levels) return true;
    } else if (char === "]" || char === "}") depth--;
  }
  return false;
}
