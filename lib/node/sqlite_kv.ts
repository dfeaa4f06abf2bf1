// A database in a file, with the SQLite that Node brings: what of `Deno.Kv` is needed, and no more. A file of Deno's is not
// read; its tables are other ones.
import type { DatabaseSync } from "node:sqlite";
import { deserialize, serialize } from "node:v8";
import type { Kv } from "../store/kv.ts";
import type { Key } from "../store/store.ts";

/** The tables of such a file. */
export const SQLITE_TABLES = ["mock_oauth_rows", "mock_oauth_version"] as const;

/** A database that is open. */
export interface SqliteKv extends Kv {
  readonly close: () => void;
}

type Changes = readonly ((version: number) => boolean)[];

const SCHEMA = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  CREATE TABLE IF NOT EXISTS mock_oauth_rows (
    key BLOB PRIMARY KEY, value BLOB NOT NULL, version INTEGER NOT NULL, expires_at_ms INTEGER
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS mock_oauth_expiry ON mock_oauth_rows (expires_at_ms) WHERE expires_at_ms IS NOT NULL;
  CREATE TABLE IF NOT EXISTS mock_oauth_version (version INTEGER NOT NULL);
  INSERT INTO mock_oauth_version SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM mock_oauth_version);
`;

/** How often rows that have expired are removed, in milliseconds. */
const SWEEP_MS = 60_000;
const VERSION_DIGITS = 20;

/**
 * Opens a database. Its verbs do their work at once, in the calling thread.
 *
 * @param nowMs The time that rows expire by, in milliseconds since 1970.
 * @throws What SQLite says of the file, or the runtime of a module that it does not have.
 */
export async function openSqliteKv(path: string, nowMs: () => number): Promise<SqliteKv> {
  const sqlite = await import("node:sqlite");
  const database = new sqlite.DatabaseSync(path);
  database.exec(SCHEMA);
  return createSqliteKv(database, nowMs);
}

function createSqliteKv(database: DatabaseSync, nowMs: () => number): SqliteKv {
  const find = database.prepare("SELECT value, version FROM mock_oauth_rows WHERE key = ?");
  const range = database.prepare(
    "SELECT value, version FROM mock_oauth_rows WHERE key > ? AND key >= ? AND key < ? ORDER BY key LIMIT ?",
  );
  const put = database.prepare("INSERT OR REPLACE INTO mock_oauth_rows VALUES (?, ?, ?, ?)");
  const remove = database.prepare("DELETE FROM mock_oauth_rows WHERE key = ?");
  const sweep = database.prepare("DELETE FROM mock_oauth_rows WHERE expires_at_ms <= ?");
  const nextVersion = database.prepare("UPDATE mock_oauth_version SET version = version + 1 RETURNING version");
  let sweptMs = -Infinity;

  function apply(changes: Changes): boolean {
    database.exec("BEGIN IMMEDIATE");
    try {
      const version = Number(nextVersion.get()?.version);
      const isDone = changes.every((change) => change(version));
      if (isDone && nowMs() - sweptMs >= SWEEP_MS) {
        sweptMs = nowMs();
        sweep.run(sweptMs);
      }
      database.exec(isDone ? "COMMIT" : "ROLLBACK");
      return isDone;
    } catch (error) {
      database.exec("ROLLBACK");
      throw error;
    }
  }

  return {
    getMany: async (keys) =>
      await Promise.resolve(keys.map((key) => {
        const row = find.get(encodeKey(key));
        return row ? { ...read(row.value), versionstamp: stamp(row.version) } : { value: null, versionstamp: null };
      })),
    list: ({ prefix, start }, { limit }) => {
      const from = encodeKey(prefix);
      const end = Buffer.concat([from, Buffer.from([0xff])]);
      const rows = range.all(from, encodeKey(start ?? prefix), end, Number.isFinite(limit) ? limit : -1);
      return ReadableStream.from(rows.map(({ value, version }) => ({ ...read(value), versionstamp: stamp(version) })));
    },
    atomic: () => {
      const changes: ((version: number) => boolean)[] = [];
      return {
        check: ({ key, versionstamp }) =>
          changes.push(() => {
            const row = find.get(encodeKey(key));
            return (row ? stamp(row.version) : null) === versionstamp;
          }),
        set: (key, value, { expireIn }) =>
          changes.push((version) => {
            put.run(
              encodeKey(key),
              serialize([key, value]),
              version,
              expireIn === undefined ? null : nowMs() + expireIn,
            );
            return true;
          }),
        delete: (key) =>
          changes.push(() => {
            remove.run(encodeKey(key));
            return true;
          }),
        commit: async () => await Promise.resolve({ ok: apply(changes) }),
      };
    },
    close: () => database.close(),
  };
}

function stamp(version: unknown): string {
  return String(version).padStart(VERSION_DIGITS, "0");
}

/** What a row holds: its key as well, so that none is read from its bytes. */
function read(stored: unknown): { readonly key: readonly unknown[]; readonly value: unknown } {
  const [key, value]: readonly unknown[] = stored instanceof Uint8Array ? deserialize(stored) : [];
  if (!Array.isArray(key)) throw new Error("The database is malformed: a row has no key");
  return { key, value };
}

const [TEXT, NUMBER] = [0x02, 0x21];
/** A zero inside of a text, which is not its end. */
const ZERO = "\0\u{10ffff}";

/** A key in the order that `Deno.Kv` has: texts by their UTF-8 bytes, ended by a zero, and then numbers. */
function encodeKey(key: Key): Uint8Array {
  return Buffer.concat(key.flatMap((part) => {
    if (typeof part === "string") return [Buffer.from([TEXT]), Buffer.from(`${part.replaceAll("\0", ZERO)}\0`)];
    const bits = Buffer.alloc(8);
    bits.writeDoubleBE(part);
    const flip = part < 0 ? 0xff : 0;
    return [Buffer.from([NUMBER]), bits.map((byte, index) => byte ^ (index === 0 && flip === 0 ? 0x80 : flip))];
  }));
}
