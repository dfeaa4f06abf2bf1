// Bodies in, responses out: a body is text of one media type, a response says how it may be kept.
import { OpenResponse } from "./any_origin.ts";
import { errorBody, errorStatus, OAuthError } from "./errors.ts";
import { MAX_NESTING, parseJson, problemOf } from "./json.ts";
import { bodyText, MAX_BODY_BYTES } from "./request_body.ts";
import { noteText } from "./seen_text.ts";

/**
 * Reads a request's body as UTF-8 text, {@link MAX_BODY_BYTES} at most.
 *
 * @throws OAuthError `invalid_request` as {@link bodyText}, and for bytes that are not UTF-8.
 */
export async function readText(request: Request): Promise<string> {
  const text = await bodyText(request, MAX_BODY_BYTES);
  // What decoding replaces bytes with that are not UTF-8; nothing we read has a use for the character itself.
  if (!text.includes("\ufffd")) return text;
  throw new OAuthError("invalid_request", "The body is not UTF-8", { reference: "RFC 6749 B" });
}

/**
 * Reads a request's body as JSON. An empty one stands for an object without members.
 *
 * @throws OAuthError `invalid_request` for what is not JSON, or is nested too deep.
 */
export async function readJson(request: Request): Promise<unknown> {
  const text = await readText(request);
  if (text.trim() === "") return {};
  try {
    return parseJson(text);
  } catch (error) {
    throw new OAuthError("invalid_request", `The body ${problemOf(error)}`, {
      parameter: "body",
      expected: `JSON of ${MAX_NESTING} levels at most`,
    });
  }
}

/**
 * Insists on a body's media type.
 *
 * @param accepted The one type that is read, without parameters.
 * @throws OAuthError `invalid_request` with status 415.
 */
export function requireContentType(request: Request, accepted: string): void {
  const received = request.headers.get("content-type");
  if (received?.split(";", 1)[0]?.trim().toLowerCase() === accepted) return;
  throw new OAuthError("invalid_request", "This endpoint does not accept the body's media type", {
    status: 415,
    parameter: "content-type",
    received: received ?? "no content-type header",
    expected: accepted,
    reference: "RFC 9110 15.5.16",
  });
}

/** A JSON response that no cache may keep (RFC 6749 5.1). */
export function noStoreJson(body: unknown, status = 200): Response {
  const json = JSON.stringify(body);
  const headers = { "content-type": "application/json", "cache-control": "no-store" };
  return noteText(new Response(json, { status, headers }), json);
}

/** The same, which pages of any origin may read. */
export function openNoStoreJson(body: unknown, status = 200): Response {
  return new OpenResponse(JSON.stringify(body), NO_STORE, status);
}

/** A JSON document that may be kept for a while, and that pages of any origin may read. */
export function cacheableJson(json: string, maxAgeSeconds: number): Response {
  if (usual.maxAgeSeconds !== maxAgeSeconds) usual = { maxAgeSeconds, fields: publicFor(maxAgeSeconds) };
  return new OpenResponse(json, usual.fields);
}

/** Fields of headers that the recorder may keep: the same object for all responses, so that it has nothing new to keep. */
const NO_STORE = { "cache-control": "no-store" };
const publicFor = (seconds: number): Readonly<Record<string, string>> => ({
  "cache-control": `public, max-age=${seconds}`,
});
let usual = { maxAgeSeconds: 0, fields: publicFor(0) };

/** The same response, with the headers that an error brings, such as `retry-after`. */
export function withErrorHeaders(response: Response, { detail }: OAuthError): Response {
  for (const [name, value] of Object.entries(detail.headers ?? {})) response.headers.set(name, value);
  return response;
}

/** The JSON response to a refusal (RFC 6749 5.2). */
export function errorResponse(error: OAuthError): Response {
  const response = withErrorHeaders(noStoreJson(errorBody(error), errorStatus(error)), error);
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
