// A store in which no sandbox can grow without end, and nobody can keep others out of one that all share. Every row of a
// table that grows is in the books: a small row beside it says who wrote it, how large it is and when it expires,
// written in the same commit. So the books outlive the process, and all processes share them; each reads them again once a
// minute, and may in between let in what it does not know of yet.
//
// When a table is full, a sandbox with a label, which is somebody's own, gets no more. Where all share it, the oldest rows
// of the address that has most make room. Marks of what was used or revoked are never removed: there an address that has
// its share waits, and one that has not is let in.
import { hash } from "../runtime/node_crypto.ts";
import { OAuthError } from "../http/errors.ts";
import type { Commit, Key, Store, Write } from "../store/store.ts";
import { storedBytes } from "../store/stored_value.ts";
import type { Booking } from "./book.ts";
import { type Quota, quotaOf, RETENTION_MS } from "./limits.ts";
import { bookKey, bookRow, createOpenBooks, type OpenBooks, type OpenBooksDeps } from "./open_books.ts";
import { excessOf, makeRoom } from "./room.ts";

interface QuotaDeps extends OpenBooksDeps {
  /** The address that what is going on is done for. */
  readonly asker: () => string;
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
const MAX_REMOVED = 50;

/** Enters a write into the books of its table, or refuses it. */
type Admit = (write: Write, quota: Quota, isThere: boolean) => Promise<Admitted>;

/** Puts limits on a store: how much a sandbox may hold, whose it is, and for how long. */
export function withQuotas(store: Store, deps: QuotaDeps): Store {
  const books = createOpenBooks(store, deps);
  const admit = createAdmission(store, books, deps);

  async function commit(changes: Commit): Promise<boolean> {
    const { checks = [], deletes = [] } = changes;
    const sets = (changes.sets ?? []).map(kept);
    const admitted: Admitted[] = [];
    const undoAll = (): void => admitted.forEach(({ undo }) => undo());
    try {
      for (const write of sets) {
        const quota = quotaAt(write.key);
        const isThere = checks.some(({ key, versionstamp }) => versionstamp !== null && isSame(key, write.key));
        if (quota) admitted.push(await admit(write, quota, isThere));
      }
      const struck = deletes.filter((key) => quotaAt(key) !== undefined);
      const isDone = await store.commit({
        ...changes,
        sets: [...sets, ...admitted.map(({ booking }) => bookRow(booking, deps.now()))],
        deletes: [...deletes, ...struck.map(bookKey)],
      });
      if (!isDone) undoAll();
      else for (const key of struck) (await books.opened(tableOf(key)))?.strike(key);
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
      commit({ checks: [{ key, versionstamp: null }], sets: [{ key, value, expireInMs }] }),
    removeAll: async (prefix) => {
      await store.removeAll(prefix);
      await store.removeAll(bookKey(prefix));
      books.close(prefix);
    },
  };
}

function createAdmission(store: Store, books: OpenBooks, { now, asker }: QuotaDeps): Admit {
  async function remove(rows: readonly Booking[]): Promise<void> {
    for (let at = 0; at < rows.length; at += MAX_REMOVED) {
      const keys = rows.slice(at, at + MAX_REMOVED).map(({ key }) => key);
      await store.commit({ deletes: keys.flatMap((key) => [key, bookKey(key)]) });
    }
  }

  /** Enters a row into the books of its table; undefined, with nothing entered, if there is no room. */
  async function enter(asked: Booking, quota: Quota, maxAgeMs: number): Promise<Admitted | undefined> {
    const book = await books.open(tableOf(asked.key), maxAgeMs);
    const before = book.find(asked.key);
    const booking = before ? { ...asked, owner: before.owner, writtenAtMs: before.writtenAtMs } : asked;
    // Nothing is awaited between the look and the entry, so that nobody comes between.
    const { hasRoom, removed } = makeRoom(book, quota, booking, now());
    if (hasRoom) book.enter(booking);
    await remove(removed);
    return hasRoom ? { booking, undo: () => before ? book.enter(before) : book.strike(asked.key) } : undefined;
  }

  const isStored = async (key: Key): Promise<boolean> => (await store.get(key)).versionstamp !== null;

  return async ({ key, value, expireInMs = RETENTION_MS }, quota, isThere) => {
    const writtenAtMs = now();
    const owner = quota.isShared ? ownerOf(asker()) : "";
    const asked = { key, owner, bytes: storedBytes(value), writtenAtMs, goneAtMs: writtenAtMs + expireInMs };
    const admitted = await enter(asked, quota, READ_MS) ?? await enter(asked, quota, REREAD_MS);
    if (admitted) return admitted;
    const book = await books.open(tableOf(key), REREAD_MS);
    // A row that is in no books is from before there were any, or from a moment ago in another process.
    const isChange = excessOf(book, quota, asked) === "rows" && (isThere || await isStored(key));
    if (!isChange) throw isUsedUp(quota, key, (book.nextGoneAtMs(owner) ?? asked.goneAtMs) - writtenAtMs);
    book.enter(asked);
    return { booking: asked, undo: () => book.strike(key) };
  };
}

function quotaAt([sandboxId, table]: Key): Quota | undefined {
  return quotaOf(String(sandboxId), String(table));
}

/** The part of a key that a quota is for. */
function tableOf(key: Key): Key {
  return key.slice(0, String(key[0]).startsWith("#") ? 1 : 2);
}

/** How an address is written in the books: reading the database does not show at once who has called. */
export function ownerOf(address: string): string {
  return hash("sha256", address, "base64url").slice(0, 16);
}

/** What a sandbox holds expires after some time, except its keys; what is known of sandboxes as such has a time of its own. */
function kept(write: Write): Write {
  const [sandboxId, table] = write.key;
  if (String(sandboxId).startsWith("#") || table === "key") return write;
  return { ...write, expireInMs: Math.min(write.expireInMs ?? RETENTION_MS, RETENTION_MS) };
}

function isUsedUp({ of, rows, bytes, isShared }: Quota, [sandboxId]: Key, waitMs: number): OAuthError {
  const whose = String(sandboxId).startsWith("#") ? "of this server" : "of this sandbox";
  const what = isShared ? `Your address's share of the quota of ${of} ${whose}` : `The quota of ${of} ${whose}`;
  const own = isShared ? "; a sandbox of your own, /s/standard~LABEL, has its own quota" : "";
  return new OAuthError("temporarily_unavailable", `${what} is used up`, {
    status: 507,
    expected: `at most ${rows} ${of}, of ${bytes} bytes in all; the next expires in ${durationText(waitMs)}${own}`,
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
