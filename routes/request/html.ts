// Pages as responses, with the headers every page carries.
import { OAuthError } from "../../lib/http/errors.ts";
import { findForeignForm } from "../../lib/http/origin.ts";
import type { Html } from "../../views/shared/html.ts";
import { renderPage } from "../../views/shared/layout.tsx";
import type { Context } from "./router.ts";

/**
 * What a page may do: its own style, scripts and requests, images of clients over https, and nothing else. There is no
 * `form-action`, because browsers apply it to the redirect that answers the consent form, which goes to any client.
 */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: https:",
  "connect-src 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** A page as a response that no cache keeps. */
export function htmlResponse(page: Html, status = 200): Response {
  return new Response(renderPage(page), {
    status,
    headers: {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": CONTENT_SECURITY_POLICY,
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
      "cache-control": "no-store",
      "vary": "accept",
    },
  });
}

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
