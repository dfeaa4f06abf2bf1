// One request's way through a sandbox, in one direction: row, plan, handler, wire.
import { allowOrigin } from "../../lib/http/any_origin.ts";
import type { EndpointKind } from "../../lib/http/place.ts";
import { noSuchEndpoint } from "../../lib/sandbox/not_found.ts";
import { isMcp } from "../../lib/scenarios/match.ts";
import type { Plan } from "../../lib/scenarios/plan.ts";
import type { OpenStreams } from "../../lib/faults/open_streams.ts";
import { attempted, type Awaitable, followed } from "../../lib/runtime/awaitable.ts";
import { late } from "../../lib/runtime/late.ts";
import { failureResponse } from "./failure.ts";
import { type FaultParameterDeps, setFaults } from "./fault_parameter.ts";
import type { Match } from "./router.ts";
import type { Arrival, Shaped, ShapeDeps } from "./shape.ts";

/** What serving needs. */
export interface ServeDeps extends FaultParameterDeps, ShapeDeps {
  readonly match: (request: Request, path: string) => Match;
  readonly streams: Pick<OpenStreams, "watch" | "of" | "live">;
  readonly report: (message: string) => void;
}

/** A response, and the names of the faults that made it so. */
export interface Served extends Shaped {
  readonly route: string | undefined;
  readonly endpoint: EndpointKind;
}

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

/** What shapes responses, which most sandboxes have no use for. */
const shaping = late(() => import("./shape.ts"));

/** The response under the plan of this request, and what its faults make of it. */
function answerWithFaults(deps: ServeDeps, arrival: Arrival, { found, endpoint }: Asked): Awaitable<Shaped> {
  const { live } = arrival;
  const answerUnder = (plan: Plan): Awaitable<Response> => answer(deps, arrival, found, plan);
  const faults = endpoint === "control" ? [] : live.faults();
  if (faults.length === 0) return followed(answerUnder(live.plan()), unshaped);
  const ways = { answer: answerUnder, refuse: (error: unknown) => refuse(deps, arrival, error) };
  return shaping().then(({ shape }) => shape(deps, { ...arrival, endpoint, faults }, ways));
}

function unshaped(response: Response): Shaped {
  return { response, shapedBy: NO_FAULTS };
}

const NO_FAULTS: readonly string[] = [];

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
