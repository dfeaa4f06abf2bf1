// What can be asked for, and what it opens: one table that metadata advertises and handlers use. Other scopes are granted
// too, as a mock cannot know what a client's real server calls things; they open nothing.
import { OAuthError } from "../../http/errors.ts";
import type { Claims } from "../users/claims.ts";

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
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(coversScope(["openid", "mcp:admin"], "mcp:read"), true);
 * assert.equal(coversScope(["mcp:read"], "mcp:write"), false);
 * ```
 */
export function coversScope(granted: readonly string[], needed: string): boolean {
  const level = resourceScopes.findIndex((scope) => scope === needed);
  return level === -1 ? granted.includes(needed) : resourceScopes.slice(level).some((scope) => granted.includes(scope));
}

/**
 * Requires that scopes can be granted.
 *
 * @param grantable What can be granted; anything, if not given.
 * @throws OAuthError `invalid_scope`.
 * @see {@link https://www.rfc-editor.org/rfc/rfc6749.html#section-3.3}
 */
export function requireGrantable(
  scopes: readonly string[],
  grantable: readonly string[] | undefined,
): readonly string[] {
  const foreign = grantable && scopes.find((scope) => !grantable.includes(scope));
  if (foreign === undefined) return scopes;
  throw new OAuthError("invalid_scope", "scope contains a value that this server does not grant", {
    parameter: "scope",
    received: foreign,
    expected: grantable?.join(" ") || "no scope",
    reference: "RFC 6749 3.3",
  });
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
  "sid",
  ...Object.values(claimsByScope).flat(),
];

/** A user, as far as claims speak of one. */
interface ClaimSource {
  readonly name: string;
  /** The e-mail address; absent for a client that acts for itself. */
  readonly email?: string | undefined;
  readonly claims?: Claims | undefined;
}

/**
 * What a client is told of a user: name and address with the scopes that open them, and always the claims of the user's
 * own, which a test has given them to be seen. An address counts as verified unless the user's own claims deny it.
 *
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
  { name, email, claims = {} }: ClaimSource,
  scopes: readonly string[],
): Record<string, unknown> {
  const { email_verified = true, ...own } = claims;
  return {
    ...own,
    ...(scopes.includes("profile") ? { name } : {}),
    ...(scopes.includes("email") && email !== undefined ? { email, email_verified } : {}),
  };
}
