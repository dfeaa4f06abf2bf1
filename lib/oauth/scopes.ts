/**
 * What can be asked for, and what it opens: one table that metadata advertises and handlers use. Other scopes are granted
 * too, as a mock cannot know what a client's real server calls things; they open nothing.
 *
 * @module
 */

/** What opens the tools of `/oauth`, each including those before it. */
export const resourceScopes = ["mcp:read", "mcp:write", "mcp:admin"] as const;
/** One of {@link resourceScopes}. */
export type ResourceScope = typeof resourceScopes[number];

/** The claims of a user that a scope opens to the client (OpenID Connect Core 5.4). */
const claimsByScope = {
  profile: ["name"],
  email: ["email", "email_verified"],
} as const;

/** All scopes that mean something here. */
export const scopesSupported: readonly string[] = [
  ...resourceScopes,
  "openid",
  ...Object.keys(claimsByScope),
  "offline_access",
];

/**
 * Whether scopes include what a call needs: a broader one implies the narrower ones.
 *
 * @param granted What was granted.
 * @param needed What the call needs.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(coversScope(["openid", "mcp:admin"], "mcp:read"), true);
 * assert.equal(coversScope(["mcp:read"], "mcp:write"), false);
 * ```
 */
export function coversScope(granted: readonly string[], needed: ResourceScope): boolean {
  return resourceScopes.slice(resourceScopes.indexOf(needed)).some((scope) => granted.includes(scope));
}

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
