// What happens to a finished response on its way out. The handler never learns of it.
import { noteText } from "../http/seen_text.ts";
import type { Sleep } from "../runtime/sleep.ts";
import { brokenBody, inPieces, truncated } from "./broken_body.ts";
import type { Answer, Edit } from "../scenarios/edit.ts";
import type { WireStep } from "../scenarios/plan.ts";
import { type Edited, editResponse, isBodiless } from "./edited.ts";
import { type AnswerLife, isEventStream } from "./open_streams.ts";
import { aborted, editsStream, editStream, type StreamContext } from "./stream_edit.ts";
import { fillHeader, fillText, fillValue, type Variables } from "./template.ts";

interface WireContext extends Omit<StreamContext, "life"> {
  /** Begins the life of an answer that is held back, or of a stream. */
  readonly live: () => AnswerLife;
}

/** A response, and what made it so. */
interface WireResult {
  readonly response: Response;
  /** Names of the faults that changed it. */
  readonly applied: readonly string[];
  /** Whether one of them wrote its body or its media type. */
  readonly isRewritten: boolean;
}

/**
 * Applies the wire steps of a plan to a response. A step that would change nothing of it does not happen, and waits for a
 * response of which it does.
 */
export async function applyWire(
  response: Response,
  steps: readonly WireStep[],
  context: WireContext,
): Promise<WireResult> {
  const applied: string[] = [];
  const made: Edit[] = [];
  for (const { fault, edit, statuses, claim } of steps) {
    // A step waits for what the handler said, or what steps before it made of that.
    if (statuses && !statuses.includes(response.status)) continue;
    const edited = await editResponse(response, edit, context.variables);
    const { before, isChanged } = edited;
    const isOver = endsStream(edited, edit, context);
    const after = isOver ? new Response(null, edited.after) : edited.after;
    response = before;
    const isStream = editsStream(edit, after, context);
    if (!(isChanged || isStream || holdsBack(edit, after)) || !await claim()) continue;
    const isDue = await heldBack(edit, context);
    if (edited.hasOtherBody || isOver) void before.body?.cancel();
    response = isDue ? after : unsent(after);
    made.push(edit);
    applied.push(fault);
    if (!isDue) break;
    if (isStream) response = await asStream(response, edit, context);
  }
  // A body breaks on the way, so whatever else is done to it was done before.
  for (const edit of made) response = breakBody(response, edit, context.sleep);
  return { response, applied, isRewritten: made.some(writesBody) };
}

/**
 * Whether an open stream has to end here: read as an error, or as another type, it would be a body without an end.
 */
function endsStream(
  { before, after }: Edited,
  { body, stream }: Edit,
  { method, variables }: Pick<WireContext, "method" | "variables">,
): boolean {
  if (body !== undefined || stream !== undefined || !isEventStream(before)) return false;
  const staysOpen = method === "GET" || variables("message.method") === LISTEN;
  return staysOpen && (after.status >= 400 || !isEventStream(after));
}

/** The request of 2026-07-28 that a stream without an end answers. */
const LISTEN = "subscriptions/listen";

/** Holds an answer back; false if nobody waits for it any longer. */
async function heldBack({ delay_ms = 0, hold = false }: Edit, { sleep, live }: WireContext): Promise<boolean> {
  if (delay_ms === 0 && !hold) return true;
  const { signal, leave } = live();
  try {
    if (delay_ms > 0) await sleep(delay_ms, signal);
    if (hold) await aborted(signal);
    return !signal.aborted;
  } catch (error) {
    if (!signal.aborted) throw error;
    return false;
  } finally {
    leave();
  }
}

/** An answer that is never sent, as its client has left, or its sandbox has ended. */
function unsent({ body, status, headers }: Response): Response {
  void body?.cancel();
  return new Response(brokenBody(), { status: isBodiless(status) ? 200 : status, headers });
}

async function asStream(response: Response, edit: Edit, context: WireContext): Promise<Response> {
  const life = context.live();
  const edited = await editStream(response, edit, { ...context, life });
  life.answered();
  if (edit.stream?.form === "json") life.leave();
  return edited;
}

/** The response that replaces a handler's. */
export function answerResponse({ status, headers = {}, body }: Answer, variables: Variables): Response {
  const filled = typeof body === "string" ? fillText(body, variables) : fillValue(body, variables);
  const isText = typeof filled === "string";
  const bytes = filled === undefined ? null : isText ? filled : JSON.stringify(filled);
  const response = new Response(bytes, { status, headers: { "cache-control": "no-store" } });
  if (bytes !== null) {
    response.headers.set("content-type", isText ? "text/plain; charset=utf-8" : "application/json");
  }
  for (const [name, value] of Object.entries(headers)) response.headers.set(name, fillHeader(value, variables));
  return bytes === null ? response : noteText(response, bytes);
}

function breakBody(response: Response, { drop, truncate_bytes, trickle }: Edit, sleep: Sleep): Response {
  const { status, headers } = response;
  if (drop) {
    void response.body?.cancel();
    // Only a body can break off, so a status without one gives way.
    return new Response(brokenBody(), { status: isBodiless(status) ? 200 : status, headers });
  }
  if (!response.body || (truncate_bytes === undefined && !trickle)) return response;
  const cut = truncate_bytes === undefined ? response.body : truncated(response.body, truncate_bytes);
  return new Response(trickle ? inPieces(cut, { ...trickle, sleep }) : cut, { status, headers });
}

/** Whether an edit changes how a response arrives, whatever it says. */
function holdsBack({ delay_ms = 0, hold, drop, truncate_bytes, trickle }: Edit, { body }: Response): boolean {
  return delay_ms > 0 || hold === true || drop === true ||
    (body !== null && (truncate_bytes !== undefined || trickle !== undefined));
}

function writesBody({ body, json, encode, content_type, stream, headers = {} }: Edit): boolean {
  return [body, json, encode, content_type, stream].some((part) => part !== undefined) ||
    Object.keys(headers).some((name) => name.toLowerCase() === "content-type");
}
