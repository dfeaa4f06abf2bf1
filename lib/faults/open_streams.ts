// The event streams that clients hold open, and the answers that faults hold back. The SDK writes messages into a stream
// whether or not they are read, and keeps them until they are; here a stream whose client has left too much unread is cut
// off, and its messages are dropped. A test can put text on a stream, and end it. And everything ends with its sandbox.
import { notedText } from "../http/seen_text.ts";
import { PlannedBreak } from "./broken_body.ts";

/** The most that may lie unread, in bytes: in one stream, and in all streams of the process. */
export const MAX_UNREAD_BYTES = { stream: 4 * 1024 ** 2, process: 64 * 1024 ** 2 } as const;

/** How a stream ends that a test or a fault ends: as its end, or as a connection that breaks. */
export type StreamEnd = "close" | "cut";

/** A request whose answer is a stream, as far as it tells streams apart. */
export interface StreamRequest {
  readonly sandboxId: string;
  readonly request: Request;
  /** Its path below the sandbox's prefix. */
  readonly path: string;
  /** The time on the sandbox's clock, in milliseconds since 1970. */
  readonly nowMs: number;
}

/** A stream that is open. */
export interface OpenStream {
  /** What a test calls it, unique in the process. */
  readonly handle: string;
  readonly method: string;
  readonly path: string;
  /** What `Mcp-Session-Id` says of the session it belongs to. */
  readonly sessionId: string | undefined;
  /** The text of the message that it answers; undefined for a stream that answers none. */
  readonly sentText: string | undefined;
  readonly openedAtMs: number;
  /** Events that have gone out, comments not counted. */
  readonly sentEvents: () => number;
  /** Puts text on it, behind an event that is under way. */
  readonly push: (text: string) => void;
  readonly end: (how: StreamEnd) => void;
}

/** The life of one answer while faults shape it. */
export interface AnswerLife {
  /** Aborts when the client leaves, and when the sandbox or the server ends. */
  readonly signal: AbortSignal;
  /** Stops looking at the request, whose answer has begun; from then on its reader says when it leaves. */
  readonly answered: () => void;
  /** The reader has left, or the answer is complete. */
  readonly leave: () => void;
}

/** The open streams of one app. */
export interface OpenStreams {
  /**
   * The same response, its stream ended in time. A message with nothing unread before it gets through whatever its size, so
   * a client that reads is never cut off.
   */
  readonly watch: (response: Response, of: StreamRequest) => Response;
  /** The streams of a sandbox, the oldest first. */
  readonly of: (sandboxId: string) => readonly OpenStream[];
  /** Begins the life of an answer that may be held back. */
  readonly live: (sandboxId: string, request: Request) => AnswerLife;
  /** Ends all streams of a sandbox, once what they hold has been read, and all answers that are held back. */
  readonly end: (sandboxId: string) => void;
  /** Ends the answers that are held back. */
  readonly letGo: () => void;
}

/** Whether a response is a stream of events. */
export function isEventStream({ headers }: Pick<Response, "headers">): boolean {
  return headers.get("content-type") === "text/event-stream";
}

/** Makes the open streams of one app, none at first. */
export function createOpenStreams(): OpenStreams {
  const guard = createUnreadGuard();
  const open = new Map<string, Set<OpenStream>>();
  const lives = new Map<string, Set<() => void>>();
  let count = 0;

  function watch(response: Response, { sandboxId, request, path, nowMs }: StreamRequest): Response {
    // What had its whole text from the start is none, and to look at headers costs.
    if (notedText(response) !== undefined || !isEventStream(response) || !response.body) return response;
    const { stream, ...guarded } = guard(response.body, () => removeFrom(open, sandboxId, entry));
    const entry: OpenStream = {
      handle: `stream-${++count}`,
      method: request.method,
      path,
      sessionId: request.headers.get("mcp-session-id") ?? response.headers.get("mcp-session-id") ?? undefined,
      sentText: notedText(request),
      openedAtMs: nowMs,
      ...guarded,
    };
    addTo(open, sandboxId, entry);
    return new Response(stream, response);
  }

  function live(sandboxId: string, request: Request): AnswerLife {
    const stop = new AbortController();
    const isOver = new AbortController();
    const leave = (): void => {
      isOver.abort();
      removeFrom(lives, sandboxId, leave);
      stop.abort(new PlannedBreak("The answer is held back on request, and will not come"));
    };
    // The runtime also aborts it once the answer is sent, and finds fault with those who listen by then.
    request.signal.addEventListener("abort", leave, { once: true, signal: isOver.signal });
    if (request.signal.aborted) leave();
    else addTo(lives, sandboxId, leave);
    return { signal: stop.signal, answered: () => isOver.abort(), leave };
  }

  return {
    watch,
    of: (sandboxId) => [...open.get(sandboxId) ?? []],
    live,
    end: (sandboxId) => {
      for (const leave of lives.get(sandboxId) ?? []) leave();
      for (const { end } of open.get(sandboxId) ?? []) end("close");
    },
    letGo: () => {
      for (const leave of [...lives.values()].flatMap((ofSandbox) => [...ofSandbox])) leave();
    },
  };
}

