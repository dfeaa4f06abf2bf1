// Server-sent events: a response that goes on until its reader leaves, reads too slowly, or the server ends.
import { createByteQueue } from "./byte_queue.ts";
import { OAuthError } from "./errors.ts";
import type { Sleep } from "../runtime/sleep.ts";

/** A stream that is open. */
export interface EventStream {
  /** Aborts when the reader is gone. */
  readonly signal: AbortSignal;
  /**
   * Sends an event, with an id that its reader brings back when it comes again. A reader who leaves too much unread is cut
   * off: what waits for it is thrown away, and a last event, `cut_off`, says so.
   */
  readonly send: (name: string, data: unknown, id?: string) => void;
  /** Waits until all that was sent is read and more is asked for; rejects when the reader is gone. */
  readonly room: () => Promise<void>;
  /** Does something in the background; what fails ends the stream, and its reader comes again. */
  readonly run: (work: () => Promise<void>) => void;
  /** Waits for so many milliseconds; rejects when the reader is gone. */
  readonly wait: (ms: number) => Promise<void>;
}

interface Subscriber {
  readonly sandboxId: string;
  /** Whose streams are counted together, beside those of the sandbox; undefined if they are not. */
  readonly address: string | undefined;
}

/** Opens streams. */
export interface EventStreams {
  /**
   * Opens one.
   *
   * @throws OAuthError `temporarily_unavailable` if there are too many.
   */
  readonly open: (subscriber: Subscriber, start: (stream: EventStream) => void) => Response;
}

interface EventStreamDeps {
  readonly sleep: Sleep;
  /** Aborting it ends all streams. */
  readonly signal: AbortSignal | undefined;
}

/** Streams of one sandbox at the same time. */
export const MAX_STREAMS_PER_SANDBOX = 16;
/** Streams of one address at the same time, where addresses count. */
export const MAX_STREAMS_PER_ADDRESS = 8;
/** Streams at the same time. */
export const MAX_STREAMS = 128;
/** Proxies end a stream that says nothing for long. */
const KEEP_ALIVE_MS = 15_000;
const KEEP_ALIVE = new TextEncoder().encode(": still here\n\n");

/**
 * Makes what opens streams.
 *
 * @see {@link https://html.spec.whatwg.org/multipage/server-sent-events.html}
 */
export function createEventStreams(deps: EventStreamDeps): EventStreams {
  const open = new Set<Subscriber>();
  const encode = createEncoder();

  function admit({ sandboxId, address }: Subscriber): void {
    const count = (isCounted: (other: Subscriber) => boolean): number => [...open].filter(isCounted).length;
    if (count((other) => other.sandboxId === sandboxId) >= MAX_STREAMS_PER_SANDBOX) {
      throw tooMany("of this sandbox", MAX_STREAMS_PER_SANDBOX, 429);
    }
    if (address !== undefined && count((other) => other.address === address) >= MAX_STREAMS_PER_ADDRESS) {
      throw tooMany("of your address", MAX_STREAMS_PER_ADDRESS, 429);
    }
    if (open.size >= MAX_STREAMS) throw tooMany("of this server", MAX_STREAMS, 503);
  }

  return {
    open: (subscriber, start) => {
      admit(subscriber);
      const own = { ...subscriber };
      open.add(own);
      const stop = new AbortController();
      stop.signal.addEventListener("abort", () => void open.delete(own), { once: true });
      return new Response(streamOf({ ...deps, encode, stop }, start), {
        headers: { "content-type": "text/event-stream", "cache-control": "no-store", "x-accel-buffering": "no" },
      });
    },
  };
}

function tooMany(whose: string, most: number, status: number): OAuthError {
  return new OAuthError("temporarily_unavailable", `Too many readers of events ${whose}`, {
    status,
    expected: `${most} at the same time at most; close one that is open`,
    reference: "RFC 6585 4",
    headers: { "retry-after": "10" },
  });
}

/** An event as bytes; one that goes to many readers is written once. */
function createEncoder(): (name: string, data: unknown, id: string | undefined) => Uint8Array {
  const encoder = new TextEncoder();
  let last: { readonly data: unknown; readonly id: string; readonly bytes: Uint8Array } | undefined;
  return (name, data, id) => {
    if (last && last.data === data && last.id === id) return last.bytes;
    const bytes = encoder.encode(
      `${id === undefined ? "" : `id: ${id}\n`}event: ${name}\ndata: ${JSON.stringify(data)}\n\n`,
    );
    if (id !== undefined) last = { data, id, bytes };
    return bytes;
  };
}

interface StreamDeps extends EventStreamDeps {
  readonly encode: ReturnType<typeof createEncoder>;
  readonly stop: AbortController;
}

function streamOf(
  { sleep, signal, encode, stop }: StreamDeps,
  start: (stream: EventStream) => void,
): ReadableStream<Uint8Array> {
  const queue = createByteQueue();

  function end(): void {
    queue.end();
    stop.abort();
  }

  function send(name: string, data: unknown, id?: string): void {
    if (stop.signal.aborted) return;
    if (queue.isFull()) {
      queue.clear();
      queue.push(encode("cut_off", { reason: "This reader is too slow; it may reconnect" }, undefined));
      return end();
    }
    queue.push(encode(name, data, id));
  }

  async function wait(ms: number): Promise<void> {
    await sleep(ms, stop.signal);
    stop.signal.throwIfAborted();
  }

  const run = (work: () => Promise<void>): void => void work().catch(end);
  const body = new ReadableStream<Uint8Array>({
    start: () => {
      if (signal?.aborted) return end();
      signal?.addEventListener("abort", end, { once: true, signal: stop.signal });
      run(async () => {
        for (;;) {
          await wait(KEEP_ALIVE_MS);
          if (queue.isEmpty()) queue.push(KEEP_ALIVE);
        }
      });
      const room = async (): Promise<void> => {
        await queue.drained();
        stop.signal.throwIfAborted();
      };
      start({ signal: stop.signal, send, room, run, wait });
    },
    pull: async (controller) => {
      const next = await queue.take();
      if (next) controller.enqueue(next);
      else controller.close();
    },
    cancel: () => {
      queue.clear();
      end();
    },
  }, { highWaterMark: 0 });
  return body;
}
