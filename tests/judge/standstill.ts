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
  /**
   * Sends a request of the client, which gets nothing more of it once it has gone away. Where it had waited long enough for
   * another, the server may wait on for that once this is answered.
   */
  readonly carry: (request: Request, send: (request: Request) => Promise<Response>) => Promise<Response>;
}

interface Timer {
  readonly atMs: number;
  readonly isServers: boolean;
  readonly fire: () => void;
}

/** Enough for a client to answer a request of its server. */
const TURNS = 500;
/** A time in which a client answers, in milliseconds. */
const SHORT_MS = 10_000;

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

  /** Has the one of some who waits for the shortest time have waited. */
  function goOn(waiting: readonly Timer[]): void {
    const [first] = [...waiting].sort((one, other) => one.atMs - other.atMs);
    if (!first) return;
    pass(Math.max(0, first.atMs - now()));
    if (!first.isServers) late++;
    first.fire();
  }

  return {
    sleep: async (ms, signal) => {
      const waited = add(ms, true, signal);
      // In a short time the client may act on what it has been sent; whoever waits for long has had it all along.
      for (let turn = 0; turn < TURNS && ms <= SHORT_MS; turn++) await Promise.resolve();
      goOn([...timers]);
      return await waited;
    },
    untilLate: (ms, answered) => add(ms, false, answered),
    carry: async (request, send) => {
      const before = late;
      const answered = await send(request);
      const leave = (): void => {
        // Whoever reads it stops to do so.
        if (answered.body && !answered.bodyUsed && !answered.body.locked) void answered.body.cancel().catch(() => {});
      };
      if (request.signal.aborted) leave();
      else request.signal.addEventListener("abort", leave, { once: true });
      if (before > known) {
        known = before;
        // The client does not wait: what it has asked for is there.
        goOn([...timers].filter(({ isServers }) => isServers));
      }
      return answered;
    },
  };
}
