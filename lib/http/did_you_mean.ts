// What somebody who made a slip may have meant: one name instead of a list of a hundred.

/** The longest name that is looked at: the work grows with the square of it. */
const MAX_LENGTH = 100;
/** The shortest word that stands for a name of several. */
const MIN_WORD = 4;
/** The shortest beginning of a name that stands for it, where no other begins so. */
const MIN_BEGINNING = 3;
/** The most names that are listed beside the one that was meant. */
const MAX_LISTED = 8;
/** The most letters that may be wrong. */
const MAX_STEPS = 3;

/**
 * Finds the name that is closest to what was written, by the letters that were left out, added, changed or swapped; else
 * the first that it is the first word of, or the only one that begins with it.
 *
 * @returns Undefined where nothing is close: a third of the letters may be wrong, but no more than three.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const names = ["iss-missing", "iss-wrong", "standard"];
 * assert.equal(closest("iss-mising", names), "iss-missing");
 * assert.equal(closest("ISS_MISSING", names), "iss-missing");
 * assert.equal(closest("nothing-like-it", names), undefined);
 * assert.equal(closest("delay", ["drop", "delay_ms"]), "delay_ms");
 * assert.equal(closest("tok", ["token", "authorize"]), "token");
 * ```
 */
export function closest(written: string, names: Iterable<string>): string | undefined {
  const text = plain(written.slice(0, MAX_LENGTH));
  const known = [...names];
  let best: string | undefined;
  let least = Math.min(MAX_STEPS, Math.max(1, Math.floor(text.length / 3))) + 1;
  for (const name of known) {
    const steps = distance(text, plain(name), least);
    if (steps < least) [best, least] = [name, steps];
  }
  return best ?? known.find((name) => text.length >= MIN_WORD && plain(name).startsWith(`${text}_`)) ??
    onlyOne(known.filter((name) => text.length >= MIN_BEGINNING && plain(name).startsWith(text)));
}

function onlyOne(names: readonly string[]): string | undefined {
  return names.length === 1 ? names[0] : undefined;
}

/**
 * What is expected, for an error, as a noun: all names there are if they are few or none is close, and the one that was
 * meant.
 */
export function suggest(written: string, names: readonly string[]): string {
  const meant = closest(written, names);
  const all = `one of ${names.join(", ")}`;
  if (meant === undefined) return all;
  return `${names.length <= MAX_LISTED ? all : "a known name"} (did you mean ${meant}?)`;
}

/** How a name is written does not count: `sendIss`, `send-iss` and `send_iss` are one. */
function plain(name: string): string {
  return name.replace(/([a-z0-9])([A-Z])/g, "$1_$2").toLowerCase().replaceAll("-", "_");
}

/** The optimal string alignment distance, or `limit` for any that is not below it. */
function distance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let before: readonly number[] = [];
  let row: readonly number[] = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1];
      const changed = at(row, j - 1) + (isSame ? 0 : 1);
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      next.push(Math.min(
        changed,
        at(row, j) + 1,
        at(next, j - 1) + 1,
        isSwapped ? at(before, j - 2) + 1 : Infinity,
      ));
    }
    if (Math.min(...next) >= limit) return limit;
    [before, row] = [row, next];
  }
  return Math.min(limit, at(row, b.length));
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Infinity;
}
