// How what a client did ends: with requests that were refused, or with one whose answer broke off.
import { headerOf } from "../recorder/exchange.ts";
import { isBrokenOff, isLeft } from "./moments.ts";
import { pathOf, rpcErrorOf } from "./reading.ts";
import { refusalOf } from "./repeats.ts";
import type { McpStep, Step } from "./step.ts";
import type { View } from "./view.ts";

/** So many refusals one after the other, and nothing since, say that a client gets nowhere. */
const MIN_REFUSALS = 2;

/** With these a client begins; they say nothing of what it had before. */
const openings: ReadonlySet<string> = new Set(["initialize", "server/discover"]);

/** A scope that is missing is missing for one call, and not for all. */
function isRefused({ status, challenge }: McpStep): boolean {
  return status >= 400 && challenge?.get("error") !== "insufficient_scope";
}

/**
 * Says so if the last requests to the MCP server, two at least, were all refused: a client may have made a call long ago, and
 * hold on to a session that has ended since.
 *
 * @param view What the client did.
 */
export function describeDeadEnd({ calls }: View): string | undefined {
  const asked = calls.filter((call) => call.verb === "POST" && !(isRefused(call) && openings.has(call.method ?? "")));
  const refused = asked.slice(asked.findLastIndex((call) => !isRefused(call)) + 1);
  const last = refused.at(-1);
  if (!last || refused.length < MIN_REFUSALS || refused.length === asked.length) return undefined;
  return `Its last ${refused.length} requests to the MCP server were all refused, the last with ${refusalOf(last)}`;
}

/**
 * Says so if the last request to the MCP server was told that its session is lost, and the client has done something else
 * since than to begin another: a client that was told so, and did nothing more, may be at its end.
 *
 * @param view What the client did.
 */
export function describeLostSession({ calls, steps }: View): string | undefined {
  const last = calls.findLast((call) => call.verb === "POST" && !(isRefused(call) && openings.has(call.method ?? "")));
  if (last?.status !== 404 || headerOf(last.exchange.request, "mcp-session-id") === undefined) return undefined;
  const next = steps.find(({ at, kind }) => at > last.at && kind !== "mcp");
  return next &&
    `The server has lost its session, which ${nameOf(last)} was told with 404, and it went on with ${nameOf(next)}, ` +
      "and has begun no other";
}

/**
 * Says with what a client's last request was refused, if it was.
 *
 * @param view What the client did.
 */
export function describeLastRefusal({ steps }: View): string | undefined {
  const last = steps.findLast((step) => step.kind !== "authorization" && !isAside(step));
  if (!last) return undefined;
  const what = `Its last request, ${nameOf(last)},`;
  if (isLeft(last)) return `It closed the connection before ${nameOf(last)} was answered`;
  if (isBrokenOff(last)) return `${what} got a response that broke off`;
  const error = last.kind === "mcp" && last.status < 300 ? rpcErrorOf(last) : undefined;
  if (error !== undefined) return `${what} was answered with the error ${error}`;
  const refusal = refusalOf(last);
  // Without a token, it is the refusal by which a client finds out that it needs one.
  return refusal === undefined || (last.kind === "mcp" && last.token === undefined)
    ? undefined
    : `${what} was refused with ${refusal}`;
}

function isAside(step: Step): boolean {
  return step.kind === "mcp" && step.verb !== "POST";
}

function nameOf(step: Step): string {
  return step.kind === "mcp" && step.method !== undefined
    ? step.method
    : `${step.exchange.method} ${pathOf(step.exchange.url)}`;
}
