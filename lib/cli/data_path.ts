// Where data is kept if nobody says where.

/**
 * Where programs of a system keep a user's data (XDG Base Directory; on Windows and macOS their own places).
 *
 * @param env The environment; absent variables are undefined.
 * @param os The operating system, as `Deno.build.os` names it.
 * @returns The path of the database; undefined where no home directory is known.
 */
export function defaultDatabasePath(env: (name: string) => string | undefined, os: string): string | undefined {
  const home = env("HOME") || env("USERPROFILE") || undefined;
  // XDG Base Directory: a path that is not absolute is to be ignored.
  const xdgDataHome = env("XDG_DATA_HOME");
  const base = os === "windows"
    ? env("LOCALAPPDATA") || (home && `${home}\\AppData\\Local`)
    : os === "darwin"
    ? home && `${home}/Library/Application Support`
    : xdgDataHome?.startsWith("/")
    ? xdgDataHome
    : home && `${home}/.local/share`;
  if (base === undefined) return undefined;
  return os === "windows" ? `${base}\\mock-oauth\\kv.sqlite3` : `${base}/mock-oauth/kv.sqlite3`;
}
