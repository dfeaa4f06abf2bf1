// Who gets room in a table that is full. A table that all share makes room out of what the greediest address has; where its
// rows must not go, who has less than a fair share is let in all the same.
import type { Book, Booking, Share } from "./book.ts";
import { leastShare, type Quota } from "./limits.ts";

/** Whether a row may be entered, and what went for it. */
interface Room {
  readonly hasRoom: boolean;
  /** Rows that were struck out of the books, and are to be removed. */
  readonly removed: readonly Booking[];
}

/**
 * Makes room for a row.
 *
 * @param nowMs Real time, in milliseconds since 1970.
 */
export function makeRoom(book: Book, quota: Quota, asked: Booking, nowMs: number): Room {
  const removed: Booking[] = [];
  if (excessOf(book, quota, asked)) book.strikeGone(nowMs);
  let excess = excessOf(book, quota, asked);
  while (excess && quota.isShared && quota.isEvictable && asked.bytes <= quota.bytes) {
    const oldest = book.oldestOfGreediest(excess, asked);
    if (!oldest) break;
    book.strike(oldest.key);
    removed.push(oldest);
    excess = excessOf(book, quota, asked);
  }
  const hasRoom = !excess || (quota.isShared && !quota.isEvictable && isBelowShare(book, quota, asked));
  return { hasRoom, removed };
}

/** What a table would hold too much of with a row, if anything. */
export function excessOf(book: Book, quota: Quota, { key, bytes }: Booking): keyof Share | undefined {
  const { rows, bytes: held } = book.total();
  const known = book.find(key);
  if (held - (known?.bytes ?? 0) + bytes > quota.bytes) return "bytes";
  return !known && rows >= quota.rows ? "rows" : undefined;
}

/** Whether an address has less than a fair share of a table; what all such addresses may add is no more than the table. */
function isBelowShare(book: Book, quota: Quota, { owner, bytes }: Booking): boolean {
  const share = book.shareOf(owner);
  const owners = book.owners() + (share.rows === 0 ? 1 : 0);
  const fair = {
    rows: Math.max(quota.rows / owners, leastShare.rows),
    bytes: Math.max(quota.bytes / owners, leastShare.bytes),
  };
  return share.rows < fair.rows && share.bytes + bytes <= fair.bytes;
}
