/**
 * A store in which no sandbox can grow without end, and nobody can keep others out of one that all share. Every row of a
 * table that grows is in the books: beside it lies a small row that says who wrote it, how large it is and when it is gone,
 * written in the same commit. So the books outlive the process, and all processes share them; each reads them again once a
 * minute, and may in between let in what it does not know of yet.
 *
 * When a table is full, a sandbox with a label, which is somebody's own, gets no more. Where all share it, the oldest rows
 * of the address that has most make room. Marks of what was used or revoked are never removed: there an address that has
 * its share waits, and one that has not is let in.
 *
 * @module
 */
import { hash } from "node:crypto";
import { OAuthError } from "../http/errors.ts";
import type { Commit, Key, Store, Write } from "../store/store.ts";
import { storedBytes } from "../store/stored_value.ts";
import { type Book, type Booking, createBook } from "./book.ts";
import { type Quota, quotaOf, RETENTION_MS } from "./limits.ts";
import { excessOf, makeRoom } from "./room.ts";
import { boundedMap } from "../runtime/bounded_map.ts";

/** What quotas are kept with. */
export interface QuotaDeps {
  /** A clock for durations, in milliseconds. */
  readonly monotonicMs: () => number;
  /** Real time, in milliseconds since 1970. */
  readonly now: () => number;
  /** The address that what is going on is done for. */
  readonly asker: () => string;
}

/** The books of a table, and when they were read. */
interface OpenBook {
  readonly book: Book;
  readonly readMs: number;
}

/** A row that was entered, and how to take that back. */
interface Admitted {
  readonly booking: Booking;
  readonly undo: () => void;
}

/** How long the books are believed, since others write too, in milliseconds. */
const READ_MS = 60_000;
/** How soon they are read again when they say that there is no room, in milliseconds. */
const REREAD_MS = 1000;
/** The most books that are open at once; those that were not looked into for longest are closed. */
const MAX_BOOKS = 200;
/** The most rows that books are read of. */
const MAX_READ = 100_000;
/** Rows that are removed in one commit. */
const MAX_REMOVED = 50;

/** Below this lies what is known of the row at the rest of the key. */
const OWNED = "#owned";

/**
 * Puts limits on a store: how much a sandbox may hold, whose it is, and for how long.
 *
 * @param store The store.
 * @param deps What quotas are kept with.
 */
