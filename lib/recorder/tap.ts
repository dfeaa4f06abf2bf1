// Listening to bodies: what others have read is told again, what they have not is read here, and nothing waits for it.
import { bodyText, isBodyAskedFor } from "../http/request_body.ts";
import { notedText } from "../http/seen_text.ts";
import { type EndedBy, withEnd } from "../http/stream.ts";
import { compact } from "../runtime/own_text.ts";
import { MAX_BODY_LENGTH, MAX_TIMED, type StreamFacts } from "./exchange.ts";
import { isKept, type RawBody } from "./redact/redact_body.ts";

/** The most that is read of a body, in characters: it must be read whole to be redacted, and is kept in part. */
const MAX_READ_LENGTH = 8 * MAX_BODY_LENGTH;

const NOTHING: RawBody = { text: "", isComplete: true };
const UNREADABLE: RawBody = { text: "", isComplete: false };

/**
 * What a request said: at once if it has been read already, else as soon as it is read. Nobody reads it after that.
 *
 * @returns Undefined if it had no body; else what there is, or will be, once it has gone by.
 */
export function sentBody(request: Request): RawBody | Promise<RawBody> | undefined {
  const noted = notedText(request);
  if (noted !== undefined) return cut(noted);
  if (request.method === "GET" || request.method === "HEAD") return undefined;
  const unread = unreadBody(request);
  if (unread !== "readable") return unread;
  // The handler that asked for it did not get all of it, or it would have noted it.
  if (isBodyAskedFor(request)) return UNREADABLE;
  return bodyText(request, MAX_READ_LENGTH).then(cut, () => UNREADABLE);
}

/**
 * What a response says, where that is known before it leaves.
 *
 * @returns Undefined if it has no body; `passing` if it has to be listened to with {@link tapBody} as it goes by.
 */
export function answeredBody(response: Response): RawBody | "passing" | undefined {
  const noted = notedText(response);
  if (noted !== undefined) return cut(noted);
  const unread = unreadBody(response);
  if (unread !== "readable") return unread;
  return response.body ? "passing" : NOTHING;
}

/** What is not read at all: what is not text, or too long to be redacted. */
function unreadBody({ headers }: Request | Response): RawBody | "readable" | undefined {
  const type = headers.get("content-type");
  if (type === null) return undefined;
  const isReadable = isKept(type) && !(Number(headers.get("content-length")) > MAX_READ_LENGTH);
  return isReadable ? "readable" : UNREADABLE;
}

interface BodyListener {
  /** All that has gone by: of an event stream up to the last whole line, of anything else at its end. */
  readonly onText: (raw: RawBody, stream: StreamFacts | undefined) => void;
  readonly onEnd: (stream: StreamFacts | undefined) => void;
  /** Real time, in milliseconds since 1970. */
  readonly now: () => number;
}

/**
 * Lets a body go by and tells what it carries. A copy would be read at another pace than the client reads, which would
 * change what the client gets where the body breaks off.
 *
 * @returns The response to send instead.
 */
export function tapBody(response: Response, { onText, onEnd, now }: BodyListener): Response {
  if (!response.body) {
    onEnd(undefined);
    return response;
  }
  const isEvents = response.headers.get("content-type")?.startsWith("text/event-stream") ?? false;
  const blocks = isEvents ? createBlockTimes(now) : undefined;
  const decoder = new TextDecoder();
  let text = "";
  let told = 0;
  let isFull = false;
  const onChunk = (chunk: Uint8Array): void => {
    if (isFull) return;
    text += decoder.decode(chunk, { stream: true });
    const end = isEvents ? text.lastIndexOf("\n") + 1 : 0;
    isFull = end >= MAX_BODY_LENGTH || text.length > MAX_READ_LENGTH;
    if (end === told && !(isEvents && isFull)) return;
    told = end;
    onText({ text: text.slice(0, end), isComplete: !isFull }, blocks?.look(text));
  };
  const body = withEnd(response.body, (by) => {
    if (!isEvents) onText(isFull ? cut(text) : { text, isComplete: by === "server" }, undefined);
    onEnd(blocks?.end(by));
  }, onChunk);
  return new Response(body, response);
}

/** The end of a line that is not empty, and an empty line: the end of a block of an event stream (HTML, 9.2.5). */
const BLOCK_END = /[^\r\n](?:\r\n|\n|\r(?!\n|$)){2}/g;

/** When the blocks of an event stream came. */
interface BlockTimes {
  /** Looks for new ones at the end of all that has come. */
  readonly look: (text: string) => StreamFacts;
  readonly end: (by: EndedBy) => StreamFacts;
}

function createBlockTimes(now: () => number): BlockTimes {
  let eventsAtMs: readonly number[] = [];
  let seen = 0;
  return {
    look: (text) => {
      const fresh = [...text.slice(seen).matchAll(BLOCK_END)];
      const last = fresh.at(-1);
      if (last && eventsAtMs.length < MAX_TIMED) {
        seen += last.index + last[0].length;
        const atMs = now();
        eventsAtMs = [...eventsAtMs, ...fresh.map(() => atMs)].slice(0, MAX_TIMED);
      }
      return { eventsAtMs };
    },
    end: (endedBy) => ({ eventsAtMs, endedAtMs: now(), endedBy }),
  };
}

function cut(text: string): RawBody {
  const { length } = text;
  if (length <= MAX_KNOWN_LENGTH) {
    const known = knownBodies[length % KNOWN_BODIES];
    return known?.text === text ? known : knownBodies[length % KNOWN_BODIES] = { text, isComplete: true };
  }
  if (length <= MAX_READ_LENGTH) return { text, isComplete: true };
  // A part of a text would keep all of it in memory.
  return { text: compact(text.slice(0, MAX_READ_LENGTH)), isComplete: false };
}

/** The last bodies, by their lengths: many are said again and again, such as documents, and equal ones are kept once. */
const knownBodies: (RawBody | undefined)[] = [];
const KNOWN_BODIES = 64;
/** Longer ones are not remembered, in characters. */
const MAX_KNOWN_LENGTH = MAX_BODY_LENGTH;
