// How the secrets that this server generates begin, so that they are recognised wherever they stand.

/** The prefixes, each followed by `_`: of authorization codes, refresh tokens, client secrets and so on. */
export const secretPrefixes = ["code", "refresh", "secret", "registration", "device", "session"] as const;

/** One of the prefixes. */
export type SecretPrefix = typeof secretPrefixes[number];

/**
 * Gives a secret its prefix.
 *
 * @param unguessable At least 20 characters of base64url.
 */
export function prefixed(prefix: SecretPrefix, unguessable: string): string {
  return `${prefix}_${unguessable}`;
}
