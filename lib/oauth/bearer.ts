/**
 * Bearer tokens as a protected resource meets them (RFC 6750).
 *
 * @module
 */
import { describeError, errorBody, errorStatus, OAuthError } from "../errors.ts";
import { noStoreJson } from "../http.ts";

/** The token of an `authorization: Bearer` header, the one place a token is looked for (RFC 6750 2.1). */
export function bearerToken(request: Request): string | undefined {
  return /^Bearer +(\S+) *$/i.exec(request.headers.get("authorization") ?? "")?.[1];
}

/**
 * The answer to a request without a token that is good enough. The error stands in the header only if a token was sent
 * (RFC 6750 3.1).
 *
 * @param error Why the token was refused; absent if none was sent.
 * @param parameters More of the challenge, such as `scope` and `resource_metadata`.
 */
export function challengeResponse(
  error: OAuthError | undefined,
  parameters: Readonly<Record<string, string>> = {},
): Response {
  const refusal = error ?? new OAuthError("invalid_token", "Missing or invalid access token", {
    expected: "authorization: Bearer and an access token that this server has issued",
    reference: "RFC 6750 2.1",
  });
  const all = {
    ...(error ? { error: error.code, error_description: describeError(error) } : {}),
    ...parameters,
  };
  const list = Object.entries(all).map(([name, value]) => `${name}="${value}"`).join(", ");
  const response = noStoreJson(errorBody(refusal), errorStatus(refusal));
  response.headers.set("www-authenticate", list === "" ? "Bearer" : `Bearer ${list}`);
  return response;
}
