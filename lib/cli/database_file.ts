// The file of the database, as others treat it. `Deno.openKv` puts its tables into any SQLite file, and ends the process
// where they are there in part, so a file that exists is looked at first; and it keeps writing into a file that was
// removed, where all it acknowledges is lost, so the file is looked after.
import { ConfigError } from "./config_values.ts";
import { errorResponse } from "../http/body.ts";
import type { Sleep } from "../runtime/sleep.ts";
import { StoreError } from "../store/failure.ts";

/** The path that stands for no database: what is kept lies in memory. */
export const MEMORY = ":memory:";

/** The tables of a KV database. */
const KV_TABLES = ["data_version", "kv", "migration_state", "queue", "queue_running"];

/** What a database file of ours holds. */
interface OwnTables {
  readonly tables: readonly string[];
  /** The one that no other program has. */
  readonly mark: string;
}

const KV: OwnTables = { tables: KV_TABLES, mark: "migration_state" };

/**
 * Whether a database is neither in memory nor behind a URL.
 *
 * @param path A path, `:memory:`, or the URL of a KV server.
 */
export function isFile(path: string): boolean {
  return path !== MEMORY && !/^https?:/i.test(path);
}

/** Makes a folder, and those that it lies in. */
type MakeFolder = (path: string, options: { readonly recursive: true }) => Promise<unknown>;

/**
 * Makes the folder of a database file, and requires that the file is not another program's.
 *
 * @param makeFolder Makes a folder, as the runtime does it itself: Node's way takes Deno longer than all of a start.
 * @param own What a file holds that is ours; the tables of a KV database if not given.
 * @throws ConfigError for a file that must not be used; and what making the folder throws.
 */
export async function prepareFile(path: string, makeFolder: MakeFolder, own: OwnTables = KV): Promise<void> {
  const folder = path.replace(/[^/\\]*$/, "");
  if (folder !== "") await makeFolder(folder, { recursive: true });
  await requireOwnFile(path, own);
}

/**
 * Insists that a file is a KV database, or holds nothing yet. Nothing is written into it. A file that cannot be read is
 * left to the code that opens it, which has to say why anyway.
 *
 * @throws ConfigError for a database of another program, or one that holds a KV database in part.
 */
export async function requireOwnFile(path: string, { tables, mark }: OwnTables = KV): Promise<void> {
  const { DatabaseSync } = await import("node:sqlite");
  let names: readonly string[];
  try {
    const database = new DatabaseSync(path, { readOnly: true });
    try {
      const rows = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
      names = rows.map(({ name }) => String(name));
    } finally {
      database.close();
    }
  } catch {
    return;
  }
  const missing = tables.filter((name) => !names.includes(name));
  if (names.length === 0 || missing.length === 0) return;
  throw new ConfigError(
    missing.includes(mark)
      ? `The database ${path} belongs to another program: it holds the table ${names[0]}; choose another file with --db`
      : `The database ${path} is incomplete: it lacks the table ${missing[0]}; choose another file with --db`,
  );
}

/** Which file lies at a path: its device, and its number there, which is null or 0 on Windows. */
export type Stat = (path: string) => Promise<{ readonly dev: number; readonly ino: number | null }>;

interface WatchDeps {
  readonly stat: Stat;
  readonly sleep: Sleep;
  readonly signal: AbortSignal;
  /** Told when the file has been removed, and when it is back. */
  readonly report: (message: string) => void;
}

/** How often the file is looked after, in milliseconds. */
const WATCH_MS = 1000;

/**
 * Answers requests for as long as the database file is the one that was opened. Once it was removed or replaced, what is
 * acknowledged would be lost, so nothing is, until it is put back.
 *
 * @param path Where the file is; it has been opened.
 */
export function whileFileIsThere<Info>(
  path: string,
  app: (request: Request, info?: Info) => Promise<Response>,
  { stat, sleep, signal, report }: WatchDeps,
): (request: Request, info?: Info) => Promise<Response> {
  const opening = stat(path).catch(() => undefined);
  let isWatched = false;
  let isThere = true;

  async function look(): Promise<void> {
    const opened = await opening;
    // On Windows files have no number, and one that is open can be neither removed nor replaced.
    if (!opened?.ino) return;
    const found = await stat(path).catch(() => undefined);
    const wasThere = isThere;
    isThere = found?.ino === opened.ino && found.dev === opened.dev;
    if (isThere !== wasThere && !signal.aborted) report(`The database ${path} ${isThere ? "is back" : GONE}`);
  }

  async function watch(): Promise<void> {
    while ((await opening)?.ino && !signal.aborted) {
      await sleep(WATCH_MS, signal).catch(() => {});
      await look();
    }
  }

  const answer = (request: Request, info?: Info): Promise<Response> =>
    isThere ? app(request, info) : Promise.resolve(unavailable());

  return (request, info) => {
    if (isWatched) return answer(request, info);
    isWatched = true;
    // The first one looks by itself: a timer would have it wait for a part of Node.
    const response = look().then(() => answer(request, info));
    void response.then(watch, watch);
    return response;
  };
}

const GONE = "was removed or replaced; restore it, or restart the program";

function unavailable(): Response {
  const response = errorResponse(new StoreError(`The database file ${GONE}`, 503));
  response.headers.set("access-control-allow-origin", "*");
  return response;
}
