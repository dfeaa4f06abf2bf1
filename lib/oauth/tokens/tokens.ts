// What a login turns into: access tokens (RFC 9068), refresh tokens and id_tokens. Codes, the fourth, are in `code.ts`.
import { hash } from "../../runtime/node_crypto.ts";
import { toBase64url } from "../../runtime/base64url.ts";
import type { Chance } from "../../runtime/chance.ts";
import type { Mint, Policy } from "../../scenarios/plan.ts";
import type { Sandbox } from "../../sandbox/sandbox.ts";
import type { Keys } from "../keys/keys.ts";
import { claimsOfScopes } from "./scopes.ts";
import type { SigningKey } from "../keys/signing_key.ts";
import { seal, unseal } from "../keys/seal.ts";
import type { User } from "../users/user.ts";

/** What a person has granted a client; codes and refresh tokens carry it, sealed. */
export interface Grant {
  /** The login, by which everything that came of it can be revoked. */
  readonly sessionId: string;
  readonly clientId: string;
  readonly user: User;
  readonly scopes: readonly string[];
  /** Resources asked for; empty means the `/oauth` endpoint. */
  readonly resources: readonly string[];
  /** Life of access tokens in seconds; absent for tokens that do not expire. */
  readonly expiresInSeconds?: number | undefined;
  /** To be repeated in the id_token (OpenID Connect Core 3.1.2.1). */
  readonly nonce?: string | undefined;
  readonly authTimeSeconds: number;
}

/** A refresh token's contents. */
export interface RefreshToken {
  readonly jti: string;
  readonly grant: Grant;
  readonly expiresAtMs: number;
  /** The key it is bound to (RFC 9449 5), if it is. */
  readonly jkt?: string | undefined;
}

/** Claims of our access tokens (RFC 9068 2.2). */
export interface AccessTokenClaims {
  readonly iss: string;
  readonly sub: string;
  readonly aud: string | readonly string[];
  readonly client_id: string;
  /** What was granted; absent if nothing was asked for. */
  readonly scope: string;
  readonly iat: number;
  /** When it expires, in seconds since 1970; absent if never. */
  readonly exp?: number;
  /** Before when it is not good, in seconds since 1970; ours have none. */
  readonly nbf?: number;
  readonly jti: string;
  /** The login; revoking it revokes the token. */
  readonly sid: string;
  /** The user's e-mail address; a client that acts for itself has none. */
  readonly email?: string;
  readonly name: string;
  /** The key it is bound to (RFC 9449 6.1); absent for bearer tokens. */
  readonly cnf?: { readonly jkt: string };
}

/** The body of a successful token response (RFC 6749 5.1). */
export interface TokenResponse {
  /** A JWT. */
  readonly access_token: string;
  /** How it is to be sent (RFC 6750, RFC 9449). */
  readonly token_type: "Bearer" | "DPoP";
  /** Life of the access token in seconds; absent if it does not expire. */
  readonly expires_in?: number | undefined;
  /** Good for one use. */
  readonly refresh_token?: string | undefined;
  /** What was granted; absent if nothing was asked for. */
  readonly scope?: string | undefined;
  /** Present for the scope `openid`. */
  readonly id_token?: string | undefined;
}

/** What issuing needs to know of the request. */
export type IssueContext = Readonly<{
  sandbox: Sandbox;
  policy: Policy;
  mint: Mint;
  keys: Keys;
  chance: Chance;
  /** The key that access tokens are bound to, and refresh tokens of public clients (RFC 9449 5). */
  dpop?: { readonly jkt: string; readonly bindsRefreshToken: boolean } | undefined;
}>;

/**
 * Issues the tokens of a grant.
 *
 * @param refreshToken What the refresh token is to hold; none without it.
 */
