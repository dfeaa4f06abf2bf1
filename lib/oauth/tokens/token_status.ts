// What has become of a token: revoked by its client (RFC 7009), or described to a client that asks (RFC 7662). A
// `token_type_hint` is not needed, as our tokens show by themselves what they are.
import { OAuthError } from "../../http/errors.ts";
import type { Sandbox } from "../../sandbox/sandbox.ts";
import type { Policy } from "../../scenarios/plan.ts";
import type { Grants } from "./mark_table.ts";
import { graceSuccessor } from "../grants/context.ts";
import type { Keys } from "../keys/keys.ts";
import { isRevokedTogether } from "./session_id.ts";
import { type AccessTokenClaims, openRefreshToken, type RefreshToken } from "./tokens.ts";
import type { TokenVerifier } from "./verify.ts";

/** What the status of a token depends on. */
export type TokenStatusContext = Readonly<{
  sandbox: Sandbox;
  keys: Keys;
  verifier: TokenVerifier;
  grants: Grants;
  policy: Policy;
}>;

/** Sandbox clocks can be set back, so that a mark outlives the token by this much. */
const MARK_MARGIN_MS = 60 * 60 * 1000;

/**
 * Revokes a token: a refresh token with the whole login and all it has issued, an access token alone (RFC 7009 2.1
 * leaves the refresh token to the server, and a client that logs out sends that one).
 *
 * @param token What was sent; an unknown one needs no revoking (RFC 7009 2.2).
 * @param clientId The client that sends it, authenticated.
 * @throws OAuthError `invalid_grant` for another client's token.
 */
export async function revokeToken(context: TokenStatusContext, token: string, clientId: string): Promise<void> {
  const { sandbox, keys, grants } = context;
  const refreshToken = openRefreshToken(keys, token);
  if (refreshToken) {
    requireOwn(refreshToken.grant.clientId, clientId);
    return await grants.revoke(sandbox.id, refreshToken.grant.sessionId, sandbox.nowMs);
  }
  const claims = await orUndefined(context.verifier.verifySignature(sandbox, token));
  if (!claims) return;
  requireOwn(claims.client_id, clientId);
  const nowMs = sandbox.nowMs;
  await grants.revokeToken(sandbox.id, {
    jti: claims.jti,
    nowMs,
    keepMs: claims.exp === undefined ? undefined : Math.max(0, claims.exp * 1000 - nowMs) + MARK_MARGIN_MS,
  });
}

function requireOwn(owner: string, clientId: string): void {
  if (owner === clientId) return;
  throw new OAuthError("invalid_grant", "The token was issued to another client", {
    parameter: "token",
    received: `the client_id ${clientId}`,
    expected: "the client that the token was issued to",
    reference: "RFC 7009 2.1",
  });
}

/**
 * Describes a token.
 *
 * @returns `{ active: true }` with what is known of it, or `{ active: false }` and nothing else, not even why
 * (RFC 7662 2.2).
 */
export async function introspectToken(context: TokenStatusContext, token: string): Promise<Record<string, unknown>> {
  const { sandbox, keys, verifier } = context;
  const refreshToken = openRefreshToken(keys, token);
  if (!refreshToken) {
    const claims = await orUndefined(verifier.verifyLive(sandbox, token));
    return claims ? describeAccessToken(claims) : { active: false };
  }
  return await wouldRefresh(context, refreshToken) ? describeRefreshToken(sandbox, refreshToken) : { active: false };
}

/** Whether a refresh token would get tokens now, be it that it was used shortly before and the policy forgives that. */
async function wouldRefresh(context: TokenStatusContext, { jti, grant, expiresAtMs }: RefreshToken): Promise<boolean> {
  const { sandbox, grants } = context;
  if (expiresAtMs <= sandbox.nowMs || isRevokedTogether(sandbox, grant.sessionId, grant.clientId)) return false;
  return await grants.isUsable(sandbox.id, grant, jti) || await graceSuccessor(context, { jti, grant }) !== undefined;
}

/** A token that is bound says so, and to what (RFC 9449 6.2). */
function describeAccessToken({ scope, ...claims }: AccessTokenClaims): Record<string, unknown> {
  const token_type = claims.cnf ? "DPoP" : "Bearer";
  return { active: true, ...claims, scope: scope || undefined, token_type, username: claims.email };
}

function describeRefreshToken(
  { issuer }: Sandbox,
  { jti, grant, expiresAtMs, jkt }: RefreshToken,
): Record<string, unknown> {
  return {
    active: true,
    iss: issuer,
    sub: grant.user.userId,
    client_id: grant.clientId,
    scope: grant.scopes.join(" ") || undefined,
    exp: Math.floor(expiresAtMs / 1000),
    jti,
    sid: grant.sessionId,
    username: grant.user.email,
    cnf: jkt === undefined ? undefined : { jkt },
  };
}

/** A token that is refused is one that is not known; anything else that goes wrong is the server's own. */
async function orUndefined(claims: Promise<AccessTokenClaims>): Promise<AccessTokenClaims | undefined> {
  try {
    return await claims;
  } catch (error) {
    if (error instanceof OAuthError) return undefined;
    throw error;
  }
}
