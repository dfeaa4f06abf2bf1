// What the server says of itself: authorization server metadata (RFC 8414, and in OpenID Connect's form), protected
// resource metadata (RFC 9728). Built from the tables the handlers use, so that it cannot promise what they don't do.
import type { Policy } from "../scenarios/plan.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import { ID_TOKEN_ALG } from "./keys/keys.ts";
import { dpopAlgorithms } from "./tokens/bearer.ts";
import { prompts } from "./authorize/prompt.ts";
import { responseModes } from "./authorize/response_mode.ts";
import { claimsSupported, resourceScopes, scopesSupported } from "./tokens/scopes.ts";
import {
  assertionAlgorithms,
  grantTypes,
  introspectionAuthMethods,
  tokenEndpointAuthMethods,
} from "../scenarios/vocabulary.ts";

/**
 * Authorization server metadata.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc8414.html#section-2}
 */
export function buildServerMetadata(
  { issuer, urls }: Sandbox,
  policy: Policy,
): Record<string, unknown> {
  const { serverScopes = scopesSupported, tokenEndpointAuthMethods: authMethods = tokenEndpointAuthMethods } = policy;
  return {
    issuer,
    authorization_endpoint: urls.authorize,
    token_endpoint: urls.token,
    ...(policy.registration === "open" ? { registration_endpoint: urls.register } : {}),
    jwks_uri: urls.jwks,
    revocation_endpoint: urls.revoke,
    revocation_endpoint_auth_methods_supported: authMethods,
    introspection_endpoint: urls.introspect,
    introspection_endpoint_auth_methods_supported: introspectionAuthMethods,
    ...(serverScopes.length === 0 ? {} : { scopes_supported: serverScopes }),
    device_authorization_endpoint: urls.device,
    pushed_authorization_request_endpoint: urls.par,
    ...(policy.requirePushedAuthorizationRequests ? { require_pushed_authorization_requests: true } : {}),
    response_types_supported: ["code"],
    response_modes_supported: responseModes,
    prompt_values_supported: prompts,
    // Absent it would mean that any URL can be sent; a pushed request's is not meant by it (OpenID Connect Discovery 3).
    request_uri_parameter_supported: false,
    grant_types_supported: policy.grantTypes ?? grantTypes,
    authorization_grant_profiles_supported: ["urn:ietf:params:oauth:grant-profile:id-jag"],
    token_endpoint_auth_methods_supported: authMethods,
    dpop_signing_alg_values_supported: dpopAlgorithms,
    token_endpoint_auth_signing_alg_values_supported: Object.values(assertionAlgorithms).flat(),
    ...(policy.clientIdMetadataDocuments ? { client_id_metadata_document_supported: true } : {}),
    code_challenge_methods_supported: policy.codeChallengeMethods,
    ...(policy.sendIss ? { authorization_response_iss_parameter_supported: true } : {}),
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: [ID_TOKEN_ALG],
    userinfo_endpoint: urls.userinfo,
    end_session_endpoint: urls.logout,
    claims_supported: claimsSupported,
    service_documentation: urls.guide,
  };
}

/**
 * Protected resource metadata.
 *
 * @param resource The resource's identifier: the URL into which the well-known path was inserted.
 * @see {@link https://www.rfc-editor.org/rfc/rfc9728.html#section-2}
 */
export function buildResourceMetadata(sandbox: Sandbox, policy: Policy, resource: string): Record<string, unknown> {
  // What the tools need; what the authorization server needs is not the resource's to ask for (MCP authorization).
  const { resourceScopes: scopes = resourceScopes } = policy;
  return {
    resource,
    authorization_servers: [sandbox.serverAt(policy.authorizationServer).issuer],
    ...(scopes.length === 0 ? {} : { scopes_supported: scopes }),
    bearer_methods_supported: ["header"],
    dpop_signing_alg_values_supported: dpopAlgorithms,
    ...(policy.requireDpop ? { dpop_bound_access_tokens_required: true } : {}),
    resource_name: "Mock MCP Server with OAuth",
    resource_documentation: sandbox.urls.guide,
  };
}
