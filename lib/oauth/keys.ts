/**
 * A sandbox's keys, imported once per process and ready to use: signatures over node:crypto, which on this runtime
 * costs a quarter of what the same signature costs through WebCrypto, because it does not leave the thread.
 *
 * @module
 */
import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import { Buffer } from "node:buffer";
import type { Chance } from "../chance.ts";
import type { KeyTable, SigningAlgorithm, SigningKeyRecord } from "../store/keys.ts";

/** A key that signs and verifies JWS signing input. */
export interface SigningKey {
  /** The key's thumbprint (RFC 7638). */
  readonly kid: string;
  /** What it signs with. */
  readonly alg: SigningAlgorithm;
  /** The JWS headers of both kinds of token we sign, encoded. */
  readonly headers: Readonly<Record<"at+jwt" | "JWT", string>>;
  /** The public key as it stands in the JWKS (RFC 7517 4). */
  readonly publicJwk: Readonly<Record<string, unknown>>;
  /** The signature of a JWS signing input, in base64url (RFC 7515 5.1). */
  readonly sign: (signingInput: string) => string;
  /** Whether a signature in base64url belongs to a signing input. */
  readonly verify: (signingInput: string, signature: string) => boolean;
}

/** What a sandbox signs and seals with. */
export interface Keys {
  /** Signs access tokens and id_tokens. */
  readonly signing: SigningKey;
  /** 32 bytes for codes and refresh tokens. */
  readonly sealing: Uint8Array;
}

/**
 * Makes the function that gives a sandbox's keys, made on first use and the same on every process that shares the store.
 *
 * @param table Where they are kept.
 * @param alg What access tokens are signed with.
 * @param chance Where the sealing key's bytes come from; signing keys come from the runtime's own generator.
 */
export function createKeyRing(
  table: KeyTable,
  alg: SigningAlgorithm,
  chance: Chance,
): (sandboxId: string) => Promise<Keys> {
  const rings = new Map<string, Promise<Keys>>();

  async function load(sandboxId: string): Promise<Keys> {
    const [record, sealing] = await Promise.all([
      table.signingKey(sandboxId, alg, () => generateSigningKey(alg)),
      table.sealingKey(sandboxId, () => chance.bytes(32)),
    ]);
    return { signing: importSigningKey(record), sealing };
  }

  return (sandboxId) => {
    const known = rings.get(sandboxId);
    if (known) return known;
    const loading = load(sandboxId);
    rings.set(sandboxId, loading);
    // A store that failed once may answer the next time.
    loading.catch(() => rings.delete(sandboxId));
    return loading;
  };
}

async function generateSigningKey(alg: SigningAlgorithm): Promise<SigningKeyRecord> {
  // Needed once in a sandbox's life, so it stays off the way of every other start.
  const { calculateJwkThumbprint, exportJWK, generateKeyPair } = await import("jose");
  const { privateKey } = await generateKeyPair(alg, { extractable: true });
  const jwk = await exportJWK(privateKey);
  const privateJwk = Object.fromEntries(
    Object.entries(jwk).filter((member): member is [string, string] => typeof member[1] === "string"),
  );
  return { kid: await calculateJwkThumbprint(jwk), alg, privateJwk };
}

function importSigningKey({ kid, alg, privateJwk }: SigningKeyRecord): SigningKey {
  const privateKey = createPrivateKey({ key: privateJwk, format: "jwk" });
  const publicKey = createPublicKey(privateKey);
  const digest = alg === "EdDSA" ? null : "sha256";
  // A JWS carries the two numbers of an ECDSA signature side by side (RFC 7518 3.4), not in DER.
  const options = (key: KeyObject): KeyObject | { key: KeyObject; dsaEncoding: "ieee-p1363" } =>
    alg === "ES256" ? { key, dsaEncoding: "ieee-p1363" } : key;
  const signWith = options(privateKey);
  const verifyWith = options(publicKey);
  const header = (typ: string): string => Buffer.from(JSON.stringify({ alg, typ, kid })).toString("base64url");
  return {
    kid,
    alg,
    headers: { "at+jwt": header("at+jwt"), JWT: header("JWT") },
    publicJwk: { ...publicKey.export({ format: "jwk" }), kid, alg, use: "sig" },
    sign: (signingInput) => sign(digest, Buffer.from(signingInput), signWith).toString("base64url"),
    verify: (signingInput, signature) =>
      verify(digest, Buffer.from(signingInput), verifyWith, Buffer.from(signature, "base64url")),
  };
}
