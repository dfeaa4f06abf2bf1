// Whether a record that processes share has all that there was.
import type { RecordState, SharedRecord } from "./exchange_table.ts";
import { NOTHING_STAYS } from "./evidence_table.ts";
import type { Exchange } from "../exchange.ts";
import { MAX_EXCHANGES } from "./rings.ts";

/**
 * Whether nothing is missing since a time, and since the record was cleared last.
 *
 * @param kept All that is on record, by number.
 * @param sinceMs What came before is not asked about, in milliseconds since 1970; 0 if all is.
 */
export function isWhole(
  [first]: readonly Exchange[],
  { last, clearedTo, clearedMs = -1, lostMs = -1 }: RecordState,
  sinceMs: number = 0,
): boolean {
  if (isLost(lostMs, clearedMs, sinceMs)) return false;
  if (first === undefined) return last === clearedTo || sinceMs > 0;
  // What lay before the first that is left was too much or too old, or it is older than what is asked about.
  return first.sequence === clearedTo + 1 || first.receivedAtMs < sinceMs;
}

/** What has fallen off a record that processes share. */
interface FallenOff {
  readonly dropped: number;
  /** How many of them told something that was not kept. */
  readonly unjudged: number;
  /** Whether all that tells something is there, on record or beside it. */
  readonly isComplete: boolean;
}

/**
 * What has fallen off, and whether what tells something of it is kept.
 *
 * @param sinceMs What came before is not asked about, in milliseconds since 1970; 0 if all is.
 */
export function fallenOff({ exchanges, earlier, state }: SharedRecord, sinceMs: number = 0): FallenOff {
  const { clearedTo, last, clearedMs = -1, lostMs = -1 } = state;
  const { numbers, unkept, unkeptFrom = Infinity, fallenTo } = state.staying ?? NOTHING_STAYS;
  const before = Math.max(last - MAX_EXCHANGES, fallenTo);
  const dropped = Math.max(0, before - clearedTo);
  const unjudged = Math.min(unkept, Math.max(0, before + 1 - unkeptFrom));
  if (dropped === 0) return { dropped, unjudged, isComplete: isWhole(exchanges, state, sinceMs) };
  const isAnyMissing = exchanges[0]?.sequence !== before + 1 ||
    earlier.length < numbers.filter((number) => number <= before).length;
  return { dropped, unjudged, isComplete: unjudged === 0 && !isAnyMissing && !isLost(lostMs, clearedMs, sinceMs) };
}

/** Whether an exchange was lost last at a time that is asked about. */
function isLost(lostMs: number, clearedMs: number, sinceMs: number): boolean {
  return lostMs >= 0 && lostMs >= Math.max(clearedMs, sinceMs);
}
