/**
 * Who may use a protected resource: whoever presents a good access token, with a proof if the token is bound to a key.
 *
 * @module
 */
import { OAuthError } from "../../http/errors.ts";
import { presentedToken, type TokenScheme } from "./bearer.ts";
import type { AccessTokenClaims } from "./tokens.ts";
import type { AccessRequest, GateDeps } from "./dpop_gate.ts";

/** A protected resource. */
export interface ProtectedResource {
  /** Its URL, without query, which proofs must name (RFC 9449 4.3). */
  readonly url: string;
  /** Turns a token that is good for it into the token's claims. */
  readonly verify: (token: string) => Promise<AccessTokenClaims>;
  /** Whether it takes bound tokens alone. */
  readonly requireDpop: boolean;
}

/** A token that was good, what it says and how it is bound. */
export interface Admission {
  /** The token. */
  readonly token: string;
  /** What it says. */
  readonly claims: AccessTokenClaims;
  /** How it was sent. */
  readonly scheme: TokenScheme;
}

/** Why somebody was not let in; undefined if there was no token (RFC 6750 3.1), and how to send a better one. */
export interface Refusal {
  /** What was wrong. */
  readonly refusal: OAuthError | undefined;
  /** What to challenge with. */
  readonly scheme: TokenScheme;
}

/**
 * Looks at the token of a request.
 *
 * @param deps What a proof is held against.
 * @param context The request.
 * @param resource What it wants to use.
 */
export async function admit(
  deps: GateDeps,
  context: AccessRequest,
  { url, verify, requireDpop }: ProtectedResource,
): Promise<Admission | Refusal> {
  const presented = presentedToken(context.request);
  if (!presented) return { refusal: undefined, scheme: requireDpop ? "DPoP" : "Bearer" };
  const { scheme, token } = presented;
  let claims: AccessTokenClaims | undefined;
  try {
    claims = await verify(token);
    if (scheme === "DPoP" || claims.cnf || requireDpop) {
      const { requireProof } = await import("./dpop_gate.ts");
      await requireProof(deps, context, { scheme, token, resource: url, claims });
    }
    return { token, claims, scheme };
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error;
    // A bound token is asked for with a proof, however it was sent (RFC 9449 7.2).
    return { refusal: error, scheme: claims?.cnf || requireDpop ? "DPoP" : scheme };
  }
}
