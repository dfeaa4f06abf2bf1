// Documents that are written piece by piece, as fast as they are read and no faster: what nobody reads is never made.
import type { Sliced, Slices } from "../runtime/slices.ts";

/** About how much is written at a time, in characters. */
const CHUNK_LENGTH = 32 * 1024;

/**
 * A body of a response that is made as it is read.
 *
 * @param pieces Its parts; no more are made once the reader is gone.
 */
export function bodyOf(pieces: AsyncGenerator<string | Uint8Array, void>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream({
    pull: async (controller) => {
      const { done, value } = await pieces.next();
      if (done) controller.close();
      else controller.enqueue(typeof value === "string" ? encoder.encode(value) : value);
    },
    cancel: async () => void await pieces.return(),
  }, { highWaterMark: 0 });
}

/** Puts small pieces together to larger ones, and lets others run meanwhile. */
export async function* inChunks(pieces: Iterator<string, void>, slices: Slices): AsyncGenerator<string, void> {
  for (;;) {
    const { text, isLast } = await slices.run(gather(pieces));
    if (text !== "") yield text;
    if (isLast) return;
  }
}

function* gather(pieces: Iterator<string, void>): Sliced<{ readonly text: string; readonly isLast: boolean }> {
  let text = "";
  while (text.length < CHUNK_LENGTH) {
    const step = pieces.next();
    if (step.done) return { text, isLast: true };
    text += step.value;
    yield;
  }
  return { text, isLast: false };
}

/**
 * A JSON object whose last members are a list and what comes after it, in pieces.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal([...jsonPieces({ a: 1 }, "b", [2, 3], { c: 4 })].join(""), '{"a":1,"b":[2,3],"c":4}');
 * ```
 */
export function* jsonPieces(
  head: Readonly<Record<string, unknown>>,
  name: string,
  items: Iterable<unknown>,
  tail: Readonly<Record<string, unknown>> = {},
): Generator<string, void> {
  yield opening(head, name);
  let comma = "";
  for (const item of items) {
    yield comma + JSON.stringify(item);
    comma = ",";
  }
  yield closing(tail);
}

/** Some items of a list as {@link pagedJsonPieces} takes them. */
export function jsonPage(items: readonly unknown[]): Uint8Array {
  return new TextEncoder().encode(items.map((item) => `,${JSON.stringify(item)}`).join(""));
}

/**
 * The same for a list that is fetched as it is written, page by page.
 *
 * @param pages What is in it, each made by {@link jsonPage}.
 */
export async function* pagedJsonPieces(
  head: Readonly<Record<string, unknown>>,
  name: string,
  pages: AsyncIterable<Uint8Array>,
): AsyncGenerator<string | Uint8Array, void> {
  yield opening(head, name);
  let isFirst = true;
  for await (const page of pages) {
    if (page.byteLength === 0) continue;
    // The first item of all has no comma in front of it.
    yield isFirst ? page.subarray(1) : page;
    isFirst = false;
  }
  yield closing({});
}

function opening(head: Readonly<Record<string, unknown>>, name: string): string {
  const members = JSON.stringify(head).slice(1, -1);
  return `{${members}${members === "" ? "" : ","}${JSON.stringify(name)}:[`;
}

function closing(tail: Readonly<Record<string, unknown>>): string {
  const members = JSON.stringify(tail).slice(1, -1);
  return `]${members === "" ? "" : ","}${members}}`;
}
