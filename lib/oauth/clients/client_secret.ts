// Client secrets: generated at registration, shown once, and stored as a hash where a hash is enough.
import { hash } from "../../runtime/node_crypto.ts";
import type { Chance } from "../../runtime/chance.ts";
import { isSameSecret } from "../../runtime/secret.ts";
import type { Policy } from "../../scenarios/plan.ts";
import { prefixed } from "../../http/secret_prefixes.ts";
import type { ClientRecord } from "./client_record.ts";
import type { ClientMetadata } from "./client_metadata.ts";
import type { Keys } from "../keys/keys.ts";
import { encryptSecret } from "../keys/secret_box.ts";

interface SecretOwner {
  readonly clientId: string;
  readonly metadata: ClientMetadata;
  readonly nowSeconds: number;
  /** The secret, if a test or a scenario has chosen it. */
  readonly chosen?: string | undefined;
}

type SecretDeps = Readonly<{
  chance: Chance;
  /** The sandbox's keys; asked for only if the secret has to be kept readable. */
  keys: () => Promise<Keys>;
  policy: Policy;
}>;

/** A secret, as the client gets it and as it is stored. */
export interface IssuedSecret {
  /** Members of the registration response (RFC 7591 3.2.1). */
  readonly told: { readonly client_secret: string; readonly client_secret_expires_at: number };
  /** Members of the record. */
  readonly kept: Pick<ClientRecord, "secretHash" | "encryptedSecret" | "secretExpiresAtSeconds">;
}

/** What is kept of a secret that need not be read again: its SHA-256 in base64url. A random secret needs no slow hash. */
export function hashSecret(secret: string): string {
  return hash("sha256", secret, "base64url");
}

/** Whether a secret is the one that a hash was kept of. */
export function isSecretOf(secretHash: string, sent: string): boolean {
  return isSameSecret(hashSecret(sent), secretHash);
}

/**
 * Generates a client's secret.
 *
 * @returns Undefined for a client that authenticates without one.
 */
export async function issueSecret(
  { chance, keys, policy }: SecretDeps,
  { clientId, metadata, nowSeconds, chosen }: SecretOwner,
): Promise<IssuedSecret | undefined> {
  const { token_endpoint_auth_method: method } = metadata;
  if (method === "none" || method === "private_key_jwt") return undefined;
  const isKey = method === "client_secret_jwt";
  // HS512 requires a key of 64 bytes (RFC 7518 3.2).
  const secret = chosen ?? prefixed("secret", chance.id(isKey ? 64 : 32));
  const { clientSecretTtlSeconds: ttlSeconds } = policy;
  const expiry = ttlSeconds === undefined ? {} : { secretExpiresAtSeconds: nowSeconds + ttlSeconds };
  const kept = isKey
    ? { encryptedSecret: encryptSecret({ sealing: (await keys()).sealing, clientId }, secret, chance) }
    : { secretHash: hashSecret(secret) };
  return {
    told: { client_secret: secret, client_secret_expires_at: expiry.secretExpiresAtSeconds ?? 0 },
    kept: { ...kept, ...expiry },
  };
}
