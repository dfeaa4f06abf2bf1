// A store in memory: the five verbs on a tree of maps, one level for each part of a key. There is no database to wait for,
// so a verb takes about a microsecond, and what is asked for first happens first.
import { trusted } from "../runtime/trusted.ts";
import type { Commit, Entry, Key, Store, Write } from "./store.ts";
import { requireStorable } from "./stored_value.ts";

type Part = Key[number];

/** A place in the tree: the row that lies there, and what lies below. */
interface Place {
  row: Row | undefined;
  /** Most places have nothing below. */
  below: Map<Part, Place> | undefined;
  /** The parts below in the order of keys, from when somebody lists them until one is added. */
  sorted: readonly Part[] | undefined;
}

interface Row {
  readonly key: Key;
  readonly value: unknown;
  readonly versionstamp: string;
  /** When it may be swept, in milliseconds since 1970; absent if it stays. */
  readonly expiresAtMs: number | undefined;
  /** Where it stands among those that may be swept at the same time. */
  index: number;
}

/** As many as those of `Deno.Kv` have. */
const VERSION_DIGITS = 20;

/**
 * Makes an empty store.
 *
 * @param nowMs The time that rows expire by, in milliseconds since 1970.
 */
export function createMemoryStore(nowMs: () => number): Store {
  const root = createPlace();
  const expiring = createExpiring();
  let version = 0;

  function put({ key, value, expireInMs }: Write, versionstamp: string): void {
    const expiresAtMs = expireInMs === undefined ? undefined : nowMs() + expireInMs;
    let place = root;
    for (const part of key) {
      const below: Map<Part, Place> = place.below ??= new Map();
      let next = below.get(part);
      if (!next) {
        next = createPlace();
        below.set(part, next);
        place.sorted = undefined;
      }
      place = next;
    }
    if (place.row) expiring.delete(place.row);
    place.row = { key: [...key], value: copyOf(value), versionstamp, expiresAtMs, index: 0 };
    expiring.add(place.row);
  }

  function remove(key: Key): void {
    const place = placeOf(root, key);
    if (!place?.row) return;
    expiring.delete(place.row);
    place.row = undefined;
    prune(root, key);
  }

  function apply({ checks = [], sets = [], deletes = [] }: Commit): boolean {
    for (const { value } of sets) requireStorable(value);
    for (const { key } of expiring.take(nowMs())) remove(key);
    for (const { key, versionstamp } of checks) {
      if ((placeOf(root, key)?.row?.versionstamp ?? null) !== versionstamp) return false;
    }
    const versionstamp = String(++version).padStart(VERSION_DIGITS, "0");
    for (const write of sets) put(write, versionstamp);
    for (const key of deletes) remove(key);
    return true;
  }

  function commit(changes: Commit): Promise<boolean> {
    try {
      return Promise.resolve(apply(changes));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  async function list<T>(prefix: Key, limit: number): Promise<readonly Entry<T>[]> {
    const found: Entry<T>[] = [];
    const place = placeOf(root, prefix);
    for (const { key, value, versionstamp } of place ? rowsBelow(place) : []) {
      if (found.length >= limit) break;
      found.push({ key, value: trusted<T>(value), versionstamp });
    }
    return await Promise.resolve(found);
  }

  return {
    get: <T>(key: Key): Promise<Entry<T>> => {
      const { value, versionstamp = null } = placeOf(root, key)?.row ?? {};
      return Promise.resolve({ key, value: trusted<T | undefined>(value), versionstamp });
    },
    list,
    create: (key, value, expireInMs) =>
      commit({ checks: [{ key, versionstamp: null }], sets: [{ key, value, expireInMs }] }),
    commit,
    removeAll: async (prefix) => {
      for (const { key } of await list(prefix, Infinity)) remove(key);
    },
  };
}

function createPlace(): Place {
  return { row: undefined, below: undefined, sorted: undefined };
}

function placeOf(root: Place, key: Key): Place | undefined {
  let place: Place | undefined = root;
  for (const part of key) place = place?.below?.get(part);
  return place;
}

/** Takes away the places of a key, from its end on, at and below which nothing lies. */
function prune(root: Place, key: Key): void {
  for (let length = key.length; length > 0; length--) {
    const place = placeOf(root, key.slice(0, length));
    if (place?.row || (place?.below && place.below.size > 0)) return;
    placeOf(root, key.slice(0, length - 1))?.below?.delete(key[length - 1] ?? "");
  }
}

function* rowsBelow(place: Place): Generator<Row> {
  const { below } = place;
  if (!below) return;
  place.sorted ??= [...below.keys()].sort(compareParts);
  for (const part of place.sorted) {
    const next = below.get(part);
    if (next?.row) yield next.row;
    if (next) yield* rowsBelow(next);
  }
}

/** As `Deno.Kv` orders them: texts by their UTF-8 bytes, and then numbers. */
function compareParts(one: Part, other: Part): number {
  if (typeof one === "number" && typeof other === "number") return one - other;
  if (typeof one === "string" && typeof other === "string") return compareTexts(one, other);
  return typeof one === "string" ? -1 : 1;
}

function compareTexts(one: string, other: string): number {
  const length = Math.min(one.length, other.length);
  for (let at = 0; at < length; at++) {
    const difference = rankOf(one.charCodeAt(at)) - rankOf(other.charCodeAt(at));
    if (difference !== 0) return difference;
  }
  return one.length - other.length;
}

/** Halves of a pair stand for characters beyond all that one unit can be. */
function rankOf(unit: number): number {
  return unit >= 0xd800 && unit < 0xe000 ? unit + 0x10000 : unit;
}

/** A value of its own, so that nobody changes what is stored. */
function copyOf(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(copyOf);
  if (Object.getPrototypeOf(value) !== Object.prototype) return structuredClone(value);
  const copy: Record<string, unknown> = { ...value };
  for (const [name, member] of Object.entries(copy)) if (typeof member === "object") copy[name] = copyOf(member);
  return copy;
}

interface Expiring {
  readonly add: (row: Row) => void;
  readonly delete: (row: Row) => void;
  /** The rows that have expired, a minute late at most. */
  readonly take: (nowMs: number) => readonly Row[];
}

const MINUTE_MS = 60_000;

/** Rows that expire, by the minute in which they do. */
function createExpiring(): Expiring {
  const minutes = new Map<number, Row[]>();
  let lastMinute = -Infinity;
  const minuteOf = (expiresAtMs: number): number => Math.ceil(expiresAtMs / MINUTE_MS);
  return {
    add: (row) => {
      if (row.expiresAtMs === undefined) return;
      const minute = minuteOf(row.expiresAtMs);
      const rows = minutes.get(minute);
      if (rows) row.index = rows.push(row) - 1;
      else minutes.set(minute, [row]);
    },
    delete: (row) => {
      const rows = row.expiresAtMs === undefined ? undefined : minutes.get(minuteOf(row.expiresAtMs));
      const last = rows?.pop();
      if (!rows || !last || last === row) return;
      // The last one moves to where it stood.
      rows[row.index] = last;
      last.index = row.index;
    },
    take: (nowMs) => {
      const now = Math.floor(nowMs / MINUTE_MS);
      if (now === lastMinute) return [];
      lastMinute = now;
      const due = [...minutes].filter(([minute]) => minute <= now);
      for (const [minute] of due) minutes.delete(minute);
      return due.flatMap(([, rows]) => rows);
    },
  };
}
