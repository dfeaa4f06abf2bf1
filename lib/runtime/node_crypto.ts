// Node's cryptography, loaded with its first use: in Deno that takes as long as all of its own start, and neither that nor
// discovery needs any.
import type * as NodeCrypto from "node:crypto";
import type { Buffer } from "node:buffer";

let loaded: typeof NodeCrypto | undefined;

/** The module `node:crypto`. */
export function nodeCrypto(): typeof NodeCrypto {
  loaded ??= globalThis.process.getBuiltinModule("node:crypto");
  return loaded;
}

/** The hash of a text or of bytes, in one call. */
export function hash(algorithm: string, data: string | Uint8Array, encoding: "buffer"): Buffer;
export function hash(algorithm: string, data: string | Uint8Array, encoding: "base64url" | "hex" | "base64"): string;
export function hash(
  algorithm: string,
  data: string | Uint8Array,
  encoding: "buffer" | "base64url" | "hex" | "base64",
): string | Buffer {
  return nodeCrypto().hash(algorithm, data, encoding);
}
