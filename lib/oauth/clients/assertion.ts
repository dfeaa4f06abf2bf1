// Clients that prove who they are with a JWT of their own: signed with a private key, or with their secret (RFC 7523 3,
// OpenID Connect Core 9). Which algorithms count follows from how the client registered and never from the JWT alone, so
// that a public key is never taken for a secret.
import type { CryptoKey, JWTPayload, JWTVerifyOptions } from "jose";
import { OAuthError } from "../../http/errors.ts";
import type { Sandbox } from "../../sandbox/sandbox.ts";
import type { Replays } from "../replay_table.ts";
import type { ClientRecord } from "./client_record.ts";
import { isStrictJwt } from "../../http/base64url.ts";
import type { ClientKeys, KeySet } from "./jwks.ts";
import { assertionAlgorithms } from "../../scenarios/vocabulary.ts";
import type { KeysOf } from "../keys/keys.ts";
import { decryptSecret } from "../keys/secret_box.ts";

/** What verification needs. */
export type AssertionDeps = Readonly<{
  replays: Replays;
  clientKeys: ClientKeys;
  keysOf: KeysOf;
}>;

type AssertionCheck = Readonly<{
  sandbox: Sandbox;
  client: ClientRecord;
  assertion: string;
  /** The endpoint it was sent to, which it may name as its audience beside the issuer and the token endpoint. */
  endpoint: string;
}>;

/** How far a client's clock may be off, in seconds. */
const SKEW_SECONDS = 60;
/** How long an assertion may live, before and after now, in seconds: so long its id must be remembered. */
const MAX_LIFE_SECONDS = 60 * 60;

/** Who an assertion says that it is about, unverified: only to know whose keys to verify it with. */
export async function readSubject(assertion: string): Promise<string | undefined> {
  const { decodeJwt } = await import("jose");
  if (!isStrictJwt(assertion)) throw notAJwt();
  try {
    const { sub } = decodeJwt(assertion);
    return typeof sub === "string" ? sub : undefined;
  } catch {
    throw notAJwt();
  }
}

function notAJwt(): OAuthError {
  return refuse("it is not a JWT", "three parts in base64url without padding, of which the second is a JSON object");
}

/**
 * Verifies an assertion and spends it.
 *
 * @throws OAuthError `invalid_client` for an assertion that is not this client's, not for this server, out of its time, or
 * used before.
 * @see {@link https://www.rfc-editor.org/rfc/rfc7523.html#section-3}
 */
export async function verifyAssertion(deps: AssertionDeps, check: AssertionCheck): Promise<void> {
  const { sandbox, client: { clientId, metadata } } = check;
  const { token_endpoint_auth_method: method, token_endpoint_auth_signing_alg: alg } = metadata;
  if (method !== "client_secret_jwt" && method !== "private_key_jwt") {
    throw refuse("the client has registered another authentication method", method);
  }
  const options = {
    algorithms: alg === undefined ? [...assertionAlgorithms[method]] : [alg],
    issuer: clientId,
    subject: clientId,
    // Libraries that parse the issuer as a URL give it a slash (RFC 3986 6.2.3).
    audience: [sandbox.issuer, sandbox.urls.token, check.endpoint, `${sandbox.issuer}/`],
    requiredClaims: ["exp", "jti"],
    currentDate: new Date(sandbox.nowMs),
    clockTolerance: SKEW_SECONDS,
  };
  const payload = await explain(
    method === "client_secret_jwt" ? verifyWithSecret(deps, check, options) : verifyWithKeys(deps, check, options),
    options,
  );
  const { jti, exp = 0 } = checkTimes(payload, sandbox.nowMs / 1000);
  const keepMs = exp * 1000 - sandbox.nowMs + SKEW_SECONDS * 1000;
  if (await deps.replays.use(sandbox.id, ["client_assertion", clientId, jti], keepMs)) return;
  throw refuse("its jti was used before", "a new assertion for each request");
}

async function verifyWithSecret(
  { keysOf }: AssertionDeps,
  { sandbox, client: { clientId, encryptedSecret }, assertion }: AssertionCheck,
  options: JWTVerifyOptions,
): Promise<JWTPayload> {
  const { jwtVerify } = await import("jose");
  if (encryptedSecret === undefined) throw refuse("the client has no secret", "a client_id with a secret");
  const { sealing } = await keysOf(sandbox.id);
  const secret = Buffer.from(decryptSecret({ sealing, clientId }, encryptedSecret));
  return (await jwtVerify(assertion, secret, options)).payload;
}

