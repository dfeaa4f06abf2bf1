// People who signed in with an e-mail address and a password. Auto-generated ones are never kept.
import { hash } from "../../runtime/node_crypto.ts";
import type { Store } from "../../store/store.ts";
import { ifReadable } from "../../store/unreadable.ts";

/** A user as it is kept: the password only as what a key derivation function made of it. */
export interface UserRecord {
  readonly userId: string;
  /** The part of the address before the @. */
  readonly userName: string;
  /** As it was first typed. */
  readonly email: string;
  /** scrypt's parameters, salt and result; see `lib/oauth/users/password.ts`. */
  readonly passwordHash: string;
  /** Claims of its own; only declared users have some. */
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly createdAtMs: number;
}

/** The users of all sandboxes. */
export interface Users {
  readonly find: (sandboxId: string, email: string) => Promise<UserRecord | undefined>;
  /** Keeps a new user; false if another sign-in with that address came first. */
  readonly add: (sandboxId: string, user: UserRecord) => Promise<boolean>;
  /** Keeps a user, replacing any with the same address; false if that one is declared. */
  readonly put: (sandboxId: string, user: UserRecord) => Promise<boolean>;
  /** All users, at most {@link MAX_LISTED}. */
  readonly list: (sandboxId: string) => Promise<readonly UserRecord[]>;
  /** Removes a user; false if there is none that could be removed. */
  readonly remove: (sandboxId: string, email: string) => Promise<boolean>;
}

/** The most users that are listed at once. */
export const MAX_LISTED = 1000;

/** Opens the table of users. */
export function createUsers(store: Store): Users {
  const keyOf = (sandboxId: string, email: string): readonly string[] => [
    sandboxId,
    "user",
    hash("sha256", email.toLowerCase(), "base64url"),
  ];
  return {
    find: async (sandboxId, email) => (await store.get<UserRecord>(keyOf(sandboxId, email))).value,
    add: (sandboxId, user) => store.create(keyOf(sandboxId, user.email), user),
    put: (sandboxId, user) => store.commit({ sets: [{ key: keyOf(sandboxId, user.email), value: user }] }),
    list: async (sandboxId) =>
      (await store.list<UserRecord>([sandboxId, "user"], MAX_LISTED)).flatMap(({ value }) => value ?? []),
    remove: async (sandboxId, email) => {
      const read = await ifReadable(store.get<UserRecord>(keyOf(sandboxId, email)));
      if (!read) return await store.commit({ deletes: [keyOf(sandboxId, email)] });
      const { key, versionstamp } = read.value;
      return versionstamp !== null && await store.commit({ checks: [{ key, versionstamp }], deletes: [key] });
    },
  };
}
