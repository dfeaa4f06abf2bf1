// `GET /client-metadata/<name>.json`: metadata documents for clients under test, so that a client_id which is a URL can be
// tried without a web server (draft-ietf-oauth-client-id-metadata-document).
import { OAuthError } from "../../lib/http/errors.ts";
import { cacheableJson } from "../../lib/http/body.ts";
import { buildOwnDocument, isDocumentName } from "../../lib/oauth/clients/own_document.ts";
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
  return cacheableJson(JSON.stringify(buildOwnDocument(sandbox, url)), plan.policy.metadataMaxAgeSeconds);
}
