/**
 * How the server behaves for one request, resolved once before its handler runs. Handlers read named policy and do the
 * right thing under it; none of them knows why the policy is what it is.
 *
 * @module
 */

/** Which rules are enforced, what is advertised, and how long things live. */
export interface Policy {
  /** Life of an authorization code, in seconds (RFC 6749 4.1.2 recommends ten minutes at the most). */
  readonly codeTtlSeconds: number;
  /** Life of a client secret, in seconds; absent for secrets that do not run out (RFC 7591 3.2.1). */
  readonly clientSecretTtlSeconds?: number;
  /** Life of a refresh token, in seconds. */
  readonly refreshTokenTtlSeconds: number;
  /** Life of an id_token, in seconds. */
  readonly idTokenTtlSeconds: number;
  /** Whether `iss` stands in authorization responses and its use is advertised (RFC 9207). */
  readonly sendIss: boolean;
  /** Whether a second use of a code or refresh token revokes what the login issued (RFC 6749 4.1.2, OAuth 2.1 4.3.1). */
  readonly revokeOnReuse: boolean;
  /** How long metadata and keys may be cached, in seconds. */
  readonly metadataMaxAgeSeconds: number;
}

/** What is put into tokens beside what the request asks for. */
export interface Mint {
  /** Life of an access token when the request does not say, in seconds; absent for tokens that do not expire. */
  readonly accessTokenTtlSeconds?: number;
}

/** What is done to the finished response; none for a response that leaves as it is. */
export interface Wire {
  /** Time the response is held back, in milliseconds. */
  readonly delayMs: number;
}

/** Everything that shapes the answer to one request. */
export interface Plan {
  /** The rules. */
  readonly policy: Policy;
  /** The tokens. */
  readonly mint: Mint;
  /** The response. */
  readonly wire: Wire | undefined;
}

/** The plan of the scenario `standard`: everything as the specifications ask. */
export const standardPlan: Plan = Object.freeze({
  policy: Object.freeze({
    codeTtlSeconds: 600,
    refreshTokenTtlSeconds: 30 * 24 * 60 * 60,
    idTokenTtlSeconds: 3600,
    sendIss: true,
    revokeOnReuse: true,
    metadataMaxAgeSeconds: 300,
  }),
  mint: Object.freeze({}),
  wire: undefined,
});

/**
 * Resolves the plan of a request.
 *
 * @param scenario Name of the sandbox's scenario; there is one today.
 * @throws RangeError for a scenario that does not exist.
 */
export function resolvePlan(scenario: string): Plan {
  if (scenario === "standard") return standardPlan;
  throw new RangeError(`There is no scenario ${scenario}`);
}
