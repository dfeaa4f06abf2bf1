// Users who exist before anyone signs in: declared in a file, or in the options of an app.
import { hash } from "../../runtime/node_crypto.ts";
import { OAuthError } from "../../http/errors.ts";
import type { UserRecord, Users } from "./user_table.ts";
import { type Claims, parseEmail, parseUserClaims } from "./claims.ts";
import { hashKnownPassword } from "./password.ts";
import { type User, userOf } from "./user.ts";

/** A user as it is declared. */
export interface DeclaredUser {
  /** The address to log in with. */
  readonly email: string;
  /** The password to log in with. */
  readonly password: string;
  /** What to call the person; the part of the address before the @ if not given. */
  readonly name?: string;
  /** Subject of the user's tokens; made of the address if not given. */
  readonly userId?: string;
  /** The claim `roles` (RFC 9068 2.2.3.1). */
  readonly roles?: readonly string[];
  /** More claims for tokens, userinfo and the `userInfo` tool. */
  readonly claims?: Claims;
}

/**
 * Puts declared users before those who are kept. They live in all sandboxes and in no database.
 *
 * @throws OAuthError `invalid_request` for claims or an address that cannot be; Error for an address declared twice.
 */
export function withDeclaredUsers(users: Users, declared: readonly DeclaredUser[]): Users {
  const known = new Map<string, UserRecord>();
  for (const user of declared) {
    const record = buildUserRecord(user, 0);
    const name = record.email.toLowerCase();
    if (known.has(name)) throw new Error(`The user ${record.email} is declared twice`);
    known.set(name, record);
  }
  if (known.size === 0) return users;
  return {
    find: (sandboxId, email) => {
      const record = known.get(email.toLowerCase());
      return record ? Promise.resolve(record) : users.find(sandboxId, email);
    },
    add: users.add,
    put: (sandboxId, user) => known.has(user.email.toLowerCase()) ? Promise.resolve(false) : users.put(sandboxId, user),
    list: async (sandboxId) => [...known.values(), ...await users.list(sandboxId)],
    remove: (sandboxId, email) =>
      known.has(email.toLowerCase()) ? Promise.resolve(false) : users.remove(sandboxId, email),
  };
}

/** A user whom the consent page offers by a button. */
export type OfferedUser = Pick<DeclaredUser, "email" | "name">;

/**
 * The user whose button was pressed: being declared replaces a password.
 *
 * @throws OAuthError `invalid_request` for a user who is not offered.
 */
export async function findOffered(
  users: Pick<Users, "find">,
  sandboxId: string,
  offered: readonly OfferedUser[],
  email: string | undefined,
): Promise<User> {
  const isOffered = offered.some((user) => user.email.toLowerCase() === email?.toLowerCase());
  const record = email !== undefined && isOffered ? await users.find(sandboxId, email) : undefined;
  if (record) return userOf(record);
  throw new OAuthError("invalid_request", "Not a declared user", {
    parameter: "email",
    received: email ?? "none",
    expected: "the email of one of --users, or action=login with a password",
  });
}

/**
 * The record of a user who is declared.
 *
 * @throws OAuthError `invalid_request` for claims or an address that cannot be.
 */
export function buildUserRecord(
  { email: text, password, name, userId, roles, claims }: DeclaredUser,
  nowMs: number,
): UserRecord {
  const email = parseEmail(text, "email");
  const own = parseUserClaims({ ...(roles ? { roles } : {}), ...claims, name, email }, "claims").claims;
  return {
    userId: userId ?? `mock-user-${hash("sha256", email.toLowerCase(), "hex").slice(0, 12)}`,
    userName: name ?? email.slice(0, email.indexOf("@")),
    email,
    passwordHash: hashKnownPassword(password),
    createdAtMs: nowMs,
    ...(Object.keys(own).length === 0 ? {} : { claims: own }),
  };
}
