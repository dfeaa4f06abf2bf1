// Long work in slices: a process has one thread, and a caller who asks for much must not keep the others waiting. Work of this
// kind is a generator that yields wherever it may be interrupted; in each turn of the event
// loop some milliseconds are spent on what is under way, in rotation.
import { nextTurn } from "./node_timers.ts";

/** Work that may be interrupted wherever it yields. */
export type Sliced<T> = Generator<undefined, T>;

/** Does work in slices. */
export interface Slices {
  /** Does some work; rejects, and does no more of it, once the signal aborts. */
  readonly run: <T>(work: Sliced<T>, signal?: AbortSignal) => Promise<T>;
}

/** How long slices may take in one turn of the event loop, in milliseconds; a step that does not yield takes what it takes. */
const SLICE_MS = 5;

/**
 * Does some work without a break.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * function* three(): Sliced<number> {
 *   yield;
 *   return 3;
 * }
 * assert.equal(finish(three()), 3);
 * assert.equal(await createSlices(() => 0).run(three()), 3);
 * ```
 */
export function finish<T>(work: Sliced<T>): T {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}

/** Makes what does work in slices. */
export function createSlices(monotonicMs: () => number): Slices {
  /** Each works until a time, and says whether there is more to do. */
  const waiting: ((untilMs: number) => boolean)[] = [];
  let isBusy = false;

  async function rotate(): Promise<void> {
    isBusy = true;
    while (waiting.length > 0) {
      const untilMs = monotonicMs() + SLICE_MS;
      do {
        const next = waiting.shift();
        if (next?.(untilMs)) waiting.push(next);
      } while (waiting.length > 0 && monotonicMs() < untilMs);
      await nextTurn();
    }
    isBusy = false;
  }

  return {
    run: (work, signal) =>
      new Promise((resolve, reject) => {
        waiting.push((untilMs) => {
          try {
            signal?.throwIfAborted();
            for (;;) {
              const step = work.next();
              if (step.done) {
                resolve(step.value);
                return false;
              }
              if (monotonicMs() >= untilMs) return true;
            }
          } catch (error) {
            reject(error);
            return false;
          }
        });
        if (!isBusy) void rotate();
      }),
  };
}
