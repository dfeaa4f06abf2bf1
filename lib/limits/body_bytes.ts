// The bodies that a public server holds, in bytes: a request keeps what it has sent in memory until it is answered, and
// the answer until it is sent. So many of the largest bodies that come at the same time, or that do not come to an end,
// would take gigabytes.
import { OAuthError } from "../http/errors.ts";
import { createTally } from "./tally.ts";

interface BodyLimits {
  readonly perAddress: number;
  /** Of all; beyond it, an address has its share, and no more. */
  readonly inAll: number;
}

/** How many bytes of bodies there may be. */
export const bodyLimits: BodyLimits = { perAddress: 16 * 1024 ** 2, inAll: 64 * 1024 ** 2 };

/** The body of one request. */
export interface HeldBody {
  /**
   * Makes room for more of it.
   *
   * @throws OAuthError `temporarily_unavailable`: 429 where the address has too much, 503 where all have, and it its share.
   */
  readonly take: (bytes: number) => void;
  /** Nothing of it is held any longer. */
  readonly free: () => void;
}

/** The bodies of all requests. */
interface BodyBytes {
  readonly open: (address: string) => HeldBody;
}

/**
 * Makes a count.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const { open } = createBodyBytes({ perAddress: 10, inAll: 100 });
 * const body = open("a");
 * body.take(10);
 * assert.throws(() => open("a").take(1), /The bodies of requests from your address in progress are too large together/);
 * body.free();
 * open("a").take(1);
 * ```
 */
export function createBodyBytes({ perAddress, inAll }: BodyLimits): BodyBytes {
  const counts = createTally<string>();
  let total = 0;

  function take(address: string, bytes: number): void {
    const own = counts.of(address) + bytes;
    if (own > perAddress) throw tooLarge("requests from your address", 429, perAddress);
    const share = Math.floor(inAll / (counts.names() + 1));
    if (total + bytes > inAll && own > share) throw tooLarge("requests", 503, share);
    total += bytes;
    counts.add(address, bytes);
  }

  return {
    open: (address) => {
      let held = 0;
      return {
        take: (bytes) => {
          take(address, bytes);
          held += bytes;
        },
        free: () => {
          if (held > 0) counts.remove(address, held);
          total -= held;
          held = 0;
        },
      };
    },
  };
}

function tooLarge(whose: string, status: number, maxBytes: number): OAuthError {
  return new OAuthError("temporarily_unavailable", `The bodies of ${whose} in progress are too large together`, {
    status,
    expected: `at most ${maxBytes} bytes, until answers are read`,
    reference: status === 429 ? "RFC 6585 4" : "RFC 9110 15.6.4",
    headers: { "retry-after": "1" },
  });
}
