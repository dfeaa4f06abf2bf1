/**
 * Bodies in, responses out: a body is read once and with a limit, a response says how it may be kept.
 *
 * @module
 */
import { noteText } from "./seen_text.ts";
import { errorBody, errorStatus, OAuthError } from "./errors.ts";

/** The most a request body may hold, in bytes: what a client registers or posts is a hundredth of it. */
export const MAX_BODY_BYTES = 1024 * 1024;

/**
 * Reads a request's body as UTF-8 text.
 *
 * @param request The request; its body is consumed.
 * @throws OAuthError `invalid_request` with status 413 over {@link MAX_BODY_BYTES}, and for bytes that are not UTF-8.
 */
export async function readText(request: Request): Promise<string> {
  const text = await readBody(request).catch((error) => {
    // What breaks a read is its sender, who has hung up.
    throw error instanceof OAuthError
      ? error
      : new OAuthError("invalid_request", "The body ended before it was complete");
  });
  // What decoding leaves in place of bytes that are no UTF-8; nothing we read has a use for the character itself.
  if (!text.includes("\ufffd")) {
    noteText(request, text);
    return text;
  }
  throw new OAuthError("invalid_request", "The body is not UTF-8", { reference: "RFC 6749 B" });
}

async function readBody(request: Request): Promise<string> {
  const declared = Number(request.headers.get("content-length"));
  if (declared > MAX_BODY_BYTES) throw tooLarge(declared);
  // A declared length is enforced by the HTTP server, so the short way is safe where there is one.
  if (declared > 0) return await request.text();
  const decoder = new TextDecoder();
  let text = "";
  let length = 0;
  for await (const chunk of request.body ?? []) {
    length += chunk.length;
    if (length > MAX_BODY_BYTES) throw tooLarge(length);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

function tooLarge(bytes: number): OAuthError {
  return new OAuthError("invalid_request", "The body is too large", {
    status: 413,
    received: `${bytes} bytes or more`,
    expected: `${MAX_BODY_BYTES} bytes at the most`,
    reference: "RFC 9110 15.5.14",
  });
}

/**
 * Insists on a body's media type.
 *
 * @param request The request.
 * @param accepted The one type that is read, without parameters.
 * @throws OAuthError `invalid_request` with status 415.
 */
export function requireContentType(request: Request, accepted: string): void {
  const received = request.headers.get("content-type");
  if (received?.split(";", 1)[0]?.trim().toLowerCase() === accepted) return;
  throw new OAuthError("invalid_request", "The body has another media type than this endpoint reads", {
    status: 415,
    parameter: "content-type",
    received: received ?? "no content-type header",
    expected: accepted,
    reference: "RFC 9110 15.5.16",
  });
}

/**
 * A JSON response that no cache may keep (RFC 6749 5.1).
 *
 * @param body Serialised as it stands.
 * @param status HTTP status, 200 if not given.
 */
export function noStoreJson(body: unknown, status = 200): Response {
  const json = JSON.stringify(body);
  const headers = { "content-type": "application/json", "cache-control": "no-store" };
  return noteText(new Response(json, { status, headers }), json);
}

/**
 * A JSON document that may be kept for a while.
 *
 * @param json Serialised JSON.
 * @param maxAgeSeconds How long, in seconds.
 */
export function cacheableJson(json: string, maxAgeSeconds: number): Response {
  const headers = { "content-type": "application/json", "cache-control": `public, max-age=${maxAgeSeconds}` };
  return noteText(new Response(json, { headers }), json);
}

/** The JSON response to a refusal (RFC 6749 5.2). */
export function errorResponse(error: OAuthError): Response {
  const response = noStoreJson(errorBody(error), errorStatus(error));
  for (const [name, value] of Object.entries(error.detail.headers ?? {})) response.headers.set(name, value);
  if (error.code === "invalid_client" && error.detail.parameter === "authorization") {
    response.headers.set("www-authenticate", 'Basic realm="mock oauth server", charset="UTF-8"');
  }
  if (error.code === "invalid_token" && error.detail.parameter === "authorization") {
    response.headers.set("www-authenticate", 'Bearer realm="mock oauth server", error="invalid_token"');
  }
  return response;
}

/** Whether the sender of a request would rather have a page than JSON. */
export function prefersHtml(request: Request): boolean {
  return request.headers.get("accept")?.includes("text/html") ?? false;
}
