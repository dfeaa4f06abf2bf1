// The text of server-sent events: taking a stream apart into its events, and writing events. All streams here end their
// lines with a line feed alone.

/** An event, or a comment between two events, as far as a stream has said it. */
export interface ReadEvent {
  readonly id?: string;
  readonly retry?: string;
  readonly event?: string;
  /** Its lines of data, joined; absent where it has none. */
  readonly data?: string;
  /** Its text, without the empty line that ends it. */
  readonly raw: string;
}

/** What an event is written from. */
export interface WrittenEvent {
  readonly comment?: string | undefined;
  readonly event?: string | undefined;
  readonly id?: string | undefined;
  readonly retry?: string | number | undefined;
  readonly data?: string | undefined;
}

/**
 * Takes a stream apart.
 *
 * @returns The text of each event, without the empty line that ends it; what no such line ends is left out, as by clients.
 */
export async function* eventsOf(body: ReadableStream<Uint8Array>): AsyncGenerator<ReadEvent, void> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of body) {
    const texts = (rest + decoder.decode(chunk, { stream: true })).split("\n\n");
    rest = texts.pop() ?? "";
    for (const text of texts) if (text !== "") yield readEvent(text);
  }
}

/**
 * Reads the text of one event.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const raw = "id: 7\ndata: a\n: comment\ndata: b";
 * assert.deepEqual(readEvent(raw), { raw, id: "7", data: "a\nb" });
 * ```
 * @see {@link https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation}
 */
export function readEvent(raw: string): ReadEvent {
  const data: string[] = [];
  const fields: { id?: string; retry?: string; event?: string } = {};
  for (const line of raw.split("\n")) {
    const [, name = "", value = ""] = /^([^:]*):? ?(.*)$/.exec(line) ?? [];
    if (name === "data") data.push(value);
    else if (name === "id" || name === "retry" || name === "event") fields[name] = value;
  }
  return { raw, ...fields, ...(data.length === 0 ? {} : { data: data.join("\n") }) };
}

/**
 * Writes an event, with the empty line that ends it. An empty `data` is a line without a value.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(writeEvent({ id: "7", data: "{}" }), "id: 7\ndata: {}\n\n");
 * assert.equal(writeEvent({ comment: "still here" }), ": still here\n\n");
 * ```
 */
export function writeEvent({ comment, event, id, retry, data }: WrittenEvent): string {
  const lines = [
    ...linesOf("", comment),
    ...linesOf("event", event),
    ...linesOf("id", id),
    ...linesOf("retry", retry === undefined ? undefined : String(retry)),
    ...linesOf("data", data),
  ];
  return `${lines.join("\n")}\n\n`;
}

function linesOf(name: string, value: string | undefined): readonly string[] {
  return value === undefined ? [] : value.split(/\r\n|\r|\n/).map((line) => `${name}: ${line}`);
}
