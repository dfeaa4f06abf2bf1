// The official suite's scenarios of extensions: clients that act for themselves, assertions of identity providers, and
// tokens that are bound to keys.
import { paths } from "../../../http/urls.ts";
import type { Fault } from "../../fault.ts";
import type { Scenario } from "../../scenario.ts";
import { official } from "./base.ts";
import { JSON_TYPE } from "./faults.ts";

const JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const extAuth = "https://github.com/modelcontextprotocol/ext-auth/blob/main/specification/draft";
const clientCredentials = [{ label: "SEP-1046", url: `${extAuth}/oauth-client-credentials.mdx` }];

/** Half of a key pair that is as public as the other half, since the client under test needs it. */
const publicKey = {
  kty: "EC",
  crv: "P-256",
  kid: "conformance-test-client",
  alg: "ES256",
  x: "dKDdV6lhDCZxQo6sMJsxXlNsjFc5xadlNdF-zpttK2s",
  y: "qQKFT2siUjfm0mTenXz6QTsHZafaHrfzrKUdK9nr14c",
} as const;
const privateKey = { ...publicKey, d: "W7qmMOL-ByaRgxeis_d6FNwDsk8ssquy0STNK9hy0PE" } as const;

/** Tokens that are bound to a key, with or without nonces of the server's. */
function dpop(name: "dpop" | "dpop-nonce"): Scenario {
  const withNonce = name === "dpop-nonce";
  return official({
    name,
    of: name,
    story: withNonce
      ? "Tokens are bound to a key, and proofs must repeat a nonce: one of the authorization server's, one of the resource's"
      : "Tokens are bound to a key, and every request needs a proof by it",
    client: withNonce
      ? "Sends the request again with the nonce that the refusal carried, and keeps using it"
      : "Sends a new proof with the token request and with every call, and the scheme DPoP with the token",
    tellsScope: false,
    metadata: {
      keep: ["dpop_signing_alg_values_supported"],
      set: { dpop_signing_alg_values_supported: ["ES256"] },
    },
    policy: { requireDpop: true, requireDpopNonce: withNonce },
    challenge: 'DPoP resource_metadata="{resource_metadata_url}"',
    challengeBody: { error: "unauthorized" },
    refusal: 'DPoP error="{body.error}", resource_metadata="{resource_metadata_url}"',
    expects: ["C22"],
    links: [
      { label: "SEP-1932", url: "https://github.com/modelcontextprotocol/modelcontextprotocol/pull/1932" },
      { label: "RFC 9449", url: "https://www.rfc-editor.org/rfc/rfc9449.html" },
    ],
  });
}

/** A refusal of the token endpoint for a scope that is asked for. */
function refuseScope(scope: string, error: string, error_description: string): Fault {
  return {
    name: `refuse-${error.replaceAll("_", "-")}`,
    match: { endpoint: "token", grant_type: JWT_BEARER, scope },
    answer: { status: 400, body: { error, error_description } },
  };
}

