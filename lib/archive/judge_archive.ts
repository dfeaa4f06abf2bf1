/**
 * The verdict on the clients of a recording that was made elsewhere, as if it had been made here; what such a recording does not
 * tell is not held against them.
 *
 * @module
 */
import type { SetLimits } from "../judge/limits.ts";
import { judging, type Report } from "../judge/report.ts";
import type { Revision } from "../judge/settled.ts";
import { sumUp } from "../judge/verdict.ts";
import type { Exchange } from "../recorder/exchange.ts";
import type { Sliced } from "../runtime/slices.ts";
import { lacksOf, withoutLacking } from "./lacks.ts";
import { appsIn } from "./apps.ts";
import { bareIn } from "./bare.ts";
import { type Part, partsOf } from "./parts.ts";
import type { Archive } from "./read_har.ts";
import { recognise } from "./recognise.ts";

/** How an archive is judged. */
export interface ArchiveJudged {
  /** What the report calls it. */
  readonly name: string;
  /** Whether its clients had done nothing before; if not given, only those count as known that begin in it. */
  readonly isWhole?: boolean;
  /** The revision to judge all clients by; each by the one it speaks if not given. */
  readonly judgedBy?: Revision | undefined;
  /** Limits to judge by in place of those of the table. */
  readonly limits?: SetLimits | undefined;
}

/** The verdict, and what it is about. */
export interface JudgedArchive {
  readonly report: Report;
  /** Those that were judged, each with the route that would have answered it here. */
  readonly exchanges: readonly Exchange[];
}

/** Judges, in slices: an archive can be long. */
export function* judgingArchive(archive: Archive, how: ArchiveJudged): Sliced<Report> {
  return (yield* judgingExchanges(archive, how)).report;
}

/** The same, for who wants to show the exchanges as well. */
export function* judgingExchanges(archive: Archive, how: ArchiveJudged): Sliced<JudgedArchive> {
  const { exchanges, isOfInterest } = recognise(archive.exchanges);
  const gaps = archive.unreadable.filter(({ address }) => address === undefined || isOfInterest(address));
  const reports: Report[] = [];
  // A record of this server is of one sandbox.
  const whole = { exchanges, isUnsure: false };
  for (const part of archive.isOwn ? [whole] : partsOf(exchanges).flatMap(appsIn)) {
    reports.push(yield* judgingPart(part, { archive, gaps, how }));
  }
  const [first, ...others] = reports;
  if (!first) return { report: yield* judgingPart(NOTHING, { archive, gaps, how }), exchanges };
  if (others.length === 0) return { report: first, exchanges };
  const clients = reports.flatMap((report) => report.clients).toSorted((one, other) =>
    beginningOf(one) - beginningOf(other)
  );
  const [note] = reports.flatMap((report) => report.note ?? []);
  const record = { ...first.record, cut: reports.reduce((sum, report) => sum + report.record.cut, 0) };
  const report = { ...first, record, ...(note === undefined ? {} : { note }), clients, ...sumUp(clients) };
  return { report, exchanges };
}

const NOTHING: Part = { exchanges: [], isUnsure: false };

function beginningOf({ exchanges }: Report["clients"][number]): number {
  return exchanges[0] ?? Infinity;
}

/** What a part is judged with. */
interface Whole {
  readonly archive: Archive;
  readonly gaps: Archive["unreadable"];
  readonly how: ArchiveJudged;
}

function* judgingPart(part: Part, { archive, gaps, how }: Whole): Sliced<Report> {
  const { exchanges } = part;
  const { name, isWhole, judgedBy, limits } = how;
  const isKnown = isWhole ?? (archive.isOwn && archive.comment === undefined && exchanges[0]?.sequence === 1);
  const report = yield* judging(exchanges, {
    sandbox: name,
    hasOrigin: true,
    isWhole: gaps.length === 0,
    isCleared: !isKnown,
    wasReset: !isKnown,
    // Nobody else was at work than the clients that somebody recorded, and their people.
    isLabelled: true,
    wholeFrom: wholeFrom(exchanges, gaps),
    leftOut: gaps.length,
    ...(judgedBy ? { judgedBy } : {}),
    ...(limits ? { limits } : {}),
  });
  const { isCleared = false, ...record } = report.record;
  const noted = { ...report, record, ...(isCleared ? { note: UNKNOWN_BEFORE } : {}) };
  if (archive.isOwn) return noted;
  if (noted.clients.length === 0) return { ...noted, reason: isUndated(archive) ? UNDATED : NOBODY };
  const bare = bareIn(archive, exchanges);
  return withoutLacking({ report: noted, exchanges, gaps, bare, isWhole: isKnown }, lacksOf(archive, part, bare));
}

/** The position behind the last gap. */
function wholeFrom(exchanges: readonly Exchange[], gaps: Archive["unreadable"]): number {
  let [lastMs, lastNumber] = [-Infinity, 0];
  for (const { number, startedAtMs } of gaps) {
    if (startedAtMs === undefined) lastNumber = number;
    else lastMs = Math.max(lastMs, startedAtMs);
  }
  return exchanges.findLastIndex(({ sequence, receivedAtMs }) => sequence < lastNumber || receivedAtMs <= lastMs) + 1;
}

const NOBODY =
  "The recording shows no client of MCP: no message of MCP, no 401 response that names metadata, no event stream of a server";

const UNDATED =
  "Its entries cannot be put in order: startedDateTime has to be a date such as 2026-01-02T03:04:05.678Z (HAR 1.2)";

/** Whether nothing could be read for want of the time at which it was sent. */
function isUndated({ exchanges, unreadable }: Archive): boolean {
  return exchanges.length === 0 &&
    unreadable.some(({ address, startedAtMs }) => address !== undefined && startedAtMs === undefined);
}

const UNKNOWN_BEFORE = "What its clients did before the recording began is not known";
