// Chance as an option: everything that must not be guessed, or must differ each time, is drawn from one source, which a
// test can replace.

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

/**
 * Makes a {@link Chance} of a byte source.
 *
 * @param draw The source; what it gives may be a part of something larger.
 */
export function createChance(draw: (length: number) => Uint8Array<ArrayBuffer>): Chance {
  return {
    bytes: (length) => draw(length).slice(),
    id: (length = 16) => {
      const { buffer, byteOffset } = draw(length);
      return Buffer.from(buffer, byteOffset, length).toString("base64url");
    },
    base36: (length) => {
      const bytes = draw(length);
      let text = "";
      for (let at = 0; at < length; at++) text += DIGITS[(bytes[at] ?? 0) % DIGITS.length];
      return text;
    },
    fraction: () => {
      const { buffer, byteOffset } = draw(4);
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
  return pool.subarray(next, next += length);
}
