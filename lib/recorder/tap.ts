/**
 * Listening to bodies: what is read of them here is a copy, and nothing waits for it.
 *
 * @module
 */
import { notedText } from "../seen_text.ts";
import { withEnd } from "../stream.ts";
import { MAX_BODY_LENGTH } from "./exchange.ts";
import { isKept, type RawBody } from "./redact_body.ts";

/** The most that is read of a body, in characters: it must be read whole to be redacted, and is kept in part. */
const MAX_READ_LENGTH = 8 * MAX_BODY_LENGTH;

const NOTHING: RawBody = { text: "", isComplete: true };
const UNREADABLE: RawBody = { text: "", isComplete: false };

/**
 * What a body says: at once where somebody had it in hand, else from a copy.
 *
 * @param message A request that was answered, or a response that is to leave.
 * @returns Undefined if there is none; else what there is, or will be, once it has gone by.
 */
export function copyBody(message: Request | Response): RawBody | Promise<RawBody> | undefined {
  const noted = notedText(message);
  if (noted !== undefined) return cut(noted);
  if (message instanceof Request && (message.method === "GET" || message.method === "HEAD")) return undefined;
  const { headers } = message;
  if (!isKept(headers.get("content-type")) || Number(headers.get("content-length")) > MAX_READ_LENGTH) {
    return headers.has("content-type") ? UNREADABLE : undefined;
  }
  if (message.bodyUsed) return UNREADABLE;
  const copy = message.clone();
  // A declared length is small enough here; so is what a response has that is no stream.
  if (headers.has("content-length") || message instanceof Response) return copy.text().then(cut, () => UNREADABLE);
  return readStart(copy.body);
}

/** Whether a response is a stream that must be listened to as it goes by. */
export function isStream(response: Response): boolean {
  return response.headers.get("content-type")?.startsWith("text/event-stream") ?? false;
}

/** What a listener to a stream is told. */
export interface StreamListener {
  /** The stream so far, up to the last whole line; and whether anything is missing from it. */
  readonly onText: (raw: RawBody) => void;
  /** The stream is over. */
  readonly onEnd: () => void;
}

/**
 * Lets a stream go by and tells what it carries, line by line.
 *
 * @param response A response with a body.
 * @param listener Who is told.
 * @returns The response to send in its place.
 */
export function tapStream(response: Response, { onText, onEnd }: StreamListener): Response {
  if (!response.body) {
    onEnd();
    return response;
  }
  const decoder = new TextDecoder();
  let rest = "";
  let length = 0;
  const body = withEnd(response.body, onEnd, (chunk) => {
    if (length >= MAX_BODY_LENGTH) return;
    const text = rest + decoder.decode(chunk, { stream: true });
    const end = text.lastIndexOf("\n") + 1;
    rest = text.slice(end);
    length += end;
    const isFull = length >= MAX_BODY_LENGTH || rest.length >= MAX_READ_LENGTH;
    if (isFull) length = MAX_BODY_LENGTH;
    if (end > 0 || isFull) onText({ text: text.slice(0, end), isComplete: !isFull });
  });
  return new Response(body, response);
}

async function readStart(body: ReadableStream<Uint8Array> | null): Promise<RawBody> {
  if (!body) return NOTHING;
  const decoder = new TextDecoder();
  const reader = body.getReader();
  let text = "";
  try {
    while (text.length <= MAX_READ_LENGTH) {
      const { done, value } = await reader.read();
      if (done) return cut(text + decoder.decode());
      text += decoder.decode(value, { stream: true });
    }
    void reader.cancel().catch(() => {});
  } catch {
    // Its sender has hung up.
  }
  return { text: text.slice(0, MAX_READ_LENGTH), isComplete: false };
}

function cut(text: string): RawBody {
  if (text.length <= MAX_READ_LENGTH) return { text, isComplete: true };
  return { text: text.slice(0, MAX_READ_LENGTH), isComplete: false };
}
