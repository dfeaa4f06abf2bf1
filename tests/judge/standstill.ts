/**
 * Time that passes only while a client and its server both wait, and then at once: as far as the first of them waits for.
 * So a limit of a minute is over in no time, and still comes before ten.
 */
import type { Sleep } from "../../lib/runtime/sleep.ts";

/** The clock that everything is recorded by. */
interface Clock {
  /** In milliseconds. */
  readonly now: () => number;
  readonly pass: (ms: number) => void;
}

export interface Standstill {
  /** What the server waits with. */
  readonly sleep: Sleep;
  /** What the client waits for an answer with, until that is there. */
  readonly untilLate: (ms: number, answered: AbortSignal) => Promise<void>;
  /** Has the server wait on once the client, which waited no longer for one thing, has been answered the next. */
  readonly whileAnswering: <T>(answer: () => Promise<T>) => Promise<T>;
}

interface Timer {
  readonly atMs: number;
  readonly isServers: boolean;
  readonly fire: () => void;
}

export function createStandstill({ now, pass }: Clock): Standstill {
  const timers = new Set<Timer>();
  /** How often the client has waited long enough, and how often it is known what it did then. */
  let late = 0;
  let known = 0;

  function add(ms: number, isServers: boolean, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const stop = (): void => {
        timers.delete(timer);
        // Whoever stops to wait for an answer is not told how that ended.
        if (isServers) reject(signal?.reason);
        else resolve();
      };
      const timer: Timer = {
        atMs: now() + ms,
        isServers,
        fire: () => {
          timers.delete(timer);
          signal?.removeEventListener("abort", stop);
          resolve();
        },
      };
      signal?.addEventListener("abort", stop, { once: true });
      timers.add(timer);
    });
  }

  /** Whoever waits for the shortest time has waited, where the server waits at all: else the client has something to do. */
  function goOn(): void {
    const waiting = [...timers];
    if (!waiting.some(({ isServers }) => isServers)) return;
    const [first] = waiting.sort((one, other) => one.atMs - other.atMs);
    if (!first) return;
    pass(Math.max(0, first.atMs - now()));
    if (!first.isServers) late++;
    first.fire();
  }

  return {
    sleep: (ms, signal) => {
      const waited = add(ms, true, signal);
      goOn();
      return waited;
    },
    untilLate: (ms, answered) => add(ms, false, answered),
    whileAnswering: async (answer) => {
      const before = late;
      const answered = await answer();
      if (before > known) {
        known = before;
        goOn();
      }
      return answered;
    },
  };
}
