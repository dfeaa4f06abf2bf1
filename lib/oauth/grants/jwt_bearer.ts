// The jwt-bearer grant (RFC 7523 2.1): an assertion of the identity provider, about a person (ID-JAG, enterprise-managed
// authorization) or about the workload itself. Loaded with the first assertion.
import { createLocalJWKSet, errors, type JWTPayload, jwtVerify } from "jose";
import { OAuthError } from "../../http/errors.ts";
import { isStrictJwt } from "../../http/base64url.ts";
import { ID_JAG_TYPE, idpIssuer, keySetOf } from "../idp.ts";
import { parseExpiresIn, parseResources, parseScope, requireParam } from "../params.ts";
import { issueTokens, type TokenResponse } from "../tokens/tokens.ts";
import { narrowResources, type TokenRequest, withoutOffline } from "./context.ts";
import { createSessionId } from "../tokens/session_id.ts";

const REFERENCE = "RFC 7523 3";

/** An assertion may not live longer than its id is remembered. */
const MAX_LIFE_SECONDS = 24 * 60 * 60;
/** How far ahead the issuer's clock may be, in seconds. */
const SKEW_SECONDS = 60;

/**
 * Redeems an assertion. There is no refresh token: the client comes back with the next assertion.
 *
 * @throws OAuthError `invalid_grant` for an assertion that has another issuer, audience or client, has expired, or was used
 * before.
 */
export async function redeemAssertion(request: TokenRequest): Promise<TokenResponse> {
  const { sandbox, params, client, replays, chance } = request;
  const { payload, isIdJag } = await verifyAssertion(request, requireParam(params, "assertion", "RFC 7523 2.1"));
  const { sub, jti, exp = 0, iat = 0, scope, resource } = payload;
  const nowMs = sandbox.nowMs;
  if (isIdJag && payload.client_id !== client.value.clientId) throw refuse("It was issued to another client");
  if (sub === undefined || sub === "") throw refuse("It names no subject");
  if (typeof jti !== "string") throw refuse("It has no jti");
  if (iat * 1000 > nowMs + SKEW_SECONDS * 1000) throw refuse("Its iat is in the future");
  if (exp * 1000 > nowMs + MAX_LIFE_SECONDS * 1000) throw refuse("It is valid for more than a day");
  const granted = parseScope(typeof scope === "string" ? scope : undefined);
  const asked = parseScope(params.get("scope"));
  const foreign = isIdJag ? asked.find((name) => !granted.includes(name)) : undefined;
  if (foreign !== undefined) {
    throw new OAuthError("invalid_scope", "scope exceeds the assertion", { parameter: "scope", received: foreign });
  }
  const resources = narrowResources(textsOf(resource), parseResources(params.all("resource")));
  const expiresInSeconds = parseExpiresIn(params.get("expires_in"));
  if (!await replays.use(sandbox.id, ["assertion", jti], exp * 1000 - nowMs)) throw refuse("It was used before");
  return issueTokens(request, {
    sessionId: createSessionId(sandbox, chance),
    clientId: client.value.clientId,
    user: { userId: sub, userName: textsOf(payload.name)[0] ?? sub, email: textsOf(payload.email)[0] ?? "" },
    scopes: withoutOffline(asked.length === 0 ? granted : asked),
    resources,
    authTimeSeconds: Math.floor(nowMs / 1000),
    expiresInSeconds,
  }, undefined);
}

async function verifyAssertion(
  { sandbox, keysOfIdp }: TokenRequest,
  assertion: string,
): Promise<{ readonly payload: JWTPayload; readonly isIdJag: boolean }> {
  const { signing } = await keysOfIdp(sandbox.id);
  try {
    if (!isStrictJwt(assertion)) throw new errors.JWTInvalid("It is not in base64url without padding");
    const { payload, protectedHeader } = await jwtVerify(
      assertion,
      createLocalJWKSet(keySetOf([signing])),
      {
        algorithms: [signing.alg],
        issuer: idpIssuer(sandbox),
        requiredClaims: ["exp", "sub"],
        currentDate: new Date(sandbox.nowMs),
      },
    );
    const isIdJag = protectedHeader.typ === ID_JAG_TYPE;
    // An ID-JAG is for the server as such; any other assertion may also name the endpoint it is sent to (RFC 7523 3).
    const accepted = isIdJag ? [sandbox.issuer] : [sandbox.issuer, sandbox.urls.token];
    const { aud } = payload;
    // Libraries that parse the issuer as a URL give it a slash (RFC 3986 6.2.3).
    if (typeof aud === "string" && [...accepted, `${sandbox.issuer}/`].includes(aud)) return { payload, isIdJag };
    throw refuse("It is for another audience", accepted.join(" or "), JSON.stringify(aud) ?? "none");
  } catch (error) {
    if (!(error instanceof errors.JOSEError)) throw error;
    throw refuse(error.message, `an assertion of ${idpIssuer(sandbox)} for ${sandbox.issuer}`);
  }
}

function textsOf(claim: unknown): readonly string[] {
  return [claim].flat().filter((value) => typeof value === "string");
}

function refuse(problem: string, expected?: string, received?: string): OAuthError {
  return new OAuthError("invalid_grant", `The assertion is invalid: ${problem}`, {
    parameter: "assertion",
    received,
    expected,
    reference: REFERENCE,
  });
}
