// Bodies that do not arrive as they should: not at all, in part, or in pieces.
import type { Sleep } from "../runtime/sleep.ts";

/** Why a body breaks off that was meant to. */
export class PlannedBreak extends Error {
  constructor(message: string) {
    super(message);
    this.name = "PlannedBreak";
  }
}

/** A body that breaks off before its first byte. */
export function brokenBody(): ReadableStream<Uint8Array> {
  return new ReadableStream({
    pull: (controller) => controller.error(new PlannedBreak("The connection is dropped on request")),
  });
}

/** A body that breaks off as soon as so many bytes have gone by, whether or not more would come; at its end at the latest. */
export function truncated(body: ReadableStream<Uint8Array>, bytes: number): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  let left = bytes;
  return new ReadableStream({
    // Asked again only when what was given has been taken, which an error would throw away.
    pull: async (controller) => {
      const { done, value } = left > 0 ? await reader.read() : { done: true };
      if (!done && value) {
        controller.enqueue(value.subarray(0, left));
        left -= Math.min(left, value.length);
        return;
      }
      controller.error(new PlannedBreak("The body is cut off on request"));
      await reader.cancel().catch(() => {});
    },
    cancel: (reason) => reader.cancel(reason),
  });
}

/**
 * A body that comes in pieces.
 *
 * @param pace Bytes a piece, milliseconds before each, and what to wait with.
 */
export function inPieces(
  body: ReadableStream<Uint8Array>,
  { bytes, every_ms, sleep }: { readonly bytes: number; readonly every_ms: number; readonly sleep: Sleep },
): ReadableStream<Uint8Array> {
  const stop = new AbortController();
  async function* pieces(): AsyncGenerator<Uint8Array> {
    for await (const chunk of body) {
      for (let at = 0; at < chunk.length; at += bytes) {
        await sleep(every_ms, stop.signal);
        yield chunk.subarray(at, at + bytes);
      }
    }
  }
  const source = ReadableStream.from(pieces());
  const reader = source.getReader();
  return new ReadableStream({
    pull: async (controller) => {
      const { done, value } = await reader.read();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: (reason) => {
      stop.abort(reason);
      return reader.cancel(reason).catch(() => {});
    },
  });
}
