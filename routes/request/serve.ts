// One request's way through a sandbox, in one direction: row, plan, handler, wire.
import { allowOrigin } from "../../lib/http/any_origin.ts";
import { bodyText, MAX_MESSAGE_BYTES } from "../../lib/http/request_body.ts";
import type { EndpointKind } from "../../lib/http/place.ts";
import { OAuthError } from "../../lib/http/errors.ts";
import { noSuchEndpoint } from "../../lib/sandbox/not_found.ts";
import { makeHarmless } from "../../lib/limits/harmless.ts";
import { gauntletOf } from "../../lib/sandbox/gauntlet.ts";
import type { RoutedPath, Sandbox } from "../../lib/sandbox/sandbox.ts";
import type { McpEndpoint } from "../../lib/mcp/endpoint.ts";
import { guidedScript } from "../../lib/scenarios/guide.ts";
import { isMcp } from "../../lib/scenarios/match.ts";
import type { Fault } from "../../lib/scenarios/fault.ts";
import type { Plan } from "../../lib/scenarios/plan.ts";
import { faultsFor, noteResponse, readFacts, resolvePlan, sessionAsk } from "../../lib/faults/resolve.ts";
import type { OpenStreams } from "../../lib/faults/open_streams.ts";
import { variablesOf } from "../../lib/faults/template.ts";
import { answerResponse, applyWire } from "../../lib/faults/wire.ts";
import { attempted, type Awaitable, followed } from "../../lib/runtime/awaitable.ts";
import type { Sleep } from "../../lib/runtime/sleep.ts";
import type { FaultCounts } from "../../lib/faults/fault_count_table.ts";
import type { LiveSandbox } from "../../lib/sandbox/live_sandboxes.ts";
import { failureResponse } from "./failure.ts";
import { type FaultParameterDeps, setFaults } from "./fault_parameter.ts";
import type { ConnectionInfo, Match } from "./router.ts";

/** What serving needs. */
export interface ServeDeps extends FaultParameterDeps {
  readonly match: (request: Request, path: string) => Match;
  readonly faultCounts: Pick<FaultCounts, "claim" | "arm">;
  readonly sessionFactsOf: McpEndpoint["sessionFactsOf"];
  readonly sleep: Sleep;
  readonly streams: Pick<OpenStreams, "watch" | "of" | "live">;
  /** Whether sandboxes of strangers share the origin. */
  readonly isPublic: boolean;
  readonly isUploaded: (name: string) => boolean;
  readonly report: (message: string) => void;
}

/** A request as it came, and where it belongs. */
export interface Arrival {
  readonly request: Request;
  readonly url: URL;
  readonly info: ConnectionInfo | undefined;
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
  readonly response: Response;
  readonly route: string | undefined;
  readonly endpoint: EndpointKind;
  readonly shapedBy: readonly string[];
}

type Shaped = Pick<Served, "response" | "shapedBy">;

/** What a request meets. */
interface Asked {
  readonly found: Match;
  readonly endpoint: EndpointKind;
}

/** Serves a request; neither throws nor rejects. */
export function serve(deps: ServeDeps, arrival: Arrival): Awaitable<Served> {
  const found = deps.match(arrival.request, arrival.routed.path);
  const { name: route, kind: endpoint = "unknown" } = found.route ?? {};
  const done = ({ response, shapedBy }: Shaped): Served => {
    return { route, endpoint, shapedBy, response: watched(deps, arrival, endpoint, response) };
  };
  return attempted<Served>(
    () => {
      const problem = arrival.live.problem();
      if (problem && !(route !== undefined && repairing.has(route))) throw problem;
      const answer = (): Awaitable<Shaped> => answerWithFaults(deps, arrival, { found, endpoint });
      return followed(followed(setFaults(deps, arrival, endpoint), answer), done);
    },
    async (error) => ({ route, endpoint, response: await refuse(deps, arrival, error), shapedBy: [] }),
  );
}

/** The same response; a stream of an MCP endpoint is kept an eye on. */
function watched(
  { streams }: ServeDeps,
  { request, sandbox: { id: sandboxId, nowMs }, sentPath: path }: Arrival,
  endpoint: EndpointKind,
  response: Response,
): Response {
  return isMcp(endpoint) ? streams.watch(response, { sandboxId, request, path, nowMs }) : response;
}

/** Rows that serve a sandbox of which nothing can be read, since they put that right. */
const repairing: ReadonlySet<string> = new Set(["control_reset", "control_clear_plan"]);

/** The response under the plan of this request, and what its faults make of it. */
function answerWithFaults(deps: ServeDeps, arrival: Arrival, asked: Asked): Awaitable<Shaped> {
  const { live } = arrival;
  const faults = asked.endpoint === "control" ? [] : live.faults();
  if (faults.length > 0) return shape(deps, arrival, asked, faults);
  return followed(answer(deps, arrival, asked.found, live.plan()), unshaped);
}

