// SHA-256 of what is short (FIPS 180-4). Deno's `node:crypto` sets up a stream for each hash, which costs several times as
// much as hashing a client id, a secret or a verifier, and as much as hashing a sealed code; what is longer is hashed by it
// all the same.
import { Buffer } from "node:buffer";
import { hash } from "node:crypto";

/** The length of what is taken in at a time, in bytes. */
const BLOCK = 64;
/** So many blocks at most are hashed here; none where setting up costs nothing. */
const MAX_BLOCKS = "Deno" in globalThis ? 16 : 0;
/** A byte that ends the message, and its length in eight more. */
const END = 9;

/** The first 32 bits of the fractional parts of some root of the first prime numbers. */
function fractionsOfPrimes(count: number, root: (prime: number) => number): Int32Array {
  const primes: number[] = [];
  for (let number = 2; primes.length < count; number++) {
    if (primes.every((prime) => number % prime !== 0)) primes.push(number);
  }
  return Int32Array.from(primes, (prime) => (root(prime) % 1) * 2 ** 32 | 0);
}

const constants = fractionsOfPrimes(64, Math.cbrt);
const initial = fractionsOfPrimes(8, Math.sqrt);

const message = Buffer.alloc(MAX_BLOCKS * BLOCK);
const messageView = new DataView(message.buffer, message.byteOffset);
const words = new Int32Array(64);
const state = new Int32Array(8);
const digest = Buffer.alloc(32);
const digestView = new DataView(digest.buffer, digest.byteOffset);

/**
 * The SHA-256 of a text in UTF-8, in base64url.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * // RFC 7636 appendix B
 * assert.equal(sha256("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
 * ```
 */
export function sha256(text: string): string {
  // A character takes three bytes at most.
  if (text.length * 3 > message.length - END) return hash("sha256", text, "base64url");
  return hashed(message.write(text)).toString("base64url");
}

/** The SHA-256 of bytes, in memory that the next hash is put into. */
export function sha256Bytes(bytes: Uint8Array): Buffer {
  if (bytes.length > message.length - END) return hash("sha256", bytes, "buffer");
  message.set(bytes);
  return hashed(bytes.length);
}

/** Hashes the message, of so many bytes. */
function hashed(length: number): Buffer {
  const blocks = Math.ceil((length + END) / BLOCK);
  message.fill(0, length, blocks * BLOCK);
  message[length] = 0x80;
  messageView.setUint32(blocks * BLOCK - 4, length * 8);
  state.set(initial);
  for (let block = 0; block < blocks; block++) takeIn(block * BLOCK);
  for (let at = 0; at < 8; at++) digestView.setInt32(at * 4, state[at] ?? 0);
  return digest;
}

function rotated(word: number, bits: number): number {
  return (word >>> bits) | (word << (32 - bits));
}

/** FIPS 180-4 6.2.2, with its names. */
function takeIn(at: number): void {
  for (let t = 0; t < 16; t++) words[t] = messageView.getInt32(at + t * 4);
  for (let t = 16; t < 64; t++) {
    const w15 = words[t - 15] ?? 0;
    const w2 = words[t - 2] ?? 0;
    const s0 = rotated(w15, 7) ^ rotated(w15, 18) ^ (w15 >>> 3);
    const s1 = rotated(w2, 17) ^ rotated(w2, 19) ^ (w2 >>> 10);
    words[t] = (s1 + (words[t - 7] ?? 0) + s0 + (words[t - 16] ?? 0)) | 0;
  }
  let [a, b, c, d] = [held(0), held(1), held(2), held(3)];
  let [e, f, g, h] = [held(4), held(5), held(6), held(7)];
  for (let t = 0; t < 64; t++) {
    const sum1 = rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25);
    const t1 = (h + sum1 + ((e & f) ^ (~e & g)) + (constants[t] ?? 0) + (words[t] ?? 0)) | 0;
    const sum0 = rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22);
    const t2 = (sum0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  add(0, a);
  add(1, b);
  add(2, c);
  add(3, d);
  add(4, e);
  add(5, f);
  add(6, g);
  add(7, h);
}

function add(index: number, value: number): void {
  state[index] = ((state[index] ?? 0) + value) | 0;
}

function held(index: number): number {
  return state[index] ?? 0;
}
