// `/control/streams`: the event streams that MCP clients hold open in this process, and what a test says on them, right or
// wrong: any message on any stream, other text, comments, and their end.
import { hash } from "../runtime/node_crypto.ts";
import { z } from "zod";
import type { OpenStream, StreamEnd } from "../faults/open_streams.ts";
import { suggest } from "../http/did_you_mean.ts";
import { OAuthError } from "../http/errors.ts";
import { writeEvent } from "../http/event_text.ts";
import { isObject, parseJson } from "../http/json.ts";
import { closedObject, type Complete, type Schema } from "../http/json_body.ts";
import { type Call, type Deps, one, operation } from "./operation.ts";

/** Which streams; everything that is said must be true. */
export interface StreamChoice {
  /** One stream, by its handle. */
  readonly stream?: string;
  /** Those of one session, by its handle or its id. */
  readonly session?: string;
  /** Those that GET requests opened, or those that answer a POST; if neither this nor `stream` is given, GET. */
  readonly method?: "GET" | "POST";
  /** Those of one endpoint, such as `/oauth`. */
  readonly path?: string;
}

/** What is said on streams: one event, then their end, or one of the two. */
export interface StreamPush {
  /** Which streams; all that GET requests opened, if not given. */
  readonly to?: StreamChoice;
  /** Type of the event; `message` for a message. */
  readonly event?: string;
  /** Its id; it is not kept, so that no client can resume from it. */
  readonly id?: string;
  /** How long clients are to wait before they come back, in milliseconds. */
  readonly retry_ms?: number;
  /** Anything to be sent as JSON, be it a message or not. */
  readonly message?: unknown;
  /** Data that need not be JSON. */
  readonly data?: string;
  /** Text that stands on the stream as it is, right or wrong. */
  readonly text?: string;
  /** A comment. */
  readonly comment?: string;
  /** Ends the streams afterwards: as streams that have ended, or as connections that break. */
  readonly end?: StreamEnd;
}

const line = z.string().max(2048).regex(/^[^\0\r\n]*$/, "one line of text");
const text = z.string().max(65_536);

const choiceSchema: Schema<StreamChoice> = closedObject(
  {
    stream: line.exactOptional().meta({ description: "Its handle, from GET /control/streams" }),
    session: line.exactOptional().meta({ description: "Those of one session: its handle, or its Mcp-Session-Id" }),
    method: z.enum(["GET", "POST"]).exactOptional().meta({
      description:
        "Those that GET requests opened, or those that answer a POST; if neither stream nor method is given, GET",
    }),
    path: line.exactOptional().meta({ description: "Those of one endpoint, such as /oauth" }),
  } satisfies Complete<StreamChoice>,
);

const said = ["message", "data", "text", "comment", "event", "id", "retry_ms", "end"] as const;

const pushSchema: Schema<StreamPush> = closedObject(
  {
    to: choiceSchema.exactOptional().meta({ description: "Which streams; all that GET requests opened, if not given" }),
    event: line.exactOptional(),
    id: line.exactOptional().meta({ description: "Its id; it is not kept, so that no client can resume from it" }),
    retry_ms: z.number().int().min(0).max(600_000).exactOptional(),
    message: z.unknown().exactOptional().meta({ description: "Anything to be sent as JSON, be it a message or not" }),
    data: text.exactOptional().meta({ description: "Data that need not be JSON" }),
    text: text.exactOptional().meta({ description: "Text that stands on the stream as it is, right or wrong" }),
    comment: text.exactOptional(),
    end: z.enum(["close", "cut"]).exactOptional().meta({
      description: "Ends the streams afterwards: as streams that have ended, or as connections that break",
    }),
  } satisfies Complete<StreamPush>,
).refine((push) => said.some((name) => push[name] !== undefined), {
  error: `one of ${said.join(", ")}`,
}).refine(({ message, data, text }) => [message, data, text].filter((part) => part !== undefined).length <= 1, {
  error: "one of message, data and text",
});

const stream = z.strictObject({
  stream: z.string().meta({ description: "Its handle" }),
  method: z.string(),
  path: z.string().meta({ description: "Below the sandbox's prefix" }),
  session: z.string().optional().meta({ description: "The handle of its session, as in GET /control/sessions" }),
  rpc_method: z.string().optional().meta({ description: "What the request asked that it answers" }),
  rpc_id: z.union([z.string(), z.number()]).optional(),
  opened_at_ms: z.number(),
  age_seconds: z.number(),
  sent_events: z.number().int().min(0).meta({ description: "Events that have gone out, comments not counted" }),
});
const streams = z.strictObject({ streams: z.array(stream) });
const pushed = z.strictObject({
  streams: z.array(stream),
  note: z.string().optional().meta({
    description: "What the caller may not expect; absent if there is nothing to say",
  }),
});

