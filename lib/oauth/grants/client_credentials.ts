// The client_credentials grant (RFC 6749 4.4): a client that acts for itself, without a user.
import { OAuthError } from "../../http/errors.ts";
import { parseExpiresIn, parseResources, parseScope } from "../params.ts";
import { issueTokens, type TokenResponse } from "../tokens/tokens.ts";
import { type TokenRequest, withoutOffline } from "./context.ts";
import { createSessionId } from "../tokens/session_id.ts";

/**
 * Grants a client what it asks for. There is no refresh token (RFC 6749 4.4.3), and `sub` is the client (RFC 9068 2.2).
 *
 * @throws OAuthError `unauthorized_client` for a public client.
 */
export function grantToClient(request: TokenRequest): Promise<TokenResponse> {
  const { sandbox, chance, params, client } = request;
  const { clientId, metadata } = client.value;
  if (metadata.token_endpoint_auth_method === "none") {
    throw new OAuthError("unauthorized_client", "A public client cannot act for itself", {
      parameter: "grant_type",
      expected: "a client that registered with a token_endpoint_auth_method other than none",
      reference: "RFC 6749 4.4",
    });
  }
  const scopes = parseScope(params.get("scope"));
  const resources = parseResources(params.all("resource"));
  const expiresInSeconds = parseExpiresIn(params.get("expires_in"));
  const nowMs = sandbox.nowMs;
  return issueTokens(request, {
    sessionId: createSessionId(sandbox, chance),
    clientId,
    user: { userId: clientId, userName: metadata.client_name ?? clientId, email: "" },
    // An id_token speaks of a person, and there is none.
    scopes: withoutOffline(scopes).filter((scope) => scope !== "openid"),
    resources,
    authTimeSeconds: Math.floor(nowMs / 1000),
    expiresInSeconds,
  }, undefined);
}
