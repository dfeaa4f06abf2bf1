/**
 * The rule on refresh tokens.
 *
 * @module
 */
import { metadataFor, speaksMcp, type View, wholeRegistrations } from "../../view.ts";
import { listOf, scopesOf } from "../../reading.ts";
import { broken, kept, notObserved, type Outcome, type Rule, SINCE_2026_07, SPECIFICATION } from "../rule.ts";

/** The scope that asks for a refresh token (OpenID Connect Core 11). */
export const OFFLINE = "offline_access";

function checkOffline(view: View): Outcome {
  const evidence: number[] = [];
  for (const request of view.authorizations) {
    const scopes = listOf(metadataFor(view, request)?.document, "scopes_supported");
    const isAsked = scopesOf(request.params.get("scope")).includes(OFFLINE);
    if (scopes === undefined) continue;
    if (isAsked && !scopes.includes(OFFLINE)) {
      return broken("It requested offline_access, which the server does not list", [request.at]);
    }
    evidence.push(request.at);
  }
  for (const { at, params } of view.tokens) {
    if (params.get("grant_type") !== "refresh_token") continue;
    evidence.push(at);
  }
  // Only MCP requires it.
  for (const registration of speaksMcp(view) ? wholeRegistrations(view) : []) {
    const grants = listOf(registration.sent, "grant_types") ?? ["authorization_code"];
    const offered = listOf(metadataFor(view, registration)?.document, "grant_types_supported");
    if (!grants.includes("authorization_code") || !offered?.includes("refresh_token")) continue;
    if (!grants.includes("refresh_token")) {
      return broken(
        "It registered without the grant type refresh_token, which the server offers",
        [registration.at],
        "SHOULD",
      );
    }
    evidence.push(registration.at);
  }
  return evidence.length === 0
    ? notObserved("It neither requested nor used refresh tokens")
    : kept("It requested and used refresh tokens only where the server issues them", evidence.sort((a, b) => a - b));
}

/** The rules on refresh tokens. */
export const refreshRules: readonly Rule[] = [
  {
    id: "C21",
    name: "refresh-tokens",
    title: "A client registers refresh_token, requests offline_access only if it is listed, and does not rely on it.",
    level: "MUST",
    revisions: SINCE_2026_07,
    link: `${SPECIFICATION}#refresh-tokens`,
    official: [
      "sep-2207-client-metadata-grant-types",
      "sep-2207-offline-access-requested",
      "sep-2207-offline-access-not-requested",
    ],
    check: checkOffline,
  },
];
