/**
 * What has been used up and what has been taken back. Codes and refresh tokens carry their own contents, so all that must
 * be remembered of one is that it is spent; and all that must be remembered of a login gone wrong is that it is revoked.
 *
 * @module
 */
import type { ClientRecord } from "./clients.ts";
import type { Entry, Key, Store } from "./kv.ts";

/** A one-time credential about to be redeemed. */
export interface Redemption {
  /** The sandbox it was issued in. */
  readonly sandboxId: string;
  /** The credential's own id. */
  readonly jti: string;
  /** The login it comes from, which is what is revoked when it turns out stolen. */
  readonly grantId: string;
  /** Whether the login can have been revoked before: not with a code, whose redemption is the login's first act. */
  readonly checkRevoked: boolean;
  /** The client that redeems it, as the caller knows it. */
  readonly client: Entry<ClientRecord>;
  /** How long the mark must stay: as long as the credential could still be used, in milliseconds. */
  readonly keepMs: number;
}

/** Why a redemption did not happen, or that it did. */
export type RedemptionResult = "redeemed" | "already used" | "revoked" | "client changed";

/** Marks of all sandboxes. */
export interface Grants {
  /** Spends a credential: of any number of callers, on any number of processes, one is told `redeemed`. */
  readonly redeem: (redemption: Redemption) => Promise<RedemptionResult>;
  /** Takes back everything a login has issued or will issue. */
  readonly revoke: (sandboxId: string, grantId: string, nowMs: number) => Promise<void>;
  /** Whether a login has been taken back. */
  readonly isRevoked: (sandboxId: string, grantId: string) => Promise<boolean>;
}

/** A revoked login is remembered for as long as any refresh token of it could come back. */
const REVOCATION_LIFETIME_MS = 400 * 24 * 60 * 60 * 1000;

/**
 * Opens the table of marks.
 *
 * @param store The store.
 */
export function createGrants(store: Store): Grants {
  const spentKey = (sandboxId: string, jti: string): Key => [sandboxId, "spent", jti];
  const revokedKey = (sandboxId: string, grantId: string): Key => [sandboxId, "revoked", grantId];

  async function redeem(redemption: Redemption): Promise<RedemptionResult> {
    const { sandboxId, jti, grantId, checkRevoked, client, keepMs } = redemption;
    const spent = spentKey(sandboxId, jti);
    const revoked = revokedKey(sandboxId, grantId);
    const redeemed = await store.commit({
      checks: [
        { key: spent, versionstamp: null },
        ...(checkRevoked ? [{ key: revoked, versionstamp: null }] : []),
        // A client without a version is described by a document of its own and stands in no table.
        ...(client.versionstamp === null ? [] : [{ key: client.key, versionstamp: client.versionstamp }]),
      ],
      sets: [{ key: spent, value: grantId, expireInMs: keepMs }],
    });
    if (redeemed) return "redeemed";
    const [use, revocation] = await Promise.all([store.get(spent), store.get(revoked)]);
    if (use.versionstamp !== null) return "already used";
    return revocation.versionstamp === null ? "client changed" : "revoked";
  }

  return {
    redeem,
    revoke: async (sandboxId, grantId, nowMs) => {
      const key = revokedKey(sandboxId, grantId);
      await store.commit({ sets: [{ key, value: nowMs, expireInMs: REVOCATION_LIFETIME_MS }] });
    },
    isRevoked: async (sandboxId, grantId) => (await store.get(revokedKey(sandboxId, grantId))).versionstamp !== null,
  };
}
