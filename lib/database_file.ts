/**
 * Whose an SQLite file is. `Deno.openKv` puts its tables into any file, and ends the process where they are there in
 * part, so a file that exists is looked at first.
 *
 * @module
 */
import { ConfigError } from "./config.ts";

/** The tables of a KV database. */
const OWN_TABLES = ["data_version", "kv", "migration_state", "queue", "queue_running"];

/**
 * Makes the folder of a database file, and insists that the file is none of another program.
 *
 * @param path Where the file is, or is to be.
 * @throws ConfigError for a file that must not be used; and what making the folder throws.
 */
export async function prepareFile(path: string): Promise<void> {
  const folder = path.replace(/[^/\\]*$/, "");
  if (folder !== "") await Deno.mkdir(folder, { recursive: true });
  await requireOwnFile(path);
}

/**
 * Insists that a file is a KV database, or holds nothing yet. Nothing is written into it. A file that cannot be read is
 * left to whoever opens it, who has to say why anyway.
 *
 * @param path Where it is.
 * @throws ConfigError for a database of another program, or one that holds a KV database in part.
 */
export async function requireOwnFile(path: string): Promise<void> {
  const { DatabaseSync } = await import("node:sqlite");
  let names: readonly string[];
  try {
    using database = new DatabaseSync(path, { readOnly: true });
    const rows = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
    names = rows.map(({ name }) => String(name));
  } catch {
    return;
  }
  const missing = OWN_TABLES.filter((name) => !names.includes(name));
  if (names.length === 0 || missing.length === 0) return;
  throw new ConfigError(
    missing.includes("migration_state")
      ? `The database ${path} is of another program: it holds the table ${names[0]}; choose another file with --db`
      : `The database ${path} is incomplete: it lacks the table ${missing[0]}; choose another file with --db`,
  );
}
