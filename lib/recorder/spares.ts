// Exchanges that nobody needs any more, to be filled anew. What outlives a request is what costs: the garbage collector
// copies it twice, and gives new requests more and more memory to come through. So a server under load keeps nothing new.
import { type Seen, SeenExchange } from "./seen_exchange.ts";
import type { HeldExchange } from "./tape/ring.ts";

/** Exchanges to be filled anew. */
export interface Spares {
  /** An exchange, new or not. */
  readonly fill: (seen: Seen) => SeenExchange;
  /** Takes exchanges of which no trace is kept; those that somebody may still read are left alone. */
  readonly takeBack: (entries: readonly HeldExchange[]) => void;
}

/** The most that wait: as many as fall off a record together, and some more. */
const MAX_SPARES = 1000;

/** Makes a store of exchanges, empty at first. */
export function createSpares(): Spares {
  const spares: SeenExchange[] = [];
  return {
    fill: (seen) => {
      const spare = spares.pop();
      if (!spare) return new SeenExchange(seen);
      spare.fill(seen);
      return spare;
    },
    takeBack: (entries) => {
      for (const entry of entries) {
        if (spares.length < MAX_SPARES && entry instanceof SeenExchange && entry.empty()) spares.push(entry);
      }
    },
  };
}
