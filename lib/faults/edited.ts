// What an edit makes of what a response says: its status, its headers and its body.
import { notedText, noteText } from "../http/seen_text.ts";
import type { Edit } from "../scenarios/edit.ts";
import { templatesIn } from "../scenarios/templates.ts";
import { withMember, withoutMember } from "./member_paths.ts";
import { fillHeader, fillText, fillValue, partOf, type Variables } from "./template.ts";

/** A response and what an edit makes of it; only one of the two can be sent. */
export interface Edited {
  readonly before: Response;
  readonly after: Response;
  /** Whether the two differ. */
  readonly isChanged: boolean;
  /** Whether the body of one is not that of the other. */
  readonly hasOtherBody: boolean;
}

/** Edits a response; its body is read if the edit looks into it. */
export async function editResponse(response: Response, edit: Edit, variables: Variables): Promise<Edited> {
  const text = looksIntoBody(edit) && isJson(response) ? await response.text() : undefined;
  const before = text === undefined ? response : withText(response, text);
  const members = text === undefined ? undefined : parseObject(text);
  const known: Variables = (name) => {
    const member = partOf("body", name);
    return member === undefined ? variables(name) : members?.[member] ?? "";
  };
  const headers = new Headers(before.headers);
  const body = edit.body === undefined ? jsonBody(members, edit, { headers, known }) : fillText(edit.body, known);
  editHeaders(headers, edit, known);
  const status = edit.status ?? before.status;
  const isRewritten = body !== undefined && body !== notedText(before);
  const isChanged = status !== before.status || isRewritten || !haveSame(before.headers, headers);
  if (isBodiless(status)) {
    return { before, after: new Response(null, { status, headers }), isChanged, hasOtherBody: true };
  }
  if (isRewritten) headers.delete("content-length");
  const said = isRewritten ? body : notedText(before);
  const after = new Response(isRewritten ? body : before.body, { status, headers });
  return { before, after: said === undefined ? after : noteText(after, said), isChanged, hasOtherBody: isRewritten };
}

/** Statuses whose responses have no body (Fetch standard, null body status). */
export function isBodiless(status: number): boolean {
  return status === 204 || status === 205 || status === 304;
}

function looksIntoBody(edit: Edit): boolean {
  return edit.json !== undefined || edit.encode !== undefined || edit.stream !== undefined ||
    templatesIn(edit).some((name) => partOf("body", name) !== undefined);
}

function withText({ status, headers }: Response, text: string): Response {
  return noteText(new Response(text, { status, headers }), text);
}

function isJson(response: Response): boolean {
  return response.headers.get("content-type")?.startsWith("application/json") ?? false;
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

/** The body that a JSON body becomes; undefined where it stays as it is. */
function jsonBody(
  members: Readonly<Record<string, unknown>> | undefined,
  { json = {}, encode }: Edit,
  { headers, known }: { readonly headers: Headers; readonly known: Variables },
): string | undefined {
  if (!members) return undefined;
  const edited = editMembers(members, json, known);
  if (encode === "form") {
    headers.set("content-type", "application/x-www-form-urlencoded");
    return encodeForm(edited);
  }
  const written = JSON.stringify(edited);
  return written === JSON.stringify(members) ? undefined : written;
}

/** Members of a message as an edit leaves them. */
export function editMembers(
  members: Readonly<Record<string, unknown>>,
  { keep, remove = [], set = {}, order = keep ?? [] }: NonNullable<Edit["json"]>,
  variables: Variables,
): Record<string, unknown> {
  const kept = Object.fromEntries(Object.entries(members).filter(([name]) => !keep || keep.includes(name)));
  const left = remove.reduce<Record<string, unknown>>((rest, name) => ({ ...withoutMember(rest, name) }), kept);
  const all = Object.entries(set).reduce<Record<string, unknown>>(
    (rest, [name, value]) => ({ ...withMember(rest, name, fillValue(value, variables)) }),
    left,
  );
  const first = order.filter((name) => Object.hasOwn(all, name)).map((name) => [name, all[name]]);
  return { ...Object.fromEntries(first), ...all };
}

function encodeForm(members: Readonly<Record<string, unknown>>): string {
  const texts = Object.entries(members).map(([name, value]) => [
    name,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  return new URLSearchParams(texts).toString();
}

function editHeaders(headers: Headers, edit: Edit, known: Variables): void {
  if (edit.location) editLocation(headers, edit.location, known);
  for (const [name, value] of Object.entries(edit.headers ?? {})) {
    if (value === null) headers.delete(name);
    else headers.set(name, fillHeader(value, known));
  }
  if (edit.content_type !== undefined) headers.set("content-type", fillHeader(edit.content_type, known));
}

function haveSame(a: Headers, b: Headers): boolean {
  return JSON.stringify([...a]) === JSON.stringify([...b]);
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
  const known: Variables = (name) => {
    const parameter = partOf("location", name);
    return parameter === undefined ? variables(name) : answer.get(parameter) ?? "";
  };
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
