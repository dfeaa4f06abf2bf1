// The refresh_token grant (RFC 6749 6), with rotation: each refresh token is good for one use, and a second use revokes
// the family (OAuth 2.1 4.3.1).
import { OAuthError } from "../../http/errors.ts";
import { parseResources, parseScope, requireParam } from "../params.ts";
import { buildRefreshToken, issueTokens, openRefreshToken, type TokenResponse } from "../tokens/tokens.ts";
import { narrowResources, requireBoundKey, requireOwnAndLive, revoked, spend, type TokenRequest } from "./context.ts";

const REFERENCE = "RFC 6749 6";

/**
 * Redeems a refresh token.
 *
 * @throws OAuthError `invalid_grant` for a token that is unknown, another client's, expired, used or revoked,
 * `invalid_scope` for a scope beyond what was granted.
 */
export async function redeemRefreshToken(request: TokenRequest): Promise<TokenResponse> {
  const { params, keys } = request;
  const token = openRefreshToken(keys, requireParam(params, "refresh_token", REFERENCE));
  if (!token) {
    throw new OAuthError("invalid_grant", "Invalid refresh token: this server has not issued it", {
      parameter: "refresh_token",
      expected: "the refresh_token of the last token response, unchanged",
      reference: REFERENCE,
    });
  }
  const credential = { kind: "refresh_token", reference: REFERENCE, ...token } as const;
  requireOwnAndLive(request, credential);
  requireBoundKey(request, "refresh_token", token.jkt);
  const isPlain = params.get("scope") === undefined && request.policy.scopeOfPlainRefresh === "none";
  const scopes = isPlain ? [] : narrowScopes(token.grant.scopes, params.get("scope"));
  const resources = narrowResources(token.grant.resources, parseResources(params.all("resource")));
  const grant = { ...token.grant, scopes, resources };
  if (!rotates(request)) {
    // What the commit of a rotation would have noticed.
    if (await request.grants.isRevoked(request.sandbox.id, token.grant)) throw revoked(credential);
    return issueTokens(request, grant, undefined);
  }
  return issueTokens(request, grant, await spend(request, credential, buildRefreshToken(request, token.grant)));
}

function rotates({ policy, client }: TokenRequest): boolean {
  const isPublic = client.value.metadata.token_endpoint_auth_method === "none";
  return policy.rotateRefreshTokens === "always" || (policy.rotateRefreshTokens === "public" && isPublic);
}

/** RFC 6749 6: a scope may be left out or narrowed, never widened. */
function narrowScopes(granted: readonly string[], text: string | undefined): readonly string[] {
  const asked = parseScope(text);
  if (asked.length === 0) return granted;
  const foreign = asked.find((scope) => !granted.includes(scope));
  if (foreign === undefined) return asked;
  throw new OAuthError("invalid_scope", "scope exceeds what was granted", {
    parameter: "scope",
    received: foreign,
    expected: granted.length === 0 ? "no scope, as none was granted" : `no more than '${granted.join(" ")}'`,
    reference: REFERENCE,
  });
}
