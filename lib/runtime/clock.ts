// Real time in fractions of a millisecond: within a whole one, a client can ask two processes one after the other.

/** How far the two clocks may drift apart before the system's clock counts as set, in milliseconds. */
const MAX_DRIFT_MS = 2;

/**
 * Makes a clock of real time with fractions of milliseconds, which processes on one machine agree on.
 *
 * @param nowMs Real time, in whole milliseconds since 1970.
 * @param monotonicMs A clock for durations, in milliseconds with fractions.
 * @param originMs When that clock stood at zero, in milliseconds since 1970.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const realMs = createFineClock(() => 1_000_000, () => 0.7, 1_000_000);
 * assert.equal(realMs(), 1_000_000.7);
 * ```
 */
export function createFineClock(
  nowMs: () => number,
  monotonicMs: () => number,
  originMs: number = performance.timeOrigin,
): () => number {
  let apartMs = originMs;
  return () => {
    const runMs = monotonicMs();
    const seenMs = nowMs() - runMs;
    if (seenMs > apartMs || seenMs < apartMs - MAX_DRIFT_MS) apartMs = seenMs;
    return runMs + apartMs;
  };
}
