// When things happened, as far as a record can tell: its times are whole milliseconds of real time, and of an answer it
// knows when its head left, not when the client read it.

import { type Exchange, MAX_BODY_LENGTH } from "../recorder/exchange.ts";
import type { StepBase } from "./step.ts";

/** What times on record can be wrong by: they are rounded. */
export const PRECISION_MS = 2;
/** Within this an answer that left can be on its way still, and what is sent have been on its way already. */
export const TRAVEL_MS = 1000;
/** An answer that takes longer may find a client that has given up waiting. */
const PATIENCE_MS = 5000;

/** Within this a client that repeats what was refused has not been told to by a person. */
export const AT_ONCE_MS = 10_000;

/** Whether the clock of a record stood still, as that of a test may: then nothing on it shows how long anything took. */
export function stoodStill(steps: readonly StepBase[]): boolean {
  const [first] = steps;
  return steps.every(({ exchange }) => exchange.receivedAtMs === first?.exchange.receivedAtMs);
}

/** When an answer left, in milliseconds since 1970 of real time. */
export function endOf({ receivedAtMs, durationMs }: Exchange): number {
  return receivedAtMs + durationMs;
}

/** How long after an answer another request came, in milliseconds of real time. */
export function gapBetween(answered: StepBase, next: StepBase): number {
  return next.exchange.receivedAtMs - endOf(answered.exchange);
}

/** The same by the clock that says it was longer: a test may move the sandbox's clock instead of waiting. */
export function waitBetween(answered: StepBase, next: StepBase): number {
  const { startedAtMs, durationMs } = answered.exchange;
  return Math.max(gapBetween(answered, next), next.exchange.startedAtMs - startedAtMs - durationMs);
}

/** Whether the second of two requests certainly came before the first was answered. */
export function overlap(first: StepBase, second: StepBase): boolean {
  return gapBetween(first, second) < -PRECISION_MS;
}

/** Whether the first of two requests took so long that its sender may not have waited for the answer. */
export function mayHaveGivenUp(first: StepBase, second: StepBase): boolean {
  return second.exchange.receivedAtMs - first.exchange.receivedAtMs >= PATIENCE_MS;
}

/** Whether a request came after another had been answered, as far as a record that is rounded can tell. */
export function seemsToFollow(first: StepBase, second: StepBase): boolean {
  return gapBetween(first, second) > -PRECISION_MS / 2;
}

/** Whether a request certainly came after another had been answered. */
export function follows(first: StepBase, second: StepBase): boolean {
  return gapBetween(first, second) >= 0;
}

/** Whether so much time lies between an answer and a request that its sender had the answer. */
export function isLongAfter(answered: StepBase, next: StepBase): boolean {
  return gapBetween(answered, next) > TRAVEL_MS;
}

/** Whether an answer went out whole, soon, and as the server meant it, so that a client that waited for it has it. */
export function isDelivered({ exchange: { response, shapedBy, durationMs } }: StepBase): boolean {
  return !response.truncated && shapedBy.length === 0 && durationMs < PATIENCE_MS;
}

/** Whether a fault broke an answer off on its way; that a record keeps only the beginning of a long one is no sign of it. */
export function isBrokenOff({ exchange: { response, shapedBy, isCut = false } }: StepBase): boolean {
  return response.truncated && shapedBy.length > 0 && !isCut && (response.body?.length ?? 0) < MAX_BODY_LENGTH;
}

/** Whether its client closed the connection before the answer had begun. */
export function isLeft({ exchange: { response, stream } }: StepBase): boolean {
  return response.truncated && response.body === undefined && stream?.endedBy === "client";
}

/** Whether all that an event stream has brought is on record; one that broke off brought no more. */
export function isStreamKept({ exchange: { response, stream, isCut = false } }: StepBase): boolean {
  if (isCut || (response.body?.length ?? 0) >= MAX_BODY_LENGTH) return false;
  return !response.truncated || stream?.endedBy === "cut";
}
