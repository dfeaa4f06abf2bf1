// Client secrets that have to be read again, because an HMAC is made with them (`client_secret_jwt`): encrypted with a key
// of the sandbox's own, AES-256-GCM, and bound to the client they belong to. All other secrets are kept as hashes.
import { nodeCrypto } from "../../runtime/node_crypto.ts";
import type { Chance } from "../../runtime/chance.ts";

const IV_LENGTH = 12;
const TAG_LENGTH = 16;

interface SecretBox {
  /** The sandbox's 32 bytes; the key of the box is derived from them. */
  readonly sealing: Uint8Array;
  /** Whose secret it is: another's box does not open. */
  readonly clientId: string;
}

/** Encrypts a secret. */
export function encryptSecret({ sealing, clientId }: SecretBox, secret: string, chance: Chance): string {
  const iv = chance.bytes(IV_LENGTH);
  const cipher = nodeCrypto().createCipheriv("aes-256-gcm", keyOf(sealing), iv);
  cipher.setAAD(Buffer.from(clientId));
  const text = Buffer.concat([cipher.update(secret, "utf8"), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), text]).toString("base64url");
}

/**
 * Decrypts a secret.
 *
 * @throws Error if it was made for another client or in another sandbox.
 */
export function decryptSecret({ sealing, clientId }: SecretBox, encrypted: string): string {
  const bytes = Buffer.from(encrypted, "base64url");
  const decipher = nodeCrypto().createDecipheriv("aes-256-gcm", keyOf(sealing), bytes.subarray(0, IV_LENGTH));
  decipher.setAAD(Buffer.from(clientId));
  decipher.setAuthTag(bytes.subarray(IV_LENGTH, IV_LENGTH + TAG_LENGTH));
  return decipher.update(bytes.subarray(IV_LENGTH + TAG_LENGTH)).toString() + decipher.final("utf8");
}

function keyOf(sealing: Uint8Array): Uint8Array {
  return nodeCrypto().createHmac("sha256", sealing).update("client secrets").digest();
}
