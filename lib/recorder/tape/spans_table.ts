// What a sandbox's record takes, counted in spans, so that what gives way need not be read to know what it took.
import type { Exchange } from "../exchange.ts";
import { MAX_EXCHANGES, MAX_SANDBOX_BYTES } from "./rings.ts";
import { exchangeBytes } from "../sizes.ts";

/** Exchanges with numbers that follow each other. */
export interface Span {
  readonly from: number;
  readonly to: number;
  /** What they take, in bytes, or took when they were put on record. */
  readonly bytes: number;
}

/** What all exchanges of a sandbox may take, in bytes: a report has them all in memory. The oldest give way, a span at a time. */
export const MAX_RECORD_BYTES: number = MAX_SANDBOX_BYTES;
/** Exchanges that are counted together. */
const SPAN_LENGTH = 50;

/**
 * Counts what was added. An open exchange is counted as if it were as large as it can become.
 *
 * @param maxBytes The most that one of them takes.
 */
export function countUp(spans: readonly Span[], added: readonly Exchange[], maxBytes: number): readonly Span[] {
  const counted = [...spans];
  for (const exchange of added) {
    const { sequence: to, isOpen } = exchange;
    const bytes = isOpen ? maxBytes : Math.min(maxBytes, exchangeBytes(exchange));
    const span = counted.at(-1);
    const isNew = span === undefined || to - span.from >= SPAN_LENGTH;
    if (isNew) counted.push({ from: to, to, bytes });
    else counted.splice(-1, 1, { ...span, to, bytes: span.bytes + bytes });
  }
  return counted;
}

/**
 * Leaves out what is too old, and of the rest what is too much.
 *
 * @returns Those that stay, and the numbers of the exchanges that are too many; those that are too old are known by their numbers.
 */
export function giveWay(
  spans: readonly Span[],
): { readonly spans: readonly Span[]; readonly tooMany: readonly number[] } {
  const last = spans.at(-1)?.to ?? 0;
  const kept = spans.filter(({ to }) => to > last - MAX_EXCHANGES);
  const tooMany: number[] = [];
  for (let bytes = kept.reduce((sum, span) => sum + span.bytes, 0); bytes > MAX_RECORD_BYTES && kept.length > 1;) {
    const oldest = kept.shift();
    if (!oldest) break;
    bytes -= oldest.bytes;
    for (let number = oldest.from; number <= oldest.to; number++) tooMany.push(number);
  }
  return { spans: kept, tooMany };
}
