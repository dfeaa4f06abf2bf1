// What the faults of a sandbox make of a request's answer. Loaded with the first request that meets any.
import { allowOrigin } from "../../lib/http/any_origin.ts";
import { bodyText, MAX_MESSAGE_BYTES } from "../../lib/http/request_body.ts";
import type { EndpointKind } from "../../lib/http/place.ts";
import { OAuthError } from "../../lib/http/errors.ts";
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
import type { Awaitable } from "../../lib/runtime/awaitable.ts";
import type { Sleep } from "../../lib/runtime/sleep.ts";
import type { FaultCounts } from "../../lib/faults/fault_count_table.ts";
import type { LiveSandbox } from "../../lib/sandbox/live_sandboxes.ts";
import type { ConnectionInfo } from "./router.ts";

/** What shaping needs. */
export interface ShapeDeps {
  readonly faultCounts: Pick<FaultCounts, "claim" | "arm">;
  readonly sessionFactsOf: McpEndpoint["sessionFactsOf"];
  readonly sleep: Sleep;
  readonly streams: Pick<OpenStreams, "of" | "live">;
  /** Whether sandboxes of strangers share the origin. */
  readonly isPublic: boolean;
  readonly isUploaded: (name: string) => boolean;
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
export interface Shaped {
  readonly response: Response;
  readonly shapedBy: readonly string[];
}

/** A request to a sandbox that has faults. */
interface Faulted extends Arrival {
  readonly endpoint: EndpointKind;
  readonly faults: readonly Fault[];
}

/** How a request is answered. */
interface Ways {
  readonly answer: (plan: Plan) => Awaitable<Response>;
  readonly refuse: (error: unknown) => Promise<Response>;
}

/**
 * Answers a request as the faults of its sandbox have it.
 *
 * @param ways How it is answered otherwise.
 */
export async function shape(deps: ShapeDeps, faulted: Faulted, { answer, refuse }: Ways): Promise<Shaped> {
  const { request, url, live, sandbox, sentPath, routed, endpoint, faults: set } = faulted;
  const isLed = guidedScript(live.scenario) !== undefined || gauntletOf(sandbox) !== undefined;
  const faults = isLed ? await faultsFor(set, request, endpoint) : set;
  if (faults.length === 0) return { response: await answer(live.plan()), shapedBy: [] };
  const sessionAsked = isMcp(endpoint) ? sessionAsk(faults) : undefined;
  const session = sessionAsked ? { session: await deps.sessionFactsOf(request, sandbox, sessionAsked) } : {};
  const facts = await readFacts({ url, path: sentPath, endpoint, ...session }, request, faults);
  const asked = { plan: live.plan(), faults, nowMs: sandbox.nowMs, sandboxId: live.id(), counts: deps.faultCounts };
  const plan = await resolvePlan(asked, facts);
  const variables = variablesOf(sandbox.serverAt(routed.server), facts);
  // Handlers read what was sent before they answer. Once an answer has left, what comes after it is on no record.
  if (plan.answer) await bodyText(request, MAX_MESSAGE_BYTES).catch(() => "");
  const answered = plan.answer ? answerResponse(plan.answer, variables) : await answer(plan);
  if (plan.answer) allowOrigin(answered);
  await noteResponse(asked, facts, answered.status);
  const before = new Headers(plan.answer ? undefined : answered.headers);
  const { response, applied, ...wire } = await applyWire(answered, plan.wire, {
    variables,
    sleep: deps.sleep,
    method: request.method,
    live: () => deps.streams.live(sandbox.id, request),
    onGet: onGetOf(deps, faulted, answered),
  });
  const shapedBy = [...new Set([...plan.shapedBy, ...applied])];
  if (!deps.isPublic || (!plan.answer && applied.length === 0)) return { response, shapedBy };
  const isRewritten = wire.isRewritten || plan.answer?.body !== undefined;
  const isOwners = isOfOwner(deps, live, shapedBy);
  const harmless = makeHarmless(request, response, { before, isRewritten, isOwners });
  return { response: harmless ?? await refuse(notShown()), shapedBy };
}

/** Puts text on the GET streams of the session that a request belongs to. */
function onGetOf(
  { streams }: ShapeDeps,
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
  { isUploaded }: ShapeDeps,
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
