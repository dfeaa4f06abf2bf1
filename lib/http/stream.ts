// Watching a body go by.

/**
 * The same stream, which tells when it has ended.
 *
 * @param body The stream; it is read only as fast as the result is.
 * @param onEnd Called once, whether the stream ends, fails, or its reader leaves; told whether all of it went by.
 * @param onChunk Called with everything that goes by.
 */
export function withEnd(
  body: ReadableStream<Uint8Array>,
  onEnd: (isWhole: boolean) => void,
  onChunk?: (chunk: Uint8Array) => void,
): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  let isOver = false;
  const end = (isWhole: boolean): void => {
    if (isOver) return;
    isOver = true;
    onEnd(isWhole);
  };
  return new ReadableStream({
    pull: async (controller) => {
      try {
        const { done, value } = await reader.read();
        if (done) {
          if (!isOver) controller.close();
          return end(true);
        }
        controller.enqueue(value);
        onChunk?.(value);
      } catch (error) {
        end(false);
        throw error;
      }
    },
    cancel: async (reason) => {
      end(false);
      await reader.cancel(reason);
    },
  });
}
