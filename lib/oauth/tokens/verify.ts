// What the `/oauth` endpoint asks of an access token: our signature, our issuer, this resource as audience, valid at
// this time, not revoked (RFC 9068 4, RFC 8707 2, RFC 6750 3.1).
import { describeValue, OAuthError } from "../../http/errors.ts";
import { parseJson } from "../../http/json.ts";
import type { Sandbox } from "../../sandbox/sandbox.ts";
import { FAULT_PARAMETER } from "../../scenarios/schema/fault_text.ts";
import type { Grants } from "./mark_table.ts";
import { parseAccessTokenClaims } from "./access_token_claims.ts";
import { decodeBase64url } from "../../http/base64url.ts";
import type { KeysOf } from "../keys/keys.ts";
import { isRevokedTogether } from "./session_id.ts";
import type { VerifyingKey } from "../keys/signing_key.ts";
import type { AccessTokenClaims } from "./tokens.ts";
import { boundedMap } from "../../runtime/bounded_map.ts";
import { mostBytes } from "../../store/stored_value.ts";

type VerifierDeps = Readonly<{
  keysOf: KeysOf;
  grants: Grants;
}>;

/** What can be asked of an access token; each step includes the one before and refuses with `invalid_token`. */
export interface TokenVerifier {
  /** Its claims, if this server has signed it, whether it is live or not. */
  readonly verifySignature: (sandbox: Sandbox, token: string) => Promise<AccessTokenClaims>;
  /** Its claims, if it also comes from this issuer and is neither expired nor revoked, whatever resource it is for. */
  readonly verifyLive: (sandbox: Sandbox, token: string) => Promise<AccessTokenClaims>;
  /** Its claims, if it is also for the `/oauth` endpoint. */
  readonly verifyForResource: (sandbox: Sandbox, token: string) => Promise<AccessTokenClaims>;
}

/** How far ahead the clock of another process may be that has signed a token, in seconds. */
const SKEW_SECONDS = 60;

/** Tokens whose signature need not be checked again. */
const MAX_REMEMBERED = 10_000;

/** A signature that was seen to be good. */
interface Verified {
  readonly kid: string;
  readonly key: VerifyingKey;
  readonly claims: AccessTokenClaims;
}

/**
 * Makes the verifier of access tokens. It remembers which signatures it has seen to be good, as they stay good; issuer,
 * audience, expiry and revocation are looked at each time.
 */
export function createTokenVerifier({ keysOf, grants }: VerifierDeps): TokenVerifier {
  const verified = boundedMap<string, Verified>(MAX_REMEMBERED, {
    bytesOf: (name, { claims }) => name.length + mostBytes(claims),
  });

  async function verifySignature(sandbox: Sandbox, token: string): Promise<AccessTokenClaims> {
    const name = `${sandbox.id} ${token}`;
    const known = verified.get(name);
    const keys = await keysOf(sandbox.id);
    // A key can come to its end after the signature was seen to be good.
    if (known && keys.find(known.kid, sandbox.nowMs) === known.key) return known.claims;
    const { kid, signed } = readHeader(token);
    const key = keys.find(kid, sandbox.nowMs) ?? await keys.findStored(kid, sandbox.nowMs);
    if (!key) throw notOurs(`the kid of a key in ${sandbox.urls.jwks}`);
    const claims = readSigned(key, signed);
    verified.set(name, { kid, key, claims });
    return claims;
  }

  function requireUnrevoked(sandbox: Sandbox, claims: AccessTokenClaims): Promise<AccessTokenClaims> {
    const { sid: sessionId, client_id: clientId, jti } = claims;
    if (isRevokedTogether(sandbox, sessionId, clientId)) throw revoked();
    return grants.isRevoked(sandbox.id, { sessionId, clientId }, jti).then((isRevoked) => {
      if (isRevoked) throw revoked();
      return claims;
    });
  }

  return {
    verifySignature,
    verifyLive: async (sandbox, token) => {
      const claims = await verifySignature(sandbox, token);
      checkIssuer(sandbox, claims);
      checkTimes(sandbox, claims);
      return await requireUnrevoked(sandbox, claims);
    },
    verifyForResource: (sandbox, token) =>
      verifySignature(sandbox, token).then((claims) => {
        checkIssuer(sandbox, claims);
        checkAudience(sandbox, claims);
        checkTimes(sandbox, claims);
        return requireUnrevoked(sandbox, claims);
      }),
  };
}

/** A JWT taken apart, nothing of it believed yet. */
interface Signed {
  readonly alg: unknown;
  readonly typ: unknown;
  readonly signingInput: string;
  readonly payload: string;
  readonly signature: string;
}

