/** Cases: how a client finds the authorization server, and becomes a client of it. */
import { bareChallenge, editMetadata, migration, noDocuments, resourcePath } from "./twists.ts";
import { all, answerAt, editAnswer, editChallenge, forward } from "../../recorder/recorded_app.ts";
import { origin } from "../../helpers.ts";
import type { Case } from "./case.ts";

/** How a client finds the authorization server, and becomes a client of it. */
export const discoveryCases: readonly Case[] = [
  { rule: "C1", slips: ["skips resource metadata"] },
  {
    rule: "C2",
    slips: ["ignores the named metadata"],
    twist: () =>
      all(
        editChallenge(() => `Bearer resource_metadata="${origin}/custom/place.json"`),
        forward("/custom/place.json", resourcePath),
      ),
  },
  { rule: "C3", slips: ["looks at the root first"], twist: bareChallenge },
  { rule: "C4", slips: ["looks for OpenID first"] },
  {
    rule: "C5",
    slips: ["trusts any metadata"],
    reaches: { refuses_before: "authorization", rule: "C5" },
    twist: () =>
      all(
        editMetadata({ issuer: "https://attacker.example", authorization_response_iss_parameter_supported: false }),
        editAnswer((parameters) => parameters.delete("iss")),
      ),
  },
  { rule: "C6", slips: ["always registers"], isRecommended: true },
  { rule: "C7", slips: ["has a bad document"] },
  { rule: "C8", slips: ["registers without a type"], twist: noDocuments },
  {
    rule: "C9",
    slips: ["makes up an id"],
    reaches: "registration",
    twist: () =>
      all(
        noDocuments(),
        answerAt("/oauth/register", () => Response.json({ error: "invalid_redirect_uri" }, { status: 400 })),
      ),
  },
  { rule: "C10", slips: ["keeps its id"], twist: migration },
  {
    rule: "C28",
    slips: ["takes http"],
    reaches: "discovery",
    twist: () =>
      all(
        editMetadata({ token_endpoint: "http://plain.example/oauth/token" }),
        (request, answer) =>
          answer(
            request.url.startsWith("http://plain.example/") ? new Request(`${origin}/oauth/token`, request) : request,
          ),
      ),
  },
  {
    rule: "C29",
    slips: ["registers anyway"],
    twist: () => editMetadata({ registration_endpoint: undefined, client_id_metadata_document_supported: undefined }),
    client: { given: { clientId: "given", secret: "" } },
    isRecommended: true,
  },
  {
    rule: "C31",
    slips: ["skips server metadata"],
    client: { version: "2025-03-26" },
    twist: () =>
      all(
        forward("/authorize", "/oauth/authorize"),
        forward("/token", "/oauth/token"),
        forward("/register", "/oauth/register"),
        noDocuments(),
      ),
  },
  {
    rule: "C31",
    slips: ["leaves out the version"],
    client: { version: "2025-03-26" },
    twist: noDocuments,
    isRecommended: true,
  },
];
