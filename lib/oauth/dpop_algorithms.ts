/**
 * Apart from the code that verifies, so that metadata can name them without loading it.
 *
 * @module
 */

/** What a DPoP proof may be signed with, as metadata advertises it (RFC 9449 5.1); `Ed25519` is EdDSA by its newer name. */
export const dpopAlgorithms: readonly string[] = ["ES256", "EdDSA", "Ed25519", "RS256"];
