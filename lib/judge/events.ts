/**
 * Reading event streams (HTML, 9.2.6): their events, ids, and times to wait.
 *
 * @module
 */

/** One block of an event stream: an event, or what only sets an id or a time, or a comment. */
export interface StreamEvent {
  /** Its data; undefined if it has none, and so is no event. */
  readonly data: string | undefined;
  /** Its type. */
  readonly type: string;
  /** The id that a client which got this one resumes from; undefined if no id has come yet. */
  readonly lastId: string | undefined;
  /** Whether it brings an id itself. */
  readonly hasId: boolean;
  /** How long it asks clients to wait before they come back, in milliseconds. */
  readonly retryMs: number | undefined;
}

/**
 * The blocks of an event stream. What has no end yet is no block: a client drops it when the stream ends.
 *
 * @param text As much of the stream as has come.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const [primed, answer, ...more] = eventsOf("id: 1\nretry: 500\ndata:\n\n: still here\ndata: {\ndata: }\n\ndata: cut");
 * assert.deepEqual([primed?.lastId, primed?.retryMs, primed?.data], ["1", 500, ""]);
 * assert.deepEqual([answer?.lastId, answer?.hasId, answer?.data], ["1", false, "{\n}"]);
 * assert.deepEqual(more, []);
 * ```
 */
export function eventsOf(text: string): readonly StreamEvent[] {
  const events: StreamEvent[] = [];
  let lastId: string | undefined;
  let block: string[] = [];
  const lines = text.replace(/^\uFEFF/, "").split(/\r\n|\n|\r/);
  // What stands behind the last end of a line is no line.
  for (const line of lines.slice(0, -1)) {
    if (line !== "") block.push(line);
    else if (block.length > 0) {
      const event = readBlock(block, lastId);
      lastId = event.lastId;
      events.push(event);
      block = [];
    }
  }
  return events;
}

function readBlock(lines: readonly string[], before: string | undefined): StreamEvent {
  const fields = lines.flatMap((line) => {
    const [, name = "", value = ""] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
    return name === "" ? [] : [[name, value] as const];
  });
  const last = (wanted: string): string | undefined => fields.findLast(([name]) => name === wanted)?.[1];
  const data = fields.flatMap(([name, value]) => name === "data" ? [value] : []);
  const id = fields.findLast(([name, value]) => name === "id" && !value.includes("\0"))?.[1];
  const retry = last("retry");
  return {
    data: data.length === 0 ? undefined : data.join("\n"),
    type: last("event") || "message",
    lastId: id ?? before,
    hasId: id !== undefined,
    retryMs: retry !== undefined && /^\d+$/.test(retry) ? Number(retry) : undefined,
  };
}