export function withQuotas(store: Store, { monotonicMs, now, asker }: QuotaDeps): Store {
  const books = boundedMap<string, Promise<OpenBook>>(MAX_BOOKS);

  async function read(table: Key): Promise<OpenBook> {
    const readMs = monotonicMs();
    const entries = await store.list<Booking>([OWNED, ...table], MAX_READ);
    return { readMs, book: createBook(entries.flatMap(({ value }) => value && value.goneAtMs > now() ? [value] : [])) };
  }

  /** The books of a table, no older than that; those who come meanwhile wait with the one who reads. */
  async function open(table: Key, maxAgeMs: number): Promise<Book> {
    const name = table.join(" ");
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

  async function remove(rows: readonly Booking[]): Promise<void> {
    for (let at = 0; at < rows.length; at += MAX_REMOVED) {
      const keys = rows.slice(at, at + MAX_REMOVED).map(({ key }) => key);
      await store.commit({ deletes: keys.flatMap((key) => [key, [OWNED, ...key]]) });
    }
  }

  /** Enters a row into the books of its table; undefined, with nothing entered, if there is no room. */
  async function enter(asked: Booking, quota: Quota, maxAgeMs: number): Promise<Admitted | undefined> {
    const book = await open(tableOf(asked.key), maxAgeMs);
    const before = book.find(asked.key);
    const booking = before ? { ...asked, owner: before.owner, writtenAtMs: before.writtenAtMs } : asked;
    // Nothing is awaited between the look and the entry, so that nobody comes between.
    const { hasRoom, removed } = makeRoom(book, quota, booking, now());
    if (hasRoom) book.enter(booking);
    await remove(removed);
    return hasRoom ? { booking, undo: () => before ? book.enter(before) : book.strike(asked.key) } : undefined;
  }

  /** Enters a write into the books, or refuses it. */
  async function admit(
    { key, value, expireInMs = RETENTION_MS }: Write,
    quota: Quota,
    isThere: boolean,
  ): Promise<Admitted> {
    const writtenAtMs = now();
    const owner = quota.isShared ? ownerOf(asker()) : "";
    const asked = { key, owner, bytes: storedBytes(value), writtenAtMs, goneAtMs: writtenAtMs + expireInMs };
    const admitted = await enter(asked, quota, READ_MS) ?? await enter(asked, quota, REREAD_MS);
    if (admitted) return admitted;
    const book = await open(tableOf(key), REREAD_MS);
    // A row that is in no books is from before there were any, or from a moment ago in another process.
    const isChange = excessOf(book, quota, asked) === "rows" && (isThere || await isStored(key));
    if (!isChange) throw isUsedUp(quota, key, (book.nextGoneAtMs(owner) ?? asked.goneAtMs) - writtenAtMs);
    book.enter(asked);
    return { booking: asked, undo: () => book.strike(key) };
  }

  async function isStored(key: Key): Promise<boolean> {
    return (await store.get(key)).versionstamp !== null;
  }

  async function commit(changes: Commit): Promise<boolean> {
    const { checks = [], sets = [], deletes = [] } = changes;
    const admitted: Admitted[] = [];
    const undoAll = (): void => admitted.forEach(({ undo }) => undo());
    try {
      for (const write of sets.map(kept)) {
        const quota = quotaAt(write.key);
        const isThere = checks.some(({ key, versionstamp }) => versionstamp !== null && isSame(key, write.key));
        if (quota) admitted.push(await admit(write, quota, isThere));
      }
      const struck = deletes.filter((key) => quotaAt(key) !== undefined);
      const isDone = await store.commit({
        ...changes,
        sets: [...sets.map(kept), ...admitted.map(({ booking }) => entryOf(booking, now()))],
        deletes: [...deletes, ...struck.map((key) => [OWNED, ...key])],
      });
      if (!isDone) undoAll();
      else for (const key of struck) (await books.get(tableOf(key).join(" ")))?.book.strike(key);
      return isDone;
    } catch (error) {
      undoAll();
      throw error;
    }
  }

  return {
    ...store,
    commit,
    create: (key, value, expireInMs) =>
      commit({
        checks: [{ key, versionstamp: null }],
        sets: [{ key, value, expireInMs }],
      }),
    removeAll: async (prefix) => {
      await store.removeAll(prefix);
      await store.removeAll([OWNED, ...prefix]);
      for (const name of books.keys()) if (`${name} `.startsWith(`${prefix.join(" ")} `)) books.delete(name);
    },
  };
}

function quotaAt([sandboxId, table]: Key): Quota | undefined {
  return quotaOf(String(sandboxId), String(table));
}

/** The part of a key that a quota is for. */
function tableOf(key: Key): Key {
  return key.slice(0, String(key[0]).startsWith("#") ? 1 : 2);
}

/** The small row beside a row. */
function entryOf(booking: Booking, nowMs: number): Write {
  return { key: [OWNED, ...booking.key], value: booking, expireInMs: booking.goneAtMs - nowMs };
}

/** How an address stands in the books: who reads the database need not learn at once who has called. */
export function ownerOf(address: string): string {
  return hash("sha256", address, "base64url").slice(0, 16);
}

/** What a sandbox holds goes after some time, but for its keys; what is known of sandboxes as such has a time of its own. */
function kept(write: Write): Write {
  const [sandboxId, table] = write.key;
  if (String(sandboxId).startsWith("#") || table === "key") return write;
  return { ...write, expireInMs: Math.min(write.expireInMs ?? RETENTION_MS, RETENTION_MS) };
}

function isUsedUp({ of, rows, bytes, isShared }: Quota, [sandboxId]: Key, waitMs: number): OAuthError {
  const whose = String(sandboxId).startsWith("#") ? "of this server" : "of this sandbox";
  const what = isShared ? `Your address's share in the quota of ${of} ${whose}` : `The quota of ${of} ${whose}`;
  const own = isShared ? "; or a sandbox of your own, /s/standard~LABEL, which has a quota of its own" : "";
  return new OAuthError("temporarily_unavailable", `${what} is used up`, {
    status: 507,
    expected: `${rows} ${of} at the most, of ${bytes} bytes in all; the next is gone in ${durationText(waitMs)}${own}`,
    reference: "RFC 4918 11.5",
    headers: { "retry-after": `${Math.max(1, Math.ceil(waitMs / 1000))}` },
  });
}

function durationText(ms: number): string {
  const minutes = Math.ceil(ms / 60_000);
  return minutes < 60 ? `${Math.max(1, minutes)} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

function isSame(a: Key, b: Key): boolean {
  return a.length === b.length && a.every((part, index) => part === b[index]);
}
