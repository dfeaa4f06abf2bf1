// The page of what is supported of each specification.
import { referenceUrl } from "../../lib/http/errors.ts";
import { paragraphGroups } from "../../views/specifications/paragraphs.ts";
import { SpecificationsPage } from "../../views/specifications/specifications.tsx";
import { htmlResponse } from "../request/html.ts";
import type { Context } from "../request/router.ts";

/** Documents that are not RFCs, by what their paragraphs begin with. */
const documentUrls: Readonly<Record<string, string>> = {
  "CIMD": "https://datatracker.ietf.org/doc/draft-ietf-oauth-client-id-metadata-document/",
  "OAuth 2.1": "https://datatracker.ietf.org/doc/draft-ietf-oauth-v2-1/",
  "OAuth Form Post Response Mode": "https://openid.net/specs/oauth-v2-form-post-response-mode-1_0.html",
  "OAuth Multiple Response Types": "https://openid.net/specs/oauth-v2-multiple-response-types-1_0.html",
  "OpenID Connect Core": "https://openid.net/specs/openid-connect-core-1_0.html",
  "OpenID Connect Discovery": "https://openid.net/specs/openid-connect-discovery-1_0.html",
  "OpenID Connect Registration": "https://openid.net/specs/openid-connect-registration-1_0.html",
  "RP-Initiated Logout": "https://openid.net/specs/openid-connect-rpinitiated-1_0.html",
};

/** Answers with the page. */
export function specifications({ sandbox }: Context): Response {
  return htmlResponse(<SpecificationsPage urls={sandbox.urls} groups={paragraphGroups} linkOf={linkOf} />);
}

function linkOf(source: string): string | undefined {
  return referenceUrl(source) ?? Object.entries(documentUrls).find(([name]) => source.startsWith(name))?.[1];
}
