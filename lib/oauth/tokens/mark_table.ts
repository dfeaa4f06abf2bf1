// What has been used and what has been revoked. Codes and refresh tokens carry their own contents, so all that must
// be remembered of one is that it is spent; and all that must be remembered of a login gone wrong is that it is revoked.
import { isDocumentId } from "../clients/client_metadata.ts";
import { removedClientKey } from "../clients/client_table.ts";
import type { ClientRecord } from "../clients/client_record.ts";
import type { Entry, Key, Store } from "../../store/store.ts";

interface Redemption {
  readonly sandboxId: string;
  readonly jti: string;
  /** The login it comes from, which is what is revoked when it turns out stolen. */
  readonly grantId: string;
  /** Whether the login can have been revoked before: not with a code, whose redemption is the login's first act. */
  readonly checkRevoked: boolean;
  /** The client that redeems it, as the caller knows it. */
  readonly client: Entry<ClientRecord>;
  readonly use: UseRecord;
  /** How long the mark must stay: as long as the credential could still be used, in milliseconds. */
  readonly keepMs: number;
}

/** The use of a one-time credential. */
export interface UseRecord {
  readonly grantId: string;
  /** The client that used it; absent in marks made before there was a list of logins. */
  readonly clientId?: string;
  readonly usedAtMs: number;
  /** Id and end of the refresh token it was exchanged for, if the client may ask for that again. */
  readonly successor?: { readonly jti: string; readonly expiresAtMs: number };
}

/** Why a redemption did not happen, or that it did. */
type RedemptionResult = "redeemed" | "already used" | "revoked" | "client changed";

/** What the marks of a sandbox tell. */
export interface Marks {
  readonly uses: readonly UseRecord[];
  /** Ids of revoked logins and access tokens. */
  readonly revoked: readonly string[];
}

const MAX_LISTED = 1000;

/** Marks of all sandboxes. */
export interface Grants {
  /** Spends a credential: of any number of callers, on any number of processes, one is told `redeemed`. */
  readonly redeem: (redemption: Redemption) => Promise<RedemptionResult>;
  readonly findUse: (sandboxId: string, jti: string) => Promise<UseRecord | undefined>;
  /** Revokes everything a login has issued or will issue. */
  readonly revoke: (sandboxId: string, grantId: string, nowMs: number) => Promise<void>;
  /** Revokes one access token; the mark stays for `keepMs`, for good if the token never expires. */
  readonly revokeToken: (
    sandboxId: string,
    token: { readonly jti: string; readonly nowMs: number; readonly keepMs?: number | undefined },
  ) => Promise<void>;
  /** Whether a login, its client, or one access token of it has been revoked: all keys in one round trip. */
  readonly isRevoked: (sandboxId: string, login: Login, jti?: string) => Promise<boolean>;
  readonly list: (sandboxId: string) => Promise<Marks>;
  /** Whether a one-time credential is unused, and neither its login nor its client is revoked. */
  readonly isUsable: (sandboxId: string, login: Login, jti: string) => Promise<boolean>;
}

/** What a token comes from, and goes with. */
export interface Login {
  readonly sessionId: string;
  readonly clientId: string;
}

/** A revoked login is remembered for as long as any refresh token of it could come back. */
const REVOCATION_LIFETIME_MS = 400 * 24 * 60 * 60 * 1000;

/** Opens the table of marks. */
export function createGrants(store: Store): Grants {
  const spentKey = (sandboxId: string, jti: string): Key => [sandboxId, "spent", jti];
  const revokedKey = (sandboxId: string, grantId: string): Key => [sandboxId, "revoked", grantId];
  const marksOf = (sandboxId: string, { sessionId, clientId }: Login): readonly Key[] => [
    revokedKey(sandboxId, sessionId),
    // A client that is known by a URL stands in no table, and so is never removed from one.
    ...(isDocumentId(clientId) ? [] : [removedClientKey(sandboxId, clientId)]),
  ];

  async function redeem(redemption: Redemption): Promise<RedemptionResult> {
    const { sandboxId, jti, grantId, checkRevoked, client, use, keepMs } = redemption;
    const spent = spentKey(sandboxId, jti);
    const revoked = revokedKey(sandboxId, grantId);
    const redeemed = await store.commit({
      checks: [
        { key: spent, versionstamp: null },
        ...(checkRevoked ? [{ key: revoked, versionstamp: null }] : []),
        // A client without a version is described by a document of its own and stands in no table.
        ...(client.versionstamp === null ? [] : [{ key: client.key, versionstamp: client.versionstamp }]),
      ],
      sets: [{ key: spent, value: use, expireInMs: keepMs }],
    });
    if (redeemed) return "redeemed";
    const [found, revocation] = await Promise.all([store.get(spent), store.get(revoked)]);
    if (found.versionstamp !== null) return "already used";
    return revocation.versionstamp === null ? "client changed" : "revoked";
  }

  /** Asked for in one breath, so that the read queue sends them together. */
  function isAnyMarked(...keys: readonly Key[]): Promise<boolean> {
    return Promise.all(keys.map((key) => store.get(key)))
      .then((marks) => marks.some(({ versionstamp }) => versionstamp !== null));
  }

  return {
    redeem,
    findUse: async (sandboxId, jti) => (await store.get<UseRecord>(spentKey(sandboxId, jti))).value,
    revoke: async (sandboxId, grantId, nowMs) => {
      const key = revokedKey(sandboxId, grantId);
      await store.commit({ sets: [{ key, value: nowMs, expireInMs: REVOCATION_LIFETIME_MS }] });
    },
    revokeToken: async (sandboxId, { jti, nowMs, keepMs }) => {
      await store.commit({ sets: [{ key: revokedKey(sandboxId, jti), value: nowMs, expireInMs: keepMs }] });
    },
    isRevoked: (sandboxId, login, jti) =>
      isAnyMarked(...marksOf(sandboxId, login), ...(jti === undefined ? [] : [revokedKey(sandboxId, jti)])),
    list: async (sandboxId) => {
      const [uses, revoked] = await Promise.all([
        store.list<UseRecord>([sandboxId, "spent"], MAX_LISTED),
        store.list<number>([sandboxId, "revoked"], MAX_LISTED),
      ]);
      return {
        uses: uses.flatMap(({ value }) => value ?? []),
        revoked: revoked.map(({ key }) => String(key.at(-1))),
      };
    },
    isUsable: async (sandboxId, login, jti) =>
      !await isAnyMarked(...marksOf(sandboxId, login), spentKey(sandboxId, jti)),
  };
}
