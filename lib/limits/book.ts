// The books of one table: who has written which rows, how large, and when each expires. A table that all share gets full at
// some time; then the books tell who has most of it.
import type { Key } from "../store/store.ts";

/** A row as it stands in the books. */
export interface Booking {
  readonly key: Key;
  /** Who wrote it first. */
  readonly owner: string;
  /** How large it is, in bytes as stored. */
  readonly bytes: number;
  /** When it was first written, in milliseconds since 1970. */
  readonly writtenAtMs: number;
  readonly goneAtMs: number;
}

/** What an owner has, or a table holds. */
export interface Share {
  readonly rows: number;
  readonly bytes: number;
}

/** The books of one table. */
export interface Book {
  readonly total: () => Share;
  readonly shareOf: (owner: string) => Share;
  /** How many owners have rows. */
  readonly owners: () => number;
  readonly find: (key: Key) => Booking | undefined;
  /** Enters a row, instead of one at the same key. */
  readonly enter: (booking: Booking) => void;
  readonly strike: (key: Key) => void;
  readonly strikeGone: (nowMs: number) => void;
  /** When the next row expires: one of an owner's, if there is any, else any. */
  readonly nextGoneAtMs: (owner: string) => number | undefined;
  /**
   * The oldest row of the owner who has most.
   *
   * @param asked A row that somebody adds to what they have; if they replace one, that one stays.
   * @returns Undefined where that is the asker, who has no other row.
   */
  readonly oldestOfGreediest: (measure: keyof Share, asked: Booking) => Booking | undefined;
}

/** Rows by the name of their key, oldest first, and what they come to. */
interface Owned {
  readonly rows: Map<string, Booking>;
  bytes: number;
}

/**
 * Opens books.
 *
 * @param bookings The rows there are, in any order.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const row = (id: string, owner: string) => ({ key: [id], owner, bytes: 10, writtenAtMs: Number(id), goneAtMs: 99 });
 * const book = createBook([row("1", "few"), row("3", "many"), row("2", "many")]);
 * assert.deepEqual(book.oldestOfGreediest("rows", row("4", "new"))?.key, ["2"]);
 * ```
 */
export function createBook(bookings: readonly Booking[]): Book {
  const owned = new Map<string, Owned>();
  const byName = new Map<string, Booking>();
  let bytes = 0;
  /** Nothing expires before. */
  let soonestMs = Infinity;

  function strike(key: Key): void {
    const name = nameOf(key);
    const known = byName.get(name);
    if (!known) return;
    byName.delete(name);
    bytes -= known.bytes;
    const of = owned.get(known.owner);
    if (!of) return;
    of.rows.delete(name);
    of.bytes -= known.bytes;
    if (of.rows.size === 0) owned.delete(known.owner);
  }

  function enter(booking: Booking): void {
    strike(booking.key);
    const name = nameOf(booking.key);
    const of = owned.get(booking.owner) ?? { rows: new Map<string, Booking>(), bytes: 0 };
    owned.set(booking.owner, of);
    of.rows.set(name, booking);
    of.bytes += booking.bytes;
    byName.set(name, booking);
    bytes += booking.bytes;
    soonestMs = Math.min(soonestMs, booking.goneAtMs);
  }

  for (const booking of bookings.toSorted((a, b) => a.writtenAtMs - b.writtenAtMs)) enter(booking);
  return {
    total: () => ({ rows: byName.size, bytes }),
    shareOf: (owner) => shareOf(owned.get(owner)),
    owners: () => owned.size,
    find: (key) => byName.get(nameOf(key)),
    enter,
    strike,
    strikeGone: (nowMs) => {
      if (nowMs < soonestMs) return;
      for (const { key, goneAtMs } of [...byName.values()]) if (goneAtMs <= nowMs) strike(key);
      soonestMs = soonestOf(byName);
    },
    nextGoneAtMs: (owner) => {
      const soonest = soonestOf(owned.get(owner)?.rows ?? byName);
      return soonest === Infinity ? undefined : soonest;
    },
    oldestOfGreediest: (measure, asked) =>
      oldestOfGreediest(owned, measure, { asked, known: byName.get(nameOf(asked.key)) }),
  };
}

function shareOf(of: Owned | undefined): Share {
  return { rows: of?.rows.size ?? 0, bytes: of?.bytes ?? 0 };
}

function oldestOfGreediest(
  owned: ReadonlyMap<string, Owned>,
  measure: keyof Share,
  { asked, known }: { readonly asked: Booking; readonly known: Booking | undefined },
): Booking | undefined {
  const more = { rows: known ? 0 : 1, bytes: asked.bytes - (known?.bytes ?? 0) };
  let most = -Infinity;
  let oldest: Booking | undefined;
  for (const [owner, of] of owned) {
    const first = firstBut(of.rows, known);
    const has = shareOf(of)[measure] + (owner === asked.owner ? more[measure] : 0);
    const isAhead = has > most ||
      (has === most && (first?.writtenAtMs ?? Infinity) < (oldest?.writtenAtMs ?? Infinity));
    if (isAhead) [most, oldest] = [has, first];
  }
  const isAskerGreediest = !owned.has(asked.owner) && more[measure] > most;
  return isAskerGreediest ? undefined : oldest;
}

function soonestOf(rows: ReadonlyMap<string, Booking>): number {
  return rows.values().reduce((soonest, { goneAtMs }) => Math.min(soonest, goneAtMs), Infinity);
}

function firstBut(rows: ReadonlyMap<string, Booking>, but: Booking | undefined): Booking | undefined {
  for (const booking of rows.values()) if (booking !== but) return booking;
  return undefined;
}

function nameOf(key: Key): string {
  return JSON.stringify(key);
}
