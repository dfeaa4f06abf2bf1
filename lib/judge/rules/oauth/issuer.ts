/**
 * Rules on the issuer that an authorization response names (RFC 9207).
 *
 * @module
 */
import type { AuthorizationStep } from "../../step.ts";
import { metadataFor, tokenRequestFor, type View } from "../../view.ts";
import { textOf } from "../../reading.ts";
import {
  broken,
  kept,
  notObserved,
  type Outcome,
  positionsOf,
  type Rule,
  SINCE_2026_07,
  SPECIFICATION,
} from "../rule.ts";

/** How the issuer of a response compares with the one that the client recorded. */
type IssMatch = "right" | "absent" | "missing" | "wrong" | "nearly";

/** Undefined if there was no response, or the client read no metadata that names an issuer. */
function matchOf(view: View, request: AuthorizationStep): IssMatch | undefined {
  const metadata = metadataFor(view, request)?.document;
  const expected = textOf(metadata, "issuer");
  if (!request.answer || expected === undefined) return undefined;
  const iss = request.answer.get("iss");
  if (iss === null) return metadata?.authorization_response_iss_parameter_supported === true ? "missing" : "absent";
  if (iss === expected) return "right";
  return normalise(iss) === normalise(expected) ? "nearly" : "wrong";
}

/** The normalization that a client must not do before it compares (RFC 3986 6.2.2 and 6.2.3). */
function normalise(issuer: string): string {
  const href = URL.parse(issuer)?.href ?? issuer;
  return href.replace(/%[0-9a-f]{2}/gi, (encoded) => decodeURIComponentOr(encoded)).replace(/\/$/, "");
}

function decodeURIComponentOr(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return encoded.toUpperCase();
  }
}

function answersOf(view: View, matches: readonly IssMatch[], member: "code" | "error"): readonly AuthorizationStep[] {
  return view.authorizations.filter((request) => {
    const match = matchOf(view, request);
    return match !== undefined && matches.includes(match) && request.answer?.has(member);
  });
}

function checkIss(view: View): Outcome {
  // Another rule judges a client that accepts one that is nearly right.
  const bad = answersOf(view, ["missing", "wrong"], "code");
  for (const request of bad) {
    const spent = tokenRequestFor(view, request);
    if (!spent) continue;
    const what = matchOf(view, request) === "missing"
      ? "has no iss, although the metadata promises it"
      : `names the issuer ${request.answer?.get("iss") ?? ""}`;
    return broken(`It redeemed a code whose response ${what}`, [request.answeredAt ?? request.at, spent.at]);
  }
  const near = answersOf(view, ["nearly"], "code").filter((request) => !tokenRequestFor(view, request));
  if (bad.length + near.length > 0) {
    return kept("It did not redeem a code whose issuer was not validated", positionsOf([...bad, ...near]));
  }
  const good = answersOf(view, ["right", "absent"], "code").filter((request) => tokenRequestFor(view, request));
  return good.length === 0
    ? notObserved("No code from an authorization response was redeemed")
    : kept("It accepted only responses with the expected iss", positionsOf(good));
}

function checkPlain(view: View): Outcome {
  const near = answersOf(view, ["nearly"], "code");
  const [first] = near;
  if (!first) return notObserved("No response named an issuer that differs only in spelling");
  const spent = near.map((request) => tokenRequestFor(view, request)).find((step) => step !== undefined);
  return spent
    ? broken(`It accepted ${first.answer?.get("iss") ?? ""} as the issuer that it had recorded`, [first.at, spent.at])
    : kept("It rejected an issuer that differs only in spelling", positionsOf(near));
}

function checkError(view: View): Outcome {
  const bad = answersOf(view, ["missing", "wrong", "nearly"], "error");
  const [first] = bad;
  if (!first) return notObserved("No error response failed the iss comparison");
  for (const request of bad) {
    const from = request.answeredAt ?? request.at;
    const next = view.steps.find(({ at }) => at > from);
    if (next?.kind === "authorization" || next?.kind === "token" || next?.kind === "registration") {
      return broken("It acted on an error response that fails the iss comparison", [from, next.at]);
    }
  }
  return kept(
    "It did not act on an error response that fails the iss comparison; whether it displayed it cannot be seen",
    positionsOf(bad),
  );
}

const link = `${SPECIFICATION}#authorization-response-validation`;

/** The rules on issuers. */
export const issuerRules: readonly Rule[] = [
  {
    id: "C25",
    name: "iss-validated",
    title:
      "A client compares the iss of a response with the issuer it recorded, and requires it if the metadata promises it.",
    level: "MUST",
    revisions: SINCE_2026_07,
    link,
    official: [
      "sep-2468-client-compare-iss-supported",
      "sep-2468-client-compare-iss-unadvertised",
      "sep-2468-client-reject-missing-iss",
      "sep-2468-client-proceed-no-iss",
    ],
    check: checkIss,
  },
  {
    id: "C26",
    name: "iss-compared-plainly",
    title: "A client compares the iss of a response character by character.",
    level: "MUST",
    revisions: SINCE_2026_07,
    link,
    official: ["sep-2468-client-no-normalization"],
    check: checkPlain,
  },
  {
    id: "C27",
    name: "iss-error-ignored",
    title: "A client does not act on an error response that fails the iss comparison.",
    level: "MUST",
    revisions: SINCE_2026_07,
    link,
    official: [],
    check: checkError,
  },
];
