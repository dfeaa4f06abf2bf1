// What every grant receives, and what the grants share: checking a credential, then spending it.
import { OAuthError } from "../../http/errors.ts";
import type { Clients } from "../clients/client_table.ts";
import type { ClientRecord } from "../clients/client_record.ts";
import type { Devices } from "./device_table.ts";
import type { Grants, UseRecord } from "../tokens/mark_table.ts";
import type { Replays } from "../replay_table.ts";
import type { Entry } from "../../store/store.ts";
import type { GrantType } from "../../scenarios/vocabulary.ts";
import type { KeysOf } from "../keys/keys.ts";
import type { Params } from "../params.ts";
import { buildRefreshToken, type Grant, type IssueContext, type RefreshToken } from "../tokens/tokens.ts";
import { isRevokedTogether } from "../tokens/session_id.ts";

/** One token request, its client authenticated. */
export type TokenRequest =
  & IssueContext
  & Readonly<{
    params: Params;
    /** The client, with the version that this process knows. */
    client: Entry<ClientRecord> & { readonly value: ClientRecord };
    clients: Clients;
    grants: Grants;
    devices: Devices;
    replays: Replays;
    keysOfIdp: KeysOf;
  }>;

/** The refresh token of a login: for clients that registered to use one, unless the policy says otherwise. */
export function firstRefreshToken(
  request: TokenRequest,
  grant: Grant,
  consentAsked = false,
): RefreshToken | undefined {
  const { policy: { issueRefreshTokens }, client } = request;
  const isRegistered = client.value.metadata.grant_types.includes("refresh_token");
  const isGranted = issueRefreshTokens === "always" || (issueRefreshTokens === "registered" && isRegistered) ||
    (issueRefreshTokens === "with_consent_prompt" && isRegistered && consentAsked);
  return isGranted ? buildRefreshToken(request, grant) : undefined;
}

/**
 * What a client gets of what a person has granted: `offline_access` stands for a refresh token, so that it is left out
 * where there is none, and the response says so (OpenID Connect Core 11, RFC 6749 3.3). A client that has registered for
 * refresh tokens gets one without asking, too: many never ask, and it harms none.
 */
export function usableGrant(grant: Grant, refreshToken: RefreshToken | undefined): Grant {
  return refreshToken ? grant : { ...grant, scopes: withoutOffline(grant.scopes) };
}

/** Scopes, less the one that asks for a refresh token, for grants that never give one. */
export function withoutOffline(scopes: readonly string[]): readonly string[] {
  return scopes.filter((scope) => scope !== "offline_access");
}

/** A credential that can be used once, by the parameter that carries it. */
type CredentialKind = "code" | "refresh_token";

/** What errors call it. */
const nouns: Readonly<Record<CredentialKind, string>> = { code: "Authorization code", refresh_token: "Refresh token" };

/** Such a credential, its seal verified. */
type Credential = Readonly<{
  kind: CredentialKind;
  jti: string;
  grant: Grant;
  expiresAtMs: number;
  /** The paragraph that says it can be used once. */
  reference: string;
}>;

/**
 * Requires that a client has registered for a grant.
 *
 * @throws OAuthError `unauthorized_client`.
 */
export function requireGrantType({ metadata }: ClientRecord, grantType: GrantType): void {
  if (metadata.grant_types.includes(grantType)) return;
  throw new OAuthError("unauthorized_client", `This client has not registered for the ${grantType} grant`, {
    parameter: "grant_type",
    expected: `a registration with "${grantType}" in grant_types`,
    reference: "RFC 7591 2",
  });
}

/** Marks outlive what they mark by this much, because sandbox clocks can be set back. */
const MARK_MARGIN_MS = 60 * 60 * 1000;

/**
 * Spends a one-time credential. Everything else about it must have been checked before, so that a request that fails for
 * another reason leaves it usable, and only a real second use counts as one.
 *
 * @returns The replacement: an earlier one if the credential was used so shortly before that the response may be lost.
 * @throws OAuthError `invalid_grant` if it was used before (which revokes what the first use issued) or was revoked,
 * `invalid_client` if the client has been removed.
 */