type ToldStream = z.infer<typeof stream>;

/** What can be done to the streams of a sandbox. */
export const streamOperations = {
  control_list_streams: operation({
    summary: "Event streams that MCP clients hold open, in the process that answers",
    answer: streams,
    run: ({ streams }, { sandbox }) => ({ streams: streams.of(sandbox.id).map((one) => tell(one, sandbox.nowMs)) }),
  }),
  control_push_to_streams: operation({
    summary: "Puts a message, right or broken, other text or a comment onto open streams, or ends them",
    description:
      "Of a message under way nothing is torn apart. What is put on a stream has no event id unless one is given, and is " +
      "not kept: no client can resume from such an id, nor is sent it again. Answers with the streams that were meant, as they were before.",
    input: one(pushSchema),
    example: { message: { jsonrpc: "2.0", method: "notifications/tools/list_changed" } },
    answer: pushed,
    run: push,
  }),
};

function push({ streams }: Deps, { sandbox, input }: Call<StreamPush>): z.infer<typeof pushed> {
  const meant = chosen(streams.of(sandbox.id), input.to ?? {});
  const told = meant.map((one) => tell(one, sandbox.nowMs));
  const written = textOf(input);
  for (const { push, end } of meant) {
    if (written !== undefined) push(written);
    if (input.end !== undefined) end(input.end);
  }
  const note = noteOn(input, told.length);
  return { streams: told, ...(note === undefined ? {} : { note }) };
}

function noteOn({ id, to }: StreamPush, count: number): string | undefined {
  if (count > 0) return id === undefined ? undefined : "The id is not kept: a client that resumes from it gets 400";
  const what = to === undefined || Object.keys(to).length === 0 ? "that a GET request opened " : "of these ";
  return `Nothing was sent: no stream ${what}is open in this process`;
}

function chosen(all: readonly OpenStream[], { stream, session, method, path }: StreamChoice): readonly OpenStream[] {
  const wanted = method ?? (stream === undefined ? "GET" : undefined);
  require("stream", stream, all.map(({ handle }) => handle));
  require("session", session, all.flatMap(({ sessionId }) => sessionId === undefined ? [] : namesOf(sessionId)));
  return all.filter((one) =>
    (stream === undefined || one.handle === stream) &&
    (session === undefined || (one.sessionId !== undefined && namesOf(one.sessionId).includes(session))) &&
    (wanted === undefined || one.method === wanted) &&
    (path === undefined || one.path === path)
  );
}

const missing = {
  stream: "no open stream has this handle",
  session: "no stream of this session is open",
} as const;

function require(name: "stream" | "session", asked: string | undefined, known: readonly string[]): void {
  if (asked === undefined || known.includes(asked)) return;
  throw new OAuthError("not_found", `Not found: ${missing[name]} in this process`, {
    parameter: `to.${name}`,
    received: asked,
    expected: known.length === 0 ? "that a client opens a stream first, as none is open" : suggest(asked, known),
  });
}

/** A session is called by its id, or by its handle, which does not tell that. */
function namesOf(sessionId: string): readonly string[] {
  return [hash("sha256", sessionId, "base64url"), sessionId];
}

function textOf({ event, id, retry_ms: retry, message, data, text, comment }: StreamPush): string | undefined {
  if (text !== undefined) return text;
  if ([event, id, retry, message, data, comment].every((part) => part === undefined)) return undefined;
  const isMessage = message !== undefined;
  const fields = { comment, event: event ?? (isMessage ? "message" : undefined), id, retry };
  return writeEvent({ ...fields, data: isMessage ? JSON.stringify(message) : data });
}

function tell(
  { handle, method, path, sessionId, sentText, openedAtMs, sentEvents }: OpenStream,
  nowMs: number,
): ToldStream {
  const asked = sentText === undefined ? {} : messageOf(sentText);
  return {
    stream: handle,
    method,
    path,
    ...(sessionId === undefined ? {} : { session: namesOf(sessionId)[0] }),
    ...(typeof asked.method === "string" ? { rpc_method: asked.method } : {}),
    ...(typeof asked.id === "string" || typeof asked.id === "number" ? { rpc_id: asked.id } : {}),
    opened_at_ms: openedAtMs,
    age_seconds: (nowMs - openedAtMs) / 1000,
    sent_events: sentEvents(),
  };
}

function messageOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const message = parseJson(text);
    return isObject(message) ? message : {};
  } catch {
    return {};
  }
}
