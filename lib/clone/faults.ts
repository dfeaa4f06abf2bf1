// The faults of a clone: what makes an answer of ours that of the original.
import { isObject } from "../http/json.ts";
import { isEventStream, parseObject, pathOf } from "../judge/reading.ts";
import type { Edit } from "../scenarios/edit.ts";
import type { Fault } from "../scenarios/fault.ts";
import type { Match } from "../scenarios/match.ts";
import { asAsked } from "./aims.ts";
import { type Difference, objectOf, translated, volatile } from "./differences.ts";
import { messageOf, type Observed } from "./observed.ts";
import { isRepeating } from "./repeated.ts";
import type { UrlMap } from "./urls.ts";

/** Lists that a catalogue declares, and what leads through them: no fault writes them, but where no catalogue can have them. */
const declared: ReadonlySet<string> = new Set([
  "result.tools",
  "result.resources",
  "result.resourceTemplates",
  "result.prompts",
  "result.nextCursor",
  "result.completion",
]);

/** Headers that nothing but the server itself can set. */
const own: ReadonlySet<string> = new Set(["mcp-session-id", "dpop-nonce"]);

/** An answer that the clone does not give yet. */
export interface Unfit {
  readonly original: Observed;
  readonly clone: Observed;
  readonly differences: readonly Difference[];
  /** What the same endpoint has answered to others: it may have had more members. */
  readonly alike: readonly Observed[];
}

/** What turns the clone's answer into the original's; undefined where nothing can. */
export function editFor(unfit: Unfit, map: UrlMap): Edit | undefined {
  const { original, differences } = unfit;
  const status = differences.some(({ part }) => part === "status") ? { status: original.status } : {};
  const form = formFor(unfit);
  const headers = headersFor(form ? differences.filter(({ name }) => name !== "content-type") : differences, map);
  const json = membersFor(unfit, map);
  const body = differences.some(({ part }) => part === "body") ? { body: bodyTemplate(original, map) } : {};
  const edit: Edit = { ...status, ...headers, ...(json && { json }), ...body, ...(form && { stream: { form } }) };
  return Object.keys(edit).length === 0 ? undefined : edit;
}

/** The form of an answer, where a message comes as a stream of events there and as JSON here, or the other way round. */
function formFor({ original, clone }: Unfit): "events" | "json" | undefined {
  const isMessage = objectOf(original)?.jsonrpc === "2.0" && objectOf(clone)?.jsonrpc === "2.0";
  if (!isMessage || isEventStream(original.response) === isEventStream(clone.response)) return undefined;
  return isEventStream(original.response) ? "events" : "json";
}

/** A body as text; the path that was asked stands for whichever is asked, and so does the id of a message. */
function bodyTemplate(observed: Observed, map: UrlMap): string {
  const path = pathOf(observed.url);
  const text = asAsked(map.toTemplates(withoutId(observed))).replaceAll(JSON.stringify(ASKED_ID), "{rpc_id}");
  return path.length < 2 ? text : text.replaceAll(path, "{path}");
}

/** Stands in a body for the id of the message that it answers. */
const ASKED_ID = "mock-oauth-clone-rpc-id";

/** A body in which the id of what was asked is {@link ASKED_ID}, be it JSON or a stream of events. */
function withoutId(observed: Observed): string {
  const { response } = observed;
  const { body = "" } = response;
  const id = messageOf(observed)?.id;
  const cleaned = (text: string): string => {
    const message = id === undefined || id === null ? undefined : parseObject(text);
    const isAnswer = message?.jsonrpc === "2.0" && message.id === id && message.method === undefined;
    return isAnswer ? JSON.stringify({ ...message, id: ASKED_ID }) : text;
  };
  if (!isEventStream(response)) return cleaned(body);
  return body.replace(/^(data: ?)(.*)$/gm, (_, name: string, data: string) => name + cleaned(data));
}

/** The headers that an answer is to have. */
export function headersFor(differences: readonly Difference[], map: UrlMap): Pick<Edit, "headers"> {
  const changed = differences.filter(({ part, name, clone }) => {
    return part === "header" && (clone !== undefined || !own.has(name));
  }).map((
    { name, original },
  ): [string, string | null] => [name, typeof original === "string" ? printable(map.toTemplates(original)) : null]);
  return changed.length === 0 ? {} : { headers: Object.fromEntries(changed) };
}

/** What a header of ours can hold. */
function printable(text: string): string {
  return text.toWellFormed().replace(/[^\t\x20-\x7e]+/g, encodeURIComponent);
}

function membersFor({ original: observed, differences, alike }: Unfit, map: UrlMap): Edit["json"] {
  const changed = differences.filter(({ part, name, original }) =>
    // A secret of the original's does not travel, and would be good for nothing at its clone.
    part === "member" &&
    (original === undefined || isRepeating(name, observed) || !(declared.has(name) || volatile.has(name)))
  );
  const object = objectOf(observed);
  const set = changed.filter((one) => one.original !== undefined).map(({ name }): [string, unknown] => [
    name,
    name === "id" && messageOf(observed)?.id === object?.id
      ? "{rpc_id}"
      : translated(memberOf(object, name), (text) => asAsked(map.toTemplates(text))),
  ]);
  const remove = changed.filter((one) => one.original === undefined).map(({ name }) => name);
  const isReordered = differences.some(({ part }) => part === "order") ||
    changed.some((one) => one.clone === undefined && !one.name.includes("."));
  if (set.length === 0 && remove.length === 0 && !isReordered) return undefined;
  const names = Object.keys(object ?? {});
  const likeIt = alike.map((one) => Object.keys(objectOf(one) ?? {}));
  const all = likeIt.reduce((most, these) => these.length > most.length ? these : most, names);
  const written = set.length === 0 ? {} : { set: Object.fromEntries(set) };
  // A document is always the same; other answers may hold more, where more was asked for.
  if (observed.method === "GET" && remove.length > 0) return { ...written, keep: names };
  return { ...written, ...(remove.length === 0 ? {} : { remove }), ...(isReordered ? { order: all } : {}) };
}

function memberOf(object: unknown, path: string): unknown {
  const [first = "", ...rest] = path.split(".");
  if (!isObject(object)) return undefined;
  if (Object.hasOwn(object, path)) return object[path];
  return rest.length === 0 ? object[first] : memberOf(object[first], rest.join("."));
}

/** A fault of a name that no other has. */
export function faultOf(match: Match, edit: Edit, taken: readonly Fault[]): Fault {
  const { endpoint, path = [endpoint].flat().join(" "), method, rpc_method, status } = match;
  const parts = [method, path, rpc_method, status === undefined ? undefined : `answered ${String(status)}`];
  const name = parts.filter((part) => part !== undefined).join(" ")
    .replace(/[^\x20-\x7e]+/g, "-").slice(0, 90);
  const twins = taken.filter((fault) => fault.name === name || fault.name.startsWith(`${name} (`)).length;
  return { name: twins === 0 ? name : `${name} (${twins + 1})`, match, edit };
}
