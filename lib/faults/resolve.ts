/**
 * From a sandbox and a request to the plan of that request: the scenario's plan with what was set in the sandbox, and the
 * faults that the request meets.
 *
 * @module
 */
import { readText } from "../http/body.ts";
import { parseJson } from "../http/json.ts";
import { bodyText, MAX_BODY_BYTES, MAX_MESSAGE_BYTES } from "../http/request_body.ts";
import type { EndpointKind } from "../http/endpoints.ts";
import type { Fault } from "../scenarios/fault.ts";
import { matchesRequest, needsBody, type RequestFacts, statusesOf } from "../scenarios/match.ts";
import { patchPlan, type Plan, type WireStep } from "../scenarios/plan.ts";

/** Counts requests for faults; see `lib/sandbox/sandbox_table.ts`. */
export interface FaultCounts {
  /** Says whether a fault happens to this request. */
  readonly claim: (fault: Fault) => Promise<boolean>;
  /** Notes a request that a fault waits for. */
  readonly arm: (fault: Fault) => Promise<void>;
}

/** A request and what is known of it. */
export interface FaultedRequest {
  /** The plan if it meets no fault. */
  readonly plan: Plan;
  /** The faults of its sandbox. */
  readonly faults: readonly Fault[];
  /** The sandbox's time, in milliseconds since 1970. */
  readonly nowMs: number;
  /** Counts requests. */
  readonly counts: FaultCounts;
}

/**
 * Resolves the plan of a request.
 *
 * @param asked The request's sandbox.
 * @param facts The request.
 */
export async function resolvePlan({ plan, faults, nowMs, counts }: FaultedRequest, facts: RequestFacts): Promise<Plan> {
  const wire: WireStep[] = [];
  const shapedBy: string[] = [];
  let resolved = plan;
  for (const fault of faults) {
    if (fault.after && fault.after.match.status === undefined && matchesRequest(fault.after.match, facts)) {
      await counts.arm(fault);
    }
    if (fault.until_ms !== undefined && nowMs >= fault.until_ms) continue;
    if (!matchesRequest(fault.match, facts)) continue;
    const { name, policy, mint, answer, edit, match } = fault;
    const isEarly = policy !== undefined || mint !== undefined || answer !== undefined;
    if (isEarly) {
      if (resolved.answer || !await counts.claim(fault)) continue;
      shapedBy.push(name);
      resolved = { ...patchPlan(resolved, fault), ...(answer ? { answer } : {}) };
    }
    if (!edit) continue;
    const statuses = statusesOf(match);
    const claim = isEarly ? () => Promise.resolve(true) : () => counts.claim(fault);
    wire.push({ fault: name, edit, claim, ...(statuses ? { statuses } : {}) });
  }
  return wire.length === 0 && resolved === plan ? plan : { ...resolved, wire, shapedBy };
}

/**
 * Notes the response for the faults that wait for one like it.
 *
 * @param asked The request's sandbox.
 * @param facts The request.
 * @param status The response's status, before anything was done to it.
 */
export async function noteResponse(
  { faults, counts }: Pick<FaultedRequest, "faults" | "counts">,
  facts: RequestFacts,
  status: number,
): Promise<void> {
  for (const fault of faults) {
    const statuses = fault.after && statusesOf(fault.after.match);
    if (fault.after && statuses?.includes(status) && matchesRequest(fault.after.match, facts)) await counts.arm(fault);
  }
}

/**
 * Reads what faults may ask of a request; its body only if a fault needs it, and then the handler is told the same text.
 *
 * @param head What is known without the body.
 * @param request The request.
 * @param faults The faults of its sandbox.
 * @throws OAuthError `invalid_request` for a form that is too large or no text.
 */
export async function readFacts(
  head: Omit<RequestFacts, "request" | "params" | "rpcMethod">,
  request: Request,
  faults: readonly Fault[],
): Promise<RequestFacts> {
  const params = new URLSearchParams(head.url.search);
  const facts = { ...head, request, params, rpcMethod: undefined };
  const isAsked = faults.some(({ match, after }) =>
    needsBody(match) || (after !== undefined && needsBody(after.match))
  );
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
    return { rpcMethod: typeof method === "string" ? method : undefined, rpcId: JSON.stringify(id) };
  } catch {
    return {};
  }
}