/** The scenarios, in the order of the suite. */
export const officialExtensions: readonly Scenario[] = [
  official({
    name: "client-credentials-jwt",
    of: "client-credentials-jwt",
    story: "A client acts on its own behalf and authenticates with an assertion that it signs",
    client: "Asks for a token with grant_type client_credentials and an ES256 assertion for the issuer",
    policy: {
      believeClients: false,
      grantTypes: ["client_credentials"],
      tokenEndpointAuthMethods: ["private_key_jwt"],
    },
    metadata: {
      keep: ["token_endpoint_auth_signing_alg_values_supported"],
      set: { token_endpoint_auth_signing_alg_values_supported: ["ES256"] },
    },
    clients: [{
      client_id: "conformance-test-client",
      token_endpoint_auth_method: "private_key_jwt",
      grant_types: ["client_credentials"],
      jwks: { keys: [publicKey] },
      private_key_jwk: privateKey,
    }],
    expects: ["C22", "C29"],
    links: [...clientCredentials, {
      label: "RFC 7523 2.2",
      url: "https://www.rfc-editor.org/rfc/rfc7523.html#section-2.2",
    }],
  }),
  official({
    name: "client-credentials-basic",
    of: "client-credentials-basic",
    story: "A client acts on its own behalf and authenticates with a secret",
    client: "Asks for a token with grant_type client_credentials, its id and secret in the authorization header",
    policy: {
      believeClients: false,
      grantTypes: ["client_credentials"],
      tokenEndpointAuthMethods: ["client_secret_basic"],
    },
    clients: [{
      client_id: "conformance-test-client",
      client_secret: "conformance-test-secret",
      token_endpoint_auth_method: "client_secret_basic",
      grant_types: ["client_credentials"],
    }],
    expects: ["C22", "C29"],
    links: [...clientCredentials, {
      label: "RFC 6749 4.4",
      url: "https://www.rfc-editor.org/rfc/rfc6749.html#section-4.4",
    }],
  }),
  official({
    name: "enterprise-managed",
    of: "enterprise-managed-authorization",
    story: "A company's identity provider decides who gets access: its assertion is exchanged for a token",
    client: "Exchanges the id_token for an assertion at the identity provider, and that for a token at the server",
    policy: {
      believeClients: false,
      grantTypes: [JWT_BEARER],
      tokenEndpointAuthMethods: ["client_secret_basic"],
    },
    clients: [{
      client_id: "conformance-test-xaa-client",
      client_secret: "conformance-test-xaa-secret",
      token_endpoint_auth_method: "client_secret_basic",
      grant_types: [JWT_BEARER],
    }, {
      client_id: "conformance-test-idp-client",
      token_endpoint_auth_method: "none",
      grant_types: [],
      assertions_for: "conformance-test-xaa-client",
    }],
    faults: [{
      name: "official-idp",
      match: { endpoint: "idp" },
      edit: { headers: { "cache-control": null }, content_type: JSON_TYPE, json: { remove: ["error_uri"] } },
    }, {
      name: "official-assertion",
      match: { endpoint: "idp", method: "POST", status: 200 },
      edit: { json: { keep: ["access_token", "issued_token_type", "token_type"] } },
    }, {
      name: "official-idp-metadata",
      match: { endpoint: "idp", path: paths.idpConfiguration, status: 200 },
      edit: {
        json: {
          set: {
            // Nothing is there: the client under test has logged in before.
            authorization_endpoint: "{origin}{prefix}/idp/authorize",
            grant_types_supported: ["urn:ietf:params:oauth:grant-type:token-exchange"],
          },
        },
      },
    }],
    expects: ["C22"],
    links: [
      { label: "SEP-990", url: `${extAuth}/enterprise-managed-authorization.mdx` },
      { label: "RFC 8693", url: "https://www.rfc-editor.org/rfc/rfc8693.html" },
    ],
  }),
  dpop("dpop"),
  dpop("dpop-nonce"),
  official({
    name: "workload-identity",
    of: "wif-jwt-bearer",
    story: "A workload presents an assertion of its platform; after one refusal there is no second attempt",
    client: "Sends the assertion with the jwt-bearer grant; when it is refused, says so and tries nothing else",
    policy: { grantTypes: [JWT_BEARER], registration: "off" },
    clients: [{ client_id: "conformance-wif-workload", token_endpoint_auth_method: "none", grant_types: [JWT_BEARER] }],
    faults: [
      {
        name: "no-second-try",
        match: { endpoint: "token", grant_type: JWT_BEARER },
        after: { match: { endpoint: "token", status: 400 } },
        answer: {
          status: 400,
          body: { error: "invalid_request", error_description: "Retry not allowed for JWT-bearer grant" },
        },
      },
      refuseScope(
        "wif.trigger-unauthorized",
        "unauthorized_client",
        "Client not authorized for JWT-bearer grant",
      ),
      refuseScope("wif.rejected", "invalid_scope", "Requested scope is not permitted for this grant"),
    ],
    expects: ["C22"],
    reaches: "token",
    links: [
      { label: "SEP-1933", url: "https://github.com/modelcontextprotocol/modelcontextprotocol/pull/1933" },
      { label: "RFC 7523 2.1", url: "https://www.rfc-editor.org/rfc/rfc7523.html#section-2.1" },
    ],
  }),
];
