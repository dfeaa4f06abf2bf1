// What a store is, and the list of everything that is kept in it.
//
// What is kept, below the sandbox's id, except of the sandboxes as such; each table has a file `*_table.ts` in its room:
//
// | key                                     | value                | lifetime                                | room            |
// | --------------------------------------- | -------------------- | --------------------------------------- | --------------- |
// | `[sandbox, "client", client_id]`        | `ClientRecord`       | for good                                | oauth/clients   |
// | `[sandbox, "user", hash(email)]`        | `UserRecord`         | for good                                | oauth/users     |
// | `[sandbox, "key", use]`                 | `KeyRecord`          | for good                                | oauth/keys      |
// | `[sandbox, "key", alg, "retired"]`      | `PublicKeyRecord[]`  | for good                                | oauth/keys      |
// | `[sandbox, "key", kid, "until"]`        | time in ms           | for good                                | oauth/keys      |
// | `[sandbox, "spent", jti]`               | `UseRecord`          | as long as what it marks could be used  | oauth/tokens    |
// | `[sandbox, "revoked", grant id]`        | time in ms           | as long as a refresh token could live   | oauth/tokens    |
// | `[sandbox, "revoked", jti]`             | time in ms           | as long as the access token could live  | oauth/tokens    |
// | `[sandbox, "revoked", hash(client_id)]` | time in ms           | for good, once it was deleted           | oauth/clients   |
// | `[sandbox, "pushed", hash(uri)]`        | `PushedRecord`       | until used, at most 24 h                | oauth/authorize |
// | `[sandbox, "replay", hash(id)]`         | true                 | as long as it could be replayed         | oauth           |
// | `[sandbox, "device", hash(code)]`       | `DeviceRecord`       | until used, at most 24 h                | oauth/grants    |
// | `[sandbox, "user_code", hash]`          | device's hash        | 24 h                                    | oauth/grants    |
// | `[sandbox, "note", owner, id]`          | `NoteRecord`         | 24 h after the last change              | mcp/tools       |
// | `[sandbox, "count", hash(fault)]`       | times it was met     | as long as the sandbox                  | sandbox         |
// | `[sandbox, "minted", hash(jti)]`        | `MintedRecord`       | 24 h                                    | oauth/tokens    |
// | `[sandbox, "exchange", number]`         | `Exchange`           | 24 h, 2,000 and 1,000 older to judge by | recorder/tape   |
// | `[sandbox, "record"]`                   | `RecordState`        | 48 h after the last exchange            | recorder/tape   |
// | `["#recorder", "key"]`                  | random bytes         | for good                                | recorder/tape   |
// | `["#recorder", "watched"]`              | `Watched`            | for good, in one row                    | recorder/tape   |
// | `["#scenario", name]`                   | `Scenario`           | 30 days                                 | scenarios       |
// | `["#kept", id]`                         | `KeptRun` in gzip    | 30 days; a day with `--public`          | control         |
// | `["#state", name]`                      | `SandboxState`       | as long as the sandbox                  | sandbox         |
// | `["#sandbox", name]`                    | last use in ms       | a day after it                          | sandbox         |
// | `["#used", hour, name]`                 | true                 | a day after it                          | sandbox         |
// | `["#gauntlet", run, set]`               | `GauntletState`      | a day after it was moved                | sandbox         |
// | `["#label", label, name]`               | true                 | as long as the sandbox                  | sandbox         |
// | `[sandbox, "session", hash(id)]`        | `SessionRecord`      | 24 h after it was last extended         | mcp/sessions    |
// | `[sandbox, "session_count", hash(id)]`  | requests in it       | 24 h after it was last counted          | mcp/sessions    |
// | `[sandbox, "catalogue", version, n]`     | part of `Catalogue`  | as long as the sandbox                  | sandbox         |
// | `[sandbox, "turn", hash(entry)]`        | answers it has given | as long as the sandbox                  | mcp/catalogue   |
// | `[sandbox, "task", owner, hash(id)]`    | `TaskRecord`         | 24 h after the last change              | mcp/tasks       |
// | `["#owned", ...key]`                    | owner, bytes, expiry | as long as the row, with `--public`     | limits          |
//
// Parts of a key that a client chose are hashed (a key holds 2,048 bytes). `expireInMs` is garbage collection, swept once
// a minute on real time: whether something is alive is decided by the record and the sandbox's clock.

/** Where a value is kept. */
export type Key = readonly (string | number)[];

/** A value with the version that a commit can insist on. */
export interface Entry<T> {
  readonly key: Key;
  /** Absent if nothing is stored there. */
  readonly value: T | undefined;
  /** Null if nothing is stored there. */
  readonly versionstamp: string | null;
}

/** A value on its way into the store. */
export interface Write {
  readonly key: Key;
  readonly value: unknown;
  /** After how long it may be swept; it stays if not given. */
  readonly expireInMs?: number | undefined;
}

/** Changes that happen together or not at all. */
export interface Commit {
  /** Versions that must still hold: null for "nothing is stored there". */
  readonly checks?: readonly { readonly key: Key; readonly versionstamp: string | null }[];
  readonly sets?: readonly Write[];
  readonly deletes?: readonly Key[];
}

/** The store's verbs, on whatever database the caller opened. */
export interface Store {
  /**
   * Reads one value with its version; concurrent reads share a round trip.
   *
   * @throws UnreadableRowError for a row that is there and cannot be read.
   */
  readonly get: <T>(key: Key) => Promise<Entry<T>>;
  /** Reads all values below a prefix that can be read, in the order of their keys, at most `limit`. */
  readonly list: <T>(prefix: Key, limit: number) => Promise<readonly Entry<T>[]>;
  /** Writes a value only if nothing is stored there; says whether it did. */
  readonly create: (key: Key, value: unknown, expireInMs?: number) => Promise<boolean>;
  /** Removes all values below a prefix, whether or not they can be read. */
  readonly removeAll: (prefix: Key) => Promise<void>;
  /**
   * Applies a commit; false, with nothing changed, if a check did not hold.
   *
   * @throws OAuthError `invalid_request` for a value that does not fit into a row, or is nested too deep to be read again.
   */
  readonly commit: (commit: Commit) => Promise<boolean>;
}
