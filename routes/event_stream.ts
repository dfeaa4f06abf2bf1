/**
 * Server-sent events: a response that goes on until its reader leaves or the server ends.
 *
 * @module
 */
import type { Sleep } from "../lib/sleep.ts";

/** A stream that is open. */
export interface EventStream {
  /** Aborts when nobody reads any more. */
  readonly signal: AbortSignal;
  /** Sends an event, with an id that its reader brings back when it comes again. */
  readonly send: (name: string, data: unknown, id?: string) => void;
  /** Does something in the background; what fails ends the stream, and its reader comes again. */
  readonly run: (work: () => Promise<void>) => void;
  /** Waits for so many milliseconds; rejects when nobody reads any more. */
  readonly wait: (ms: number) => Promise<void>;
}

/** What a stream is made with. */
export interface EventStreamDeps {
  /** What to wait with. */
  readonly sleep: Sleep;
  /** Aborting it ends the stream. */
  readonly signal: AbortSignal | undefined;
}

/** Proxies end a stream that says nothing for long. */
const KEEP_ALIVE_MS = 15_000;

/**
 * Makes a stream.
 *
 * @param deps What it is made with.
 * @param start Called once it is open.
 * @see {@link https://html.spec.whatwg.org/multipage/server-sent-events.html}
 */
export function eventStream({ sleep, signal }: EventStreamDeps, start: (stream: EventStream) => void): Response {
  const encoder = new TextEncoder();
  const stop = new AbortController();
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => {
      // What is told in one go leaves in one piece: a reader that gets thousands of events has thousands of chunks less.
      let pending = "";
      const flush = (): void => {
        if (!stop.signal.aborted) controller.enqueue(encoder.encode(pending));
        pending = "";
      };
      const write = (text: string): void => {
        if (pending === "") queueMicrotask(flush);
        pending += text;
      };
      const end = (): void => {
        if (stop.signal.aborted) return;
        if (pending !== "") flush();
        stop.abort();
        controller.close();
      };
      if (signal?.aborted) return end();
      signal?.addEventListener("abort", end, { once: true, signal: stop.signal });
      const wait = async (ms: number): Promise<void> => {
        await sleep(ms, stop.signal);
        stop.signal.throwIfAborted();
      };
      const run = (work: () => Promise<void>): void => void work().catch(end);
      run(async () => {
        for (;;) {
          await wait(KEEP_ALIVE_MS);
          write(": still here\n\n");
        }
      });
      start({
        signal: stop.signal,
        send: (name, data, id) =>
          write(`${id === undefined ? "" : `id: ${id}\n`}event: ${name}\ndata: ${JSON.stringify(data)}\n\n`),
        run,
        wait,
      });
    },
    cancel: () => stop.abort(),
  });
  return new Response(body, {
    headers: { "content-type": "text/event-stream", "cache-control": "no-store", "x-accel-buffering": "no" },
  });
}
