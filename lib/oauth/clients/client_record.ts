// A registered client as it is stored.
import type { ClientMetadata } from "./client_metadata.ts";

/** A client as it is kept: its secret as a hash, or encrypted where it has to be read again. */
export interface ClientRecord {
  readonly clientId: string;
  /** SHA-256 of the secret in base64url; absent for clients without one. A random secret needs no slow hash. */
  readonly secretHash?: string;
  /** The secret of a client that makes an HMAC with it, encrypted; such a client has no `secretHash`. */
  readonly encryptedSecret?: string;
  /** When the secret runs out, in seconds since 1970 on the sandbox's clock; absent for one that does not. */
  readonly secretExpiresAtSeconds?: number;
  /** SHA-256 of the token that manages the registration, in base64url; absent for clients registered before there was one. */
  readonly registrationTokenHash?: string;
  readonly issuedAtSeconds: number;
  /** When the server forgets it, in seconds since 1970 on the sandbox's clock; absent for good. */
  readonly forgottenAtSeconds?: number;
  readonly metadata: ClientMetadata;
}
