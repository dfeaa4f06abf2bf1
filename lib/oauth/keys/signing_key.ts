// One signing key, made or imported, ready to use: signatures over node:crypto, which on this runtime costs a quarter of
// what the same signature costs through WebCrypto, because it does not leave the thread.
import type { KeyObject } from "node:crypto";
import { nodeCrypto } from "../../runtime/node_crypto.ts";
import type { PublicKeyRecord, SigningAlgorithm, SigningKeyRecord } from "./key_table.ts";

/** A key that verifies JWS signing input. */
export interface VerifyingKey {
  /** The key's thumbprint (RFC 7638). */
  readonly kid: string;
  readonly alg: SigningAlgorithm;
  /** The public key as it stands in the JWKS (RFC 7517 4). */
  readonly publicJwk: Readonly<Record<string, unknown>>;
  /** Whether a signature in base64url belongs to a signing input. */
  readonly verify: (signingInput: string, signature: string) => boolean;
}

/** A key that signs as well. */
export interface SigningKey extends VerifyingKey {
  /** The JWS headers of both kinds of token we sign, encoded. */
  readonly headers: Readonly<Record<"at+jwt" | "JWT", string>>;
  /** The signature of a JWS signing input, in base64url (RFC 7515 5.1). */
  readonly sign: (signingInput: string) => string;
}

/** Makes a key. It is needed once in a sandbox's life, so jose stays off the way of every other start. */
export async function generateSigningKey(alg: SigningAlgorithm): Promise<SigningKeyRecord> {
  const { calculateJwkThumbprint, exportJWK, generateKeyPair } = await import("jose");
  const { privateKey } = await generateKeyPair(alg, { extractable: true });
  const jwk = await exportJWK(privateKey);
  return { kid: await calculateJwkThumbprint(jwk), alg, privateJwk: textMembers(jwk) };
}

/** Makes a key usable. */
export function importSigningKey({ kid, alg, privateJwk }: SigningKeyRecord): SigningKey {
  const privateKey = nodeCrypto().createPrivateKey({ key: privateJwk, format: "jwk" });
  const publicJwk = textMembers(nodeCrypto().createPublicKey(privateKey).export({ format: "jwk" }));
  const signWith = withEncoding(alg, privateKey);
  const header = (typ: string): string => Buffer.from(JSON.stringify({ alg, typ, kid })).toString("base64url");
  return {
    ...importVerifyingKey({ kid, alg, publicJwk }),
    headers: { "at+jwt": header("at+jwt"), JWT: header("JWT") },
    sign: (signingInput) => nodeCrypto().sign(digestOf(alg), Buffer.from(signingInput), signWith).toString("base64url"),
  };
}

/** Makes the public half of a key usable. */
export function importVerifyingKey({ kid, alg, publicJwk }: PublicKeyRecord): VerifyingKey {
  const verifyWith = withEncoding(alg, nodeCrypto().createPublicKey({ key: publicJwk, format: "jwk" }));
  return {
    kid,
    alg,
    publicJwk: { ...publicJwk, kid, alg, use: "sig" },
    verify: (signingInput, signature) =>
      nodeCrypto().verify(digestOf(alg), Buffer.from(signingInput), verifyWith, Buffer.from(signature, "base64url")),
  };
}

/** A JWS carries the two numbers of an ECDSA signature side by side (RFC 7518 3.4), not in DER. */
function withEncoding(
  alg: SigningAlgorithm,
  key: KeyObject,
): KeyObject | { readonly key: KeyObject; readonly dsaEncoding: "ieee-p1363" } {
  return alg === "ES256" ? { key, dsaEncoding: "ieee-p1363" } : key;
}

function digestOf(alg: SigningAlgorithm): "sha256" | null {
  return alg === "EdDSA" ? null : "sha256";
}

function textMembers(jwk: object): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(jwk).filter((member): member is [string, string] => typeof member[1] === "string"),
  );
}
