/** How the test client reads an event stream, as browsers do (HTML 9.2.6). */

/** What a stream has said so far of how to go on with it. */
export interface StreamState {
  /** The last event id, if there was one. */
  lastId: string | undefined;
  /** How long to wait before asking for the rest. */
  retryMs: number | undefined;
}

/** One event of a stream. */
export interface StreamEvent {
  readonly event: string;
  readonly data: string;
}

/** The events of a stream, up to its end; keeps the state up to date meanwhile. What was cut in two is left out. */
export async function* eventsOf(
  lines: AsyncIterable<string>,
  state: StreamState,
): AsyncGenerator<StreamEvent, void, undefined> {
  let [event, id] = ["message", state.lastId];
  let data: string[] = [];
  for await (const line of lines) {
    const [, field = "", value = ""] = /^([^:]*):? ?(.*)$/s.exec(line) ?? [];
    if (field === "data") data.push(value);
    else if (field === "event") event = value;
    else if (field === "id" && !value.includes("\0")) id = value === "" ? undefined : value;
    else if (field === "retry" && /^\d+$/.test(value)) state.retryMs = Number(value);
    else if (line === "") {
      state.lastId = id;
      const whole = { event, data: data.join("\n") };
      const isEmpty = data.length === 0;
      [event, data] = ["message", []];
      if (!isEmpty) yield whole;
    }
  }
}

/** The lines of a body, whichever way they end; not the rest after the last line's end. */
export async function* linesOf(chunks: AsyncIterable<string>): AsyncGenerator<string, void, undefined> {
  let rest = "";
  for await (const chunk of chunks) {
    rest += chunk;
    // A line feed may follow a carriage return that ends the chunk.
    for (let end = /\r\n|\n|\r(?!$)/.exec(rest); end; end = /\r\n|\n|\r(?!$)/.exec(rest)) {
      yield rest.slice(0, end.index).replace(/^\uFEFF/, "");
      rest = rest.slice(end.index + end[0].length);
    }
  }
  if (rest.endsWith("\r")) yield rest.slice(0, -1);
}
