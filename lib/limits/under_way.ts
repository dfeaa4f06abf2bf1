// The requests of a public server that are under way: they hold memory and work until their bodies have arrived and
// their streams are closed, whatever connections and proxies they came through.
import { OAuthError } from "../http/errors.ts";
import { createTally } from "./tally.ts";

interface UnderWayLimits {
  readonly perAddress: number;
  /** Of all; beyond it, an address has its share, and no more. */
  readonly inAll: number;
}

/** How many requests may be under way. */
export const underWayLimits: UnderWayLimits = { perAddress: 100, inAll: 800 };

/** Those that are under way. */
export interface UnderWay {
  /**
   * Lets a request in.
   *
   * @returns What to call when it has ended.
   * @throws OAuthError `temporarily_unavailable`: 429 where the address has too many, 503 where all have, and it its share.
   */
  readonly enter: (address: string) => () => void;
}

/**
 * Makes a count.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const { enter } = createUnderWay({ perAddress: 1, inAll: 10 });
 * const leave = enter("a");
 * assert.throws(() => enter("a"), /Too many requests from your address in progress/);
 * leave();
 * enter("a");
 * ```
 */
export function createUnderWay({ perAddress, inAll }: UnderWayLimits): UnderWay {
  const counts = createTally<string>();
  let total = 0;

  return {
    enter: (address) => {
      const own = counts.of(address);
      if (own >= perAddress) throw tooMany("requests from your address", 429, perAddress);
      const share = Math.max(1, Math.floor(inAll / (counts.names() + 1)));
      if (total >= inAll && own >= share) throw tooMany("requests", 503, share);
      total++;
      counts.add(address);
      let hasLeft = false;
      return () => {
        if (hasLeft) return;
        hasLeft = true;
        total--;
        counts.remove(address);
      };
    },
  };
}

function tooMany(what: string, status: number, most: number): OAuthError {
  return new OAuthError("temporarily_unavailable", `Too many ${what} in progress`, {
    status,
    expected: `at most ${most}, including open streams`,
    reference: status === 429 ? "RFC 6585 4" : "RFC 9110 15.6.4",
    headers: { "retry-after": "1" },
  });
}
