/**
 * The requests of a public server that are under way: they hold memory and work for as long as their bodies do not come, or
 * their streams stay open, whatever connections and proxies they came through.
 *
 * @module
 */
import { OAuthError } from "../http/errors.ts";

/** How many requests may be under way. */
export interface UnderWayLimits {
  /** Of one address. */
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
   * @param address Whose it is.
   * @returns What to call once, when it is over.
   * @throws OAuthError `temporarily_unavailable`: 429 where the address has too many, 503 where all have, and it its share.
   */
  readonly enter: (address: string) => () => void;
}

/**
 * Makes a count.
 *
 * @param limits How many there may be.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const { enter } = createUnderWay({ perAddress: 1, inAll: 10 });
 * const leave = enter("a");
 * assert.throws(() => enter("a"), /too many requests of your address under way/);
 * leave();
 * enter("a");
 * ```
 */
export function createUnderWay({ perAddress, inAll }: UnderWayLimits): UnderWay {
  const counts = new Map<string, number>();
  let total = 0;

  function leave(address: string): void {
    total--;
    const left = (counts.get(address) ?? 1) - 1;
    if (left === 0) counts.delete(address);
    else counts.set(address, left);
  }

  return {
    enter: (address) => {
      const own = counts.get(address) ?? 0;
      if (own >= perAddress) throw tooMany("requests of your address", 429, perAddress);
      const share = Math.max(1, Math.floor(inAll / (counts.size + 1)));
      if (total >= inAll && own >= share) throw tooMany("requests", 503, share);
      total++;
      counts.set(address, own + 1);
      let isOver = false;
      return () => {
        if (!isOver) leave(address);
        isOver = true;
      };
    },
  };
}

function tooMany(what: string, status: number, most: number): OAuthError {
  return new OAuthError("temporarily_unavailable", `There are too many ${what} under way`, {
    status,
    expected: `${most} at the most, open streams included`,
    reference: status === 429 ? "RFC 6585 4" : "RFC 9110 15.6.4",
    headers: { "retry-after": "1" },
  });
}
