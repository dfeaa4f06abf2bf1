// The event streams that clients hold open. The SDK writes messages into a stream whether or not they are read, and keeps
// them until they are; here a stream whose client has left too much unread is cut off, and its messages are dropped. And a
// stream ends with its sandbox.
import { PlannedBreak } from "../faults/broken_body.ts";

/** The most that may lie unread, in bytes: in one stream, and in all streams of the process. */
export const MAX_UNREAD_BYTES = { stream: 4 * 1024 ** 2, process: 64 * 1024 ** 2 } as const;

/** The open streams of one app. */
interface OpenStreams {
  /**
   * The same response, its stream ended in time. A message with nothing unread before it gets through whatever its size, so
   * a client that reads is never cut off.
   */
  readonly watch: (response: Response, sandboxId: string) => Response;
  /** Ends all streams of a sandbox, once what they hold has been read. */
  readonly end: (sandboxId: string) => void;
}

/** Whether a response is a stream of events. */
export function isEventStream({ headers }: Response): boolean {
  return headers.get("content-type") === "text/event-stream";
}

/** Makes the open streams of one app, none at first. */
export function createOpenStreams(): OpenStreams {
  const guard = createUnreadGuard();
  const open = new Map<string, Set<() => void>>();
  return {
    watch: (response, sandboxId) => {
      if (!isEventStream(response) || !response.body) return response;
      const ofSandbox = open.get(sandboxId) ?? new Set();
      open.set(sandboxId, ofSandbox);
      const { stream, end } = guard(response.body, () => {
        ofSandbox.delete(end);
        if (ofSandbox.size === 0) open.delete(sandboxId);
      });
      ofSandbox.add(end);
      return new Response(stream, response);
    },
    end: (sandboxId) => {
      for (const end of open.get(sandboxId) ?? []) end();
    },
  };
}

/** A stream that is watched, and what ends it. */
interface Guarded {
  readonly stream: ReadableStream<Uint8Array>;
  readonly end: () => void;
}

/** Makes the function that has a stream cut off where it is not read. */
function createUnreadGuard(): (body: ReadableStream<Uint8Array>, onEnd: () => void) => Guarded {
  let allBytes = 0;

  return (body, onEnd) => {
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
    const finish = (): void => {
      isOver = true;
      wake();
      onEnd();
    };
    void fill().catch((error) => failure = error).then(finish);

    const stream = new ReadableStream<Uint8Array>({
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
    return {
      stream,
      end: () => {
        finish();
        void reader.cancel().catch(() => {});
      },
    };
  };
}
