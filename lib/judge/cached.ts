/**
 * What a client may keep of what it was answered (MCP 2026-07-28, caching): what it fetched, for how long that is fresh, and
 * what it said that it has read, from a cache or not.
 *
 * @module
 */
import { isObject, type JsonObject } from "../http/json.ts";
import { conversationIn, type Request } from "./conversation.ts";
import { type Sender, senderOf } from "./instances.ts";
import { endOf, gapBetween, waitBetween } from "./moments.ts";
import { textOf } from "./reading.ts";
import { HAVE_READ } from "../scenarios/vocabulary.ts";
import type { McpStep } from "./step.ts";

/** Methods whose results can be kept, but for `server/discover`, which clients use to see whether a server is there. */
const cacheable: ReadonlySet<string> = new Set([
  "tools/list",
  "prompts/list",
  "resources/list",
  "resources/templates/list",
  "resources/read",
]);

/** One thing that can be kept: of what method, and which of its results. */
interface Kept {
  readonly step: McpStep;
  readonly request: Request;
  readonly method: string;
  /** The URI or the cursor; undefined for a list from its beginning. */
  readonly part: string | undefined;
  /** Equal for what one answer can be used for. */
  readonly key: string;
}

/** A request for it. */
export interface Fetch extends Kept {
  /** Its result, if that is on record, and complete. */
  readonly result: JsonObject | undefined;
  /** What it says of how long it is fresh: undefined if it says nothing that can be read. */
  readonly ttlMs: number | undefined;
  /** Whether it may be shared between callers. */
  readonly isPublic: boolean;
  /** Whether it depends on what the client has answered, so that it is good for this request alone. */
  readonly isRetried: boolean;
}

/** The driver of the client says how many times it has been read, from a cache or not. */
export interface Told extends Kept {
  readonly times: number;
}

/** Two words one after the other: the client was asked once between them, and so read what it had, or fetched it. */
export interface Reading {
  readonly before: Told;
  readonly told: Told;
  /** The last request for it before the second word. */
  readonly last: Fetch;
  /** Whether that request was made between the two. */
  readonly isFetched: boolean;
}

/** All of it. */
export interface Cached {
  readonly fetches: readonly Fetch[];
  readonly told: readonly Told[];
  readonly readings: readonly Reading[];
}

const known = new WeakMap<readonly McpStep[], Cached>();

/** What a client fetched and read in 2026-07-28; worked out once for the same list of requests. */
export function cachedIn(calls: readonly McpStep[]): Cached {
  const found = known.get(calls) ?? readCached(calls);
  known.set(calls, found);
  return found;
}

function readCached(calls: readonly McpStep[]): Cached {
  const requests = conversationIn(calls).requests.filter(({ era, step }) => era === "stateless" && !step.isBatch);
  const fetches = requests.flatMap(fetchOf);
  const told = requests.flatMap(toldOf);
  return { fetches, told, readings: told.flatMap((one) => readingOf(one, told, fetches)) };
}

function keptOf(request: Request, method: string, part: string | undefined): Kept {
  const { step } = request;
  return { step, request, method, part, key: JSON.stringify([step.address, method, part]) };
}

function fetchOf(request: Request): readonly Fetch[] {
  const { method, params, answer } = request;
  if (!cacheable.has(method)) return [];
  const result = isObject(answer?.message.result) ? answer.message.result : undefined;
  const isComplete = result !== undefined && result.resultType !== "input_required";
  const ttlMs = result?.ttlMs;
  return [{
    ...keptOf(request, method, textOf(params, method === "resources/read" ? "uri" : "cursor")),
    result: isComplete ? result : undefined,
    ttlMs: typeof ttlMs === "number" ? ttlMs : undefined,
    isPublic: result?.cacheScope === "public",
    isRetried: params !== undefined && ("inputResponses" in params || "requestState" in params),
  }];
}

function toldOf(request: Request): readonly Told[] {
  const { method, params, answer } = request;
  if (method !== "tools/call" || params?.name !== HAVE_READ || !isObject(answer?.message.result)) return [];
  const args = isObject(params.arguments) ? params.arguments : undefined;
  const read = textOf(args, "method");
  const times = args?.times;
  if (read === undefined || typeof times !== "number") return [];
  return [{ ...keptOf(request, read, textOf(args, read === "resources/read" ? "uri" : "cursor")), times }];
}

function readingOf(told: Told, all: readonly Told[], fetches: readonly Fetch[]): readonly Reading[] {
  const ofKey = all.filter(({ key }) => key === told.key);
  const earlier = ofKey.filter(({ step, times }) => times === told.times - 1 && isBefore(step, told.step));
  // Who says a number twice is two instances, or has begun anew.
  const isOne = new Set(ofKey.map(({ times }) => times)).size === ofKey.length;
  const before = earlier.findLast((one) => isOne || senderOf(one.request, told.request) === "same");
  const last = fetches.findLast(({ key, step }) => key === told.key && isBefore(step, told.step));
  if (!before || !last) return [];
  return [{ before, told, last, isFetched: !isBefore(last.step, before.step) }];
}

/** Whether one request came before another on record. */
export function isBefore(one: McpStep, other: McpStep): boolean {
  return one.at < other.at;
}

/** Whether a result is fresh for certain when another request comes, by the server's clock and by the sandbox's. */
export function isFreshAt({ ttlMs = 0, step, result }: Fetch, later: McpStep): boolean {
  return result !== undefined && ttlMs > 0 && waitBetween(step, later) < ttlMs;
}

/** Whether it was fresh at first, and one of the two clocks says that it is not any more. */
export function hasRunOutAt({ ttlMs = 0, step, result }: Fetch, later: McpStep): boolean {
  return result !== undefined && ttlMs > 0 && waitBetween(step, later) >= ttlMs;
}

/**
 * Whether it has run out by a clock that the client has as well: that of the sandbox can be moved without its knowledge.
 *
 * @param travelMs How long the answer may have been on its way, since when the client counts.
 */
export function hasSurelyRunOutAt({ ttlMs = 0, step, result }: Fetch, later: McpStep, travelMs: number): boolean {
  return result !== undefined && ttlMs > 0 && gapBetween(step, later) > ttlMs + travelMs;
}

/** Whether two requests may come from one instance of a program. */
export function mayBeOne(one: Kept, other: Kept): boolean {
  return sender(one, other) !== "other";
}

/** Whether they do for certain. */
export function isOne(one: Kept, other: Kept): boolean {
  return sender(one, other) === "same";
}

function sender({ request: one }: Kept, { request: other }: Kept): Sender {
  return senderOf(one, other);
}

/** When the answer to a request had left, in milliseconds since 1970 of real time. */
export function answeredMs({ step, answer }: Request): number {
  return Math.max(answer?.atMs ?? 0, endOf(step.exchange));
}

/** What was kept, for a sentence. */
export function nameOf({ method, part }: Kept): string {
  if (part === undefined) return method;
  return method === "resources/read" ? `resources/read of ${part}` : `${method} at the cursor ${JSON.stringify(part)}`;
}