function unshaped(response: Response): Shaped {
  return { response, shapedBy: NO_FAULTS };
}

const NO_FAULTS: readonly string[] = [];

async function shape(
  deps: ServeDeps,
  arrival: Arrival,
  { found, endpoint }: Asked,
  set: readonly Fault[],
): Promise<Shaped> {
  const { request, url, live, sandbox, sentPath, routed } = arrival;
  const isLed = guidedScript(live.scenario) !== undefined || gauntletOf(sandbox) !== undefined;
  const faults = isLed ? await faultsFor(set, request, endpoint) : set;
  if (faults.length === 0) return unshaped(await answer(deps, arrival, found, live.plan()));
  const sessionAsked = isMcp(endpoint) ? sessionAsk(faults) : undefined;
  const session = sessionAsked ? { session: await deps.sessionFactsOf(request, sandbox, sessionAsked) } : {};
  const facts = await readFacts({ url, path: sentPath, endpoint, ...session }, request, faults);
  const asked = { plan: live.plan(), faults, nowMs: sandbox.nowMs, sandboxId: live.id(), counts: deps.faultCounts };
  const plan = await resolvePlan(asked, facts);
  const variables = variablesOf(sandbox.serverAt(routed.server), facts);
  // Handlers read what was sent before they answer. Once an answer has left, what comes after it is on no record.
  if (plan.answer) await bodyText(request, MAX_MESSAGE_BYTES).catch(() => "");
  const answered = plan.answer ? answerResponse(plan.answer, variables) : await answer(deps, arrival, found, plan);
  if (plan.answer) allowOrigin(answered);
  await noteResponse(asked, facts, answered.status);
  const before = new Headers(plan.answer ? undefined : answered.headers);
  const { response, applied, ...wire } = await applyWire(answered, plan.wire, {
    variables,
    sleep: deps.sleep,
    method: request.method,
    live: () => deps.streams.live(sandbox.id, request),
    onGet: onGetOf(deps, arrival, answered),
  });
  const shapedBy = [...new Set([...plan.shapedBy, ...applied])];
  if (!deps.isPublic || (!plan.answer && applied.length === 0)) return { response, shapedBy };
  const isRewritten = wire.isRewritten || plan.answer?.body !== undefined;
  const isOwners = isOfOwner(deps, live, shapedBy);
  const harmless = makeHarmless(request, response, { before, isRewritten, isOwners });
  return { response: harmless ?? await refuse(deps, arrival, notShown()), shapedBy };
}

/** Puts text on the GET streams of the session that a request belongs to. */
function onGetOf(
  { streams }: ServeDeps,
  { request, sandbox }: Arrival,
  { headers }: Response,
): ((text: string) => void) | undefined {
  const sessionId = request.headers.get("mcp-session-id") ?? headers.get("mcp-session-id");
  if (sessionId === null) return undefined;
  const open = streams.of(sandbox.id).filter((stream) => stream.method === "GET" && stream.sessionId === sessionId);
  return open.length === 0 ? undefined : (text) => open.forEach(({ push }) => push(text));
}

/** Whether any of these faults was written by the owner of a sandbox. */
function isOfOwner(
  { isUploaded }: ServeDeps,
  { scenario, state }: LiveSandbox,
  shapedBy: readonly string[],
): boolean {
  return isUploaded(scenario.name) || state().faults.some(({ name }) => shapedBy.includes(name));
}

/** The refusal to show as a page, or to run, what a sandbox's owner has written. */
function notShown(): OAuthError {
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
function answer(deps: ServeDeps, arrival: Arrival, found: Match, plan: Plan): Awaitable<Response> {
  if (found.kind === "response") return found.response;
  const { request, url, info, sentPath: path, routed } = arrival;
  if (found.kind === "none") {
    return refuse(deps, arrival, noSuchEndpoint({ method: request.method, path }, arrival.sandbox));
  }
  const { route: { handler, cors }, param } = found;
  const sandbox = arrival.sandbox.serverAt(routed.server);
  const finish = (response: Response): Response => {
    if (cors) allowOrigin(response);
    return request.method === "HEAD" ? withoutBody(response) : response;
  };
  return attempted(
    () => followed(handler({ request, url, sandbox, plan, param, info }), finish),
    (error) => refuse(deps, arrival, error, cors),
  );
}

/** The response to a request whose handling threw; pages of any origin may read it where they may read the row's. */
async function refuse(
  { report }: ServeDeps,
  { request, url, sandbox }: Arrival,
  error: unknown,
  cors = true,
): Promise<Response> {
  const response = await failureResponse(error, { request, sandbox }, (message) => {
    report(`${request.method} ${url.pathname}: ${message}`);
  });
  if (cors) allowOrigin(response);
  return request.method === "HEAD" ? withoutBody(response) : response;
}

function withoutBody(response: Response): Response {
  void response.body?.cancel();
  return new Response(null, { status: response.status, headers: response.headers });
}
