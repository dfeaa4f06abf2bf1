/**
 * Which exchanges a list of them shows, and whose each is.
 *
 * @module
 */
import type { Exchange } from "../recorder/exchange.ts";
import type { Report } from "./report.ts";

/** An exchange in a list. */
export interface ListedExchange {
  readonly sequence: number;
  /** Whose it is, named as in the report; undefined where that cannot be told. */
  readonly client: string | undefined;
}

/** What part of a sandbox's exchanges is asked for. */
export interface ExchangeRange {
  /** Only those with a higher sequence number; 0 for all. */
  readonly after: number;
  /** No more than so many, those with the lowest numbers; undefined for all. */
  readonly limit: number | undefined;
}

/**
 * Lists exchanges, each with its client.
 *
 * @param exchanges All of a sandbox, in the order they began.
 * @param report Their report.
 */
export function listExchanges(
  exchanges: readonly Exchange[],
  { clients }: Pick<Report, "clients">,
): readonly ListedExchange[] {
  const owners = new Map(clients.flatMap(({ id, exchanges: own }) => own.map((sequence) => [sequence, id] as const)));
  return exchanges.map(({ sequence }) => ({ sequence, client: owners.get(sequence) }));
}

/**
 * Selects a part of a list, in the order it has.
 *
 * @param listed All of a sandbox.
 * @param range Which of them.
 */
export function selectListed(
  listed: readonly ListedExchange[],
  { after, limit = listed.length }: ExchangeRange,
): readonly ListedExchange[] {
  const numbers = listed.map(({ sequence }) => sequence).filter((sequence) => sequence > after);
  const kept = new Set(numbers.sort((one, other) => one - other).slice(0, limit));
  return listed.filter(({ sequence }) => kept.has(sequence));
}
