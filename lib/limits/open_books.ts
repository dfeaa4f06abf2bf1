// The books that this process has open. They are kept beside the rows that they are of, and others write them too: so they
// are believed for a minute at most.
import { boundedMap } from "../runtime/bounded_map.ts";
import type { Key, Store, Write } from "../store/store.ts";
import { type Book, type Booking, createBook } from "./book.ts";

/** Below this is what is known of the row at the rest of the key. */
const OWNED = "#owned";
/** The most books that are open at once; those that were not read for longest are closed. */
const MAX_BOOKS = 200;
/** The most rows that books are read of. */
const MAX_READ = 100_000;

/** The books of all tables. */
export interface OpenBooks {
  /** The books of a table, read no longer ago than that; those who come meanwhile wait with the one who reads. */
  readonly open: (table: Key, maxAgeMs: number) => Promise<Book>;
  /** The books of a table if they are open. */
  readonly opened: (table: Key) => Promise<Book | undefined>;
  readonly close: (prefix: Key) => void;
}

/** What books are read with. */
export interface OpenBooksDeps {
  readonly monotonicMs: () => number;
  readonly now: () => number;
}

interface OpenBook {
  readonly book: Book;
  readonly readMs: number;
}

/** Opens no books yet. */
export function createOpenBooks(store: Store, { monotonicMs, now }: OpenBooksDeps): OpenBooks {
  const books = boundedMap<string, Promise<OpenBook>>(MAX_BOOKS);

  async function read(table: Key): Promise<OpenBook> {
    const readMs = monotonicMs();
    const entries = await store.list<Booking>([OWNED, ...table], MAX_READ);
    return { readMs, book: createBook(entries.flatMap(({ value }) => value && value.goneAtMs > now() ? [value] : [])) };
  }

  async function open(table: Key, maxAgeMs: number): Promise<Book> {
    const name = nameOf(table);
    const known = books.get(name);
    const opened = known && await known;
    if (opened && monotonicMs() - opened.readMs < maxAgeMs) return opened.book;
    const reading = books.get(name);
    if (reading !== undefined && reading !== known) return (await reading).book;
    const next = read(table);
    books.set(name, next);
    next.catch(() => books.delete(name));
    return (await next).book;
  }

  return {
    open,
    opened: async (table) => (await books.get(nameOf(table)))?.book,
    close: (prefix) => {
      for (const name of books.keys()) if (`${name} `.startsWith(`${nameOf(prefix)} `)) books.delete(name);
    },
  };
}

/** Where it is written what is known of a row, or of all rows below a prefix. */
export function bookKey(key: Key): Key {
  return [OWNED, ...key];
}

/** The small row beside a row. */
export function bookRow(booking: Booking, nowMs: number): Write {
  return { key: bookKey(booking.key), value: booking, expireInMs: booking.goneAtMs - nowMs };
}

function nameOf(table: Key): string {
  return table.join(" ");
}
