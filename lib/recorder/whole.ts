/**
 * Whether a record that processes share has all that there was.
 *
 * @module
 */
import type { RecordState } from "../store/exchanges.ts";
import type { Exchange } from "./exchange.ts";

/**
 * Whether nothing is missing since a time.
 *
 * @param kept All that is on record, by number.
 * @param state What is known of the record.
 * @param sinceMs What came before is not asked about, in milliseconds since 1970; 0 if all is.
 */
export function isWhole(
  [first]: readonly Exchange[],
  { last, clearedTo, clearedMs = -1, lostMs = -1 }: RecordState,
  sinceMs: number = 0,
): boolean {
  if (clearedMs >= sinceMs || lostMs >= sinceMs) return false;
  if (first === undefined) return last === clearedTo || sinceMs > 0;
  // What lay before the first that is left was too much or too old, or it is older than what is asked about.
  return first.sequence === clearedTo + 1 || first.receivedAtMs < sinceMs;
}
