/**
 * Signing keys for apps under test. An RSA key takes as long as a hundred tests, so the tests of a file share theirs; no
 * two of one database are the same.
 */
import type { GenerateKey } from "../lib/oauth/keys/key_set.ts";
import { generateSigningKey } from "../lib/oauth/keys/signing_key.ts";
import type { SigningKeyRecord } from "../lib/oauth/keys/key_table.ts";

/** The RSA keys so far, each for the database that needs so many. */
const rsaKeys: Promise<SigningKeyRecord>[] = [];
/** How many of them a database has been given. */
const given = new WeakMap<object, number>();

/**
 * Generates the keys of all apps on a database, or of one on none.
 *
 * @param most How many RSA keys there are, where so many sandboxes have one that some may have the same.
 */
export function keyGeneratorOf(kv: object, most = Infinity): GenerateKey {
  return (alg) => {
    if (alg !== "RS256") return generateSigningKey(alg);
    const place = given.get(kv) ?? 0;
    given.set(kv, place + 1);
    return rsaKeys[place % most] ??= generateSigningKey(alg);
  };
}
