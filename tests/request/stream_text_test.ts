/** The text of streams: whole, in order, and in memory that is given back. */
import assert from "node:assert/strict";
import { streamText } from "../../lib/http/stream_text.ts";

const all = "漢字 and more ".repeat(20_000);
const bytes = new TextEncoder().encode(all);

/** A stream of chunks of so many bytes, of the kind that fills buffers or of the other. */
function streamOf(length: number, type?: "bytes"): ReadableStream<Uint8Array> {
  let at = 0;
  const next = (): Uint8Array<ArrayBuffer> => bytes.slice(at, at += length);
  if (type === undefined) {
    return new ReadableStream({
      pull: (controller) => at < bytes.length ? controller.enqueue(next()) : controller.close(),
    });
  }
  return new ReadableStream({
    type,
    pull: (controller) => {
      if (at < bytes.length) return controller.enqueue(next());
      controller.close();
      controller.byobRequest?.respond(0);
    },
  });
}

for (const type of ["bytes", undefined] as const) {
  Deno.test(`streamText() decodes ${type ?? "chunks"} of any length, whatever characters they part`, async () => {
    for (const length of [1000, 65_535, 65_536, 65_537, bytes.length]) {
      let told = 0;
      const text = await streamText(streamOf(length, type), bytes.length, (count) => void (told += count));
      assert(text === all, `${length}`);
      assert.equal(told, bytes.length);
    }
  });

  Deno.test(`streamText() cancels a stream of ${type ?? "chunks"} that is too long, and does not wait for that`, async () => {
    let isCancelled = false;
    const cancel = (): Promise<void> => {
      isCancelled = true;
      return new Promise(() => {});
    };
    const start = (controller: { enqueue: (chunk: Uint8Array<ArrayBuffer>) => void }): void =>
      controller.enqueue(new Uint8Array(10));
    const stream = type ? new ReadableStream({ type, start, cancel }) : new ReadableStream({ start, cancel });
    const stop = (): void => {
      throw new Error("too long");
    };
    await assert.rejects(streamText(stream, 5, stop), /too long/);
    assert(isCancelled);
  });
}

Deno.test("streamText() of nothing is empty, and of a stream that breaks off rejects", async () => {
  assert.equal(await streamText(ReadableStream.from([]), 5, () => {}), "");
  const broken = new ReadableStream({ pull: () => Promise.reject(new Error("reset")) });
  await assert.rejects(streamText(broken, 5, () => {}), /reset/);
});
