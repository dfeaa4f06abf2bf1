// Where two answers to the same question differ, as far as a client can tell: status, headers, members.
import { isObject, isSameJson, type JsonObject } from "../http/json.ts";
import { addressOf, isEventStream, messagesOf, parseObject, pathOf } from "../judge/reading.ts";
import { headerOf } from "../recorder/exchange.ts";
import { answerOf, isLeftOpen, messageOf, methodOf, NO_ANSWER, type Observed } from "./observed.ts";

/** One difference: what differs, and what both have there; undefined for nothing. */
export interface Difference {
  readonly part: "status" | "header" | "member" | "order" | "body";
  /** The header's name, or the member's path. */
  readonly name: string;
  readonly original: unknown;
  readonly clone: unknown;
}

/** Headers that tell a client something. All others are a server's and its proxies' own. */
const headers = [
  "www-authenticate",
  "content-type",
  "location",
  "allow",
  "cache-control",
  "retry-after",
  "access-control-allow-origin",
  "access-control-allow-methods",
  "access-control-allow-headers",
  "access-control-allow-credentials",
  "access-control-expose-headers",
  "access-control-max-age",
  "mcp-session-id",
  "mcp-protocol-version",
  "dpop-nonce",
] as const;

/** What is another each time: only that it is there can be compared. */
export const volatile: ReadonlySet<string> = new Set([
  "mcp-session-id",
  "dpop-nonce",
  "client_id",
  "client_secret",
  "client_id_issued_at",
  "client_secret_expires_at",
  "registration_access_token",
  "registration_client_uri",
  "access_token",
  "refresh_token",
  "id_token",
]);

/** What is known of the server beyond one answer. */
export interface Known {
  /** What a text of the server's is in the clone. */
  readonly toOurs: (text: string) => string;
  /** The addresses that let pages of other origins in, as their preflights say. */
  readonly letsPagesIn: ReadonlySet<string>;
}

/** Compares what a server and its clone have answered. */
export function differencesOf(original: Observed, clone: Observed, known: Known): readonly Difference[] {
  const status: Difference = { part: "status", name: "", original: original.status, clone: clone.status };
  if (clone.status === NO_ANSWER) return [{ ...status, clone: "no answer in time" }];
  return [
    ...(original.status === clone.status ? [] : [status]),
    ...headerDifferences(original, clone, known),
    ...bodyDifferences(original, clone, known),
  ];
}

/** The addresses that let pages of other origins in. */
export function lettingPagesIn(observed: readonly Observed[]): ReadonlySet<string> {
  const open = observed.filter(({ method, response }) =>
    method === "OPTIONS" && headerOf(response, ALLOW) !== undefined
  );
  return new Set(open.map(({ url }) => addressOf(url)));
}

const ALLOW = "access-control-allow-origin";

function* headerDifferences(
  original: Observed,
  clone: Observed,
  { toOurs, letsPagesIn }: Known,
): Generator<Difference, void> {
  const origin = headerOf(original.request, "origin");
  const isWithCredentials = headerOf(original.response, "access-control-allow-credentials") !== undefined;
  for (const name of headers) {
    // Some servers repeat it with every answer, which says nothing new.
    if (name === "mcp-session-id" && methodOf(original) !== "initialize") continue;
    const theirs = headerOf(original.response, name);
    const ours = headerOf(clone.response, name);
    const isOfPages = name.startsWith("access-control-");
    // Many servers say these to pages alone, and this was none.
    if (isOfPages && theirs === undefined && origin === undefined && letsPagesIn.has(addressOf(original.url))) continue;
    // A page that is let in by name is let in, as every other is.
    if (name === ALLOW && origin !== undefined && theirs === origin && ours === "*" && !isWithCredentials) continue;
    const same = volatile.has(name) || theirs === undefined || ours === undefined
      ? (theirs === undefined) === (ours === undefined)
      : toOurs(theirs) === ours;
    if (!same) yield { part: "header", name, original: theirs, clone: ours };
  }
}

function bodyDifferences(original: Observed, clone: Observed, { toOurs }: Known): readonly Difference[] {
  if (isLeftOpen(original) && isLeftOpen(clone)) return [];
  const theirs = objectOf(original);
  const ours = objectOf(clone);
  if (theirs && ours) {
    const translation = translated(theirs, toOurs);
    const [asked, askedClone] = [messageOf(original)?.id, messageOf(clone)?.id];
    const isOfRequest = asked !== undefined && theirs.id === asked;
    return [...memberDifferences(isOfRequest ? { ...translation, id: askedClone } : translation, ours, [])];
  }
  // What a stream holds that nobody asked a question on, depends on when one looks.
  if (isEventStream(original.response) && messageOf(original) === undefined) return [];
  const [path, ownPath] = [original, clone].map(({ url }) => pathOf(url));
  // Tools forget bodies.
  if (original.response.truncated && !original.response.body) return [];
  const said = original.response.body ?? "";
  // A page that says what was not found names another path here.
  const text = toOurs(path && ownPath && path.length > 1 ? said.replaceAll(path, ownPath) : said);
  const own = clone.response.body ?? "";
  return text === own ? [] : [{ part: "body", name: "", original: original.response.body ?? "", clone: own }];
}

/** The JSON object of an answer: of a stream of events, the message that answers. */
export function objectOf(observed: Observed): JsonObject | undefined {
  const { response } = observed;
  return isEventStream(response) ? answerOf(observed) ?? messagesOf(response).at(-1) : parseObject(response.body);
}

/** A JSON value whose texts are those of the clone. */
export function translated<T>(value: T, translate: (text: string) => string): T;
export function translated(value: unknown, translate: (text: string) => string): unknown {
  if (typeof value === "string") return translate(value);
  if (Array.isArray(value)) return value.map((item) => translated(item, translate));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, translated(item, translate)]));
}

/** Members of a message, whose own are looked at one by one. */
const containers: ReadonlySet<string> = new Set(["result"]);

function* memberDifferences(
  theirs: JsonObject,
  ours: JsonObject,
  path: readonly string[],
): Generator<Difference, void> {
  const [names, own] = [Object.keys(theirs), Object.keys(ours)];
  for (const name of new Set([...names, ...own])) {
    const [original, clone] = [theirs[name], ours[name]];
    if (path.length === 0 && containers.has(name) && isObject(original) && isObject(clone)) {
      yield* memberDifferences(original, clone, [name]);
    } else if (!isSame(name, original, clone)) {
      yield {
        part: "member",
        name: [...path, name].join("."),
        original: shown(name, original),
        clone: shown(name, clone),
      };
    }
  }
  const common = names.filter((name) => own.includes(name));
  if (path.length === 0 && common.join("\n") !== own.filter((name) => names.includes(name)).join("\n")) {
    yield { part: "order", name: "members", original: names, clone: own };
  }
}

/** What is another each time is mostly a secret as well. */
function shown(name: string, value: unknown): unknown {
  return volatile.has(name) && value !== undefined ? "…" : value;
}

function isSame(name: string, original: unknown, clone: unknown): boolean {
  if (volatile.has(name)) return (original === undefined) === (clone === undefined);
  // How many values there are beside those is said by some servers, and of no use.
  if (name === "completion" && isObject(original) && isObject(clone)) return isSameJson(original.values, clone.values);
  return isSameJson(original, clone);
}
