// Who signs in: a generated user, or one with an e-mail address and a password.
import type { Chance } from "../../runtime/chance.ts";
import { OAuthError } from "../../http/errors.ts";
import type { UserRecord, Users } from "./user_table.ts";
import { type Claims, parseEmail, type UserClaims } from "./claims.ts";
import { hashPassword, verifyPassword } from "./password.ts";

/** A person, as tokens and tools speak of one. */
export interface User {
  readonly userId: string;
  readonly userName: string;
  readonly email: string;
  /** Claims of the person's own, which tokens carry beside ours. */
  readonly claims?: Claims;
}

type SignInDeps = Readonly<{
  users: Users;
  chance: Chance;
}>;

/** Generates a user, who is stored nowhere. */
export function createAutoUser(nowMs: number, chance: Chance, wanted?: UserClaims): User {
  return autoUser(`${nowMs}-${chance.base36(7)}`, wanted);
}

const AUTO_PREFIX = "mock-user-auto-";

function autoUser(tail: string, wanted?: UserClaims): User {
  return {
    userId: AUTO_PREFIX + tail,
    userName: wanted?.name ?? "Mock Test User",
    email: wanted?.email ?? `mock-auto-${tail}@example.com`,
    ...(wanted ? { claims: wanted.claims } : {}),
  };
}

/**
 * An auto-generated person once more, as an id_token of this server tells of them.
 *
 * @param told What it says; its signature is good.
 * @returns Undefined for anyone who was not auto-generated.
 */
export function recallAutoUser(told: UserClaims & { readonly sub: string }): User | undefined {
  return told.sub.startsWith(AUTO_PREFIX) ? autoUser(told.sub.slice(AUTO_PREFIX.length), told) : undefined;
}

/** A user as tokens and tools speak of one, without what is kept to check a password. */
export function userOf({ userId, userName, email, claims }: UserRecord): User {
  return { userId, userName, email, ...(claims ? { claims } : {}) };
}

/**
 * Signs a person in: a new e-mail address creates the user, a known one checks the password.
 *
 * @throws OAuthError `access_denied` with status 401 for a wrong password, `invalid_request` for something that is not
 * an e-mail address.
 */
export async function signIn(
  { users, chance }: SignInDeps,
  { sandboxId, nowMs }: { readonly sandboxId: string; readonly nowMs: number },
  credentials: { readonly email: string; readonly password: string },
): Promise<User> {
  const email = parseEmail(credentials.email, "email");
  const known = await users.find(sandboxId, email);
  if (!known) {
    const user = {
      userId: `mock-user-${nowMs}-${chance.base36(7)}`,
      userName: email.slice(0, email.indexOf("@")),
      email,
    };
    const passwordHash = await hashPassword(credentials.password, chance.bytes(16));
    if (await users.add(sandboxId, { ...user, passwordHash, createdAtMs: nowMs })) return user;
  }
  // The address may have been taken while the password was hashed: then that user's password counts.
  const user = known ?? await users.find(sandboxId, email);
  if (user && await verifyPassword(credentials.password, user.passwordHash)) {
    return userOf(user);
  }
  throw new OAuthError("access_denied", "Authentication failed: Invalid password", {
    status: 401,
    parameter: "password",
    expected: "the password this e-mail address was first used with",
  });
}
