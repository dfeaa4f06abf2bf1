// The authorization_code grant (RFC 6749 4.1.3, RFC 7636 4.6).
import { OAuthError } from "../../http/errors.ts";
import { type AuthorizationCode, openCode } from "../authorize/code.ts";
import { parseResources, requireParam } from "../params.ts";
import { verifyCodeVerifier } from "../authorize/pkce.ts";
import { issueTokens, type TokenResponse } from "../tokens/tokens.ts";
import {
  firstRefreshToken,
  narrowResources,
  requireBoundKey,
  requireOwnAndLive,
  spend,
  type TokenRequest,
  usableGrant,
} from "./context.ts";

const REFERENCE = "RFC 6749 4.1.3";

/**
 * Redeems a code.
 *
 * @throws OAuthError `invalid_grant` for a code that is unknown, another client's, expired or used, for a redirect URI
 * other than the authorization request's, and for a verifier that does not match.
 */
export async function redeemAuthorizationCode(request: TokenRequest): Promise<TokenResponse> {
  const { params, keys } = request;
  const text = requireParam(params, "code", REFERENCE);
  const code = openCode(keys, text);
  if (!code) {
    throw new OAuthError("invalid_grant", "Authorization code not found: this server has not issued it", {
      parameter: "code",
      expected: "the code parameter of the redirect, unchanged",
      reference: REFERENCE,
    });
  }
  const credential = { kind: "code", reference: "RFC 6749 4.1.2", ...code } as const;
  requireOwnAndLive(request, credential);
  checkRedirectUri(params.get("redirect_uri"), code);
  requireBoundKey(request, "code", code.dpopJkt);
  verifyCodeVerifier(params.get("code_verifier"), code.codeChallenge);
  const resources = narrowResources(code.grant.resources, parseResources(params.all("resource")));
  await spend(request, credential);
  const refreshToken = firstRefreshToken(request, code.grant, code.consentAsked);
  return issueTokens(request, { ...usableGrant(code.grant, refreshToken), resources }, refreshToken);
}

function checkRedirectUri(sent: string | undefined, { redirectUri, redirectUriSent }: AuthorizationCode): void {
  if (sent === redirectUri || (sent === undefined && !redirectUriSent)) return;
  throw new OAuthError("invalid_grant", "redirect_uri differs from that of the authorization request", {
    parameter: "redirect_uri",
    received: sent ?? "none",
    expected: `'${redirectUri}'`,
    reference: REFERENCE,
  });
}
