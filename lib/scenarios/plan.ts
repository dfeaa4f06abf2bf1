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
  /** Whether a tool of `/oauth` asks for its scope, or every token may do all (RFC 6750 3.1). */
  readonly enforceToolScopes: boolean;
  /** How long metadata and keys may be cached, in seconds. */
  readonly metadataMaxAgeSeconds: number;
  /**
   * Whose refresh tokens are good for one use: everybody's, those of public clients (OAuth 2.1 4.3.1 asks for no more),
   * nobody's.
   */
  readonly rotateRefreshTokens: "always" | "public" | "never";
  /** For how long a used refresh token still gets the successor it got, in seconds, for clients that lost the answer. */
  readonly refreshGraceSeconds: number;
  /** Whether authorization requests must be pushed (RFC 9126 5). */
  readonly requirePushedAuthorizationRequests: boolean;
  /** Whether DPoP proofs must repeat a nonce of the server's (RFC 9449 8 and 9). */
  readonly requireDpopNonce: boolean;
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
    enforceToolScopes: false,
    metadataMaxAgeSeconds: 300,
    rotateRefreshTokens: "always",
    refreshGraceSeconds: 0,
    requirePushedAuthorizationRequests: false,
    requireDpopNonce: false,
  }),
  mint: Object.freeze({}),
  wire: undefined,
});

/**
 * Makes the function that resolves the plan of a request.
 *
 * @param overrides Rules in place of the scenario's.
 * @returns The plan of a scenario; it throws RangeError for one that does not exist, and there is one today.
 */
export function createPlanResolver(overrides: Partial<Policy> = {}): (scenario: string) => Plan {
  // One object for all requests, so that what is derived from a policy can be kept beside it.
  const plan = Object.freeze({ ...standardPlan, policy: Object.freeze({ ...standardPlan.policy, ...overrides }) });
  return (scenario) => {
    if (scenario === "standard") return plan;
    throw new RangeError(`There is no scenario ${scenario}`);
  };
}
