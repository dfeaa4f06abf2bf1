// Proof key for code exchange (RFC 7636). `plain` is not offered by a well-behaved server, as OAuth 2.1 and MCP ask.
import { hash } from "../../runtime/node_crypto.ts";
import { OAuthError } from "../../http/errors.ts";
import type { Policy } from "../../scenarios/plan.ts";
import type { Params } from "../params.ts";

/**
 * Reads the challenge of an authorization request.
 *
 * @returns The S256 challenge; that of the verifier, where the client has sent the verifier itself.
 * @throws OAuthError `invalid_request` without a challenge, with another method, or with something that is not a SHA-256
 * in base64url.
 * @see {@link https://www.rfc-editor.org/rfc/rfc7636.html#section-4.3}
 */
export function parseCodeChallenge(params: Params, methods: Policy["codeChallengeMethods"]): string {
  const method = params.get("code_challenge_method");
  const challenge = params.get("code_challenge");
  if (challenge === undefined) {
    throw new OAuthError("invalid_request", "code_challenge is missing", {
      parameter: "code_challenge",
      expected: "the base64url of the SHA-256 of a verifier, with code_challenge_method=S256",
      reference: "RFC 7636 4.3",
    });
  }
  if ((method ?? "plain") === "plain" && methods.includes("plain")) return hash("sha256", challenge, "base64url");
  if (method !== "S256" || !methods.includes("S256")) {
    throw new OAuthError("invalid_request", "code_challenge_method is not supported", {
      parameter: "code_challenge_method",
      received: method ?? "none, which means plain",
      expected: methods.join(" or "),
      reference: "RFC 7636 4.3",
    });
  }
  if (!/^[A-Za-z0-9_-]{43}$/.test(challenge)) {
    throw new OAuthError("invalid_request", "code_challenge is not an S256 challenge", {
      parameter: "code_challenge",
      received: challenge,
      expected: "43 characters of base64url without padding",
      reference: "RFC 7636 4.2",
    });
  }
  return challenge;
}

/**
 * Verifies a verifier against the challenge of its code.
 *
 * @throws OAuthError `invalid_request` for a verifier that is missing or has the wrong length or alphabet,
 * `invalid_grant` for one that does not match.
 * @see {@link https://www.rfc-editor.org/rfc/rfc7636.html#section-4.6}
 *
 * @example
 * ```ts
 * // RFC 7636 appendix B
 * verifyCodeVerifier("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
 * ```
 */
export function verifyCodeVerifier(verifier: string | undefined, challenge: string): void {
  if (verifier === undefined) {
    throw new OAuthError("invalid_request", "code_verifier is missing", {
      parameter: "code_verifier",
      expected: "the verifier whose challenge the authorization request carried",
      reference: "RFC 7636 4.5",
    });
  }
  if (!/^[A-Za-z0-9._~-]{43,128}$/.test(verifier)) {
    throw new OAuthError("invalid_request", "code_verifier is malformed", {
      parameter: "code_verifier",
      received: `${verifier.length} characters`,
      expected: "43 to 128 characters of A-Z a-z 0-9 - . _ ~",
      reference: "RFC 7636 4.1",
    });
  }
  if (hash("sha256", verifier, "base64url") !== challenge) {
    throw new OAuthError("invalid_grant", "code_verifier does not match the code_challenge of this code", {
      parameter: "code_verifier",
      expected: "BASE64URL(SHA256(code_verifier)) equal to the code_challenge",
      reference: "RFC 7636 4.6",
    });
  }
}
