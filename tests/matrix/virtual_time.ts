/**
 * Time for clients and servers that share a process: it stands still while either works, and when both only wait, it is
 * at once as late as the first of them waits for. So a limit of a minute is over in no time, and still comes before two.
 */
import type { Sleep } from "../../lib/runtime/sleep.ts";

/** Time as a client and a server have it. */
export interface VirtualTime extends Disposable {
  /** The time, in milliseconds since 1970. */
  readonly now: () => number;
  /** Lets time pass. */
  readonly advance: (ms: number) => void;
  /** What the server waits with; the client's timers are those of the runtime, which this is put in place of. */
  readonly sleep: Sleep;
  /** Notes that somebody works. */
  readonly stir: () => void;
  /** Waits for work, but for no longer than {@link PATIENCE_MS}. */
  readonly limit: <T>(work: Promise<T>) => Promise<T>;
}

/** Somebody would have waited for too long. */
export class HangsError extends Error {}

/** How long nobody waits for a client, in milliseconds of this time. */
export const PATIENCE_MS = 15 * 60_000;

/** Shorter timers only put something off until later in the same moment. */
const SHORTEST_MS = 20;
/** How long it has to be quiet before it counts as waiting, in ticks: these come late where the machine is busy, as all does. */
const quietTicks = {
  /** Where it is the server that waits next: most probably for what is asked of it. */
  server: 8,
  /** Where it is the client: either may be at work meanwhile, at keys perhaps. */
  client: 80,
  /** Until it is believed that nobody waits for anything. */
  dead: 200,
} as const;
const TICK_MS = 5;

interface Timer {
  readonly atMs: number;
  readonly isServers: boolean;
  readonly fire: () => void;
}

/** Puts such a time in place of the runtime's timers. */
export function startVirtualTime(): VirtualTime {
  // Clients stamp what they sign with the clock of the machine.
  let nowMs = Date.now();
  let quiet = 0;
  let ids = 1_000_000;
  const timers = new Map<number, Timer>();
  const limits = new Set<{ readonly atMs: number; readonly fail: (error: Error) => void }>();
  const { setTimeout: realSet, clearTimeout: realClear } = globalThis;

  function stir(): void {
    quiet = 0;
  }

  function add(ms: number, isServers: boolean, fire: () => void): number {
    stir();
    timers.set(++ids, { atMs: nowMs + ms, isServers, fire });
    return ids;
  }

  function tick(): void {
    quiet++;
    const [id, next] = [...timers].sort(([, one], [, other]) => one.atMs - other.atMs)[0] ?? [];
    const kind = !next ? "dead" : next.isServers ? "server" : "client";
    if (quiet >= quietTicks[kind]) pass(id, next);
    ticking = realSet(tick, TICK_MS);
  }

  function pass(id: number | undefined, next: Timer | undefined): void {
    stir();
    if (id !== undefined) timers.delete(id);
    if (next) nowMs = Math.max(nowMs, next.atMs);
    for (const { atMs, fail } of limits) if (!next || nowMs > atMs) fail(new HangsError("Nobody waits that long"));
    next?.fire();
  }

  let ticking = realSet(tick, TICK_MS);
  const put = (name: "setTimeout" | "clearTimeout", value: unknown): void => {
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  };
  put("setTimeout", (work: (...given: readonly unknown[]) => void, ms = 0, ...given: readonly unknown[]) => {
    if (ms < SHORTEST_MS) return realSet(work, ms, ...given);
    return add(ms, false, () => work(...given));
  });
  put("clearTimeout", (id: number | undefined) => {
    if (id === undefined || !timers.delete(id)) realClear(id);
  });
  return {
    now: () => nowMs,
    advance: (ms) => {
      nowMs += ms;
    },
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const stop = (): void => {
          timers.delete(id);
          reject(signal?.reason);
        };
        const id = add(ms, true, () => {
          signal?.removeEventListener("abort", stop);
          resolve();
        });
        signal?.addEventListener("abort", stop, { once: true });
      }),
    stir,
    limit: async (work) => {
      const failing = Promise.withResolvers<never>();
      const entry = { atMs: nowMs + PATIENCE_MS, fail: failing.reject };
      limits.add(entry);
      try {
        return await Promise.race([work, failing.promise]);
      } finally {
        limits.delete(entry);
      }
    },
    [Symbol.dispose]: () => {
      realClear(ticking);
      put("setTimeout", realSet);
      put("clearTimeout", realClear);
    },
  };
}
