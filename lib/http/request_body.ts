// The body of a request: read once, bounded, and told to everyone who asks. Faults, handlers and the recorder all need the
// text, in no fixed order. A copy for each (`clone`, `tee`) would keep what a slow reader has not read, and would never
// end when one of them stops reading.
import { OAuthError } from "./errors.ts";
import { parseJson } from "./json.ts";
import { notedText, noteText } from "./seen_text.ts";
import { streamText } from "./stream_text.ts";

/** The most a request body may hold, in bytes: what a client registers or posts is a hundredth of it. */
export const MAX_BODY_BYTES = 1024 * 1024;
/** The same for a message to an MCP endpoint, which is the limit of the MCP SDK. */
export const MAX_MESSAGE_BYTES = 4 * 1024 * 1024;
/** The most chunks that a body without a length may come in; a chunk costs as much as a kilobyte, however short it is. */
export const MAX_BODY_CHUNKS = 10_000;

/** Above this `Request.text()` takes several times as much memory as the body, in bytes; below it, it is the fastest. */
const MAX_PLAIN_BYTES = 64 * 1024;

// Held by the request itself, as the text is.
const READING = Symbol("body under way");
const METER = Symbol("meter of the body");
const PARSED = Symbol("parsed body");

interface Read extends Pick<Request, "headers"> {
  [READING]?: Promise<string>;
  [METER]?: (bytes: number) => void;
  [PARSED]?: { readonly value: unknown };
}

/**
 * Has the bytes of a request's body counted before they are kept in memory.
 *
 * @param meter Told of a length that was declared, or of each chunk; what it throws is the error of all who ask for the text.
 */
export function meterBody(request: Request, meter: (bytes: number) => void): void {
  const read: Read = request;
  read[METER] = meter;
}

/**
 * The text of a request's body, decoded as UTF-8. The first to ask has it read; the others are told the same, be it the
 * text or the error.
 *
 * @returns Empty for a request without a body.
 * @throws OAuthError `invalid_request`: with status 413 as soon as the body turns out to be larger, 415 if it is
 * compressed, 400 if its sender leaves; and what its meter throws.
 */
export function bodyText(request: Request, maxBytes: number): Promise<string> {
  const noted = notedText(request);
  if (noted !== undefined) return Promise.resolve(noted);
  const read: Read = request;
  return read[READING] ??= readOnce(request, maxBytes);
}

/**
 * The JSON of a request's body. The first to ask has it parsed; the others are given the same value, which nobody changes.
 *
 * @throws OAuthError as {@link bodyText}.
 * @throws JsonError as {@link parseJson}.
 */
export function bodyJson(request: Request, maxBytes: number): Promise<unknown> {
  const read: Read = request;
  return bodyText(request, maxBytes).then((text) => (read[PARSED] ??= { value: parseJson(text) }).value);
}

/** Whether a body has been asked for. Nobody but its sender knows when it will have been read. */
export function isBodyAskedFor(request: Request): boolean {
  const read: Read = request;
  return read[READING] !== undefined;
}

/** Whether a body has been asked for and has not come in whole, so that its sender is what the request waits for. */
export function isBodyAwaited(request: Request): boolean {
  return isBodyAskedFor(request) && notedText(request) === undefined;
}

async function readOnce(request: Request & Read, maxBytes: number): Promise<string> {
  const coding = request.headers.get("content-encoding");
  if (coding !== null && request.body && !/^\s*(?:identity)?\s*$/i.test(coding)) throw encoded(coding);
  const declared = Number(request.headers.get("content-length"));
  if (declared > maxBytes) throw tooLarge(declared, maxBytes);
  const meter = request[METER] ?? (() => {});
  try {
    const text =
      await (declared > 0 ? readDeclared(request, declared, meter) : readChunks(request.body, maxBytes, meter));
    noteText(request, text);
    return text;
  } catch (error) {
    // What breaks a read is its sender, who has hung up.
    throw error instanceof OAuthError
      ? error
      : new OAuthError("invalid_request", "The body ended before it was complete");
  }
}

/** A declared length is enforced by the HTTP server. */
function readDeclared(request: Request, length: number, meter: (bytes: number) => void): Promise<string> {
  meter(length);
  return length <= MAX_PLAIN_BYTES || !request.body ? request.text() : streamText(request.body, length, () => {});
}

async function readChunks(
  body: ReadableStream<Uint8Array> | null,
  maxBytes: number,
  meter: (bytes: number) => void,
): Promise<string> {
  if (!body) return "";
  let chunks = 0;
  let length = 0;
  return await streamText(body, maxBytes, (bytes) => {
    length += bytes;
    if (length > maxBytes) throw tooLarge(length, maxBytes);
    if (++chunks > MAX_BODY_CHUNKS) throw tooScattered();
    meter(bytes);
  });
}

function encoded(coding: string): OAuthError {
  return new OAuthError("invalid_request", "The body has a Content-Encoding, but is read only without one", {
    status: 415,
    parameter: "content-encoding",
    received: coding,
    expected: "no Content-Encoding",
    reference: "RFC 9110 15.5.16",
    // Tells this 415 from that of a media type (RFC 9110 12.5.3).
    headers: { "accept-encoding": "identity" },
  });
}

function tooScattered(): OAuthError {
  return new OAuthError("invalid_request", "The body has too many chunks", {
    status: 413,
    received: `${MAX_BODY_CHUNKS + 1} chunks or more`,
    expected: `${MAX_BODY_CHUNKS} chunks at most, or a Content-Length`,
    reference: "RFC 9112 7.1",
  });
}

function tooLarge(bytes: number, maxBytes: number): OAuthError {
  return new OAuthError("invalid_request", "The body is too large", {
    status: 413,
    received: `${bytes} bytes or more`,
    expected: `at most ${maxBytes} bytes`,
    reference: "RFC 9110 15.5.14",
  });
}
