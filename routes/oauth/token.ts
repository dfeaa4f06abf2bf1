// `POST /oauth/token`: the token endpoint (RFC 6749 3.2).
import { OAuthError } from "../../lib/http/errors.ts";
import { openNoStoreJson } from "../../lib/http/body.ts";
import { believeClient } from "../../lib/oauth/clients/believed_client.ts";
import { readClientId } from "../../lib/oauth/clients/authenticate.ts";
import { redeemAuthorizationCode } from "../../lib/oauth/grants/authorization_code.ts";
import { grantToClient } from "../../lib/oauth/grants/client_credentials.ts";
import { requireGrantType, type TokenRequest } from "../../lib/oauth/grants/context.ts";
import { redeemRefreshToken } from "../../lib/oauth/grants/refresh_token.ts";
import { readForm } from "../../lib/oauth/form.ts";
import { requireOneOf } from "../../lib/oauth/params.ts";
import { proofOf } from "../../lib/oauth/tokens/proof.ts";
import { type GrantType, grantTypes } from "../../lib/scenarios/vocabulary.ts";
import type { TokenResponse } from "../../lib/oauth/tokens/tokens.ts";
import type { Policy } from "../../lib/scenarios/plan.ts";
import type { ClientRecord } from "../../lib/oauth/clients/client_record.ts";
import type { OAuthDeps } from "./deps.ts";
import type { Context, Handler } from "../request/router.ts";

type TokenDeps = Pick<
  OAuthDeps,
  "clients" | "grants" | "devices" | "replays" | "authenticate" | "chance" | "keysOf" | "keysOfIdp"
>;

/** One handler a grant; metadata advertises the same list. */
const redeem: Readonly<Record<GrantType, (request: TokenRequest) => Promise<TokenResponse>>> = {
  authorization_code: redeemAuthorizationCode,
  refresh_token: redeemRefreshToken,
  client_credentials: grantToClient,
  "urn:ietf:params:oauth:grant-type:device_code": async (request) =>
    (await import("../../lib/oauth/grants/device_code.ts")).redeemDeviceCode(request),
  "urn:ietf:params:oauth:grant-type:jwt-bearer": async (request) =>
    (await import("../../lib/oauth/grants/jwt_bearer.ts")).redeemAssertion(request),
};

/** Whether a grant's redemption is committed with the client's version, so that a client may be recalled for it. */
function isCommitted(grantType: GrantType, { rotateRefreshTokens }: Policy): boolean {
  return grantType === "authorization_code" || (grantType === "refresh_token" && rotateRefreshTokens === "always");
}

/** The handler of the token endpoint. */
export function tokenHandler(
  { clients, authenticate, grants, devices, replays, chance, keysOf, keysOfIdp }: TokenDeps,
): Handler {
  async function token(context: Context): Promise<Response> {
    const { request, sandbox, plan: { policy, mint } } = context;
    const params = await readForm(request);
    const { grantTypes: offered = grantTypes } = policy;
    const grantType = requireOneOf(params, "grant_type", offered, "RFC 6749 5.2", "unsupported_grant_type");
    const client = policy.believeClients
      ? await believeClient(clients, sandbox, readClientId(request, params))
      : await authenticate(sandbox, request, params, isCommitted(grantType, policy));
    const keys = await keysOf(sandbox.id);
    requireGrantType(client.value, grantType);
    const proof = proofOf({ keysOf, replays }, context, sandbox.urls.token);
    const jkt = proof && await proof;
    if (jkt === undefined) requireUnbound(policy, client.value);
    // Only public clients' refresh tokens need a proof, as others authenticate (RFC 9449 5).
    const bindsRefreshToken = client.value.metadata.token_endpoint_auth_method === "none";
    return openNoStoreJson(
      await redeem[grantType]({
        sandbox,
        policy,
        mint,
        keys,
        chance,
        params,
        client,
        clients,
        grants,
        devices,
        replays,
        keysOfIdp,
        dpop: jkt === undefined ? undefined : { jkt, bindsRefreshToken },
      }),
    );
  }

  return token;
}

/** Where all tokens have to be bound, or a client has said that its tokens are, none is issued without a proof (RFC 9449 5.2). */
function requireUnbound({ requireDpop }: Policy, { metadata }: ClientRecord): void {
  if (!requireDpop && !metadata.dpop_bound_access_tokens) return;
  const why = requireDpop ? "" : ", as the client has registered dpop_bound_access_tokens";
  throw new OAuthError("invalid_dpop_proof", "The proof is missing", {
    parameter: "dpop",
    expected: `a dpop header with a proof${why}`,
    reference: "RFC 9449 5.2",
  });
}
