/**
 * `GET` and `POST /oauth/userinfo`: who an access token stands for (OpenID Connect Core 5.3).
 *
 * @module
 */
import { OAuthError } from "../lib/errors.ts";
import { noStoreJson } from "../lib/http.ts";
import { ownClaimsOf } from "../lib/oauth/claims.ts";
import { bearerToken, challengeResponse } from "../lib/oauth/bearer.ts";
import { claimsOfScopes } from "../lib/oauth/scopes.ts";
import type { TokenVerifier } from "../lib/oauth/verify.ts";
import { paths } from "../lib/urls.ts";
import type { Context, Route } from "./router.ts";

/** What the endpoint needs. */
export interface UserinfoDeps {
  /** Reads access tokens. */
  readonly verifier: TokenVerifier;
}

/** The rows of userinfo. */
export function userinfoRoutes({ verifier }: UserinfoDeps): readonly Route[] {
  async function userinfo({ request, sandbox }: Context): Promise<Response> {
    const token = bearerToken(request);
    if (token === undefined) return challengeResponse(undefined);
    try {
      const all = await verifier.verifyLive(sandbox, token);
      const { sub, name, email, scope } = all;
      const scopes = scope.split(" ");
      if (!scopes.includes("openid")) return challengeResponse(withoutOpenid(scope), { scope: "openid" });
      return noStoreJson({ ...claimsOfScopes({ name, email, claims: ownClaimsOf(all) }, scopes), sub });
    } catch (error) {
      if (error instanceof OAuthError) return challengeResponse(error);
      throw error;
    }
  }

  return [
    { name: "userinfo", method: "GET", path: paths.userinfo, cors: true, handler: userinfo },
    { name: "userinfo_post", method: "POST", path: paths.userinfo, cors: true, handler: userinfo },
  ];
}

function withoutOpenid(scope: string): OAuthError {
  return new OAuthError("insufficient_scope", "The access token was not issued for the scope openid", {
    parameter: "authorization",
    received: `a token for ${scope === "" ? "no scope" : scope}`,
    expected: "openid in the scope of the authorization request",
    reference: "RFC 6750 3.1",
  });
}
