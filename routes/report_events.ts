/**
 * A sandbox's exchanges as they happen, and findings as they change, told to a stream of events.
 *
 * @module
 */
import type { Exchange } from "../lib/recorder/exchange.ts";
import type { Finding, Report } from "../lib/recorder/report.ts";
import type { RecordListener } from "../lib/recorder/tape.ts";
import type { EventStream } from "./event_stream.ts";

/** A sandbox's record. */
export interface RecordFeed {
  /** Another one where numbers begin anew. */
  readonly name: string;
  /** What is there after a sequence number. */
  readonly read: (after: number) => Promise<readonly Exchange[]>;
  /** Listens to what comes; the result ends it. */
  readonly subscribe: (listener: RecordListener) => () => void;
  /** Judges what there is by now. */
  readonly judge: () => Promise<Report>;
}

/** What there is to tell. */
export interface RecordSource {
  /** The record as it is at first. */
  readonly first: RecordFeed;
  /** Sequence number of what the reader has seen last; undefined if that was of another record. */
  readonly after: number | undefined;
  /** The record as it is now: a reset begins another one. */
  readonly refresh: () => Promise<RecordFeed>;
}

/** Exchanges that come together are judged together: judging reads them all. */
const GATHER_MS = 250;
/** How soon a reader learns that the sandbox was reset, in milliseconds. */
const REFRESH_MS = 500;

/**
 * Tells a stream of a record. Its events are `exchange` (one that changes comes again), `findings` (the verdict, the clients,
 * and every finding that is other than it was), and `cleared` where all that was told before is void. The id of an exchange's
 * event is the name of the record and the sequence number.
 *
 * @param stream Who is told.
 * @param source What of.
 */
export function tellRecord(stream: EventStream, { first, after, refresh }: RecordSource): void {
  const known = new Map<string, string>();
  let feed = first;
  let leave = (): void => {};
  let isJudging = false;

  function clear(): void {
    known.clear();
    stream.send("cleared", {});
    judgeSoon();
  }

  function judgeSoon(): void {
    if (isJudging) return;
    isJudging = true;
    stream.run(async () => {
      await stream.wait(GATHER_MS);
      // What comes from now on is for the next time.
      isJudging = false;
      const report = await feed.judge();
      const changed = changedFindings(report, known);
      if (changed.length > 0) stream.send("findings", { ...summaryOf(report), findings: changed });
    });
  }

  function begin(next: RecordFeed, start: number): void {
    leave();
    feed = next;
    const tell = (exchange: Exchange): void => {
      if (feed === next) stream.send("exchange", exchange, `${next.name}.${exchange.sequence}`);
    };
    // Whoever listens first and reads then misses nothing; and what comes meanwhile waits, so that numbers go up.
    let waiting: Exchange[] | undefined = [];
    leave = next.subscribe({
      onExchange: (exchange) => {
        if (waiting) waiting.push(exchange);
        else tell(exchange);
        judgeSoon();
      },
      onClear: () => {
        if (waiting) waiting = [];
        clear();
      },
    });
    stream.run(async () => {
      const past = await next.read(start);
      for (const exchange of [...past, ...waiting ?? []]) tell(exchange);
      waiting = undefined;
    });
    judgeSoon();
  }

  stream.signal.addEventListener("abort", () => leave(), { once: true });
  if (after === undefined) clear();
  begin(first, after ?? 0);
  stream.run(async () => {
    for (;;) {
      await stream.wait(REFRESH_MS);
      const now = await refresh();
      if (now.name === feed.name) continue;
      clear();
      begin(now, 0);
    }
  });
}

/** Where a reader has left. */
export interface EventId {
  /** Name of the record. */
  readonly record: string;
  /** Sequence number of the exchange. */
  readonly sequence: number;
}

/**
 * Reads the id of an event.
 *
 * @param id As a reader brings it back; null for none. What is none of ours counts as that of another record.
 */
export function parseEventId(id: string | null): EventId | undefined {
  if (id === null) return undefined;
  const [, record = "", sequence = ""] = /^([\w-]+)\.(\d{1,15})$/.exec(id) ?? [];
  return { record, sequence: Number(sequence) };
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
