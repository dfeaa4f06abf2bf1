/** Database files of others: refused at the start without a byte written into them. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { ConfigError } from "../../lib/cli/config_values.ts";
import { requireOwnFile } from "../../lib/cli/database_file.ts";
import { openSqliteKv } from "../../lib/node/sqlite_kv.ts";
import { createChance, randomBytes } from "../../lib/runtime/chance.ts";
import { createStore } from "../../lib/store/kv.ts";
import type { Store } from "../../lib/store/store.ts";
import { makeFolder, run } from "./program.ts";

/** Makes a database out of SQL. */
function write(path: string, ...statements: readonly string[]): void {
  using database = new DatabaseSync(path);
  for (const statement of statements) database.exec(statement);
}

async function openOnce(path: string): Promise<void> {
  using kv = await Deno.openKv(path);
  await kv.set(["a"], 1);
}

Deno.test("a database of another program, or half of one, is refused and stays as it is (README, options)", async (t) => {
  await using folder = await makeFolder();
  const migrations = "CREATE TABLE migration_state(k integer not null primary key, version integer not null)";
  const cases: Readonly<Record<string, readonly [statements: readonly string[], says: RegExp]>> = {
    "another program's": [["CREATE TABLE bookmarks(url)", "INSERT INTO bookmarks VALUES ('x')"], /table bookmarks/],
    "another program's, in WAL mode": [["PRAGMA journal_mode=WAL", "CREATE TABLE notes(text)"], /table notes/],
    "another program's with a table of the same name": [
      ["CREATE TABLE kv(a)"],
      /another program: it holds the table kv/,
    ],
    "migrations of which nothing is there": [[migrations, "INSERT INTO migration_state VALUES (0, 99)"], /incomplete/],
  };
  for (const [name, [statements, says]] of Object.entries(cases)) {
    await t.step(name, async () => {
      const path = `${folder.path}/${name}`;
      write(path, ...statements);
      const before = await Deno.readFile(path);
      await assert.rejects(
        requireOwnFile(path),
        (error: unknown) => error instanceof ConfigError && says.test(error.message),
      );
      assert.deepEqual(await Deno.readFile(path), before);
    });
  }
  await t.step("the program says so in one line", async () => {
    const { code, stdout, stderr } = await run(["--port", "0", "--db", `${folder.path}/another program's`]);
    assert.match(
      stderr,
      /^mock-oauth: The database [^\n]* belongs to another program: it holds the table bookmarks;[^\n]*\n$/,
    );
    assert.deepEqual([code, stdout], [2, ""]);
  });
});

Deno.test("a database of our own, an empty file and one that is not there are taken (README, options)", async () => {
  await using folder = await makeFolder();
  const path = (name: string): string => `${folder.path}/${name}`;
  await openOnce(path("own"));
  write(path("both"), "CREATE TABLE bookmarks(url)");
  await openOnce(path("both"));
  write(path("no tables"), "PRAGMA user_version = 5");
  await Deno.writeFile(path("empty"), new Uint8Array());
  for (const name of ["own", "both", "no tables", "empty", "none"]) {
    await requireOwnFile(path(name));
    await openOnce(path(name));
    await requireOwnFile(path(name));
  }
});

Deno.test("a file of SQLite keeps its rows and their versions, two share it, and what has expired is removed", async () => {
  await using folder = await makeFolder();
  let nowMs = 1000;
  const path = `${folder.path}/rows`;
  const open = async (): Promise<{ readonly store: Store; readonly close: () => void }> => {
    const kv = await openSqliteKv(path, () => nowMs);
    return { store: createStore(kv, createChance(randomBytes)), close: kv.close };
  };
  const [one, other] = [await open(), await open()];
  assert(await one.store.create(["a", 1], { of: "one" }, 60_000));
  assert(!await other.store.create(["a", 1], { of: "other" }));
  const { versionstamp } = await other.store.get(["a", 1]);
  assert(await other.store.commit({ checks: [{ key: ["a", 1], versionstamp }], sets: [{ key: ["a", -2], value: 2 }] }));
  one.close();
  other.close();
  const again = await open();
  const keys = async (): Promise<unknown> => (await again.store.list(["a"], 10)).map(({ key }) => key);
  assert.deepEqual([(await again.store.get(["a", 1])).versionstamp, await keys()], [versionstamp, [["a", -2], [
    "a",
    1,
  ]]]);
  nowMs += 60_000;
  await again.store.commit({ sets: [{ key: ["b"], value: 1 }] });
  assert.deepEqual(await keys(), [["a", -2]]);
  again.close();
});
