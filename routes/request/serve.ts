/**
 * One request's way through a sandbox, in one direction: row, plan, handler, wire.
 *
 * @module
 */
import { type EndpointKind, kindOf } from "../../lib/http/endpoints.ts";
import { OAuthError } from "../../lib/http/errors.ts";
import { noSuchEndpoint } from "../../lib/sandbox/not_found.ts";
import { makeHarmless } from "../../lib/limits/harmless.ts";
import type { RoutedPath, Sandbox } from "../../lib/sandbox/sandbox.ts";
import type { Fault } from "../../lib/scenarios/fault.ts";
import type { RequestFacts } from "../../lib/scenarios/match.ts";
import type { Plan } from "../../lib/scenarios/plan.ts";
import { type FaultedRequest, noteResponse, readFacts, resolvePlan } from "../../lib/faults/resolve.ts";
import { variablesOf } from "../../lib/faults/template.ts";
import { answerResponse, applyWire } from "../../lib/faults/wire.ts";
import type { Sleep } from "../../lib/runtime/sleep.ts";
import type { FaultCounts } from "../../lib/faults/fault_count_table.ts";
import type { LiveSandbox } from "../../lib/sandbox/live_sandboxes.ts";
import { failureResponse } from "./failure.tsx";
import { type FaultParameterDeps, setFaults } from "./fault_parameter.ts";
import { allowOrigin, type ConnectionInfo, type Match } from "./router.ts";

/** What serving needs. */
export interface ServeDeps extends FaultParameterDeps {
  /** The look-up of the route table. */
  readonly match: (request: Request, path: string) => Match;
  /** Counts requests for faults. */
  readonly faultCounts: Pick<FaultCounts, "claim" | "arm">;
  /** What delays wait with. */
  readonly sleep: Sleep;
  /** Whether sandboxes of strangers share the origin. */
  readonly isPublic: boolean;
  /** Whether a scenario is one that somebody has brought along, by its name. */
  readonly isBroughtAlong: (name: string) => boolean;
  /** Told what nobody expected. */
  readonly report: (message: string) => void;
}

/** A request as it came, and where it belongs. */
export interface Arrival {
  /** The request. */
  readonly request: Request;
  /** Its URL, parsed. */
  readonly url: URL;
  /** What the HTTP server knows of the peer. */
  readonly info: ConnectionInfo | undefined;
  /** Its sandbox. */
  readonly live: LiveSandbox;
  /** The same as seen from the request's origin. */
  readonly sandbox: Sandbox;
  /** Its path in the sandbox, as it was sent. */
  readonly sentPath: string;
  /** The same as the route table has it. */
  readonly routed: RoutedPath;
}

/** A response, and the names of the faults that made it so. */
export interface Served {
  /** The response as it leaves. */
  readonly response: Response;
  /** Name of the row that served it. */
  readonly route: string | undefined;
  /** What the request was for. */
  readonly endpoint: EndpointKind;
  /** Names of faults. */
  readonly shapedBy: readonly string[];
}

/**
 * Serves a request; never rejects.
 *
 * @param deps What serving needs.
 * @param arrival The request.
 */
export async function serve(deps: ServeDeps, arrival: Arrival): Promise<Served> {
  const { request, url, live, sandbox, sentPath, routed } = arrival;
  const found = deps.match(request, routed.path);
  const route = found.kind === "route" ? found.route.name : found.kind === "response" ? found.name : undefined;
  const endpoint = kindOf(route);
  try {
    const problem = live.problem();
    if (problem && !(route !== undefined && repairing.has(route))) throw problem;
    await setFaults(deps, arrival, endpoint);
  } catch (error) {
    return { response: fail(deps, arrival, error), route, endpoint, shapedBy: [] };
  }
  const faults = endpoint === "control" ? [] : live.faults();
  if (faults.length === 0) {
    return { response: await respond(deps, arrival, { found, plan: live.plan() }), route, endpoint, shapedBy: [] };
  }
  try {
    const facts = await readFacts({ url, path: sentPath, endpoint }, request, faults);
    const asked = askedOf(deps, live, faults);
    const plan = await resolvePlan(asked, facts);
    const variables = variablesOf(sandbox.serverAt(routed.server), facts);
    const answered = plan.answer
      ? withOrigin(answerResponse(plan.answer, variables))
      : await respond(deps, arrival, { found, plan });
    return { route, endpoint, ...await shape(deps, arrival, { asked, facts, plan, variables, answered }) };
  } catch (error) {
    return { response: fail(deps, arrival, error), route, endpoint, shapedBy: [] };
  }
}

