/**
 * What can be asked for, and what it opens: one table that metadata advertises and handlers use. Other scopes are granted
 * too, as a mock cannot know what a client's real server calls things; they open nothing.
 *
 * @module
 */

/** The claims of a user that a scope opens to the client (OpenID Connect Core 5.4). */
const claimsByScope = {
  profile: ["name"],
  email: ["email", "email_verified"],
} as const;

/** Claims that id_tokens and userinfo can carry beside a user's own. */
export const claimsSupported: readonly string[] = [
  "sub",
  "iss",
  "aud",
  "exp",
  "iat",
  "auth_time",
  "nonce",
  "at_hash",
  ...Object.values(claimsByScope).flat(),
];

/** What a client is told of a user. */
export interface ScopedClaims {
  /** Told with `profile`. */
  readonly name?: string;
  /** Told with `email`. */
  readonly email?: string;
  /** Told with `email`; of a mock's user always true, unless the user's own claims say otherwise. */
  readonly email_verified?: boolean;
}

/**
 * The claims of a user that scopes open.
 *
 * @param user The user.
 * @param scopes What was granted.
 * @see {@link https://openid.net/specs/openid-connect-core-1_0.html#ScopeClaims}
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const ada = { name: "Ada", email: "ada@example.com" };
 * assert.deepEqual(claimsOfScopes(ada, ["openid", "profile"]), { name: "Ada" });
 * ```
 */
export function claimsOfScopes(
  user: { readonly name: string; readonly email: string },
  scopes: readonly string[],
): ScopedClaims {
  return {
    ...(scopes.includes("profile") ? { name: user.name } : {}),
    ...(scopes.includes("email") ? { email: user.email, email_verified: true } : {}),
  };
}
