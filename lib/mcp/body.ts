/**
 * Reads the body of an MCP request, once, and refuses what is no JSON-RPC before anything is looked up.
 *
 * @module
 */
import { DEFAULT_MAX_REQUEST_BODY_SIZE, isJsonContentType, readRequestBody } from "@modelcontextprotocol/server";
import { noteText } from "../seen_text.ts";
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
    const text = await readText(request);
    if (text === undefined) {
      const limit = DEFAULT_MAX_REQUEST_BODY_SIZE;
      return rpcErrorResponse(413, SERVER_ERROR, `Payload Too Large: Request body must not exceed ${limit} bytes`);
    }
    noteText(request, text);
    if (isNestedDeeper(text, MAX_NESTING)) {
      return rpcErrorResponse(
        400,
        INVALID_REQUEST,
        `Invalid Request: JSON is nested deeper than ${MAX_NESTING} levels`,
      );
    }
    return { value: JSON.parse(text) };
  } catch {
    return rpcErrorResponse(400, PARSE_ERROR, "Parse error: the request body is not valid JSON");
  }
}

/** The runtime reads a body of announced length faster than the SDK's loop, which counts what has no announced length. */
async function readText(request: Request): Promise<string | undefined> {
  const announced = Number(request.headers.get("content-length") ?? "NaN");
  if (announced <= DEFAULT_MAX_REQUEST_BODY_SIZE) return request.text();
  const read = await readRequestBody(request);
  return read.tooLarge ? undefined : read.text;
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
