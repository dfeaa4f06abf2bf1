/**
 * Whether a request, and later its response, is one that a fault is for.
 *
 * @module
 */
import type { EndpointKind } from "../http/endpoints.ts";
import type { Match } from "./fault.ts";

/** Facts of a request that faults ask for. What needs the body is read only if some fault asks. */
export interface RequestFacts {
  /** The request's head. */
  readonly request: Pick<Request, "method" | "headers">;
  /** Its URL. */
  readonly url: URL;
  /** Its path below the sandbox's prefix. */
  readonly path: string;
  /** What it is for. */
  readonly endpoint: EndpointKind;
  /** Parameters of its query and, if it is one, its form. */
  readonly params: URLSearchParams;
  /** The method of its JSON-RPC message. */
  readonly rpcMethod: string | undefined;
  /** The id of that message, as JSON. */
  readonly rpcId?: string | undefined;
}

/** Whether a fault cannot be matched without the body. */
export function needsBody(match: Match): boolean {
  const { client_id, grant_type, rpc_method, not_rpc_method, scope, has_param, lacks_param } = match;
  return [client_id, grant_type, rpc_method, not_rpc_method, scope, has_param, lacks_param].some((asked) =>
    asked !== undefined
  );
}

/**
 * Whether a request is meant, as far as it can be told before there is a response.
 *
 * @param match Which requests.
 * @param facts This one.
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
    (match.client_id === undefined || matchesText(match.client_id, params.get("client_id"))) &&
    (match.grant_type === undefined || match.grant_type === params.get("grant_type")) &&
    (match.rpc_method === undefined || matchesOne(match.rpc_method, rpcMethod)) &&
    (match.not_rpc_method === undefined || !matchesOne(match.not_rpc_method, rpcMethod)) &&
    (match.scope === undefined || (params.get("scope") ?? "").split(" ").includes(match.scope)) &&
    (match.has_param === undefined || params.has(match.has_param)) &&
    (match.lacks_param === undefined || !params.has(match.lacks_param)) &&
    (match.has_header === undefined || headers.has(match.has_header)) &&
    (match.authorized === undefined || match.authorized === headers.has("authorization")) &&
    (match.not_accepting === undefined || !(headers.get("accept") ?? "").includes(match.not_accepting)) &&
    (match.revision_after === undefined || (revision !== null && revision > match.revision_after));
}

function matchesOne(patterns: string | readonly string[], text: string | undefined): boolean {
  return [patterns].flat().some((pattern) => matchesText(pattern, text ?? null));
}

function matchesText(pattern: string, text: string | null): boolean {
  return pattern.endsWith("*") ? text?.startsWith(pattern.slice(0, -1)) ?? false : text === pattern;
}

/** The statuses a fault waits for, if it waits for some. */
export function statusesOf({ status }: Match): readonly number[] | undefined {
  return status === undefined ? undefined : [status].flat();
}
