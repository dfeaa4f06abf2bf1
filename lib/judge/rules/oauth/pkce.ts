/**
 * Rules on the proof key for code exchange (RFC 7636).
 *
 * @module
 */
import { digestOf } from "../../../recorder/redact/digests.ts";
import type { AuthorizationStep } from "../../step.ts";
import { metadataFor, tokenRequestFor, type View } from "../../view.ts";
import { listOf } from "../../reading.ts";
import {
  ALWAYS,
  broken,
  kept,
  notObserved,
  type Outcome,
  positionsOf,
  rfc,
  type Rule,
  SINCE_2025_11,
  SPECIFICATION,
} from "../rule.ts";

/** Requests whose parameters are known: a signed request object shows none. */
function readableRequests({ authorizations }: View): readonly AuthorizationStep[] {
  return authorizations.filter(({ params }) => !params.has("request"));
}

function checkProof(view: View): Outcome {
  const requests = readableRequests(view);
  if (requests.length === 0) return notObserved("It did not request authorization");
  for (const request of requests) {
    if (!request.params.get("code_challenge")) {
      return broken("It requested authorization without a code_challenge", [request.at]);
    }
    const spent = tokenRequestFor(view, request);
    if (!spent) continue;
    const problem = findVerifierProblem(spent.params.get("code_verifier"), request.params);
    if (problem !== undefined) return broken(problem, [request.at, spent.at]);
  }
  return kept("Every authorization request had a code_challenge, and every code was redeemed with its code_verifier", [
    ...positionsOf(requests),
  ]);
}

/** A redacted verifier ends with its S256 challenge, and says how long it was. */
function findVerifierProblem(verifier: string | null, params: AuthorizationStep["params"]): string | undefined {
  if (!verifier) return "It redeemed its code without a code_verifier";
  const length = Number(verifier.split("…").at(-2));
  if (length < 43 || length > 128) return `Its code_verifier has ${length} characters; 43 to 128 are allowed`;
  // A plain challenge was redacted as the verifier that it is.
  const challenge = digestOf(params.get("code_challenge") ?? "");
  return digestOf(verifier) === challenge ? undefined : "Its code_verifier does not match its code_challenge";
}

function checkMethod(view: View): Outcome {
  const requests = readableRequests(view).filter(({ params }) => params.has("code_challenge"));
  const other = requests.find(({ params }) => params.get("code_challenge_method") !== "S256");
  if (other) {
    const method = other.params.get("code_challenge_method") ?? "no code_challenge_method, which means plain";
    return broken(`It used ${method}`, [other.at]);
  }
  if (requests.length > 0) return kept("It used S256", positionsOf(requests));
  const weak = view.serverMetadata.find(({ document }) => {
    const methods = listOf(document, "code_challenge_methods_supported");
    return methods !== undefined && !methods.includes("S256");
  });
  return weak && view.authorizations.length === 0
    ? kept("It did not continue where the server does not offer S256", [weak.at])
    : notObserved("It sent no code_challenge");
}

function checkSupport(view: View): Outcome {
  const silent = view.serverMetadata.filter(({ document }) =>
    document !== undefined && document.code_challenge_methods_supported === undefined
  );
  if (silent.length === 0) return notObserved("All metadata had code_challenge_methods_supported");
  for (const request of view.authorizations) {
    const metadata = metadataFor(view, request);
    if (metadata && silent.includes(metadata)) {
      return broken("It continued although the metadata does not say that PKCE is supported", [
        metadata.at,
        request.at,
      ]);
    }
  }
  return kept("It did not continue where the metadata does not say that PKCE is supported", positionsOf(silent));
}

const link = `${SPECIFICATION}/security-considerations#authorization-code-protection`;

/** The rules on PKCE. */
export const pkceRules: readonly Rule[] = [
  {
    id: "C11",
    name: "pkce",
    title:
      "A client uses PKCE: a code_challenge to get the code, its code_verifier of 43 to 128 characters to redeem it.",
    level: "MUST",
    revisions: ALWAYS,
    link,
    official: ["pkce-code-challenge-sent", "pkce-code-verifier-sent", "pkce-verifier-matches-challenge"],
    check: checkProof,
  },
  {
    id: "C12",
    name: "pkce-s256",
    title: "A client uses the code challenge method S256 if it can.",
    level: "MUST",
    revisions: ALWAYS,
    link: rfc("7636 4.2"),
    official: ["pkce-s256-method-used"],
    check: checkMethod,
  },
  {
    id: "C13",
    name: "pkce-support-verified",
    title: "A client refuses to proceed if the metadata has no code_challenge_methods_supported.",
    level: "MUST",
    revisions: SINCE_2025_11,
    isOfMcp: true,
    link,
    official: [],
    check: checkSupport,
  },
];
