// Rows that cannot be read. `Deno.Kv` deserialises what it reads where it is asked for, and where that fails it tells neither
// the row nor any of those beside it. Such a row fails only the request that asks for it: lists
// skip it, and it can be removed like any other. `requireStorable` keeps such rows from being written; they are left
// of older versions, or of a file that was damaged.
import { OAuthError } from "../http/errors.ts";
import type { Key } from "./store.ts";

/** A row that is there and cannot be read. */
export class UnreadableRowError extends OAuthError {
  constructor(key: Key) {
    const [first = "", second] = key.map(String);
    super("server_error", "A stored value cannot be read", {
      received: `a damaged row of the table ${first.startsWith("#") ? first.slice(1) : second}`,
      expected:
        "POST /control/reset removes it with everything in this sandbox; DELETE of what it holds removes only that",
    });
    this.name = "UnreadableRowError";
  }
}

/** Whether an error is one of reading what is stored, whichever row it is of. */
export function isUnreadable(error: unknown): boolean {
  return error instanceof RangeError && error.message.includes("deserialize");
}

/**
 * Reads a row that is to be removed or replaced, whether or not it can be read.
 *
 * @returns What was read, with undefined as a value like any other; undefined itself if the row cannot be read.
 */
export async function ifReadable<T>(reading: Promise<T>): Promise<{ readonly value: T } | undefined> {
  try {
    return { value: await reading };
  } catch (error) {
    if (error instanceof UnreadableRowError) return undefined;
    throw error;
  }
}

/** A row as the database lists it. */
export interface Row<T> {
  readonly key: readonly unknown[];
  readonly value: T;
  readonly versionstamp: string;
}

/** Lists rows below a prefix; it fails as a whole if one of them cannot be read. */
export type List<T> = (
  from: { readonly start?: Key },
  options: { readonly limit: number; readonly cursor?: string; readonly reverse?: boolean },
) => AsyncIterable<Row<T>>;

/** What there is below a prefix. */
export interface Scan<T> {
  /** What can be read, in the order of keys. */
  readonly rows: readonly Row<T>[];
  /** Where the rows lie that cannot. */
  readonly unreadable: readonly Key[];
}

/**
 * Lists rows past those that cannot be read. It is slow where there are some: rows are read one by one up to each, and each
 * takes some hundred reads to be found.
 *
 * @param limit How many rows at most, of both kinds.
 */
export async function scanRows<T>(prefix: Key, limit: number, list: List<T>): Promise<Scan<T>> {
  const rows: Row<T>[] = [];
  const unreadable: Key[] = [];
  let last: Key | undefined;
  let batchSize = MAX_BATCH;
  while (rows.length + unreadable.length < limit) {
    const from = last === undefined ? {} : { start: after(last) };
    const size = Math.min(batchSize, limit - rows.length - unreadable.length);
    try {
      const batch = await Array.fromAsync(list(from, { limit: size }));
      rows.push(...batch);
      if (batch.length < size) break;
      last = plainKey(batch.at(-1)?.key ?? []);
    } catch (error) {
      if (!isUnreadable(error)) throw error;
      if (size > 1) {
        batchSize = 1;
        continue;
      }
      last = await findFirst(prefix, (options) => list(from, options));
      unreadable.push(last);
      batchSize = MAX_BATCH;
    }
  }
  return { rows, unreadable };
}

/** Rows read together for as long as all can be read; `Deno.Kv` reads as many. */
const MAX_BATCH = 100;

/** The first key after another that could have a row. */
function after(key: Key): Key {
  return [...key, ""];
}

/**
 * The key of the first row of a list, without its value. Asked backwards from a cursor, a list is empty if and only if the
 * first row lies at the cursor or behind it, whether or not rows can be read; so its key is found byte by byte. A cursor is
 * base64url, with padding, of the bytes of a key behind the prefix.
 */
async function findFirst<T>(
  prefix: Key,
  list: (options: { limit: number; cursor: string; reverse: boolean }) => AsyncIterable<Row<T>>,
): Promise<Key> {
  const isBefore = async (bytes: readonly number[]): Promise<boolean> => {
    const cursor = Buffer.from(bytes).toString("base64").replaceAll("+", "-").replaceAll("/", "_");
    try {
      for await (const _ of list({ limit: 1, cursor, reverse: true })) return true;
      return false;
    } catch (error) {
      if (isUnreadable(error)) return true;
      throw error;
    }
  };
  const found: number[] = [];
  while (found.length === 0 || !await isBefore([...found, 0])) {
    if (found.length > MAX_KEY_BYTES) throw new Error("The key of an unreadable row cannot be found");
    let [low, high] = [0, 256];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (await isBefore([...found, middle])) high = middle;
      else low = middle;
    }
    found.push(low);
  }
  return [...prefix, ...parseKey(Buffer.from(found))];
}

const MAX_KEY_BYTES = 2048;
const [STRING, NUMBER] = [0x02, 0x21];
const NUMBER_BYTES = 8;

/** Reads the parts of a key as `Deno.Kv` writes them: texts that end with a zero, numbers in the order of their bits. */
function parseKey(bytes: Buffer): Key {
  const parts: (string | number)[] = [];
  for (let at = 0; at < bytes.length;) {
    const tag = bytes[at++];
    if (tag === STRING) {
      const end = bytes.indexOf(0, at);
      parts.push(bytes.subarray(at, end).toString());
      at = end + 1;
    } else if (tag === NUMBER) {
      const bits = Buffer.from(bytes.subarray(at, at + NUMBER_BYTES));
      const isNegative = ((bits[0] ?? 0) & 0x80) === 0;
      for (const [index, byte] of bits.entries()) {
        bits[index] = isNegative ? byte ^ 0xff : index === 0 ? byte ^ 0x80 : byte;
      }
      parts.push(bits.readDoubleBE());
      at += NUMBER_BYTES;
    } else throw new Error("The key of an unreadable row is of a kind that is not written here");
  }
  return parts;
}

/** The parts of a key as they are written here: texts and numbers. */
export function plainKey(parts: readonly unknown[]): Key {
  return parts.map((part) => typeof part === "number" ? part : String(part));
}
