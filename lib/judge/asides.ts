/**
 * Requests that are nothing a client does: its driver asks what it is to do next.
 *
 * @module
 */
import { isObject } from "../http/json.ts";
import { isOfDriver } from "../scenarios/guide.ts";
import type { McpStep, Step } from "./step.ts";

/**
 * The steps without those that only ask what comes next. One stays where it led to more: where it was refused, was answered in
 * a stream that a client can come back to, or was cancelled.
 */
export function withoutAsides(steps: readonly Step[]): readonly Step[] {
  if (!steps.some(isPlainAside)) return steps;
  const cancelled = new Set(steps.flatMap((step) => step.kind === "mcp" ? cancelledIn(step) : []));
  return steps.filter((step) => !isPlainAside(step) || cancelled.has(JSON.stringify(step.sent[0]?.message?.id)));
}

function isPlainAside(step: Step): step is McpStep {
  return step.kind === "mcp" && !step.isBatch && step.status >= 200 && step.status < 300 && !step.stream &&
    isOfDriver(step.sent[0]?.message);
}

/** The ids of requests that a message cancels, as JSON. */
function cancelledIn({ sent }: McpStep): readonly (string | undefined)[] {
  return sent.flatMap(({ message }) =>
    message?.method === "notifications/cancelled" && isObject(message.params)
      ? [JSON.stringify(message.params.requestId)]
      : []
  );
}
