/**
 * A sandbox's exchanges as they happen, and findings as they change, as server-sent events.
 *
 * @module
 */
import type { Exchange } from "../lib/recorder/exchange.ts";
import type { Finding, Report } from "../lib/recorder/report.ts";
import type { ExchangeListener } from "../lib/recorder/tape.ts";
import type { Sleep } from "../lib/sleep.ts";

/** What a stream tells of. */
export interface EventSource {
  /** Reads what was there before. */
  readonly readPast: () => Promise<readonly Exchange[]>;
  /** Listens to what comes; the result ends it. */
  readonly subscribe: (listener: ExchangeListener) => () => void;
  /** Judges what there is by now. */
  readonly judge: () => Promise<Report>;
  /** What to wait with. */
  readonly sleep: Sleep;
  /** Aborting it ends the stream. */
  readonly signal: AbortSignal | undefined;
}

/** Exchanges that come together are judged together: judging reads them all. */
const GATHER_MS = 250;
/** Proxies end a stream that says nothing for long. */
const KEEP_ALIVE_MS = 15_000;

/**
 * Makes the stream. Its events are `exchange` (with the sequence number as id; one that changes comes again) and
 * `findings`: the verdict, the clients, and every finding that is other than it was.
 *
 * @param source What it tells of.
 * @see {@link https://html.spec.whatwg.org/multipage/server-sent-events.html}
 */
export function eventStream({ readPast, subscribe, judge, sleep, signal }: EventSource): Response {
  const encoder = new TextEncoder();
  const stop = new AbortController();
  const known = new Map<string, string>();
  let isJudging = false;
  let leave = (): void => {};

  const body = new ReadableStream<Uint8Array>({
    start: (controller) => {
      const send = (text: string): void => {
        if (!stop.signal.aborted) controller.enqueue(encoder.encode(text));
      };
      const end = (): void => {
        if (stop.signal.aborted) return;
        close();
        controller.close();
      };
      if (signal?.aborted) return end();
      signal?.addEventListener("abort", end, { once: true, signal: stop.signal });
      // Whoever listens first and reads then misses nothing; and what comes meanwhile waits, so that numbers go up.
      const early: Exchange[] = [];
      let tell = (exchange: Exchange): unknown => early.push(exchange);
      leave = subscribe((exchange) => {
        tell(exchange);
        void judgeSoon(send);
      });
      void readPast().then((past) => {
        tell = (exchange) => send(exchangeEvent(exchange));
        for (const exchange of [...past, ...early]) tell(exchange);
      }).catch(end);
      void judgeSoon(send);
      void keepAlive(send);
    },
    cancel: () => close(),
  });

  function close(): void {
    stop.abort();
    leave();
  }

  async function judgeSoon(send: (text: string) => void): Promise<void> {
    if (isJudging) return;
    isJudging = true;
    try {
      await sleep(GATHER_MS, stop.signal);
      // What comes from now on is for the next time.
      isJudging = false;
      const report = await judge();
      const changed = changedFindings(report, known);
      if (changed.length > 0) send(event("findings", { ...summaryOf(report), findings: changed }));
    } catch {
      // The reader has left.
    }
  }

  async function keepAlive(send: (text: string) => void): Promise<void> {
    try {
      while (!stop.signal.aborted) {
        await sleep(KEEP_ALIVE_MS, stop.signal);
        send(": still here\n\n");
      }
    } catch {
      // The reader has left.
    }
  }

  return new Response(body, {
    headers: { "content-type": "text/event-stream", "cache-control": "no-store", "x-accel-buffering": "no" },
  });
}

function exchangeEvent(exchange: Exchange): string {
  return `id: ${exchange.sequence}\n${event("exchange", exchange)}`;
}

function event(name: string, data: unknown): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}

function summaryOf({ verdict, clients }: Report): Record<string, unknown> {
  return {
    verdict,
    clients: clients.map(({ id, name, revision, exchanges, verdict: own }) => ({
      id,
      name,
      revision,
      exchanges,
      verdict: own,
    })),
  };
}

/** Findings that are other than those known; those known are brought up to date. */
function changedFindings(
  { clients }: Report,
  known: Map<string, string>,
): readonly (Finding & { readonly client: string })[] {
  return clients.flatMap(({ id, findings }) =>
    findings.flatMap((finding) => {
      const [key, value] = [`${finding.rule} ${id}`, JSON.stringify(finding)];
      if (known.get(key) === value) return [];
      known.set(key, value);
      return { ...finding, client: id };
    })
  );
}
