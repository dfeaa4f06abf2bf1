// Forms of this server's pages.
import { OAuthError } from "../../lib/http/errors.ts";
import { findForeignForm } from "../../lib/http/origin.ts";
import type { Context } from "./router.ts";

/**
 * Requires that a form is one of ours, filled in by a person, or does not come from a browser: a page of another site must
 * not consent for a person (RFC 6819 4.4.1.8).
 *
 * @throws OAuthError `access_denied`.
 */
export function requireOwnForm({ request, url }: Pick<Context, "request" | "url">): void {
  const foreign = findForeignForm(url, request.headers);
  if (foreign === undefined) return;
  throw new OAuthError("access_denied", "A page of another site may not answer for the person", {
    parameter: "sec-fetch-site",
    received: foreign,
    expected: "the form on this server's own page, or a request from a client that is not a browser",
    reference: "RFC 6819 4.4.1.8",
  });
}
