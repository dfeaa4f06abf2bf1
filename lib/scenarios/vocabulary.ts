/**
 * The names of grants, client authentication methods and algorithms that this server knows; policies and metadata choose
 * from them.
 *
 * @module
 */

/** Grants a client can register for, as metadata advertises them. */
export const grantTypes = [
  "authorization_code",
  "refresh_token",
  "client_credentials",
  "urn:ietf:params:oauth:grant-type:device_code",
  "urn:ietf:params:oauth:grant-type:jwt-bearer",
] as const;

/** One of {@link grantTypes}. */
export type GrantType = typeof grantTypes[number];

/** Ways to authenticate at the token endpoint, as metadata advertises them. */
export const tokenEndpointAuthMethods = [
  "none",
  "client_secret_post",
  "client_secret_basic",
  "client_secret_jwt",
  "private_key_jwt",
] as const;

/** Ways to authenticate at the introspection endpoint: one that is a proof (RFC 7662 2.1). */
export const introspectionAuthMethods: readonly string[] = tokenEndpointAuthMethods.filter((name) => name !== "none");

/**
 * What client assertions may be signed with, by the way of authenticating; metadata advertises them together. The two
 * lists have nothing in common, and no `none`.
 */
export const assertionAlgorithms = {
  client_secret_jwt: ["HS256", "HS384", "HS512"],
  private_key_jwt: ["ES256", "ES384", "EdDSA", "Ed25519", "PS256", "PS384", "PS512", "RS256", "RS384", "RS512"],
} as const;
