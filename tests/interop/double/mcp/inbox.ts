/** What comes in: messages of JSON bodies and of event streams, whichever of them carries an answer. */
import type { Document } from "../readings.ts";
import { eventsOf, linesOf, type StreamEvent, type StreamState } from "./events.ts";
import { canRead, readableLines } from "./reading.ts";

/** What an answer to a request says. */
export interface Answer {
  readonly result?: Document;
  readonly error?: Document;
  /** Whether the server had been answered something first, which it depends on. */
  readonly isRetried?: true;
}

/** How a body ended. */
export interface BodyEnd extends Readonly<StreamState> {
  /** An error that names no request. */
  readonly error: Document | undefined;
  /** Whether it broke off. */
  readonly isBroken: boolean;
}

/** Reads, and hands out what it has read. */
export interface Inbox {
  /** The answer to a request, once it is here. */
  readonly expect: (id: string) => Promise<Answer>;
  /** Reads a body to its end, in the background of everything else. */
  readonly read: (response: Response, options?: ReadOptions) => Promise<BodyEnd>;
  /** The ids of events that have come, whatever stream they came on. */
  readonly ids: readonly string[];
  /** Stops reading. */
  readonly close: () => Promise<void>;
}

export interface ReadOptions {
  readonly signal?: AbortSignal;
  /** What the stream has said before it was taken up again. */
  readonly before?: StreamState | undefined;
  /** Is told of events that are no messages. */
  readonly onEvent?: (event: StreamEvent) => void;
}

/** Whether a response is an event stream. */
export function isEventStream(response: Response): boolean {
  return /^text\/event-stream *(;|$)/i.test(response.headers.get("content-type") ?? "");
}

/** @param onMessage Is told of the server's own requests and notifications. */
export function createInbox(onMessage: (message: Document) => Promise<void>, slip: string | undefined): Inbox {
  const answers = new Map<string, PromiseWithResolvers<Answer>>();
  const stops = new Set<() => Promise<void>>();
  const ids: string[] = [];

  function slot(id: string): PromiseWithResolvers<Answer> {
    const found = answers.get(id) ?? Promise.withResolvers<Answer>();
    answers.set(id, found);
    return found;
  }

  /** Hands out a message; returns an error that names no request. */
  async function receive(message: Document): Promise<Document | undefined> {
    if (typeof message.method === "string") return void await onMessage(message);
    const [result, error] = [objectIn(message, "result"), objectIn(message, "error")];
    if (message.id === null || message.id === undefined) return error;
    return void slot(keyOf(message.id)).resolve({ ...(result ? { result } : {}), ...(error ? { error } : {}) });
  }

  async function receiveAll(text: string): Promise<Document | undefined> {
    let stray: Document | undefined;
    for (const message of messagesIn(text)) stray = await receive(message) ?? stray;
    return stray;
  }

  async function read(response: Response, { signal, before, onEvent }: ReadOptions = {}): Promise<BodyEnd> {
    const state: StreamState = { lastId: before?.lastId, retryMs: before?.retryMs };
    let error: Document | undefined;
    let isBroken = false;
    if (!canRead(response, slip)) {
      await response.text();
      return { ...state, error, isBroken };
    }
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    if (!reader) return { ...state, error, isBroken };
    const stop = (): Promise<void> => reader.cancel().catch(() => {});
    stops.add(stop);
    signal?.addEventListener("abort", () => void stop());
    const chunks = chunksOf(reader);
    try {
      if (isEventStream(response)) {
        for await (const event of eventsOf(readableLines(linesOf(chunks), slip), state)) {
          if (state.lastId !== undefined) ids.push(state.lastId);
          if (event.event === "message") error = await receiveAll(event.data) ?? error;
          else onEvent?.(event);
        }
      } else error = await receiveAll((await Array.fromAsync(chunks)).join(""));
    } catch {
      // What was whole has been handed out.
      isBroken = true;
    } finally {
      stops.delete(stop);
    }
    return { ...state, error, isBroken };
  }

  return {
    expect: (id) => slot(id).promise,
    read,
    ids,
    close: async () => {
      await Promise.all([...stops].map((stop) => stop()));
    },
  };
}

/** How an id is compared: by type and value. */
export function keyOf(id: unknown): string {
  return JSON.stringify(id) ?? "";
}

/** A member that is an object. */
export function objectIn(document: Document | undefined, name: string): Document | undefined {
  const value = document?.[name];
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : undefined;
}

/** The messages of a text, which may be a batch; none, if it is no JSON. */
export function messagesIn(text: string): readonly Document[] {
  try {
    const value: unknown = JSON.parse(text);
    const all: readonly unknown[] = Array.isArray(value) ? value : [value];
    return all.flatMap((message) => typeof message === "object" && message !== null ? [{ ...message }] : []);
  } catch {
    return [];
  }
}

async function* chunksOf(reader: ReadableStreamDefaultReader<string>): AsyncGenerator<string, void, undefined> {
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield value;
  }
}
