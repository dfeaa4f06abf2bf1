/**
 * What the server says of itself: authorization server metadata (RFC 8414, and in OpenID Connect's form), protected
 * resource metadata (RFC 9728). Built from the tables the handlers use, so that it cannot promise what they don't do.
 *
 * @module
 */
import type { Policy } from "../scenarios/plan.ts";
import type { Sandbox } from "../sandbox.ts";
import type { SigningAlgorithm } from "../store/keys.ts";
import { codeChallengeMethods } from "./pkce.ts";
import { assertionAlgorithms, grantTypes, tokenEndpointAuthMethods } from "./client_metadata.ts";

/**
 * Authorization server metadata.
 *
 * @param sandbox Whose endpoints are named.
 * @param policy What is advertised.
 * @param alg What id_tokens are signed with.
 * @see {@link https://www.rfc-editor.org/rfc/rfc8414.html#section-2}
 */
export function buildServerMetadata(
  { issuer, urls }: Sandbox,
  policy: Policy,
  alg: SigningAlgorithm,
): Record<string, unknown> {
  return {
    issuer,
    authorization_endpoint: urls.authorize,
    token_endpoint: urls.token,
    registration_endpoint: urls.register,
    jwks_uri: urls.jwks,
    response_types_supported: ["code"],
    response_modes_supported: ["query"],
    grant_types_supported: grantTypes,
    token_endpoint_auth_methods_supported: tokenEndpointAuthMethods,
    token_endpoint_auth_signing_alg_values_supported: Object.values(assertionAlgorithms).flat(),
    client_id_metadata_document_supported: true,
    code_challenge_methods_supported: codeChallengeMethods,
    ...(policy.sendIss ? { authorization_response_iss_parameter_supported: true } : {}),
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: [alg],
    service_documentation: urls.guide,
  };
}

/**
 * Protected resource metadata.
 *
 * @param sandbox Whose resource is named.
 * @param resource The resource's identifier: the URL into which the well-known path was inserted.
 * @see {@link https://www.rfc-editor.org/rfc/rfc9728.html#section-2}
 */
export function buildResourceMetadata({ issuer, urls }: Sandbox, resource: string): Record<string, unknown> {
  return {
    resource,
    authorization_servers: [issuer],
    bearer_methods_supported: ["header"],
    resource_name: "Mock MCP Server with OAuth",
    resource_documentation: urls.guide,
  };
}
