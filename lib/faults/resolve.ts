// Which faults a request meets, and so its plan: the scenario's plan with what was set in the sandbox and by those faults.
import { readText } from "../http/body.ts";
import { bodyJson, MAX_BODY_BYTES, MAX_MESSAGE_BYTES } from "../http/request_body.ts";
import type { EndpointKind } from "../http/place.ts";
import type { Edit } from "../scenarios/edit.ts";
import type { Fault } from "../scenarios/fault.ts";
import { isOfDriver } from "../scenarios/guide.ts";
import { isMcp, type Match } from "../scenarios/match.ts";
import type { FaultCounts } from "./fault_count_table.ts";
import { matchesRequest, type RequestFacts, type SessionAsk } from "./matches.ts";
import { templatesIn } from "../scenarios/templates.ts";
import { patchPlan, type Plan, type WireStep } from "../scenarios/plan.ts";

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

/**
 * The faults that a request can meet: where it only asks what a client is to do next, which is nothing that the client does, those
 * of refusals alone.
 */
export async function faultsFor(
  faults: readonly Fault[],
  request: Request,
  endpoint: EndpointKind,
): Promise<readonly Fault[]> {
  return await isAside(request, endpoint) ? faults.filter(({ match }) => isOfRefusals(match)) : faults;
}

function isOfRefusals({ status = [] }: Match): boolean {
  const statuses = typeof status === "number" ? [status] : status;
  return statuses.length > 0 && statuses.every((one) => one >= 400);
}

async function isAside(request: Request, endpoint: EndpointKind): Promise<boolean> {
  const isJson = request.headers.get("content-type")?.startsWith("application/json") ?? false;
  if (!isMcp(endpoint) || request.method !== "POST" || !isJson) return false;
  return isOfDriver((await messageOf(request, endpoint)).message);
}

/** A message that cannot be read has no method here; what it is worth is its endpoint's to say. */
async function messageOf(
  request: Request,
  endpoint: EndpointKind,
): Promise<Partial<Pick<RequestFacts, "rpcMethod" | "rpcId" | "message">>> {
  const isMessage = isMcp(endpoint);
  try {
    const message = await bodyJson(request, isMessage ? MAX_MESSAGE_BYTES : MAX_BODY_BYTES);
    const { method, id }: Record<string, unknown> = Object(message);
    return { rpcMethod: typeof method === "string" ? method : undefined, rpcId: id, message };
  } catch {
    return {};
  }
}

/** What faults ask of sessions; undefined for nothing. */
export function sessionAsk(faults: readonly Fault[]): SessionAsk | undefined {
  const asked = faults.flatMap(({ match, after }) => [match.session, after?.match.session])
    .filter((session) => session !== undefined);
  if (asked.length === 0) return undefined;
  return {
    alive: asked.some(({ alive_at_least }) => alive_at_least !== undefined),
    count: asked.some(({ after_requests }) => after_requests !== undefined),
  };
}

/** What only the body can tell. */
const ofBody = [
  "client_id",
  "grant_type",
  "rpc_method",
  "not_rpc_method",
  "message",
  "not_message",
  "scope",
  "has_param",
  "lacks_param",
] as const;

function needsBody(fault: Fault): boolean {
  const { match, after, answer, edit } = fault;
  if (looksAtBody(match) || (after !== undefined && looksAtBody(after.match))) return true;
  const known = writesMessage.get(fault);
  if (known !== undefined) return known;
  const isWritten = (edit !== undefined && mayEndStream(edit)) ||
    templatesIn({ answer, edit }).some((name) => MESSAGE_TEMPLATE.test(name));
  writesMessage.set(fault, isWritten);
  return isWritten;
}

/** Whether it makes an error of a stream, or another type: which message that answers tells whether it would go on for ever. */
function mayEndStream({ status = 0, content_type, headers = {} }: Edit): boolean {
  return status >= 400 || content_type !== undefined ||
    Object.keys(headers).some((name) => name.toLowerCase() === "content-type");
}

const MESSAGE_TEMPLATE = /^(?:rpc_id|rpc_id_text|message\..*)$/;

/** Whether a fault has to know the message that it meets for what it writes; its texts are searched once. */
const writesMessage = new WeakMap<Fault, boolean>();

function looksAtBody(match: Match): boolean {
  return ofBody.some((name) => match[name] !== undefined);
}

/** The statuses a fault waits for, if it waits for some. */
function statusesOf({ status }: Match): readonly number[] | undefined {
  return status === undefined ? undefined : [status].flat();
}
