// Every refusal of the authorization server: one union of codes, one map from code to status, one sentence that tells a
// client developer which parameter is wrong, what arrived, what is accepted, and which paragraph says so.
import { defined } from "../runtime/defined.ts";

/**
 * The error codes we answer with (RFC 6749 4.1.2.1 and 5.2, OpenID Connect Core 3.1.2.6, RFC 6750 3.1, RFC 7591 3.2.2, RFC 8628 3.5, RFC 8707 2, RFC 9101 10.3), and two of our own
 * for URLs that do not exist.
 */
export type OAuthErrorCode =
  | "access_denied"
  | "insufficient_scope"
  | "authorization_pending"
  | "expired_token"
  | "interaction_required"
  | "invalid_client"
  | "invalid_client_metadata"
  | "invalid_dpop_proof"
  | "invalid_grant"
  | "invalid_redirect_uri"
  | "invalid_request"
  | "invalid_request_uri"
  | "invalid_scope"
  | "invalid_target"
  | "invalid_token"
  | "login_required"
  | "method_not_allowed"
  | "not_found"
  | "request_not_supported"
  | "server_error"
  | "slow_down"
  | "temporarily_unavailable"
  | "unauthorized_client"
  | "unsupported_grant_type"
  | "unsupported_response_type"
  | "use_dpop_nonce";

/** What helps a developer to mend the request. Never put a secret in `received`. */
interface ErrorDetail {
  /** Name of the parameter, field or header at fault. */
  readonly parameter?: string | undefined;
  readonly received?: string | undefined;
  readonly expected?: string | undefined;
  /** What was probably meant: its name, and its path if it has one. */
  readonly meant?: { readonly text: string; readonly path?: string } | undefined;
  /** A URL that lists what exists. */
  readonly see?: string | undefined;
  /** The paragraph that requires it, such as `RFC 6749 4.1.3`. */
  readonly reference?: string | undefined;
  /** HTTP status instead of the code's own. */
  readonly status?: number | undefined;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A refusal, thrown anywhere below a route and turned into a response once, in the app. */
export class OAuthError extends Error {
  readonly code: OAuthErrorCode;
  readonly detail: ErrorDetail;

  /**
   * Makes a refusal.
   *
   * @param message What is wrong, as a sentence without a full stop.
   */
  constructor(code: OAuthErrorCode, message: string, detail: ErrorDetail = {}) {
    super(message);
    this.name = "OAuthError";
    this.code = code;
    this.detail = detail;
  }
}

/**
 * A value that came from outside, for `received`: texts as they are, anything else as JSON, since a text can be asked of
 * any value but not every value has one.
 */
export function describeValue(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value) ?? "nothing";
}

const MAX_RECEIVED_LENGTH = 120;

/** Shortens what a client sent to what an error can show. */
export function excerpt(text: string): string {
  return text.length <= MAX_RECEIVED_LENGTH
    ? text
    : `${text.slice(0, MAX_RECEIVED_LENGTH)}... (${text.length} characters)`;
}

/**
 * The `error_description` of an error: what is wrong, what arrived, what is accepted and where that is written, in the
 * characters the parameter may have (RFC 6749 4.1.2.1: printable ASCII less the double quote and the backslash).
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const error = new OAuthError("invalid_request", "code_challenge is missing", {
 *   expected: "the S256 challenge",
 *   reference: "RFC 7636 4.3",
 * });
 * assert.equal(describeError(error), "code_challenge is missing; expected the S256 challenge (RFC 7636 4.3)");
 * ```
 */
export function describeError({ message, detail }: OAuthError): string {
  const received = detail.received === undefined ? "" : `; received '${excerpt(detail.received)}'`;
  const expected = detail.expected === undefined ? "" : `; expected ${detail.expected}`;
  const see = detail.see === undefined ? "" : `; see ${detail.see}`;
  const meant = detail.meant === undefined ? "" : `; did you mean ${detail.meant.text}?`;
  const reference = detail.reference === undefined ? "" : ` (${detail.reference})`;
  return `${message}${received}${expected}${see}${meant}${reference}`
    .replaceAll('"', "'").replaceAll("\\", "/").replace(/[^\x20-\x7e]/g, "?");
}

/**
 * A link to the paragraph an error names, for `error_uri` and for pages.
 *
 * @param reference Such as `RFC 6749 4.1.3`; anything else has no link.
 */
export function referenceUrl(reference: string | undefined): string | undefined {
  const match = /^RFC (\d+)(?: ([\d.]+))?/.exec(reference ?? "");
  if (!match) return undefined;
  const section = match[2] ? `#section-${match[2]}` : "";
  return `https://www.rfc-editor.org/rfc/rfc${match[1]}.html${section}`;
}

/** The HTTP status of an error; exhaustive, so that a new code without a status does not compile. */
export function errorStatus({ code, detail }: OAuthError): number {
  if (detail.status !== undefined) return detail.status;
  switch (code) {
    case "invalid_client":
    case "invalid_token":
      return 401;
    case "access_denied":
    case "insufficient_scope":
      return 403;
    case "not_found":
      return 404;
    case "method_not_allowed":
      return 405;
    case "server_error":
      return 500;
    case "temporarily_unavailable":
      return 503;
    case "authorization_pending":
    case "expired_token":
    case "interaction_required":
    case "invalid_client_metadata":
    case "invalid_dpop_proof":
    case "invalid_grant":
    case "invalid_redirect_uri":
    case "invalid_request":
    case "invalid_request_uri":
    case "invalid_scope":
    case "invalid_target":
    case "login_required":
    case "request_not_supported":
    case "slow_down":
    case "unauthorized_client":
    case "unsupported_grant_type":
    case "unsupported_response_type":
    case "use_dpop_nonce":
      return 400;
  }
}

/** The JSON body of an error (RFC 6749 5.2). */
export function errorBody(error: OAuthError): Record<string, string> {
  return defined({
    error: error.code,
    error_description: describeError(error),
    error_uri: referenceUrl(error.detail.reference),
  });
}
