// Headers of requests as they are kept. A client sends the same ones again and again, and equal ones are kept once: so most
// requests leave none behind, and that two are alike can be told without reading any.
import type { SeenHeaders } from "./exchange.ts";
import { headersBytes } from "./sizes.ts";

/** Headers that were read. Nobody changes them. */
class SentHeaders implements SeenHeaders {
  /** Names and values by turns. */
  readonly #parts: readonly string[];

  constructor(parts: readonly string[]) {
    this.#parts = parts;
  }

  get(name: string): string | null {
    const parts = this.#parts;
    for (let at = 0; at < parts.length; at += 2) if (parts[at] === name) return parts[at + 1] ?? null;
    return null;
  }

  forEach(each: (value: string, name: string) => void): void {
    const parts = this.#parts;
    for (let at = 0; at < parts.length; at += 2) each(parts[at + 1] ?? "", parts[at] ?? "");
  }

  /** Whether these are the first so many parts of a list. */
  isOf(parts: readonly string[], count: number): boolean {
    const own = this.#parts;
    if (own.length !== count) return false;
    for (let at = count - 1; at >= 0; at--) if (own[at] !== parts[at]) return false;
    return true;
  }
}

/** How many are remembered; a power of two. */
const SLOTS = 256;
/** Larger ones are not remembered, in bytes. */
const MAX_SHARED_BYTES = 4096;

/** Makes a function that reads the headers of requests; for equal ones it mostly gives the same object. */
export function createHeaderReader(): (headers: SeenHeaders) => SeenHeaders {
  const slots = Array.from({ length: SLOTS }, (): SentHeaders | undefined => undefined);
  // One list for all, as one request is read at a time.
  const parts: string[] = [];
  let count = 0;
  let sum = 0;
  const add = (value: string, name: string): void => {
    parts[count++] = name;
    parts[count++] = value;
    const { length } = value;
    sum = (31 * sum + length + 7 * value.charCodeAt(length >> 1) + value.charCodeAt(length - 1)) | 0;
  };
  return (headers) => {
    count = 0;
    sum = 0;
    headers.forEach(add);
    const slot = sum & (SLOTS - 1);
    const known = slots[slot];
    if (known?.isOf(parts, count)) return known;
    const fresh = new SentHeaders(parts.slice(0, count));
    if (headersBytes(fresh) <= MAX_SHARED_BYTES) slots[slot] = fresh;
    return fresh;
  };
}
