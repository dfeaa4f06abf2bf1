// The text of a stream of bytes. What is long is collected in memory that grows with it, and is given back as soon as it is
// read or breaks off: chunks of their own would be garbage, of 64 KiB each however short they are, and an idle process
// collects none.

/** Up to here bytes are decoded as they come, which is fastest. */
const SHORT_BYTES = 64 * 1024;

/**
 * Reads a stream to its end and decodes it as UTF-8.
 *
 * @param maxBytes The most that `onChunk` lets pass.
 * @param onChunk Told of the length of each chunk before it is kept; what it throws ends the stream.
 */
export async function streamText(
  stream: ReadableStream<Uint8Array>,
  maxBytes: number,
  onChunk: (bytes: number) => void,
): Promise<string> {
  const decoder = new TextDecoder();
  const reader = stream.getReader();
  let text = "";
  for (let bytes = 0; bytes <= SHORT_BYTES;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    allow(reader, () => onChunk(value.length));
    bytes += value.length;
    text += decoder.decode(value, { stream: true });
  }
  reader.releaseLock();
  // A character may begin before and end behind.
  return text + await withRest(stream, { maxBytes, onChunk }, (bytes) => decoder.decode(bytes));
}

/** Reads the rest of a stream into memory of its own, which is there until it is used. */
async function withRest<T>(
  stream: ReadableStream<Uint8Array>,
  { maxBytes, onChunk }: { readonly maxBytes: number; readonly onChunk: (bytes: number) => void },
  use: (bytes: Uint8Array) => T,
): Promise<T> {
  const all = new ArrayBuffer(0, { maxByteLength: maxBytes });
  const filler = fillerOf(stream);
  const reader = filler ?? stream.getReader();
  let buffer: Uint8Array = new Uint8Array(SHORT_BYTES);
  try {
    for (;;) {
      const { done, value } = await (filler?.read(buffer) ?? reader.read(buffer));
      if (done || !value) return use(new Uint8Array(all));
      allow(reader, () => onChunk(value.length));
      const at = all.byteLength;
      all.resize(at + value.length);
      new Uint8Array(all, at).set(value);
      buffer = new Uint8Array(value.buffer);
    }
  } finally {
    all.transfer(0);
  }
}

/** Lets a chunk pass, or ends the stream. */
function allow(reader: ReadableStreamBYOBReader | ReadableStreamDefaultReader, pass: () => void): void {
  try {
    pass();
  } catch (error) {
    // Nobody waits for that: the answer is due now, whatever the sender keeps sending.
    void reader.cancel().catch(() => {});
    throw error;
  }
}

/** Reads into a buffer that it is given, which most streams of bytes can. */
function fillerOf(stream: ReadableStream<Uint8Array>): ReadableStreamBYOBReader | undefined {
  try {
    return stream.getReader({ mode: "byob" });
  } catch {
    return undefined;
  }
}
