// Where something is missing on a record.

import type { Exchange } from "../recorder/exchange.ts";

/**
 * The position behind the last exchange that is missing; 0 if none is between others.
 *
 * @param exchanges In the order in which they began, which need not be that of their numbers.
 */
export function lastGapIn(exchanges: readonly Exchange[]): number {
  const numbers = exchanges.map(({ sequence }) => sequence).sort((one, other) => one - other);
  const after = numbers.findLast((number, at) => at > 0 && number > (numbers[at - 1] ?? number) + 1);
  return after === undefined ? 0 : exchanges.findLastIndex(({ sequence }) => sequence < after) + 1;
}
