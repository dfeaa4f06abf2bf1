/**
 * The system tells the time in whole milliseconds, in which one client can ask two processes one after the other. What is
 * missing is told by the clock for durations, once it is known how far the two are apart.
 *
 * @module
 */

/** How long the two are compared at first, in milliseconds, so that the system's clock ticks over meanwhile. */
const COMPARE_MS = 2;
/** The most comparisons: there are systems on which time stands still while a program runs. */
const MAX_COMPARISONS = 50_000;
/** How far the two may drift apart before the system's clock counts as set, in milliseconds. */
const MAX_DRIFT_MS = 2;

/**
 * Makes a clock of real time with fractions of milliseconds, which processes on one machine agree on.
 *
 * @param nowMs Real time, in whole milliseconds since 1970.
 * @param monotonicMs A clock for durations, in milliseconds with fractions.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * let microseconds = 1_000_000_700;
 * const [nowMs, monotonicMs] = [() => Math.floor(microseconds / 1000), () => (microseconds += 10) / 1000 - 5];
 * const fineMs = createFineClock(nowMs, monotonicMs);
 * assert(Math.abs(fineMs() - microseconds / 1000) < 0.05);
 * ```
 */
export function createFineClock(nowMs: () => number, monotonicMs: () => number): () => number {
  let apartMs = -Infinity;
  const endMs = monotonicMs() + COMPARE_MS;
  // Least is cut off right after the system's clock has ticked over.
  for (let count = 0; count < MAX_COMPARISONS && monotonicMs() < endMs; count++) {
    apartMs = Math.max(apartMs, nowMs() - monotonicMs());
  }
  return () => {
    const runMs = monotonicMs();
    const seenMs = nowMs() - runMs;
    if (seenMs > apartMs || seenMs < apartMs - MAX_DRIFT_MS) apartMs = seenMs;
    return runMs + apartMs;
  };
}
