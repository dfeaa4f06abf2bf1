// Who may use a protected resource: the caller that presents a good access token, with a proof of the key if the token is
// bound to one (RFC 6750, RFC 9449 7).
import { OAuthError } from "../../http/errors.ts";
import { challengeResponse, dpopAlgorithms, type PresentedToken } from "./bearer.ts";
import { type ProofDeps, proofOf, type ProvenRequest } from "./proof.ts";
import type { AccessTokenClaims } from "./tokens.ts";

interface ProtectedResource {
  /** Its URL, without query, which proofs must name (RFC 9449 4.3). */
  readonly url: string;
  readonly presented: PresentedToken | undefined;
  /** Turns a token that is good for this resource into the token's claims. */
  readonly verify: (token: string) => Promise<AccessTokenClaims>;
  /** What a challenge of this resource says besides the error, such as `scope`; nothing, if not given. */
  readonly challenge?: () => Readonly<Record<string, string>>;
}

/** A good token, and what it says. */
export interface Access extends PresentedToken {
  readonly claims: AccessTokenClaims;
}

/**
 * Requires a good access token.
 *
 * @returns The token with its claims, or the challenge that refuses the request.
 */
export async function requireAccess(
  deps: ProofDeps,
  asked: ProvenRequest,
  { url, presented, verify, challenge = () => ({}) }: ProtectedResource,
): Promise<Access | Response> {
  const { requireDpop } = asked.plan.policy;
  if (!presented) {
    return challengeResponse(undefined, { scheme: requireDpop ? "DPoP" : "Bearer", parameters: challenge() });
  }
  const { scheme, token } = presented;
  let claims: AccessTokenClaims | undefined;
  try {
    claims = await verify(token);
    const access = { scheme, token, claims };
    if (scheme === "DPoP" || claims.cnf || requireDpop) await requireProof(deps, asked, url, access);
    return access;
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error;
    // A challenge to a bound token asks for a proof, however the token was sent (RFC 9449 7.2).
    const asksForProof = claims?.cnf !== undefined || requireDpop;
    return challengeResponse(error, { scheme: asksForProof ? "DPoP" : scheme, parameters: challenge() });
  }
}

/** Requires what comes with a token that is bound or was sent as such: the scheme DPoP, and a proof by its key. */
async function requireProof(
  deps: ProofDeps,
  asked: ProvenRequest,
  url: string,
  { scheme, token, claims }: Access,
): Promise<void> {
  if (scheme === "Bearer") {
    const problem = claims.cnf
      ? "is bound to a key, so it cannot be used as a bearer token"
      : "is not bound to a key, which this server requires";
    throw refuse(`The access token ${problem}`, "authorization: DPoP, and a dpop header");
  }
  if (!claims.cnf) throw refuse("The access token is not bound to a key", "authorization: Bearer");
  const jkt = await proofOf(deps, asked, url, token);
  if (jkt === undefined) {
    throw new OAuthError("invalid_dpop_proof", "The proof is missing", {
      parameter: "dpop",
      expected: `a dpop header with a proof signed with ${dpopAlgorithms.join(", ")}`,
      reference: "RFC 9449 7.1",
    });
  }
  if (jkt !== claims.cnf.jkt) throw refuse("The proof's key is not the one that the token is bound to", claims.cnf.jkt);
}

function refuse(message: string, expected: string): OAuthError {
  return new OAuthError("invalid_token", message, { parameter: "authorization", expected, reference: "RFC 9449 7.1" });
}