export async function spend(
  request: TokenRequest,
  credential: Credential,
  successor?: RefreshToken,
): Promise<RefreshToken | undefined> {
  const { sandbox, grants, clients, policy } = request;
  const { kind, jti, grant, expiresAtMs, reference } = credential;
  const kept = successor && policy.refreshGraceSeconds > 0
    ? { successor: { jti: successor.jti, expiresAtMs: successor.expiresAtMs } }
    : {};
  let client: Entry<ClientRecord> = request.client;
  for (;;) {
    const keepMs = Math.max(0, expiresAtMs - sandbox.nowMs) + MARK_MARGIN_MS;
    const result = await grants.redeem({
      sandboxId: sandbox.id,
      jti,
      grantId: grant.sessionId,
      checkRevoked: kind === "refresh_token",
      client,
      use: { grantId: grant.sessionId, clientId: grant.clientId, usedAtMs: sandbox.nowMs, ...kept },
      keepMs,
    });
    switch (result) {
      case "redeemed":
        return successor;
      case "already used": {
        const earlier = successor && await graceSuccessor(request, credential);
        if (earlier) return { ...successor, ...earlier };
        if (policy.revokeOnReuse) await grants.revoke(sandbox.id, grant.sessionId, sandbox.nowMs);
        throw new OAuthError("invalid_grant", `${nouns[kind]} already used; all tokens of this login are now revoked`, {
          parameter: kind,
          expected: "each to be redeemed only once",
          reference,
        });
      }
      case "revoked":
        throw revoked(credential);
      case "client changed":
        client = await clients.get(sandbox.id, grant.clientId);
        if (!client.value) throw new OAuthError("invalid_client", "Client not found", { reference: "RFC 6749 5.2" });
    }
  }
}

/** What an earlier use returned, while a client that lost the response may ask again. */
export async function graceSuccessor(
  { sandbox, grants, policy }: Pick<TokenRequest, "sandbox" | "grants" | "policy">,
  { jti, grant }: Pick<Credential, "jti" | "grant">,
): Promise<UseRecord["successor"]> {
  if (policy.refreshGraceSeconds === 0) return undefined;
  const use = await grants.findUse(sandbox.id, jti);
  const isShortAgo = use !== undefined && sandbox.nowMs < use.usedAtMs + policy.refreshGraceSeconds * 1000;
  return isShortAgo && !await grants.isRevoked(sandbox.id, grant) ? use.successor : undefined;
}

/** The refusal of a credential whose login was revoked. */
export function revoked({ kind, reference }: Pick<Credential, "kind" | "reference">): OAuthError {
  return new OAuthError("invalid_grant", `${nouns[kind]} has been revoked`, { parameter: kind, reference });
}

/**
 * Requires that a credential belongs to the client that sends it, and is live.
 *
 * @throws OAuthError `invalid_grant` for another client's credential, or one that was revoked or has expired.
 */
export function requireOwnAndLive(request: TokenRequest, credential: Credential): void {
  const { sandbox, client } = request;
  const { kind, grant, expiresAtMs, reference } = credential;
  if (grant.clientId !== client.value.clientId) {
    throw new OAuthError("invalid_grant", `Client ID mismatch: the ${kind} was issued to another client`, {
      parameter: kind,
      received: client.value.clientId,
      expected: "the client_id of the authorization request",
      reference,
    });
  }
  if (isRevokedTogether(sandbox, grant.sessionId, grant.clientId)) throw revoked(credential);
  if (expiresAtMs <= sandbox.nowMs) {
    const seconds = Math.floor((sandbox.nowMs - expiresAtMs) / 1000);
    throw new OAuthError("invalid_grant", `${nouns[kind]} expired ${seconds} seconds ago`, {
      parameter: kind,
      reference,
    });
  }
}

/**
 * Requires that the key a credential is bound to has signed the request's proof.
 *
 * @throws OAuthError `invalid_grant` for another key, or none.
 */
export function requireBoundKey({ dpop }: TokenRequest, kind: CredentialKind, jkt: string | undefined): void {
  if (jkt === undefined || dpop?.jkt === jkt) return;
  throw new OAuthError("invalid_grant", `${nouns[kind]} is bound to another DPoP key`, {
    parameter: "dpop",
    received: dpop ? `a proof by the key ${dpop.jkt}` : "no proof",
    expected: `a proof by the key ${jkt}`,
    reference: "RFC 9449 5",
  });
}

/**
 * The resources of a token request: those of the grant, or some of them (RFC 8707 2.2).
 *
 * @throws OAuthError `invalid_target` for one that was not granted.
 */
export function narrowResources(granted: readonly string[], asked: readonly string[]): readonly string[] {
  if (asked.length === 0) return granted;
  const foreign = granted.length === 0 ? undefined : asked.find((resource) => !granted.includes(resource));
  if (foreign === undefined) return asked;
  throw new OAuthError("invalid_target", "resource was not part of the authorization request", {
    parameter: "resource",
    received: foreign,
    expected: granted.map((resource) => `'${resource}'`).join(" or "),
    reference: "RFC 8707 2.2",
  });
}
