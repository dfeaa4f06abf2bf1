// Headers of requests as they are kept. A client sends the same ones again and again, and equal ones are kept once: so most
// requests leave none behind, and that two are alike can be told without reading any.
import { rawHeadersOf } from "../http/raw_headers.ts";
import type { SeenHeaders } from "./exchange.ts";
import { headersBytes } from "./sizes.ts";

/** Headers that were read. Nobody changes them. */
class SentHeaders implements SeenHeaders {
  /** Names and values by turns. */
  readonly #parts: readonly string[];

  constructor(headers: SeenHeaders) {
    const parts: string[] = [];
    headers.forEach((value, name) => void parts.push(name, value));
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
}

/** Headers that were read, and what they came as. */
interface Known {
  /** Names and values by turns, as they came. */
  readonly raw: readonly unknown[];
  readonly kept: SentHeaders;
}

/** How many are remembered; a power of two. */
const SLOTS = 256;
/** Larger ones are not remembered, in bytes. */
const MAX_SHARED_BYTES = 4096;

/** Makes a function that reads the headers of requests; for equal ones it mostly gives the same object. */
export function createHeaderReader(): (headers: Headers) => SeenHeaders {
  const slots = Array.from({ length: SLOTS }, (): Known | undefined => undefined);
  return (headers) => {
    const raw = rawHeadersOf(headers);
    if (!raw) return new SentHeaders(headers);
    const slot = slotOf(raw);
    const known = slots[slot];
    if (known && isSame(known.raw, raw)) return known.kept;
    const kept = new SentHeaders(headers);
    if (headersBytes(kept) <= MAX_SHARED_BYTES) slots[slot] = { raw: raw.flat(), kept };
    return kept;
  };
}

/** Where headers like these are remembered: those of each session and each token elsewhere, if luck will have it. */
function slotOf(raw: readonly unknown[]): number {
  let sum = 0;
  for (let at = 0; at < raw.length; at++) {
    const pair = raw[at];
    const value: unknown = Array.isArray(pair) ? pair[1] : undefined;
    if (typeof value !== "string") continue;
    const { length } = value;
    sum = (31 * sum + length + 7 * value.charCodeAt(length >> 1) + value.charCodeAt(length - 1)) | 0;
  }
  return sum & (SLOTS - 1);
}

/** Whether pairs have these parts. */
function isSame(parts: readonly unknown[], pairs: readonly unknown[]): boolean {
  if (parts.length !== 2 * pairs.length) return false;
  for (let at = 0; at < pairs.length; at++) {
    const pair = pairs[at];
    if (!Array.isArray(pair) || pair[0] !== parts[2 * at] || pair[1] !== parts[2 * at + 1]) return false;
  }
  return true;
}
