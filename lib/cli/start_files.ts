// The files that a start names: people who can log in, and scenarios. Each kind has a parser of its own, which is loaded
// only where there is such a file.
import { ConfigError } from "./config_values.ts";
import { describeError, OAuthError } from "../http/errors.ts";
import type { DeclaredUser } from "../oauth/users/declared_users.ts";
import type { Catalogue } from "../scenarios/mcp_catalogue.ts";
import type { Scenario } from "../scenarios/scenario.ts";

type ReadText = (path: string) => Promise<string>;

/**
 * Reads the file of `--users`.
 *
 * @throws ConfigError for a file that cannot be read, or holds something else.
 */
export function readUsers(path: string | undefined, readText: ReadText): Promise<readonly DeclaredUser[]> {
  return readList({ what: "users", path, readText }, async () => (await import("./users_file.ts")).parseUsersFile);
}

/**
 * Reads the file of `--scenarios`.
 *
 * @throws ConfigError for a file that cannot be read, or holds something else.
 */
export function readScenarios(path: string | undefined, readText: ReadText): Promise<readonly Scenario[]> {
  return readList(
    { what: "scenarios", path, readText },
    async () => (await import("../scenarios/schema/scenario_schema.ts")).parseScenariosFile,
  );
}

/**
 * Reads the file of `--catalogue`.
 *
 * @throws ConfigError for a file that cannot be read, or holds something else.
 */
export async function readCatalogue(path: string | undefined, readText: ReadText): Promise<Catalogue | undefined> {
  if (path === undefined) return undefined;
  return await readFile(
    { what: "catalogue", path, readText },
    async () => (await import("../scenarios/schema/catalogue_schema.ts")).parseCatalogueFile,
  );
}

interface StartFile {
  readonly what: string;
  readonly path: string;
  readonly readText: ReadText;
}

async function readList<T>(
  { path, ...file }: Omit<StartFile, "path"> & { readonly path: string | undefined },
  loadParser: () => Promise<(text: string) => readonly T[]>,
): Promise<readonly T[]> {
  return path === undefined ? [] : await readFile({ ...file, path }, loadParser);
}

async function readFile<T>(
  { what, path, readText }: StartFile,
  loadParser: () => Promise<(text: string) => T>,
): Promise<T> {
  try {
    return (await loadParser())(await readText(path));
  } catch (error) {
    throw new ConfigError(`The ${what} of ${path} cannot be read: ${reasonOf(error)}`);
  }
}

/** Why something failed, in one line: of a refusal all that helps, as a client would be told. */
export function reasonOf(error: unknown): string {
  if (error instanceof OAuthError) return describeError(error);
  const [reason = ""] = String(error instanceof Error ? error.message : error).split("\n", 1);
  return reason;
}
