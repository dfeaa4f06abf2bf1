// The line that derivations of keys from passwords wait in. Each takes 16 MiB and a core for as long as it runs, and the
// runtime would start as many as are asked for; so a few run at once, the next ones wait, and the rest is refused.
import { OAuthError } from "../../http/errors.ts";

interface DerivationLimits {
  readonly atOnce: number;
  readonly waiting: number;
}

/** How many derivations there may be in the process. */
export const derivationLimits: DerivationLimits = { atOnce: 2, waiting: 256 };

interface DerivationLine {
  /**
   * Runs a derivation when its turn has come.
   *
   * @throws OAuthError `temporarily_unavailable`, at once, where the line is full; otherwise what the derivation rejects with.
   */
  readonly run: <Result>(derive: () => Promise<Result>) => Promise<Result>;
}

/**
 * Makes a line.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const { run } = createDerivationLine({ atOnce: 1, waiting: 0 });
 * const first = run(() => Promise.resolve("key"));
 * await assert.rejects(run(() => Promise.resolve("another")), /Too many passwords/);
 * assert.equal(await first, "key");
 * ```
 */
export function createDerivationLine({ atOnce, waiting }: DerivationLimits): DerivationLine {
  const line: (() => void)[] = [];
  let running = 0;

  /** Hands the place of a derivation that has ended to the next in line. */
  function leave(): void {
    const next = line.shift();
    if (next) next();
    else running--;
  }

  return {
    run: async (derive) => {
      if (running < atOnce) running++;
      else if (line.length < waiting) await new Promise<void>((resolve) => void line.push(resolve));
      else throw tooMany(atOnce + waiting);
      try {
        return await derive();
      } finally {
        leave();
      }
    },
  };
}

/** The line of the process, whose cores and memory all of its servers share. */
export const derivations: DerivationLine = createDerivationLine(derivationLimits);

function tooMany(most: number): OAuthError {
  return new OAuthError("temporarily_unavailable", "Too many passwords are waiting to be checked", {
    expected: `${most} logins with a password at once, in the whole server`,
    reference: "RFC 9110 15.6.4",
    headers: { "retry-after": "1" },
  });
}