async function verifyWithKeys(
  { clientKeys }: AssertionDeps,
  { sandbox, client: { metadata }, assertion }: AssertionCheck,
  options: JWTVerifyOptions,
): Promise<JWTPayload> {
  const { errors } = await import("jose");
  try {
    return await verifyWithAny(assertion, await clientKeys(sandbox, metadata), options);
  } catch (error) {
    // A client that has rotated its keys may be ahead of what is cached.
    const isRotated = metadata.jwks_uri !== undefined &&
      (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWSSignatureVerificationFailed);
    if (!isRotated) throw error;
    return await verifyWithAny(assertion, await clientKeys(sandbox, metadata, true), options);
  }
}

/** Without a kid several keys can match, and one of them is the right one. */
async function verifyWithAny(assertion: string, keys: KeySet, options: JWTVerifyOptions): Promise<JWTPayload> {
  const { createLocalJWKSet, errors, jwtVerify } = await import("jose");
  try {
    return (await jwtVerify(assertion, createLocalJWKSet(keys), options)).payload;
  } catch (error) {
    return await (error instanceof errors.JWKSMultipleMatchingKeys
      ? verifyWithFirst(assertion, error, options)
      : Promise.reject(error)).catch((error) => {
        // A client can register keys that are invalid; they are imported when they are first needed.
        if (error instanceof errors.JOSEError) throw error;
        throw refuse(
          "a key of the client cannot be used",
          "a JWK Set with keys as RFC 7518 6 and RFC 8037 2 have them",
        );
      });
  }
}

async function verifyWithFirst(
  assertion: string,
  keys: AsyncIterable<CryptoKey>,
  options: JWTVerifyOptions,
): Promise<JWTPayload> {
  const { errors, jwtVerify } = await import("jose");
  for await (const key of keys) {
    try {
      return (await jwtVerify(assertion, key, options)).payload;
    } catch (error) {
      if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw error;
    }
  }
  throw new errors.JWSSignatureVerificationFailed();
}

/** Says in our words what the library found. */
async function explain(
  verified: Promise<JWTPayload>,
  { algorithms, audience }: { readonly algorithms: readonly string[]; readonly audience: readonly string[] },
): Promise<JWTPayload> {
  const { errors } = await import("jose");
  try {
    return await verified;
  } catch (error) {
    if (!(error instanceof errors.JOSEError)) throw error;
    if (error instanceof errors.JOSEAlgNotAllowed) throw refuse("its alg is not accepted", algorithms.join(" or "));
    if (error instanceof errors.JWTExpired) throw refuse("it has expired", "an exp in the future");
    if (error instanceof errors.JWKSNoMatchingKey) {
      throw refuse("no key of the client matches it", "a kid of its JWK Set");
    }
    if (error instanceof errors.JWSSignatureVerificationFailed) {
      throw refuse("its signature is wrong", "one made with a key or the secret of this client");
    }
    if (!(error instanceof errors.JWTClaimValidationFailed)) throw refuse("it cannot be verified", "a signed JWT");
    const expected = error.claim === "aud"
      ? audience.slice(0, 2).map((name) => `'${name}'`).join(" or ")
      : error.claim === "iss" || error.claim === "sub"
      ? "the client_id"
      : "a claim as RFC 7523 asks for it";
    throw refuse(`its ${error.claim} ${error.reason === "missing" ? "is missing" : "is wrong"}`, expected);
  }
}

function checkTimes({ jti, iat, exp = 0 }: JWTPayload, nowSeconds: number): { jti: string; exp: number } {
  if (typeof jti !== "string" || jti === "") throw refuse("its jti is not a string", "a unique jti in each assertion");
  const limit = `at most ${MAX_LIFE_SECONDS} seconds`;
  if (iat !== undefined && iat > nowSeconds + SKEW_SECONDS) {
    throw refuse("its iat is in the future", "the time it was made");
  }
  if (iat !== undefined && iat < nowSeconds - MAX_LIFE_SECONDS) throw refuse("its iat is too old", limit);
  if (exp > nowSeconds + MAX_LIFE_SECONDS + SKEW_SECONDS) throw refuse("its exp is too far ahead", limit);
  return { jti, exp };
}

function refuse(problem: string, expected: string): OAuthError {
  return new OAuthError("invalid_client", `The client assertion is refused: ${problem}`, {
    parameter: "client_assertion",
    expected,
    reference: "RFC 7523 3",
  });
}
