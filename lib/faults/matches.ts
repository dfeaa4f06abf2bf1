// Whether a request is one that a fault is for.
import type { EndpointKind } from "../http/place.ts";
import type { Match, SessionMatch, Wanted } from "../scenarios/match.ts";

/** What faults ask of sessions beyond what one read tells: how many there are, and how many requests came in one. */
export interface SessionAsk {
  readonly alive: boolean;
  readonly count: boolean;
}

/** What is known of the sessions of a sandbox, and of the one that a request names. */
export interface SessionFacts {
  /** How many there are, if that was asked. */
  readonly alive: number;
  /** Absent where it names none that is alive. */
  readonly named?: {
    readonly ageMs: number;
    /** Requests that were counted in it before this one. */
    readonly requestsBefore: number;
    readonly hasStream: boolean;
  };
}

/** Facts of a request that faults ask for. What needs the body is read only if some fault asks. */
export interface RequestFacts {
  readonly request: Pick<Request, "method" | "headers">;
  readonly url: URL;
  /** Its path below the sandbox's prefix. */
  readonly path: string;
  readonly endpoint: EndpointKind;
  /** Parameters of its query and, if it is one, its form. */
  readonly params: URLSearchParams;
  readonly rpcMethod: string | undefined;
  /** The id of that message. */
  readonly rpcId?: unknown;
  /** The message itself, if a fault looks at it and it is JSON. */
  readonly message?: unknown;
  /** Absent where no fault asks, or the endpoint has no sessions. */
  readonly session?: SessionFacts;
}

/**
 * Whether a request is meant, as far as it can be told before there is a response.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const url = new URL("http://localhost/oauth/token");
 * const facts = {
 *   request: new Request(url, { method: "POST" }),
 *   url,
 *   path: url.pathname,
 *   endpoint: "token",
 *   params: new URLSearchParams("grant_type=refresh_token"),
 *   rpcMethod: undefined,
 * } as const;
 * assert.equal(matchesRequest({ endpoint: "token", grant_type: "refresh_token" }, facts), true);
 * assert.equal(matchesRequest({ endpoint: ["mcp", "jwks"] }, facts), false);
 * ```
 */
export function matchesRequest(match: Match, facts: RequestFacts): boolean {
  const { request: { method, headers }, path, endpoint, params, rpcMethod } = facts;
  const revision = headers.get("mcp-protocol-version");
  return (match.endpoint === undefined || [match.endpoint].flat().includes(endpoint)) &&
    (match.method === undefined || match.method === method) &&
    (match.path === undefined || match.path === path) &&
    (match.client_id === undefined || matchesOne(match.client_id, params.get("client_id"))) &&
    (match.grant_type === undefined || match.grant_type === params.get("grant_type")) &&
    (match.rpc_method === undefined || matchesOne(match.rpc_method, rpcMethod)) &&
    (match.not_rpc_method === undefined || !matchesOne(match.not_rpc_method, rpcMethod)) &&
    (match.message === undefined || matchesMessage(match.message, facts.message)) &&
    (match.not_message === undefined || matchesOther(match.not_message, facts.message)) &&
    (match.scope === undefined || (params.get("scope") ?? "").split(" ").includes(match.scope)) &&
    (match.has_param === undefined || params.has(match.has_param)) &&
    (match.lacks_param === undefined || !params.has(match.lacks_param)) &&
    (match.has_header === undefined || headers.has(match.has_header)) &&
    (match.headers === undefined || matchesHeaders(match.headers, headers)) &&
    (match.authorized === undefined || match.authorized === headers.has("authorization")) &&
    (match.not_accepting === undefined || !(headers.get("accept") ?? "").includes(match.not_accepting)) &&
    (match.revision_after === undefined || (revision !== null && revision > match.revision_after)) &&
    (match.session === undefined || matchesSession(match.session, facts.session));
}

function matchesSession(wanted: SessionMatch, facts: SessionFacts | undefined): boolean {
  const { older_than_seconds, after_requests, has_stream, alive_at_least } = wanted;
  const named = facts?.named;
  return facts !== undefined &&
    (alive_at_least === undefined || facts.alive >= alive_at_least) &&
    (older_than_seconds === undefined || (named !== undefined && named.ageMs > older_than_seconds * 1000)) &&
    (after_requests === undefined || (named !== undefined && named.requestsBefore >= after_requests)) &&
    (has_stream === undefined || named?.hasStream === has_stream);
}

function matchesHeaders(wanted: NonNullable<Match["headers"]>, headers: Pick<Headers, "get">): boolean {
  return Object.entries(wanted).every(([name, value]) => matchesOne(value, headers.get(name)));
}

/** A request without a message meets no condition on one, not even that a member is absent. */
function matchesMessage(wanted: NonNullable<Match["message"]>, message: unknown): boolean {
  return message !== undefined &&
    Object.entries(wanted).every(([path, value]) => matchesOne(value, memberAt(message, path)));
}

/** Whether each member is there, and has another value. */
function matchesOther(unwanted: NonNullable<Match["not_message"]>, message: unknown): boolean {
  return Object.entries(unwanted).every(([path, value]) => {
    const member = memberAt(message, path);
    return matchesValue("*", member) && !matchesOne(value, member);
  });
}

/**
 * The member at a path; undefined where there is none. A name may hold dots itself, as those in `_meta` do, so each
 * beginning of the path that is a member is tried.
 */
export function memberAt(value: unknown, path: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  const members: Readonly<Record<string, unknown>> = Object(value);
  if (Object.hasOwn(members, path)) return members[path];
  for (let dot = path.indexOf("."); dot !== -1; dot = path.indexOf(".", dot + 1)) {
    const name = path.slice(0, dot);
    const found = Object.hasOwn(members, name) ? memberAt(members[name], path.slice(dot + 1)) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

function matchesOne(wanted: Wanted | readonly Wanted[], actual: unknown): boolean {
  return [wanted].flat().some((one) => matchesValue(one, actual));
}

function matchesValue(wanted: Wanted, actual: unknown): boolean {
  const isAbsent = actual === undefined || actual === null;
  if (wanted === null) return isAbsent;
  if (wanted === "*") return !isAbsent;
  if (typeof wanted !== "string" || !wanted.endsWith("*")) return actual === wanted;
  return typeof actual === "string" && actual.startsWith(wanted.slice(0, -1));
}
