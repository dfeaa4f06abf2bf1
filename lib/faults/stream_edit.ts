// What an edit makes of an answer as a stream of events. It goes by event by event, as the client reads.
import { eventsOf, type ReadEvent, writeEvent } from "../http/event_text.ts";
import { isObject, parseJson } from "../http/json.ts";
import { notedText, noteText } from "../http/seen_text.ts";
import type { Sleep } from "../runtime/sleep.ts";
import type { Edit, StreamCut, StreamEdit, StreamEvent } from "../scenarios/edit.ts";
import { PlannedBreak } from "./broken_body.ts";
import { editMembers } from "./edited.ts";
import { type AnswerLife, isEventStream } from "./open_streams.ts";
import { fillText, fillValue, partOf, type Variables } from "./template.ts";

/** What an edit of a stream works with. */
export interface StreamContext {
  readonly variables: Variables;
  readonly sleep: Sleep;
  readonly method: string;
  readonly life: AnswerLife;
  /** Puts text on the GET streams of the same session; undefined where none is open. */
  readonly onGet: ((text: string) => void) | undefined;
}

type Events = AsyncGenerator<ReadEvent, void>;

/** Whether an edit makes something else of a response as a stream. */
export function editsStream(
  { json, stream }: Edit,
  response: Response,
  { method, onGet }: Pick<StreamContext, "method" | "onGet">,
): boolean {
  const isStream = isEventStream(response);
  // What answers no message may go on for ever.
  if (isStream && method === "GET" && stream?.form === "json") return false;
  if (!isStream && !isMessage(response)) return false;
  if (!stream) return isStream && json !== undefined;
  const { form, via, on_get, ...rest } = stream;
  const isPut = onGet !== undefined && (via !== undefined || on_get !== undefined);
  const isOther = form !== undefined && (form === "events") !== isStream;
  return isPut || isOther || Object.keys(rest).length > 0 || (isStream && json !== undefined);
}

/** Whether a response is one message in JSON. */
function isMessage(response: Response): boolean {
  const text = notedText(response);
  return response.status === 200 && text !== undefined && messageIn(text) !== undefined;
}

function messageIn(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const message = parseJson(text);
    return isObject(message) && message.jsonrpc !== undefined ? message : undefined;
  } catch {
    return undefined;
  }
}

/** Makes it. */
export async function editStream(response: Response, edit: Edit, context: StreamContext): Promise<Response> {
  const { stream = {}, json } = edit;
  const { status } = response;
  const headers = new Headers(response.headers);
  headers.delete("content-length");
  const isStream = isEventStream(response);
  const source = isStream && response.body ? eventsOf(stopped(response.body, context.life)) : single(response);
  // The members of an answer in JSON have been edited already.
  const edited = isStream && json ? withMembers(source, json, context) : source;
  if (stream.form === "json") {
    const text = await lastMessage(edited);
    headers.set("content-type", "application/json");
    headers.delete("cache-control");
    return noteText(new Response(text, { status, headers }), text);
  }
  headers.set("content-type", "text/event-stream");
  return new Response(bodyOf(textsOf(edited, stream, context), context.life), { status, headers });
}

/** Ends the source with the answer's life. */
function stopped(body: ReadableStream<Uint8Array>, { signal }: AnswerLife): ReadableStream<Uint8Array> {
  const through = new TransformStream<Uint8Array, Uint8Array>();
  // Both sides end: the reader gets no more, and the source is told.
  body.pipeTo(through.writable, { signal }).catch(() => {});
  return through.readable;
}

async function* single(response: Response): Events {
  const data = notedText(response) ?? await response.text();
  yield { event: "message", data, raw: `event: message\ndata: ${data}` };
}

async function* withMembers(events: Events, json: NonNullable<Edit["json"]>, { variables }: StreamContext): Events {
  for await (const event of events) {
    const message = event.data === undefined ? undefined : messageIn(event.data);
    const known: Variables = (name) => {
      const member = partOf("body", name);
      return member === undefined ? variables(name) : message?.[member] ?? "";
    };
    if (message === undefined) yield event;
    else yield withFields({ ...event, data: JSON.stringify(editMembers(message, json, known)) });
  }
}

/** The same event, written anew. */
function withFields({ event, id, retry, data }: Omit<ReadEvent, "raw">): ReadEvent {
  const fields = { event, id, retry, data };
  return {
    ...Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)),
    raw: writeEvent(fields).slice(0, -"\n\n".length),
  };
}

async function lastMessage(events: Events): Promise<string> {
  let last = "";
  for await (const { data = "" } of events) if (messageIn(data) !== undefined) last = data;
  return last;
}

/** The texts of the stream, until it ends or breaks. */
async function* textsOf(source: Events, edit: StreamEdit, context: StreamContext): AsyncGenerator<string, void> {
  const { end, on_get = [] } = edit;
  let count = 0;
  if (context.onGet) { for await (const text of putting(on_get, context)) context.onGet(text); }
  if (end && end.after_events === undefined && end.after_ms) {
    return yield* untilDue(changed(source, edit, context), end, context);
  }
  if (end && (end.after_events ?? 0) === 0) return await endEarly(end, context);
  for await (const text of changed(source, edit, context)) {
    yield text;
    if (HAS_FIELD.test(text)) count++;
    if (end && count === end.after_events) return await endEarly(end, context);
  }
}

