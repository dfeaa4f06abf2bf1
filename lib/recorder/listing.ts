/**
 * Exchanges as a list of them shows them: with the clients they belong to, and no more than was asked for.
 *
 * @module
 */
import type { Exchange } from "./exchange.ts";
import { groupByClient } from "./group.ts";
import { placesIn, readSteps } from "./steps.ts";

/** What part of a sandbox's exchanges is asked for. */
export interface ExchangeRange {
  /** Only those with a higher sequence number; 0 for all. */
  readonly after: number;
  /** No more than so many, those with the lowest numbers; undefined for all. */
  readonly limit: number | undefined;
  /** Whether the sandbox has a label, which a test chooses to be alone; false if not given. */
  readonly isLabelled?: boolean;
}

/**
 * Lists exchanges, each with its client where that can be told, named as in a report.
 *
 * @param exchanges All of a sandbox, in the order they began: whose one is, is told by those around it.
 * @param range Which of them to list.
 */
export function listExchanges(
  exchanges: readonly Exchange[],
  { after, limit = exchanges.length, isLabelled = false }: ExchangeRange,
): readonly Exchange[] {
  const numbers = exchanges.map(({ sequence }) => sequence).filter((sequence) => sequence > after);
  const kept = new Set(numbers.sort((one, other) => one - other).slice(0, limit));
  return withClients(exchanges, isLabelled).filter(({ sequence }) => kept.has(sequence));
}

function withClients(exchanges: readonly Exchange[], isLabelled: boolean): readonly Exchange[] {
  const owners = new Map<number, string>();
  for (const { id, steps } of groupByClient(readSteps(exchanges), { isLabelled })) {
    for (const place of steps.flatMap(placesIn)) owners.set(place, id);
  }
  return exchanges.map((exchange, place) => {
    const client = owners.get(place);
    return client === undefined ? exchange : { ...exchange, client };
  });
}
