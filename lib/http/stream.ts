// Watching a body go by.

/** Who ended a body: the server, once it had said all; the client, which left; or nobody, since it broke off on its way. */
export type EndedBy = "server" | "client" | "cut";

/**
 * The same stream, which tells when it has ended.
 *
 * @param body The stream; it is read only as fast as the result is.
 * @param onEnd Called once, whether the stream ends, fails, or its reader leaves; told which of these.
 * @param onChunk Called with everything that goes by.
 */
export function withEnd(
  body: ReadableStream<Uint8Array>,
  onEnd: (by: EndedBy) => void,
  onChunk?: (chunk: Uint8Array) => void,
): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  let isOver = false;
  const end = (by: EndedBy): void => {
    if (isOver) return;
    isOver = true;
    onEnd(by);
  };
  return new ReadableStream({
    pull: async (controller) => {
      try {
        const { done, value } = await reader.read();
        if (done) {
          if (!isOver) controller.close();
          return end("server");
        }
        controller.enqueue(value);
        onChunk?.(value);
      } catch (error) {
        end("cut");
        throw error;
      }
    },
    cancel: async (reason) => {
      end("client");
      await reader.cancel(reason);
    },
  });
}
