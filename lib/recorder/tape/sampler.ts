// Finds out by samples whether exchanges take more than is guessed of them: headers are seldom large, and to measure those
// of every exchange costs more than to keep it.
import { createDice } from "../../runtime/dice.ts";
import type { HeldExchange } from "./ring.ts";

/** One in so many is measured. */
const SAMPLE = 64;
/** One that takes so many bytes more than was guessed is a surprise. */
const SURPRISE_BYTES = 2000;
const MEASURED_AFTER_SURPRISE = 1000;

/** Measures an exchange or not; true if it was such a surprise that all that came before must be measured as well. */
type Sampler = (entry: HeldExchange) => boolean;

/**
 * Makes a sampler.
 *
 * @param seed A random number below 2 ** 32, so that nobody knows which exchanges are measured.
 */
export function createSampler(seed: number): Sampler {
  const dice = createDice(seed);
  /** How many of the next ones are measured in any case. */
  let toMeasure = 0;
  return (entry) => {
    const isCalm = toMeasure === 0;
    if (isCalm && dice() % SAMPLE !== 0) return false;
    const guessedBytes = entry.bytes;
    const isSurprise = entry.measure() > guessedBytes + SURPRISE_BYTES;
    toMeasure = isSurprise ? MEASURED_AFTER_SURPRISE : Math.max(0, toMeasure - 1);
    return isSurprise && isCalm;
  };
}
