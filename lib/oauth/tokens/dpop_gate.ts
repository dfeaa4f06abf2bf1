/**
 * What a resource asks of a token that is bound to a key: the scheme DPoP, and a proof by that key (RFC 9449 7). Loaded
 * with the first such token.
 *
 * @module
 */
import { OAuthError } from "../../http/errors.ts";
import type { PresentedToken } from "./bearer.ts";
import { verifyProof } from "./dpop.ts";
import { dpopAlgorithms } from "../dpop_algorithms.ts";
import type { Keys } from "../keys/keys.ts";
import type { AccessTokenClaims } from "./tokens.ts";
import type { Replays } from "../replay_table.ts";
import type { Plan } from "../../scenarios/plan.ts";
import type { Sandbox } from "../../sandbox/sandbox.ts";

/** What looking at a proof needs. */
export interface GateDeps {
  /** A sandbox's keys. */
  readonly keysOf: (sandboxId: string) => Promise<Keys>;
  /** Ids of proofs that were used. */
  readonly replays: Replays;
}

/** A request that asks for a protected resource. */
export interface AccessRequest {
  /** Its head. */
  readonly request: Pick<Request, "method" | "headers">;
  /** The sandbox it belongs to. */
  readonly sandbox: Sandbox;
  /** How the server behaves for it. */
  readonly plan: Plan;
}

/** A token that was presented, and what it says. */
export interface BoundToken extends PresentedToken {
  /** The URL of the resource, without query. */
  readonly resource: string;
  /** What the token says. */
  readonly claims: AccessTokenClaims;
}

/**
 * Insists on a proof.
 *
 * @param deps Keys, and ids of proofs.
 * @param context The request.
 * @param bound The token, one that is bound or was sent as such.
 * @throws OAuthError `invalid_token` for a bound token sent as a bearer token, a bearer token sent as a bound one, and
 * for another key; `invalid_dpop_proof` or `use_dpop_nonce` for what is wrong with the proof.
 */
export async function requireProof(
  { keysOf, replays }: GateDeps,
  { request, sandbox, plan }: AccessRequest,
  { scheme, token, resource, claims }: BoundToken,
): Promise<void> {
  if (scheme === "Bearer") {
    const problem = claims.cnf ? "is bound to a key and is no bearer token" : "is not bound to a key, as it has to be";
    throw refuse(`The access token ${problem}`, "authorization: DPoP, and a dpop header");
  }
  if (!claims.cnf) throw refuse("The access token is not bound to a key", "authorization: Bearer");
  const proof = request.headers.get("dpop");
  if (proof === null) {
    throw new OAuthError("invalid_dpop_proof", "The proof is missing", {
      parameter: "dpop",
      expected: `a dpop header with a proof signed with ${dpopAlgorithms.join(", ")}`,
      reference: "RFC 9449 7.1",
    });
  }
  const jkt = await verifyProof(proof, {
    sandbox,
    sealingKey: (await keysOf(sandbox.id)).sealing,
    replays,
    requireNonce: plan.policy.requireDpopNonce,
    method: request.method,
    url: resource,
    accessToken: token,
  });
  if (jkt !== claims.cnf.jkt) throw refuse("The proof's key is not the one the token is bound to", claims.cnf.jkt);
}

function refuse(message: string, expected: string): OAuthError {
  return new OAuthError("invalid_token", message, { parameter: "authorization", expected, reference: "RFC 9449 7.1" });
}
