// What is supported of each specification, paragraph by paragraph, and the file of tests that shows it.

/**
 * A paragraph: specification and section, such as `RFC 9449 5.2`; what is supported of it; and the file with a test that
 * is named after it, without `tests/` and `_test.ts`.
 */
export type Paragraph = readonly [source: string, what: string, test: string];

/** Paragraphs that belong together. */
export interface ParagraphGroup {
  readonly name: string;
  /** In the order of the flow. */
  readonly paragraphs: readonly Paragraph[];
}

/** All paragraphs. CIMD is draft-ietf-oauth-client-id-metadata-document. */
export const paragraphGroups: readonly ParagraphGroup[] = [
  {
    name: "Discovery and keys",
    paragraphs: [
      ["RFC 8414 2", "authorization server metadata, built from the tables that the handlers use", "oauth/discovery"],
      ["RFC 8414 3.3", "the issuer, byte for byte, with both ways of discovery", "interop/openid_client"],
      ["OpenID Connect Discovery 4", "the same document where OpenID Connect clients look", "oauth/discovery"],
      ["RFC 9728 2", "protected resource metadata, for the origin and for /oauth", "oauth/discovery"],
      ["RFC 9728 5.1", "a 401 names the metadata", "mcp/access"],
      ["RFC 7517 5", "the key set, with public members only", "oauth/discovery"],
      [
        "OpenID Connect Core 10.1.1",
        "a replaced key stays in the key set until the last token it signed has expired",
        "oauth/keys",
      ],
    ],
  },
  {
    name: "Authorization requests",
    paragraphs: [
      [
        "RFC 6749 4.1.2",
        "codes expire after ten minutes and work once; a second use revokes what the first one got",
        "oauth/token",
      ],
      [
        "RFC 6749 4.1.2.1",
        "errors are returned to the client, but never to a redirect URI that cannot be trusted",
        "oauth/authorize",
      ],
      ["RFC 6749 4.1.3", "codes are bound to client and redirect URI", "oauth/token_misuse"],
      ["RFC 7636 4.1", "PKCE with S256, always required", "oauth/token"],
      ["RFC 7636 4.6", "PKCE cannot be downgraded", "oauth/token_misuse"],
      ["RFC 8252 7.3", "a loopback redirect URI with any port", "oauth/authorize"],
      ["RFC 9700 2.1", "redirect URIs compared character by character", "oauth/token_misuse"],
      ["RFC 9207 2", "iss in every authorization response", "oauth/authorize"],
      ["RFC 8707 2", "resource, also several times", "oauth/grants_client"],
      ["RFC 8707 2.2", "a later request can narrow the resources, but never widen them", "oauth/token_misuse"],
      ["RFC 9126 2", "pushed authorization requests", "oauth/par"],
      ["RFC 9126 4", "a request_uri works once, for one client, for 90 seconds", "oauth/par"],
      ["RFC 9126 5", "pushed requests only (a policy, off by default)", "oauth/par"],
      ["OAuth Multiple Response Types 2.1", "response_mode fragment", "oauth/authorize_modes"],
      ["OAuth Form Post Response Mode 2", "response_mode form_post", "oauth/authorize_modes"],
      [
        "OpenID Connect Core 3.1.2.1",
        "prompt login and consent, login_hint; max_age is checked, but there are no login sessions",
        "oauth/authorize_modes",
      ],
      ["OpenID Connect Core 3.1.2.2", "id_token_hint: the user of the hint signs in, or nobody", "oauth/id_token_hint"],
      ["OpenID Connect Core 3.1.2.6", "prompt=none", "oauth/authorize_modes"],
    ],
  },
  {
    name: "Grants, refresh and logout",
    paragraphs: [
      ["RFC 6749 4.4", "client credentials, for confidential clients", "oauth/grants_client"],
      ["RFC 6749 6", "refresh tokens; scope may be narrowed", "oauth/refresh_policy"],
      ["OAuth 2.1 4.3.1", "refresh tokens rotate, and reusing one ends the login", "oauth/refresh_policy"],
      [
        "RP-Initiated Logout 2",
        "/oauth/logout revokes the tokens of the login of id_token_hint, and asks the user if there is no hint",
        "oauth/logout",
      ],
      ["RP-Initiated Logout 3.1", "post_logout_redirect_uris, compared character by character", "oauth/logout"],
      ["OpenID Connect Core 11", "offline_access, granted only with a refresh token", "oauth/scopes"],
      ["RFC 8628 3", "the device grant and its page", "oauth/device"],
      ["RFC 8628 3.5", "authorization_pending, slow_down, access_denied, expired_token", "oauth/device"],
      ["RFC 7523 2.1", "assertions of an identity provider: ID-JAG and workload identity", "oauth/jwt_bearer"],
      ["RFC 8693 2", "token exchange at the identity provider", "oauth/jwt_bearer"],
    ],
  },
  {
    name: "Client authentication",
    paragraphs: [
      ["RFC 6749 2.3", "none, client_secret_basic, client_secret_post", "oauth/token"],
      ["RFC 7523 2.2", "private_key_jwt, with jwks or jwks_uri", "interop/client_auth"],
      [
        "RFC 7523 3",
        "issuer, subject, audience and times of an assertion; its jti works once",
        "oauth/client_assertion",
      ],
      ["RFC 8725 3.1", "alg none, confused and foreign keys are refused", "oauth/client_assertion"],
      ["RFC 7515 10", "assertions that were altered or signed with another key are refused", "oauth/client_assertion"],
      ["OpenID Connect Core 9", "client_secret_jwt", "interop/client_auth"],
    ],
  },
  {
    name: "Client registration",
    paragraphs: [
      ["RFC 7591 2", "dynamic registration, open to everyone", "oauth/register"],
      ["RFC 7591 3.1.1", "a software statement is ignored", "oauth/registration"],
      ["RFC 7591 3.2.1", "client secrets that expire (a policy, off by default)", "oauth/registration"],
      ["RFC 7592 2.1", "a client reads its registration", "oauth/registration"],
      ["RFC 7592 2.2", "a client changes its registration, except how it authenticates", "oauth/registration"],
      ["RFC 7592 2.3", "a client deletes its registration, which revokes its tokens", "oauth/registration"],
      ["OpenID Connect Registration 2", "application_type, if the client sends it", "oauth/registration"],
      ["CIMD 4", "a client_id that is an https URL", "oauth/client_document"],
      ["CIMD 4.1", "documents that claim another client_id are refused", "oauth/client_document"],
      ["CIMD 4.2", "documents are cached as their HTTP headers say", "oauth/client_document"],
      [
        "CIMD 6",
        "client_id, jwks_uri and redirects cannot reach private networks; logo_uri is never fetched",
        "request/ssrf",
      ],
    ],
  },
  {
    name: "Tokens",
    paragraphs: [
      ["RFC 9068 4", "what /oauth requires of an access token", "mcp/access"],
      ["RFC 7519 4.1.6", "tokens with iat or nbf in the future are refused", "oauth/keys"],
      ["RFC 6750 2.1", "tokens in the Authorization header only", "mcp/access"],
      [
        "RFC 6750 3.1",
        "invalid_token, and insufficient_scope if scopes are enforced (a policy, off by default)",
        "oauth/scopes",
      ],
      ["RFC 7009 2.1", "revocation of one access token or a whole login", "oauth/token_status"],
      ["RFC 7662 2.2", "introspection, for clients with a secret", "oauth/token_status"],
      ["OpenID Connect Core 3.1.3.6", "id_tokens, with RS256 and at_hash", "oauth/userinfo"],
      ["OpenID Connect Core 5.3.2", "userinfo", "oauth/userinfo"],
    ],
  },
  {
    name: "DPoP",
    paragraphs: [
      ["RFC 9449 4.3", "DPoP proofs at the token endpoint, /oauth/par, /oauth and userinfo", "oauth/dpop"],
      ["RFC 9449 5", "access tokens, and refresh tokens of public clients, bound to a key", "oauth/dpop"],
      ["RFC 9449 5.2", "clients that require bound tokens", "oauth/dpop"],
      ["RFC 9449 6.2", "introspection of bound tokens", "oauth/dpop"],
      ["RFC 9449 7.2", "bound tokens are refused as bearer tokens", "oauth/dpop"],
      ["RFC 9449 8", "server nonces (a policy, off by default)", "oauth/dpop"],
      ["RFC 9449 10", "codes bound to a key", "oauth/dpop"],
      ["RFC 9449 11.1", "a proof works for one request", "oauth/dpop"],
    ],
  },
  {
    name: "Control and public servers",
    paragraphs: [
      ["RFC 7396 2", "overrides through the control API, as merge patches", "control/plan"],
      ["RFC 6585 4", "429 with Retry-After, with --public", "request/public"],
      ["RFC 4918 11.5", "507 when a quota is used up, with --public", "request/public_shares"],
      ["RFC 9309 2.2", "robots.txt keeps crawlers out", "request/public"],
    ],
  },
];
