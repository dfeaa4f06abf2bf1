// A listener that lasts. `Deno.serve` ends at the first connection it cannot accept, and without descriptors left it can
// accept none; so quiet connections are closed to get some back, and it is opened again.
import { PlannedBreak } from "../faults/broken_body.ts";
import type { Sleep } from "../runtime/sleep.ts";
import { reasonOf } from "./start_files.ts";
import { isOfSystem } from "./system_error.ts";

/** Where a server listens. */
interface Address {
  readonly hostname: string;
  readonly port: number;
}

/** What of a `Deno.HttpServer` is needed. */
export interface HttpServer {
  readonly addr: Address;
  /** Rejects when it can accept no more. */
  readonly finished: Promise<void>;
  /** Closes the listener and the quiet connections at once, the others as they become quiet. */
  readonly shutdown: () => Promise<void>;
}

/** What a listener is made with. */
export interface ListenerDeps {
  /** Listens on a port, 0 for any free one. */
  readonly open: (port: number) => HttpServer;
  /** Throws unless there are some descriptors left; a server that is opened without any hangs. */
  readonly probe: () => void;
  readonly sleep: Sleep;
  readonly monotonicMs: () => number;
  /** Told of an outage, once. */
  readonly report: (message: string) => void;
}

/** A listener. */
export interface Listener {
  readonly addr: Address;
  /** Listens no more; resolves when the last response is sent. */
  readonly close: () => Promise<void>;
}

/** How long the listener stays closed the first time, in milliseconds; each time in a row twice as long. */
const MIN_PAUSE_MS = 50;
const MAX_PAUSE_MS = 2000;
/** What fails again within so many milliseconds belongs to the same outage. */
const OUTAGE_MS = 30_000;

/**
 * Listens, and keeps listening.
 *
 * @param port Port to listen on, 0 for any free one.
 * @throws What `open` throws the first time.
 */
export function keepListening(port: number, { open, probe, sleep, monotonicMs, report }: ListenerDeps): Listener {
  const stop = new AbortController();
  const draining = new Set<Promise<void>>();
  let server = open(port);
  const { addr } = server;
  let pauseMs = MIN_PAUSE_MS;
  let failedAtMs = -Infinity;

  function drain({ shutdown }: HttpServer): Promise<void> {
    const drained = shutdown().catch(() => {}).finally(() => draining.delete(drained));
    draining.add(drained);
    return drained;
  }

  async function reopen(): Promise<void> {
    while (!stop.signal.aborted) {
      await sleep(pauseMs, stop.signal).catch(() => {});
      pauseMs = Math.min(MAX_PAUSE_MS, pauseMs * 2);
      if (stop.signal.aborted) return;
      try {
        probe();
        server = open(addr.port);
        return;
      } catch {
        // Still none left, or another program has taken the port in the meantime; both may end.
      }
    }
  }

  async function watch(): Promise<void> {
    while (!stop.signal.aborted) {
      try {
        return await server.finished;
      } catch (error) {
        if (monotonicMs() - failedAtMs > OUTAGE_MS) {
          pauseMs = MIN_PAUSE_MS;
          report(`No connection can be accepted (${reasonOf(error)}); idle ones are closed to continue`);
        }
        void drain(server);
        await reopen();
        failedAtMs = monotonicMs();
      }
    }
  }

  void watch();
  return {
    addr,
    close: async () => {
      stop.abort();
      void drain(server);
      await Promise.all(draining);
    },
  };
}

/**
 * What `Deno.serve` is to do with an error: say nothing of a body that broke off as it was asked to, and the rest in a
 * line. By itself it prints a stack trace for both.
 */
export function answerBroken(report: (message: string) => void): (error: unknown) => Response {
  return (error) => {
    if (!(error instanceof PlannedBreak)) report(`A response broke off: ${error}`);
    // The response is on its way in most cases; then nobody sees this one.
    return new Response(null, { status: 500 });
  };
}

/**
 * Why a server cannot listen, in one line.
 *
 * @param address Where it was to listen.
 */
export function listenProblem(
  error: unknown,
  { host, port }: { readonly host: string; readonly port: number },
): string {
  return isOfSystem(error, "EADDRINUSE")
    ? `Port ${port} of ${host} is taken; choose another with --port, or any free one with --port 0`
    : `Cannot listen on ${host}, port ${port}: ${reasonOf(error)}`;
}
