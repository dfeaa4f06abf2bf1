// Chance as an option: everything that must not be guessed, or must differ each time, is drawn from one source, which a
// test can replace.
import { Buffer } from "node:buffer";

/** Draws from one source of random bytes. */
export interface Chance {
  readonly bytes: (length: number) => Uint8Array<ArrayBuffer>;
  /** An unguessable name: `length` random bytes (16 if not given) in base64url. */
  readonly id: (length?: number) => string;
  /** `length` characters of `0-9a-z`, as the original's ids end with. */
  readonly base36: (length: number) => string;
  /** From 0 up to but not including 1. */
  readonly fraction: () => number;
}

const DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz";

/** Makes a {@link Chance} of a byte source. */
export function createChance(bytes: (length: number) => Uint8Array<ArrayBuffer>): Chance {
  return {
    bytes,
    id: (length = 16) => {
      const { buffer, byteOffset } = bytes(length);
      return Buffer.from(buffer, byteOffset, length).toString("base64url");
    },
    base36: (length) => {
      let text = "";
      for (const byte of bytes(length)) text += DIGITS[byte % DIGITS.length];
      return text;
    },
    fraction: () => {
      const { buffer, byteOffset } = bytes(4);
      return new DataView(buffer, byteOffset).getUint32(0) / 2 ** 32;
    },
  };
}

/** Bytes drawn at a time: a draw costs the same for 16 as for some thousand. */
const POOL_LENGTH = 4096;

let pool = new Uint8Array(0);
/** Where in the pool the next ones lie. */
let next = 0;

/** The source used where no other is given: the runtime's cryptographic generator. */
export function randomBytes(length: number): Uint8Array<ArrayBuffer> {
  if (length > POOL_LENGTH) return crypto.getRandomValues(new Uint8Array(length));
  if (pool.length - next < length) {
    pool = crypto.getRandomValues(new Uint8Array(POOL_LENGTH));
    next = 0;
  }
  return pool.slice(next, next += length);
}
