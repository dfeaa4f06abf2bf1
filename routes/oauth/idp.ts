// `/idp/token`, `/idp/jwks` and its metadata: a company's identity provider, for enterprise-managed authorization and workload
// identity (RFC 8693, RFC 7523).
import { cacheableJson, noStoreJson } from "../../lib/http/body.ts";
import { readForm } from "../../lib/oauth/form.ts";
import { requireOneOf } from "../../lib/oauth/params.ts";
import type { OAuthDeps } from "./deps.ts";
import type { Context, Handlers } from "../request/router.ts";

type IdpDeps = Pick<OAuthDeps, "authenticate" | "chance" | "keysOf" | "keysOfIdp">;

/** The handlers of the identity provider. */
export function idpHandlers(
  { authenticate, chance, keysOf, keysOfIdp }: IdpDeps,
): Handlers<"configuration" | "token" | "jwks"> {
  async function token({ request, sandbox }: Context): Promise<Response> {
    const params = await readForm(request);
    const { exchangeToken, identify, TOKEN_EXCHANGE } = await import("../../lib/oauth/idp.ts");
    const { value: client } = await authenticate(sandbox, request, params);
    const serverKeys = await keysOf(sandbox.id);
    const { signing: key } = await keysOfIdp(sandbox.id);
    const allowed = [TOKEN_EXCHANGE, "client_credentials"] as const;
    const grantType = requireOneOf(params, "grant_type", allowed, "RFC 8693 2.1", "unsupported_grant_type");
    const asked = { sandbox, client, params, chance, key, serverKeys };
    return noStoreJson(grantType === TOKEN_EXCHANGE ? await exchangeToken(asked) : identify(asked));
  }

  /** OpenID Connect Discovery 3, as far as token exchange needs it. */
  async function configuration({ sandbox: { urls }, plan }: Context): Promise<Response> {
    const { idpIssuer, TOKEN_EXCHANGE } = await import("../../lib/oauth/idp.ts");
    const metadata = {
      issuer: idpIssuer({ urls }),
      token_endpoint: urls.idpToken,
      jwks_uri: urls.idpJwks,
      grant_types_supported: [TOKEN_EXCHANGE, "client_credentials"],
    };
    return cacheableJson(JSON.stringify(metadata), plan.policy.metadataMaxAgeSeconds);
  }

  async function jwks({ sandbox, plan }: Context): Promise<Response> {
    const { signing } = await keysOfIdp(sandbox.id);
    return cacheableJson(JSON.stringify({ keys: [signing.publicJwk] }), plan.policy.metadataMaxAgeSeconds);
  }

  return { configuration, token, jwks };
}