export async function issueTokens(
  context: IssueContext,
  grant: Grant,
  refreshToken: RefreshToken | undefined,
): Promise<TokenResponse> {
  const { sandbox, mint, keys, chance, dpop } = context;
  const nowMs = sandbox.nowMs;
  const iat = Math.floor(nowMs / 1000) + mint.clockSkewSeconds;
  const expiresIn = grant.expiresInSeconds ?? mint.accessTokenTtlSeconds;
  const scope = grant.scopes.join(" ");
  const key = keys.signing;
  const noting = keys.cover(key, expiresIn === undefined ? Infinity : (iat + expiresIn) * 1000);
  if (noting) await noting;
  const accessToken = signJwt({ key, typ: "at+jwt", mint }, {
    ...grant.user.claims,
    iss: sandbox.issuer,
    sub: grant.user.userId,
    // A client that acts for itself has no address.
    email: grant.user.email || undefined,
    name: grant.user.userName,
    aud: audienceOf(sandbox, grant.resources),
    client_id: grant.clientId,
    scope,
    iat,
    exp: expiresIn === undefined ? undefined : iat + expiresIn,
    jti: chance.id(),
    sid: grant.sessionId,
    cnf: dpop && { jkt: dpop.jkt },
    ...mint.claims,
  });
  return {
    access_token: accessToken,
    token_type: dpop === undefined ? "Bearer" : "DPoP",
    expires_in: expiresIn,
    refresh_token: refreshToken && seal("refresh", keys.sealing, refreshToken),
    scope: scope || undefined,
    id_token: grant.scopes.includes("openid") ? await issueIdToken(context, grant, { iat, accessToken }) : undefined,
  };
}

/**
 * The contents of a new refresh token. It holds the whole of what was granted, also where the access token beside it was
 * asked for with less (RFC 6749 6).
 */
export function buildRefreshToken({ sandbox, policy, chance, dpop }: IssueContext, grant: Grant): RefreshToken {
  return {
    jti: chance.id(),
    grant,
    expiresAtMs: sandbox.nowMs + policy.refreshTokenTtlSeconds * 1000,
    jkt: dpop?.bindsRefreshToken ? dpop.jkt : undefined,
  };
}

/** OpenID Connect Core 2; an id_token always expires. */
async function issueIdToken(
  { sandbox, policy, mint, keys }: IssueContext,
  { user, ...grant }: Grant,
  { iat, accessToken }: { readonly iat: number; readonly accessToken: string },
): Promise<string> {
  const key = await keys.idTokenSigning();
  const exp = iat + policy.idTokenTtlSeconds;
  await keys.cover(key, exp * 1000);
  return signJwt({ key, typ: "JWT", mint }, {
    ...claimsOfScopes({ name: user.userName, email: user.email, claims: user.claims }, grant.scopes),
    iss: sandbox.issuer,
    sub: user.userId,
    aud: grant.clientId,
    iat,
    exp,
    auth_time: grant.authTimeSeconds,
    // By which a logout finds the login (OpenID Connect RP-Initiated Logout 2, Front-Channel Logout 3).
    sid: grant.sessionId,
    at_hash: atHash(accessToken),
    nonce: grant.nonce,
  });
}

/** The left half of the hash that belongs to RS256, with which every id_token is signed (OpenID Connect Core 3.1.3.6). */
function atHash(accessToken: string): string {
  return hash("sha256", accessToken, "buffer").subarray(0, 16).toString("base64url");
}

/** The `aud` claim: the resources that were asked for, else the `/oauth` endpoint (RFC 9068 3). */
function audienceOf(sandbox: Sandbox, resources: readonly string[]): string | readonly string[] {
  return resources.length > 1 ? resources : resources[0] ?? sandbox.urls.oauth;
}

/** What a token is signed with, and how well. */
interface Signing {
  readonly key: SigningKey;
  readonly typ: "at+jwt" | "JWT";
  readonly mint: Mint;
}

function signJwt({ key, typ, mint: { signature } }: Signing, claims: object): string {
  // No private half of a foreign key exists, so any signature that does not match will do.
  const header = signature === "foreign"
    ? toBase64url(JSON.stringify({ alg: key.alg, typ, kid: hash("sha256", `foreign ${key.kid}`, "base64url") }))
    : key.headers[typ];
  const signingInput = `${header}.${toBase64url(JSON.stringify(claims))}`;
  return `${signingInput}.${key.sign(signature === "right" ? signingInput : `${signingInput}.`)}`;
}

/**
 * Opens a refresh token.
 *
 * @returns Its contents, live or not, or undefined for anything this sandbox has not issued.
 */
export function openRefreshToken(keys: Keys, text: string): RefreshToken | undefined {
  return unseal<RefreshToken>("refresh", keys.sealing, text);
}
