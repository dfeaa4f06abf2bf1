// What happens to a finished response on its way out. The handler never learns of it.
import { notedText, noteText } from "../http/seen_text.ts";
import type { Sleep } from "../runtime/sleep.ts";
import { brokenBody, inPieces, truncated } from "./broken_body.ts";
import type { Answer, Edit } from "../scenarios/edit.ts";
import type { WireStep } from "../scenarios/plan.ts";
import { fillHeader, fillText, fillValue, type Variables } from "./template.ts";

/** What edits need. */
interface WireContext {
  readonly variables: Variables;
  readonly sleep: Sleep;
}

/** A response, and what made it so. */
interface WireResult {
  readonly response: Response;
  /** Names of the faults that changed it. */
  readonly applied: readonly string[];
  /** Whether one of them wrote its body or its media type. */
  readonly isRewritten: boolean;
}

/** Applies the wire steps of a plan to a response. */
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
    if (!await claim()) continue;
    response = await applyEdit(response, edit, context);
    made.push(edit);
    applied.push(fault);
  }
  // A body breaks on the way, so whatever else is done to it was done before.
  for (const edit of made) response = breakBody(response, edit, context.sleep);
  return { response, applied, isRewritten: made.some(writesBody) };
}

/** The response that replaces a handler's. */
export function answerResponse({ status, headers = {}, body }: Answer, variables: Variables): Response {
  const filled = fillValue(body, variables);
  const isText = typeof filled === "string";
  const bytes = filled === undefined ? null : isText ? filled : JSON.stringify(filled);
  const response = new Response(bytes, { status, headers: { "cache-control": "no-store" } });
  if (bytes !== null) {
    response.headers.set("content-type", isText ? "text/plain; charset=utf-8" : "application/json");
  }
  for (const [name, value] of Object.entries(headers)) response.headers.set(name, fillHeader(value, variables));
  return bytes === null ? response : noteText(response, bytes);
}

async function applyEdit(response: Response, edit: Edit, { variables, sleep }: WireContext): Promise<Response> {
  if (edit.delay_ms !== undefined) await sleep(edit.delay_ms);
  const headers = new Headers(response.headers);
  let body: BodyInit | null = response.body;
  let known = variables;
  if ((edit.json || edit.encode || usesBody(edit)) && isJson(response)) {
    const text = await response.text();
    const members = parseObject(text);
    known = (name) => name.startsWith("body.") ? members?.[name.slice("body.".length)] : variables(name);
    body = members ? writeMembers(editMembers(members, edit.json ?? {}, known), edit, headers) : text;
    headers.delete("content-length");
  }
  if (edit.location) editLocation(headers, edit.location, known);
  for (const [name, value] of Object.entries(edit.headers ?? {})) {
    if (value === null) headers.delete(name);
    else headers.set(name, fillHeader(value, known));
  }
  if (edit.content_type !== undefined) headers.set("content-type", edit.content_type);
  if (edit.body !== undefined) {
    if (body === response.body) void response.body?.cancel();
    headers.delete("content-length");
    body = fillText(edit.body, known);
  }
  const status = edit.status ?? response.status;
  if (isBodiless(status)) return new Response(null, { status, headers });
  const said = typeof body === "string" ? body : body === response.body ? notedText(response) : undefined;
  const edited = new Response(body, { status, headers });
  return said === undefined ? edited : noteText(edited, said);
}

function breakBody(response: Response, { drop, truncate_bytes, trickle }: Edit, sleep: Sleep): Response {
  const { status, headers } = response;
  if (drop) {
    void response.body?.cancel();
    // Only a body can break off, so a status without one gives way.
    return new Response(brokenBody(), { status: isBodiless(status) ? 200 : status, headers });
  }
  if (response.body && truncate_bytes !== undefined) {
    return new Response(truncated(response.body, truncate_bytes), { status, headers });
  }
  if (!response.body || !trickle) return response;
  return new Response(inPieces(response.body, { ...trickle, sleep }), { status, headers });
}

/** Statuses whose responses have no body (Fetch standard, null body status). */
function isBodiless(status: number): boolean {
  return status === 204 || status === 205 || status === 304;
}

function isJson(response: Response): boolean {
  return response.headers.get("content-type")?.startsWith("application/json") ?? false;
}

function writesBody({ body, json, encode, content_type, headers = {} }: Edit): boolean {
  return [body, json, encode, content_type].some((part) => part !== undefined) ||
    Object.keys(headers).some((name) => name.toLowerCase() === "content-type");
}

function usesBody({ headers, body }: Edit): boolean {
  return [...Object.values(headers ?? {}), body].some((text) => text?.includes("{body."));
}

/** An object's members, none of any other value; undefined for what is not JSON, such as the result of an earlier edit. */
function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === "object" && parsed !== null ? { ...parsed } : {};
  } catch {
    return undefined;
  }
}

function editMembers(
  members: Record<string, unknown>,
  { keep, remove = [], set = {} }: NonNullable<Edit["json"]>,
  variables: Variables,
): Record<string, unknown> {
  const kept = Object.entries(members).filter(([name]) => (!keep || keep.includes(name)) && !remove.includes(name));
  const added = Object.entries(set).map(([name, value]): [string, unknown] => [name, fillValue(value, variables)]);
  return { ...Object.fromEntries(kept), ...Object.fromEntries(added) };
}

function writeMembers(members: Readonly<Record<string, unknown>>, { encode }: Edit, headers: Headers): string {
  if (encode !== "form") return JSON.stringify(members);
  headers.set("content-type", "application/x-www-form-urlencoded");
  return encodeForm(members);
}

function encodeForm(members: Readonly<Record<string, unknown>>): string {
  const texts = Object.entries(members).map(([name, value]) => [
    name,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  return new URLSearchParams(texts).toString();
}

/** The parameters stand in the fragment where the response mode says so, else in the query. */
function editLocation(
  headers: Headers,
  parameters: Readonly<Record<string, string | null>>,
  variables: Variables,
): void {
  const location = headers.get("location");
  if (location === null || !URL.canParse(location)) return;
  const url = new URL(location);
  const isFragment = url.hash.length > 1;
  const answer = new URLSearchParams(isFragment ? url.hash.slice(1) : url.search);
  const known: Variables = (name) =>
    name.startsWith("location.") ? answer.get(name.slice("location.".length)) ?? "" : variables(name);
  const filled = Object.entries(parameters).map(([name, value]) =>
    [name, value === null ? null : fillText(value, known)] as const
  );
  for (const [name, value] of filled) {
    if (value === null) answer.delete(name);
    else answer.set(name, value);
  }
  if (isFragment) url.hash = answer.toString();
  else url.search = answer.toString();
  headers.set("location", url.href);
}
