// `GET` and `POST /oauth/userinfo`: who an access token stands for (OpenID Connect Core 5.3).
import { OAuthError } from "../../lib/http/errors.ts";
import { noStoreJson } from "../../lib/http/body.ts";
import { challengeResponse, presentedToken } from "../../lib/oauth/tokens/bearer.ts";
import { ownClaimsOf } from "../../lib/oauth/users/claims.ts";
import { claimsOfScopes } from "../../lib/oauth/tokens/scopes.ts";
import { requireAccess } from "../../lib/oauth/tokens/access.ts";
import type { OAuthDeps } from "./deps.ts";
import type { Context, Handler } from "../request/router.ts";

type UserinfoDeps = Pick<OAuthDeps, "verifier" | "keysOf" | "replays">;

/** The handler of userinfo. */
export function userinfoHandler({ verifier, ...deps }: UserinfoDeps): Handler {
  return async function userinfo(context: Context): Promise<Response> {
    const { request, sandbox } = context;
    const access = await requireAccess(deps, context, {
      url: sandbox.urls.userinfo,
      presented: presentedToken(request.headers),
      verify: (token) => verifier.verifyLive(sandbox, token),
    });
    if (access instanceof Response) return access;
    const { claims, scheme } = access;
    const { sub, name, email, scope } = claims;
    const scopes = scope.split(" ");
    if (!scopes.includes("openid")) {
      return challengeResponse(withoutOpenid(scope), { scheme, parameters: { scope: "openid" } });
    }
    return noStoreJson({ ...claimsOfScopes({ name, email, claims: ownClaimsOf(claims) }, scopes), sub });
  };
}

function withoutOpenid(scope: string): OAuthError {
  return new OAuthError("insufficient_scope", "The access token was not issued for the scope openid", {
    parameter: "authorization",
    received: `a token for ${scope === "" ? "no scope" : scope}`,
    expected: "openid in the scope of the authorization request",
    reference: "RFC 6750 3.1",
  });
}
