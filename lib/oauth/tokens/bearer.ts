// Access tokens as a protected resource meets them: as bearer tokens (RFC 6750), or bound to a key (RFC 9449 7.1).
import { describeError, errorBody, errorStatus, OAuthError } from "../../http/errors.ts";
import { noStoreJson } from "../../http/body.ts";

/** What a DPoP proof may be signed with, as metadata advertises it (RFC 9449 5.1); `Ed25519` is EdDSA by its newer name. */
export const dpopAlgorithms: readonly string[] = ["ES256", "EdDSA", "Ed25519", "RS256"];

/** How a token is sent: alone, or with a proof by the key it is bound to. */
export type TokenScheme = "Bearer" | "DPoP";

/** A token, and how it was sent. */
export interface PresentedToken {
  readonly scheme: TokenScheme;
  readonly token: string;
}

/** The token of an `authorization` header, the one place a token is looked for (RFC 6750 2.1, RFC 9449 7.1). */
export function presentedToken(headers: Headers): PresentedToken | undefined {
  const [, scheme, token] = /^(Bearer|DPoP) +(\S+) *$/i.exec(headers.get("authorization") ?? "") ?? [];
  if (scheme === undefined || token === undefined) return undefined;
  return { scheme: scheme.toLowerCase() === "dpop" ? "DPoP" : "Bearer", token };
}

/** The token of an `authorization: Bearer` header (RFC 6750 2.1). */
export function bearerOf(headers: Headers): string | undefined {
  const presented = presentedToken(headers);
  return presented?.scheme === "Bearer" ? presented.token : undefined;
}

/** What a challenge says beside the error. */
export interface Challenge {
  /** How the token is to be sent; as a bearer token if not given. */
  readonly scheme?: TokenScheme;
  /** More of the challenge, such as `scope` and `resource_metadata`. */
  readonly parameters?: Readonly<Record<string, string>>;
}

/**
 * The response to a request without a sufficient token. The error is in the header only if a token was sent
 * (RFC 6750 3.1), and the algorithms of proofs only where one is required (RFC 9449 7.1). There is one challenge: it
 * names DPoP to a request without a token only where nothing else will do, as many clients read no second challenge.
 *
 * @param error Why the token was refused; absent if none was sent.
 */
export function challengeResponse(
  error: OAuthError | undefined,
  { scheme = "Bearer", parameters = {} }: Challenge = {},
): Response {
  const refusal = error ?? new OAuthError("invalid_token", "Missing or invalid access token", {
    expected: `authorization: ${scheme} and an access token that this server has issued`,
    reference: scheme === "DPoP" ? "RFC 9449 7.1" : "RFC 6750 2.1",
  });
  const all = {
    ...(error ? { error: error.code, error_description: describeError(error) } : {}),
    ...parameters,
    ...(scheme === "DPoP" ? { algs: dpopAlgorithms.join(" ") } : {}),
  };
  const list = Object.entries(all).map(([name, value]) => `${name}="${value}"`).join(", ");
  const response = noStoreJson(errorBody(refusal), challengeStatus(refusal));
  response.headers.set("www-authenticate", list === "" ? scheme : `${scheme} ${list}`);
  for (const [name, value] of Object.entries(refusal.detail.headers ?? {})) response.headers.set(name, value);
  return response;
}

/** A wrong proof is a bad request at the token endpoint, and a missing authorization at a resource (RFC 9449 7.1). */
function challengeStatus(error: OAuthError): number {
  return error.code === "invalid_dpop_proof" || error.code === "use_dpop_nonce" ? 401 : errorStatus(error);
}
