// Passwords at rest: scrypt, with the parameters beside the result, so that they can be raised later.
import { hash, nodeCrypto } from "../../runtime/node_crypto.ts";
import { isSameSecret } from "../../runtime/secret.ts";
import { derivations } from "./derivations.ts";

/** OWASP's second-smallest set: 16 MiB, some 50 ms on this runtime, off the thread. */
const COST = { N: 2 ** 14, r: 8, p: 1 } as const;
const KEY_LENGTH = 32;

/**
 * Hashes a password.
 *
 * @param salt 16 random bytes.
 * @returns `scrypt$N$r$p$salt$key`.
 * @throws OAuthError `temporarily_unavailable` where too many passwords are hashed already.
 */
export async function hashPassword(password: string, salt: Uint8Array): Promise<string> {
  const key = await derive(password, salt, COST);
  return ["scrypt", COST.N, COST.r, COST.p, Buffer.from(salt).toString("base64url"), key.toString("base64url")].join(
    "$",
  );
}

/**
 * Hashes a password that stands in a file or a test in plain sight, where slowness protects nothing.
 *
 * @returns `sha256$key`.
 */
export function hashKnownPassword(password: string): string {
  return `sha256$${hash("sha256", password.normalize("NFKC"), "base64url")}`;
}

/**
 * Checks a password.
 *
 * @throws OAuthError As {@link hashPassword}.
 */
export async function verifyPassword(password: string, stored: string): Promise<boolean> {
  if (stored.startsWith("sha256$")) {
    return isSameSecret(hashKnownPassword(password), stored);
  }
  const [, N, r, p, salt = "", expected = ""] = stored.split("$");
  const key = await derive(password, Buffer.from(salt, "base64url"), { N: Number(N), r: Number(r), p: Number(p) });
  return isSameSecret(key, Buffer.from(expected, "base64url"));
}

function derive(password: string, salt: Uint8Array, cost: { N: number; r: number; p: number }): Promise<Buffer> {
  return derivations.run(() =>
    new Promise((resolve, reject) => {
      nodeCrypto().scrypt(password.normalize("NFKC"), salt, KEY_LENGTH, cost, (error, key) =>
        error ? reject(error) : resolve(key));
    })
  );
}