function addTo<T>(sets: Map<string, Set<T>>, name: string, member: T): void {
  sets.set(name, (sets.get(name) ?? new Set()).add(member));
}

function removeFrom<T>(sets: Map<string, Set<T>>, name: string, member: T): void {
  const set = sets.get(name);
  set?.delete(member);
  if (set?.size === 0) sets.delete(name);
}

/** A stream that is watched, and what can be done to it. */
interface Guarded extends Pick<OpenStream, "sentEvents" | "push" | "end"> {
  readonly stream: ReadableStream<Uint8Array>;
}

const LINE_FEED = "\n".charCodeAt(0);
const COLON = ":".charCodeAt(0);
const encoder = new TextEncoder();

/** Makes the function that has a stream cut off where it is not read. */
function createUnreadGuard(): (body: ReadableStream<Uint8Array>, onEnd: () => void) => Guarded {
  const all = { bytes: 0 };
  return (body, onEnd) => guardStream(body, createUnread(all), onEnd);
}

/** What waits to be read of one stream. */
interface Unread {
  readonly put: (piece: Uint8Array) => void;
  readonly take: () => Uint8Array | undefined;
  readonly isEmpty: () => boolean;
  readonly letGo: () => void;
}

function createUnread(all: { bytes: number }): Unread {
  const waiting: Uint8Array[] = [];
  let bytes = 0;
  const count = (added: number): void => {
    bytes += added;
    all.bytes += added;
  };
  const letGo = (): void => {
    waiting.length = 0;
    count(-bytes);
  };
  const isTooMuch = (more: number): boolean =>
    bytes > 0 && (bytes + more > MAX_UNREAD_BYTES.stream || all.bytes + more > MAX_UNREAD_BYTES.process);
  return {
    put: (piece) => {
      if (isTooMuch(piece.length)) {
        letGo();
        throw new PlannedBreak("The stream is not read, and is cut off");
      }
      waiting.push(piece);
      count(piece.length);
    },
    take: () => {
      const piece = waiting.shift();
      if (piece) count(-piece.length);
      return piece;
    },
    isEmpty: () => waiting.length === 0,
    letGo,
  };
}

function guardStream(body: ReadableStream<Uint8Array>, unread: Unread, onEnd: () => void): Guarded {
  const reader = body.getReader();
  const pushed: Uint8Array[] = [];
  const events = createEventCount();
  let isOver = false;
  let failure: unknown;
  let wake = (): void => {};

  const put = (piece: Uint8Array): void => {
    unread.put(piece);
    events.see(piece);
    wake();
  };
  const putPushed = (): void => {
    while (pushed.length > 0 && events.isBetween()) put(pushed.shift() ?? new Uint8Array());
  };
  async function fill(): Promise<void> {
    for (;;) {
      const { done, value } = await reader.read();
      if (done || isOver) return;
      put(value);
      putPushed();
    }
  }
  const finish = (error?: unknown): void => {
    if (isOver) return;
    isOver = true;
    failure = error;
    wake();
    onEnd();
    void reader.cancel().catch(() => {});
  };
  void fill().then(() => finish(), finish);

  const stream = new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      while (unread.isEmpty() && !isOver) await new Promise<void>((resolve) => wake = resolve);
      const piece = unread.take();
      if (piece) return controller.enqueue(piece);
      if (failure !== undefined) throw failure;
      controller.close();
    },
    cancel: () => {
      unread.letGo();
      finish();
    },
  }, { highWaterMark: 0 });
  return {
    stream,
    sentEvents: events.count,
    push: (text) => {
      if (isOver) return;
      pushed.push(encoder.encode(text));
      try {
        putPushed();
      } catch (error) {
        finish(error);
      }
    },
    end: (how) => finish(how === "cut" ? new PlannedBreak("The stream is cut on request") : undefined),
  };
}

/** Counts the events of a stream as its pieces go by. */
function createEventCount(): {
  readonly see: (piece: Uint8Array) => void;
  readonly count: () => number;
  /** Whether no event is under way. */
  readonly isBetween: () => boolean;
} {
  let count = 0;
  let isLineEmpty = true;
  let isComment = false;
  let hasField = false;
  let isBetween = true;
  return {
    see: (piece) => {
      for (const byte of piece) {
        if (byte !== LINE_FEED) {
          if (isLineEmpty) isComment = byte === COLON;
          hasField ||= !isComment;
          isLineEmpty = isBetween = false;
          continue;
        }
        if (isLineEmpty && hasField) count++;
        if (isLineEmpty) [hasField, isBetween] = [false, true];
        isLineEmpty = true;
      }
    },
    count: () => count,
    isBetween: () => isBetween,
  };
}
