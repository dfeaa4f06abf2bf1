// Which faults a request meets, and so its plan: the scenario's plan with what was set in the sandbox and by those faults.
import { readText } from "../http/body.ts";
import { parseJson } from "../http/json.ts";
import { bodyText, MAX_BODY_BYTES, MAX_MESSAGE_BYTES } from "../http/request_body.ts";
import type { EndpointKind } from "../http/endpoints.ts";
import type { Fault, Match } from "../scenarios/fault.ts";
import type { FaultCounts } from "./fault_count_table.ts";
import { templatesIn } from "../scenarios/templates.ts";
import { patchPlan, type Plan, type WireStep } from "../scenarios/plan.ts";

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
}

/** A request and what is known of it. */
interface FaultedRequest {
  /** The plan if it meets no fault. */
  readonly plan: Plan;
  readonly faults: readonly Fault[];
  readonly nowMs: number;
  /** Whose counts these faults have. */
  readonly sandboxId: string;
  readonly counts: Pick<FaultCounts, "claim" | "arm">;
}

/** Resolves the plan of a request. */
export async function resolvePlan(
  { plan, faults, nowMs, sandboxId, counts }: FaultedRequest,
  facts: RequestFacts,
): Promise<Plan> {
  const wire: WireStep[] = [];
  const shapedBy: string[] = [];
  let resolved = plan;
  for (const fault of faults) {
    if (fault.after && fault.after.match.status === undefined && matchesRequest(fault.after.match, facts)) {
      await counts.arm(sandboxId, fault);
    }
    if (fault.until_ms !== undefined && nowMs >= fault.until_ms) continue;
    if (!matchesRequest(fault.match, facts)) continue;
    const { name, policy, mint, answer, edit, match } = fault;
    const isEarly = policy !== undefined || mint !== undefined || answer !== undefined;
    if (isEarly) {
      if (resolved.answer || !await counts.claim(sandboxId, fault)) continue;
      shapedBy.push(name);
      resolved = { ...patchPlan(resolved, fault), ...(answer ? { answer } : {}) };
    }
    if (!edit) continue;
    const statuses = statusesOf(match);
    const claim = isEarly ? () => Promise.resolve(true) : () => counts.claim(sandboxId, fault);
    wire.push({ fault: name, edit, claim, ...(statuses ? { statuses } : {}) });
  }
  return wire.length === 0 && resolved === plan ? plan : { ...resolved, wire, shapedBy };
}

/**
 * Notes the response for the faults that wait for one like it.
 *
 * @param status The response's status, before anything was done to it.
 */
export async function noteResponse(
  { faults, sandboxId, counts }: FaultedRequest,
  facts: RequestFacts,
  status: number,
): Promise<void> {
  for (const fault of faults) {
    const statuses = fault.after && statusesOf(fault.after.match);
    if (fault.after && statuses?.includes(status) && matchesRequest(fault.after.match, facts)) {
      await counts.arm(sandboxId, fault);
    }
  }
}

/**
 * Reads what faults may ask of a request; its body only if a fault needs it, and then the handler is told the same text.
 *
 * @param head What is known without the body.
 * @throws OAuthError `invalid_request` for a form that is too large or no text.
 */
export async function readFacts(
  head: Omit<RequestFacts, "request" | "params" | "rpcMethod">,
  request: Request,
  faults: readonly Fault[],
): Promise<RequestFacts> {
  const params = new URLSearchParams(head.url.search);
  const facts = { ...head, request, params, rpcMethod: undefined };
  const isAsked = faults.some(needsBody);
  if (!isAsked || request.method === "GET" || request.method === "HEAD") return facts;
  const mediaType = request.headers.get("content-type")?.split(";", 1)[0]?.trim().toLowerCase();
  if (mediaType === "application/x-www-form-urlencoded") {
    for (const [name, value] of new URLSearchParams(await readText(request))) params.append(name, value);
  }
  return mediaType === "application/json" ? { ...facts, ...await messageOf(request, head.endpoint) } : facts;
}

/** A message that cannot be read has no method here; what it is worth is its endpoint's to say. */
async function messageOf(
  request: Request,
  endpoint: EndpointKind,
): Promise<Partial<Pick<RequestFacts, "rpcMethod" | "rpcId">>> {
  const isMessage = endpoint === "mcp" || endpoint === "open_mcp";
  try {
    const text = await bodyText(request, isMessage ? MAX_MESSAGE_BYTES : MAX_BODY_BYTES);
    const { method, id }: Record<string, unknown> = Object(parseJson(text));
    return { rpcMethod: typeof method === "string" ? method : undefined, rpcId: id };
  } catch {
    return {};
  }
}

/** What only the body can tell. */
const ofBody = [
  "client_id",
  "grant_type",
  "rpc_method",
  "not_rpc_method",
  "scope",
  "has_param",
  "lacks_param",
] as const;

function needsBody(fault: Fault): boolean {
  const { match, after, answer, edit } = fault;
  if (looksAtBody(match) || (after !== undefined && looksAtBody(after.match))) return true;
  const known = writesId.get(fault);
  if (known !== undefined) return known;
  const isWritten = templatesIn({ answer, edit }).some((name) => name === "rpc_id" || name === "rpc_id_text");
  writesId.set(fault, isWritten);
  return isWritten;
}

/** Whether a fault writes the id of the message that it meets; its texts are searched once. */
const writesId = new WeakMap<Fault, boolean>();

function looksAtBody(match: Match): boolean {
  return ofBody.some((name) => match[name] !== undefined);
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
function statusesOf({ status }: Match): readonly number[] | undefined {
  return status === undefined ? undefined : [status].flat();
}
