// What the database cannot do just now, for a reason outside this program: told to the client as what it is, with the
// time to try again, and to the operator in the words of the database.
import { OAuthError } from "../http/errors.ts";

/** The database cannot be used, whatever the request. */
export class StoreError extends OAuthError {
  constructor(message: string, status: number, cause?: unknown) {
    super("temporarily_unavailable", message, { status, headers: { "retry-after": `${RETRY_AFTER_SECONDS}` } });
    this.name = "StoreError";
    this.cause = cause;
  }
}

const RETRY_AFTER_SECONDS = 5;

/** SQLite's words, which `Deno.Kv` passes on as a bare TypeError, and its own on a KV server. */
const failures: readonly (readonly [words: RegExp, message: string, status: number])[] = [
  [/database (table )?is locked|database is busy/i, "The database is locked by another process", 503],
  [/database or disk is full/i, "The disk that holds the database is full", 507],
  [
    /disk i\/o error|readonly database|unable to open database|malformed|not a database/i,
    "The database cannot be read or written",
    503,
  ],
  [/^KV Connect failed .*\(status=40[13] /, "The KV server refuses", 503],
];

/**
 * What a failure of the database comes to.
 *
 * @returns A {@link StoreError} where the database as such fails; else the same error.
 */
export function explainFailure(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof OAuthError) return error;
  const found = failures.find(([words]) => words.test(error.message));
  return found ? new StoreError(found[1], found[2], error) : error;
}
