// The DPoP proof of a request (RFC 9449 4.1). What verifies it is loaded with the first proof.
import type { Sandbox } from "../../sandbox/sandbox.ts";
import type { Plan } from "../../scenarios/plan.ts";
import type { KeysOf } from "../keys/keys.ts";
import type { Replays } from "../replay_table.ts";

/** What a proof is held against: its nonces are sealed with a sandbox's keys, its id must not have been used. */
export type ProofDeps = Readonly<{
  keysOf: KeysOf;
  replays: Replays;
}>;

/** A request that may carry a proof. */
export type ProvenRequest = Readonly<{
  request: Pick<Request, "method" | "headers">;
  sandbox: Sandbox;
  plan: Plan;
}>;

/**
 * Verifies the proof of a request.
 *
 * @param url The endpoint's URL, without query, which the proof must name.
 * @returns The thumbprint of its key (RFC 7638), or undefined, with nothing to wait for, for a request without a proof.
 * @throws OAuthError `invalid_dpop_proof`, or `use_dpop_nonce` with a nonce in the header `dpop-nonce`.
 */
export function proofOf(
  deps: ProofDeps,
  asked: ProvenRequest,
  url: string,
  accessToken?: string,
): Promise<string> | undefined {
  const proof = asked.request.headers.get("dpop");
  return proof === null ? undefined : verifiedProof(deps, asked, { proof, url, accessToken });
}

interface Proof {
  readonly proof: string;
  readonly url: string;
  readonly accessToken: string | undefined;
}

async function verifiedProof(
  { keysOf, replays }: ProofDeps,
  { request: { method }, sandbox, plan }: ProvenRequest,
  { proof, url, accessToken }: Proof,
): Promise<string> {
  const { verifyProof } = await import("./dpop.ts");
  const { sealing: sealingKey } = await keysOf(sandbox.id);
  const { requireDpopNonce: requireNonce } = plan.policy;
  return await verifyProof(proof, { sandbox, sealingKey, replays, requireNonce, method, url, accessToken });
}
