// Token buckets: each caller has one that fills by itself, and a request takes one token out of it.
import type { Rate } from "./limits.ts";
import { boundedMap } from "../runtime/bounded_map.ts";

/** A bucket as it was when somebody last took from it. */
interface Bucket {
  readonly tokens: number;
  readonly atMs: number;
}

/** The buckets of all callers of one kind. */
interface RateLimiter {
  /**
   * Takes tokens, one if not said.
   *
   * @returns How long to wait for them, in seconds; 0 if they were there.
   */
  readonly take: (name: string, rate: Rate, tokens?: number) => number;
  /** Whether a caller has a bucket. */
  readonly knows: (name: string) => boolean;
}

/** The most buckets that are kept; those that nobody took from for longest go first. */
export const MAX_BUCKETS = 10_000;

/**
 * Makes buckets, full ones.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * let nowMs = 0;
 * const { take } = createRateLimiter(() => nowMs);
 * const rate = { burst: 1, perSecond: 0.5 };
 * assert.deepEqual([take("a", rate), take("a", rate), take("b", rate)], [0, 2, 0]);
 * nowMs = 2000;
 * assert.equal(take("a", rate), 0);
 * ```
 */
export function createRateLimiter(monotonicMs: () => number): RateLimiter {
  const buckets = boundedMap<string, Bucket>(MAX_BUCKETS);

  return {
    knows: (name) => buckets.has(name),
    take: (name, { burst, perSecond }, wanted = 1) => {
      const atMs = monotonicMs();
      const { tokens, atMs: beforeMs } = buckets.get(name) ?? { tokens: burst, atMs };
      const filled = Math.min(burst, tokens + (atMs - beforeMs) / 1000 * perSecond);
      const isThere = filled >= wanted;
      buckets.set(name, { tokens: isThere ? filled - wanted : filled, atMs });
      return isThere ? 0 : (wanted - filled) / perSecond;
    },
  };
}
