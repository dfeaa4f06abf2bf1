// `GET /client-metadata/<name>.json`: metadata documents for clients under test, so that a client_id which is a URL can be
// tried without a web server (draft-ietf-oauth-client-id-metadata-document).
import { closest, suggest } from "../../lib/http/did_you_mean.ts";
import { OAuthError } from "../../lib/http/errors.ts";
import { cacheableJson } from "../../lib/http/body.ts";
import { buildOwnDocument, documentParameters, isDocumentName } from "../../lib/oauth/clients/own_document.ts";
import type { Context } from "../request/router.ts";

/** Answers with the document of a name. */
export function clientMetadata({ sandbox, url, plan, param }: Context): Response {
  if (!isDocumentName(param)) {
    throw new OAuthError("not_found", "Not found: client metadata documents have other names", {
      parameter: "path",
      received: param,
      expected: "letters, digits, - and _, and .json at the end",
    });
  }
  // Others may stand in a URL, such as one against a cache; a slip would leave a document without what it says.
  const slip = [...url.searchParams.keys()].find((name) =>
    !documentParameters.includes(name) && closest(name, documentParameters) !== undefined
  );
  if (slip !== undefined) {
    throw new OAuthError("invalid_request", `${slip} is not a known parameter`, {
      parameter: slip,
      expected: suggest(slip, documentParameters),
    });
  }
  return cacheableJson(JSON.stringify(buildOwnDocument(sandbox, url)), plan.policy.metadataMaxAgeSeconds);
}
