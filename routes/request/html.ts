// Pages as responses, with the headers every page carries.
import type { Html } from "../../views/shared/html.ts";
import { renderPage } from "../../views/shared/layout.tsx";

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

/** With no referrer at all, the form of the page would come from an origin that nobody knows. */
export function withOwnReferrer(response: Response): Response {
  response.headers.set("referrer-policy", "same-origin");
  return response;
}