function readHeader(token: string): { readonly kid: string; readonly signed: Signed } {
  const [header = "", payload = "", signature = "", ...more] = token.split(".");
  const { alg, typ, kid } = Object.fromEntries(Object.entries(parseSegment(header) ?? {}));
  if (more.length > 0 || typeof kid !== "string") throw notOurs("a JWT with the kid of one of this server's keys");
  return { kid, signed: { alg, typ, signingInput: `${header}.${payload}`, payload, signature } };
}

/** The algorithm is the key's, never the token's word (RFC 8725 3.1). */
function readSigned(key: VerifyingKey, { alg, typ, signingInput, payload, signature }: Signed): AccessTokenClaims {
  if (alg !== key.alg) throw notOurs(`a JWT with alg ${key.alg}, which is that of the key ${key.kid}`);
  if (typ !== "at+jwt") {
    throw refuse("The token is not an access token", {
      received: `typ ${describeValue(typ)}`,
      expected: "typ at+jwt",
      reference: "RFC 9068 4",
    });
  }
  const isSpelled = decodeBase64url(signature) !== undefined;
  const claims = isSpelled && key.verify(signingInput, signature) ? parseSegment(payload) : undefined;
  if (claims) return parseAccessTokenClaims(claims);
  throw refuse("The access token's signature is wrong", { reference: "RFC 9068 4" });
}

function revoked(): OAuthError {
  return refuse("The access token has been revoked", { reference: "RFC 6749 4.1.2" });
}

function notOurs(expected: string): OAuthError {
  return refuse("The access token is not one of this server's", { expected, reference: "RFC 9068 4" });
}

/** A segment is only believed after the signature over it was, or compared with what we signed it with. */
function parseSegment(segment: string): object | undefined {
  try {
    const parsed: unknown = parseJson(decodeBase64url(segment)?.toString() ?? "");
    return typeof parsed === "object" && parsed !== null ? parsed : undefined;
  } catch {
    return undefined;
  }
}

function checkIssuer(sandbox: Sandbox, { iss }: AccessTokenClaims): void {
  if (iss === sandbox.issuer) return;
  throw refuse("The access token comes from another issuer", {
    received: iss,
    expected: `${sandbox.issuer}, the issuer at the URL of this request`,
    reference: "RFC 9068 4",
  });
}

function checkAudience(sandbox: Sandbox, { aud }: AccessTokenClaims): void {
  const audiences = typeof aud === "string" ? [aud] : aud;
  if (!audiences.some((audience) => isThisResource(sandbox, audience))) {
    throw refuse("Token audience does not match resource server", {
      received: audiences.join(" "),
      expected: sandbox.urls.oauth,
      reference: "RFC 8707 2",
    });
  }
}

function checkTimes({ nowMs }: Sandbox, { exp, nbf, iat }: AccessTokenClaims): void {
  const nowSeconds = nowMs / 1000;
  if (exp !== undefined && exp <= nowSeconds) {
    throw refuse("Access token expired", {
      received: `exp ${exp}, which is ${Math.floor(nowSeconds) - exp} seconds ago`,
      reference: "RFC 6750 3.1",
    });
  }
  checkStart(`nbf ${nbf}`, nbf, nowSeconds);
  checkStart(`iat ${iat}`, iat, nowSeconds);
}

function checkStart(received: string, start: number | undefined, nowSeconds: number): void {
  if (start === undefined || start <= nowSeconds + SKEW_SECONDS) return;
  throw refuse("The access token is not valid yet", {
    received: `${received}, which is in ${Math.ceil(start - nowSeconds)} seconds`,
    expected: `a time at most ${SKEW_SECONDS} seconds from now`,
    reference: "RFC 7519 4.1",
  });
}

/** The endpoint's own URL, or the origin that the root's metadata names; scheme and host in any case, a slash or none. */
function isThisResource({ urls, origin, prefix }: Sandbox, audience: string): boolean {
  const root = origin + prefix;
  if (audience === urls.oauth || audience === root) return true;
  if (!URL.canParse(audience)) return false;
  const url = new URL(audience);
  // A client that was given its URL with a fault in it may name the resource by the whole of it.
  if (url.searchParams.has(FAULT_PARAMETER)) url.searchParams.delete(FAULT_PARAMETER);
  const { href } = url;
  const plain = href.endsWith("/") ? href.slice(0, -1) : href;
  return plain === urls.oauth || plain === root;
}

function refuse(message: string, detail: { received?: string; expected?: string; reference?: string }): OAuthError {
  return new OAuthError("invalid_token", message, { parameter: "authorization", ...detail });
}
