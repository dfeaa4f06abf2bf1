// Chance that costs nothing, for what must not be foretold but need not be secret.

/** Numbers that nobody can foretell who does not know the seed (xorshift32); a draw costs nothing. */
export function createDice(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>>= 0;
  };
}
