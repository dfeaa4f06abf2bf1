/**
 * What shows that a client was there before its sandbox was reset, so that not all that it was told is on record.
 *
 * @module
 */
import { conversationIn } from "./conversation.ts";
import { pagesOf } from "./rules/mcp/pages.ts";
import type { McpStep, Step } from "./step.ts";
import { isForeignCall, type SandboxFacts } from "./view.ts";

/**
 * Whether a client sends what nothing on record has given it: a token, a session, a cursor, or a request to a server without
 * sessions that only follows on a handshake.
 *
 * @param steps All its steps, in order.
 * @param facts Which tokens are on record.
 */
export function hasPast(steps: readonly Step[], facts: Pick<SandboxFacts, "issued">): boolean {
  const calls = steps.filter((step) => step.kind === "mcp");
  return steps.some((step) => isForeignCall(facts, step) || isStrayRefresh(step, steps)) ||
    hasStrayThread(calls) || hasStrayCursor(calls) || hasStrayRequest(calls);
}

function isStrayRefresh(step: Step, steps: readonly Step[]): boolean {
  return step.kind === "token" && step.params.get("grant_type") === "refresh_token" &&
    !steps.some((other) => other.kind === "token" && other.at < step.at && other.issued !== undefined);
}

/** In a session that no `initialize` has begun, or in a stream of HTTP+SSE that no GET has opened. */
function hasStrayThread(calls: readonly McpStep[]): boolean {
  const known = new Set<string>();
  return calls.some(({ session, channel, method, verb }) => {
    if (session !== undefined && method === "initialize") known.add(session);
    if (channel !== undefined && verb === "GET") known.add(channel);
    return [session, channel].some((thread) => thread !== undefined && !known.has(thread));
  });
}

function hasStrayCursor(calls: readonly McpStep[]): boolean {
  const begun = new Set<string>();
  return pagesOf(calls).some(({ call: { address }, method, cursor, next }) => {
    const list = `${address} ${method}`;
    const isStray = cursor !== undefined && !begun.has(list);
    if (next !== undefined) begun.add(list);
    return isStray;
  });
}

function hasStrayRequest(calls: readonly McpStep[]): boolean {
  const begun = new Set<string>();
  return conversationIn(calls).requests.some(({ era, method, thread, step: { address, status } }) => {
    if (method === "initialize") begun.add(address);
    return era === "handshake" && thread === undefined && method !== "ping" && status < 300 && !begun.has(address);
  });
}
