// Streams that are not read. The SDK writes messages into a stream whether or not they are read, and keeps them until
// they are; here a stream whose client has left too much unread is cut off, and its messages are dropped.
import { PlannedBreak } from "../faults/broken_body.ts";

/** The most that may lie unread, in bytes: in one stream, and in all streams of the process. */
export const MAX_UNREAD_BYTES = { stream: 4 * 1024 ** 2, process: 64 * 1024 ** 2 } as const;

/**
 * Makes the function that has a stream cut off where it is not read.
 *
 * @returns A function that returns the same stream. A message with nothing unread before it gets through whatever its size,
 * so a client that reads is never cut off.
 */
export function createUnreadGuard(): (body: ReadableStream<Uint8Array>) => ReadableStream<Uint8Array> {
  let allBytes = 0;

  return (body) => {
    const reader = body.getReader();
    const waiting: Uint8Array[] = [];
    let bytes = 0;
    let isOver = false;
    let failure: unknown;
    let wake = (): void => {};

    const count = (added: number): void => {
      bytes += added;
      allBytes += added;
    };
    const isTooMuch = (more: number): boolean =>
      bytes > 0 && (bytes + more > MAX_UNREAD_BYTES.stream || allBytes + more > MAX_UNREAD_BYTES.process);
    const letGo = (): void => {
      waiting.length = 0;
      count(-bytes);
    };

    async function fill(): Promise<void> {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        if (isTooMuch(value.length)) {
          letGo();
          void reader.cancel();
          throw new PlannedBreak("The stream is not read, and is cut off");
        }
        waiting.push(value);
        count(value.length);
        wake();
      }
    }
    void fill().catch((error) => failure = error).then(() => {
      isOver = true;
      wake();
    });

    return new ReadableStream({
      pull: async (controller) => {
        while (waiting.length === 0 && !isOver) await new Promise<void>((resolve) => wake = resolve);
        const chunk = waiting.shift();
        if (chunk) {
          count(-chunk.length);
          return controller.enqueue(chunk);
        }
        if (failure !== undefined) throw failure;
        controller.close();
      },
      cancel: async (reason) => {
        letGo();
        await reader.cancel(reason);
      },
    }, { highWaterMark: 0 });
  };
}
