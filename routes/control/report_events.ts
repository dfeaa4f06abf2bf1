// A sandbox's exchanges as they happen, and findings as they change, told to a stream of events.
import type { Exchange } from "../../lib/recorder/exchange.ts";
import type { Report } from "../../lib/judge/report.ts";
import type { Finding } from "../../lib/judge/verdict.ts";
import type { RecordListener } from "../../lib/recorder/tape/listeners.ts";
import type { EventStream } from "../../lib/http/event_stream.ts";

/** A sandbox's record. */
export interface RecordFeed {
  /** Another one where numbers start over. */
  readonly name: string;
  /** What has the lowest numbers after one, `limit` at the most. */
  readonly page: (after: number, limit: number) => Promise<readonly Exchange[]>;
  /** Listens to what comes; the result ends it. */
  readonly subscribe: (listener: RecordListener) => () => void;
  readonly judge: () => Promise<Report>;
}

interface RecordSource {
  /** The record as it is at first. */
  readonly first: RecordFeed;
  /** Sequence number of what the reader has seen last; undefined if that was of another record. */
  readonly after: number | undefined;
  /** The record as it is now: a reset begins another one. */
  readonly refresh: () => Promise<RecordFeed>;
  readonly monotonicMs: () => number;
}

/** Exchanges that come together are judged together: judging reads them all. */
const GATHER_MS = 250;
/** How many times as long as judging took the next one waits. */
const REST = 4;
/** How soon a reader learns that the sandbox was reset, in milliseconds. */
const REFRESH_MS = 500;
/** Exchanges of the past that are told at a time. */
const PAGE = 10;
/** Findings are told of so many clients, those that came last; a report tells of all. */
const MAX_CLIENTS = 100;

/**
 * Tells a stream of a record. Its events are `exchange` (one that changes comes again), `findings` (the verdict, the clients,
 * and every finding that is other than it was), and `cleared` where all that was told before is void. The id of an exchange's
 * event is the name of the record and the sequence number. What is on record already is told as fast as it is read.
 */
export function tellRecord(stream: EventStream, { first, after, refresh, monotonicMs }: RecordSource): void {
  const known = new Map<string, string>();
  let feed = first;
  let leave = (): void => {};
  let isJudging = false;
  let restMs = 0;

  function clear(): void {
    known.clear();
    stream.send("cleared", {});
  }

  function judgeSoon(): void {
    if (isJudging) return;
    isJudging = true;
    stream.run(async () => {
      await stream.wait(Math.max(GATHER_MS, restMs));
      // What comes from now on is for the next time.
      isJudging = false;
      const startMs = monotonicMs();
      const report = await feed.judge();
      restMs = REST * (monotonicMs() - startMs);
      const changed = changedFindings(report, known);
      if (hasMovedOn(report, known) || changed.length > 0) {
        stream.send("findings", { ...summaryOf(report), findings: changed });
      }
    });
  }

  function begin(next: RecordFeed, start: number): void {
    leave();
    feed = next;
    leave = next.subscribe(follow(stream, next, { start, isCurrent: () => feed === next, onChange: judgeSoon, clear }));
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

interface Following {
  /** The number that the reader has seen last. */
  readonly start: number;
  readonly isCurrent: () => boolean;
  readonly onChange: () => void;
  readonly clear: () => void;
}

/**
 * First what is on record, page by page, then what comes. Until the reader has read the past, what is new need not wait for
 * it anywhere: it is on record.
 */
function follow(
  stream: EventStream,
  feed: RecordFeed,
  { start, isCurrent, onChange, clear }: Following,
): RecordListener {
  let told = start;
  let newest = start;
  let isPast = true;
  const open = new Set<number>();

  function tell(exchange: Exchange): void {
    const { sequence, isOpen = false } = exchange;
    told = Math.max(told, sequence);
    if (isOpen) open.add(sequence);
    else open.delete(sequence);
    stream.send("exchange", exchange, `${feed.name}.${sequence}`);
  }

  stream.run(async () => {
    while (isPast) {
      await stream.room();
      const [from, known] = [told, newest];
      const page = await feed.page(from, PAGE);
      if (!isCurrent()) return;
      for (const exchange of page) if (exchange.sequence > told) tell(exchange);
      // What came meanwhile is perhaps not on the page, and was not told on its own.
      isPast = page.length === PAGE || (newest > told && (page.length > 0 || newest > known));
      // What comes of it is told after it.
      if (from === start || !isPast) onChange();
    }
  });

  return {
    onExchange: (exchange) => {
      const { sequence } = exchange;
      newest = Math.max(newest, sequence);
      if (sequence > told ? !isPast : open.has(sequence)) tell(exchange);
      onChange();
    },
    onClear: () => {
      open.clear();
      clear();
      onChange();
    },
  };
}

/** Where a reader has left. */
interface EventId {
  readonly record: string;
  readonly sequence: number;
}

/**
 * Reads the id of an event.
 *
 * @param id As a reader brings it back; null for none. What is not one of ours counts as that of another record.
 */
export function parseEventId(id: string | null): EventId | undefined {
  if (id === null) return undefined;
  const [, record = "", sequence = ""] = /^([\w-]+)\.(\d{1,15})$/.exec(id) ?? [];
  return { record, sequence: Number(sequence) };
}

function summaryOf({ verdict, reason, record, clients }: Report): Record<string, unknown> {
  return {
    verdict,
    reason,
    clients: clients.slice(-MAX_CLIENTS).map(({ findings: _, ...client }) => client),
    record,
  };
}

/** Whether what is said of a client beside its findings is other than what is known; that is brought up to date. */
function hasMovedOn({ clients }: Report, known: Map<string, string>): boolean {
  const value = JSON.stringify(
    clients.slice(-MAX_CLIENTS).map(({ progress, verdict, reason }) => [progress, verdict, reason]),
  );
  if (known.get("") === value) return false;
  known.set("", value);
  return true;
}

/** Findings that are other than those known; those known are brought up to date. */
function changedFindings(
  { clients }: Report,
  known: Map<string, string>,
): readonly (Finding & { readonly client: string })[] {
  return clients.slice(-MAX_CLIENTS).flatMap(({ id, findings }) =>
    findings.flatMap((finding) => {
      const [key, value] = [`${finding.rule} ${id}`, JSON.stringify(finding)];
      if (known.get(key) === value) return [];
      known.set(key, value);
      return { ...finding, client: id };
    })
  );
}