/** Rows that serve a sandbox of which nothing can be read, since they put that right. */
const repairing: ReadonlySet<string> = new Set(["control_reset", "control_clear_plan"]);

function askedOf({ faultCounts }: ServeDeps, live: LiveSandbox, faults: readonly Fault[]): FaultedRequest {
  const id = live.id();
  return {
    plan: live.plan(),
    faults,
    nowMs: live.now(),
    counts: { claim: (fault) => faultCounts.claim(id, fault), arm: (fault) => faultCounts.arm(id, fault) },
  };
}

/** What is needed to shape a response. */
interface Shaping {
  readonly asked: FaultedRequest;
  readonly facts: RequestFacts;
  readonly plan: Plan;
  readonly variables: ReturnType<typeof variablesOf>;
  readonly answered: Response;
}

async function shape(
  deps: ServeDeps,
  arrival: Arrival,
  { asked, facts, plan, variables, answered }: Shaping,
): Promise<Pick<Served, "response" | "shapedBy">> {
  await noteResponse(asked, facts, answered.status);
  const before = new Headers(plan.answer ? undefined : answered.headers);
  const { response, applied, ...wire } = await applyWire(answered, plan.wire, { variables, sleep: deps.sleep });
  const shapedBy = [...new Set([...plan.shapedBy, ...applied])];
  if (!deps.isPublic || (!plan.answer && applied.length === 0)) return { response, shapedBy };
  const isRewritten = wire.isRewritten || plan.answer?.body !== undefined;
  const isOwners = isOfOwner(deps, arrival.live, shapedBy);
  const harmless = makeHarmless(arrival.request, response, { before, isRewritten, isOwners });
  return { response: harmless ?? fail(deps, arrival, isNotShown()), shapedBy };
}

/** Whether any of these faults was written by the owner of a sandbox. */
function isOfOwner(
  { isBroughtAlong }: ServeDeps,
  { scenario, state }: LiveSandbox,
  shapedBy: readonly string[],
): boolean {
  return isBroughtAlong(scenario.name) || state().faults.some(({ name }) => shapedBy.includes(name));
}

/** The refusal to show as a page, or to run, what a sandbox's owner has written. */
function isNotShown(): OAuthError {
  return new OAuthError(
    "access_denied",
    "A fault of this sandbox has written this answer, and browsers do not get it",
    {
      parameter: "sec-fetch-dest",
      expected:
        "a client or a script that reads it, or a server of your own: pages on this one could act for all sandboxes",
      reference: "Fetch Metadata 2.1",
    },
  );
}

/** The correct response under a plan. */
async function respond(
  deps: ServeDeps,
  arrival: Arrival,
  { found, plan }: { readonly found: Match; readonly plan: Plan },
): Promise<Response> {
  if (found.kind === "response") return found.response;
  const { request, url, info, sentPath: path, routed } = arrival;
  if (found.kind === "none") {
    return fail(deps, arrival, noSuchEndpoint({ method: request.method, path }, arrival.sandbox));
  }
  const { route, param } = found;
  const sandbox = arrival.sandbox.serverAt(routed.server);
  let response: Response;
  try {
    response = await route.handler({ request, url, sandbox, plan, param, isAppended: routed.isAppended, info });
  } catch (error) {
    response = failure(deps, arrival, error);
  }
  if (route.cors) allowOrigin(response);
  return request.method === "HEAD" ? withoutBody(response) : response;
}

function fail(deps: ServeDeps, arrival: Arrival, error: unknown): Response {
  const response = withOrigin(failure(deps, arrival, error));
  return arrival.request.method === "HEAD" ? withoutBody(response) : response;
}

function failure({ report }: ServeDeps, { request, url, sandbox }: Arrival, error: unknown): Response {
  return failureResponse(error, { request, sandbox }, (message) => {
    report(`${request.method} ${url.pathname}: ${message}`);
  });
}

function withOrigin(response: Response): Response {
  allowOrigin(response);
  return response;
}

function withoutBody(response: Response): Response {
  void response.body?.cancel();
  return new Response(null, { status: response.status, headers: response.headers });
}