/** Passes on what arrives within a given time, and then ends. */
async function* untilDue(
  texts: AsyncGenerator<string, void>,
  { after_ms = 0, how }: StreamCut,
  context: StreamContext,
): AsyncGenerator<string, void> {
  const over = new AbortController();
  const due = context.sleep(after_ms, AbortSignal.any([context.life.signal, over.signal])).then(() => undefined);
  due.catch(() => {});
  try {
    for (;;) {
      const next = await Promise.race([texts.next(), due]);
      if (next === undefined) return await endEarly({ how }, context);
      if (next.done) return;
      yield next.value;
    }
  } finally {
    over.abort();
    void texts.return().catch(() => {});
  }
}

/** A line that is no comment. */
const HAS_FIELD = /^[^:\n]/m;

/** Ends the stream before its time. */
async function endEarly({ after_ms = 0, how }: StreamCut, { sleep, life }: StreamContext): Promise<void> {
  if (after_ms > 0) await sleep(after_ms, life.signal);
  if (how === "hold") await aborted(life.signal);
  if (how === "cut") throw new PlannedBreak("The stream is cut on request");
}

/** Resolves when the signal aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

async function* changed(source: Events, edit: StreamEdit, context: StreamContext): AsyncGenerator<string, void> {
  const { before = [], after = [], twice = false, via } = edit;
  let number = 0;
  yield* putting(before, context);
  for await (const event of source) {
    const text = textOf(event, edit, numbered(context.variables, ++number));
    const isMessage = messageIn(event.data ?? "") !== undefined;
    const put = via !== undefined && isMessage ? context.onGet : undefined;
    for (let times = twice && isMessage ? 2 : 1; times > 0; times--) {
      if (put) put(text);
      else if (text !== "") yield text;
    }
  }
  yield* putting(after, context);
}

function textOf(event: ReadEvent, { fields, split = false }: StreamEdit, variables: Variables): string {
  const isComment = event.raw.startsWith(":") && event.data === undefined && event.id === undefined;
  if (isComment || (!fields && !split)) return `${event.raw}\n\n`;
  const { event: name = event.event, id = event.id, retry_ms = event.retry } = fields ?? {};
  const retry = retry_ms ?? undefined;
  const filledId = id === null ? undefined : id && fillText(id, variables);
  const text = writeEvent({ event: name ?? undefined, id: filledId, retry });
  const head = text === "\n\n" ? "" : text.slice(0, -1);
  const data = event.data === undefined ? "" : split ? splitData(event.data) : writeEvent({ data: event.data });
  if (data !== "") return head + data;
  return head === "" ? "" : `${head}\n`;
}

/** A message on one line for each of its own, and a comment before the last. */
function splitData(data: string): string {
  const message = messageIn(data);
  if (!message) return writeEvent({ data });
  const lines = JSON.stringify(message, undefined, 1).split("\n").map((line) => `data: ${line}\n`);
  return [...lines.slice(0, -1), ": between two lines of data\n", ...lines.slice(-1), "\n"].join("");
}

function numbered(variables: Variables, number: number, time = 1): Variables {
  return (name) => {
    const part = partOf("event", name);
    if (part === undefined) return variables(name);
    return part === "number" ? number : part === "time" ? time : "";
  };
}

/** Events that a fault puts on a stream, each when its time has come. */
async function* putting(
  events: readonly StreamEvent[],
  { variables, sleep, life: { signal } }: StreamContext,
): AsyncGenerator<string, void> {
  let number = 0;
  for (const event of events) {
    const { wait_ms = 0, every_ms, times = every_ms === undefined ? 1 : Infinity } = event;
    if (wait_ms > 0) await sleep(wait_ms, signal);
    for (let time = 0; time < times; time++) {
      if (time > 0) await sleep(every_ms ?? 0, signal);
      signal.throwIfAborted();
      const text = writePut(event, numbered(variables, ++number, time + 1));
      if (text !== "") yield text;
    }
  }
}

function writePut({ comment, event, id, retry_ms, message, data, text }: StreamEvent, variables: Variables): string {
  if (text !== undefined) return fillText(text, variables);
  const said = message === undefined ? data : JSON.stringify(fillValue(message, variables));
  const fields = { comment, event, id, retry: retry_ms, data: said };
  const isWait = Object.values(fields).every((value) => value === undefined);
  if (isWait) return "";
  const fill = (value: string | undefined): string | undefined => value && fillText(value, variables);
  return writeEvent({
    ...fields,
    comment: fill(comment),
    id: fill(id),
    data: message === undefined ? fill(data) : said,
  });
}

const encoder = new TextEncoder();

function bodyOf(texts: AsyncGenerator<string, void>, life: AnswerLife): ReadableStream<Uint8Array> {
  return new ReadableStream({
    pull: async (controller) => {
      try {
        const { done, value } = await texts.next();
        if (!done) return controller.enqueue(encoder.encode(value));
        controller.close();
      } catch (error) {
        // The stream has ended, with its sandbox or because its reader left.
        if (life.signal.aborted) controller.close();
        else controller.error(error);
      }
      life.leave();
    },
    cancel: () => {
      life.leave();
      void texts.return().catch(() => {});
    },
  }, { highWaterMark: 0 });
}
