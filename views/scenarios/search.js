// @ts-check
// What a search for a scenario finds. The server uses it for pages without scripts, the page while the reader types.

/**
 * Whether a text contains every word of a query.
 *
 * @param {string} text
 * @param {string} query
 * @returns {boolean}
 */
export function isFound(text, query) {
  const haystack = text.toLowerCase();
  return query.toLowerCase().split(/\s+/).every((word) => haystack.includes(word));
}

/**
 * How many were found, as a sentence.
 *
 * @param {number} found
 * @param {number} all
 * @returns {string}
 */
export function countText(found, all) {
  if (found === all) return all === 1 ? "1 scenario" : `${all} scenarios`;
  return found === 0 ? "nothing found" : `${found} of ${all} scenarios`;
}

/**
 * Another search that finds something.
 *
 * @typedef {object} Hint
 * @property {string} query
 * @property {number} count How many it finds.
 */

/** The most that are given. */
const MAX_HINTS = 5;
/** A shorter beginning of a word matches too much. */
const MIN_STEM_LENGTH = 4;

/**
 * What to search for where a query finds nothing: its words one by one, the beginnings they share with known words
 * (`rotation` with `rotates`), and words that differ in a letter or two.
 *
 * @param {readonly string[]} texts All that is searched.
 * @param {string} query
 * @returns {Hint[]}
 */
export function hintsFor(texts, query) {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const vocabulary = new Set(texts.flatMap((text) => text.toLowerCase().match(/[a-z][a-z0-9_-]{2,}/g) ?? []));
  const queries = new Set(words.flatMap((word) => [
    ...(words.length > 1 ? [word] : []),
    stemOf(word, vocabulary),
    ...[...vocabulary].filter((known) => isNear(word, known)),
  ]));
  queries.delete("");
  queries.delete(words.join(" "));
  return [...queries]
    .map((one) => ({ query: one, count: texts.filter((text) => isFound(text, one)).length }))
    .filter(({ count }) => count > 0)
    .slice(0, MAX_HINTS);
}

/**
 * The longest beginning that a word shares with a known one; empty if it is too short.
 *
 * @param {string} word
 * @param {ReadonlySet<string>} vocabulary
 */
function stemOf(word, vocabulary) {
  const least = Math.max(MIN_STEM_LENGTH, Math.ceil(word.length * 0.6));
  for (let length = word.length; length >= least; length--) {
    const stem = word.slice(0, length);
    if ([...vocabulary].some((known) => known.startsWith(stem))) return stem;
  }
  return "";
}

/**
 * Whether two words differ in so few letters that one may be a slip for the other.
 *
 * @param {string} one
 * @param {string} other
 */
function isNear(one, other) {
  const most = one.length < 5 ? 1 : 2;
  return Math.abs(one.length - other.length) <= most && one !== other && distance(one, other) <= most;
}

/**
 * How many letters to change, leave out or add to turn one word into another.
 *
 * @param {string} one
 * @param {string} other
 */
function distance(one, other) {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (const [at, letter] of [...one].entries()) {
    const next = [at + 1];
    for (const [index, own] of [...other].entries()) {
      next.push(
        Math.min((row[index] ?? 0) + (own === letter ? 0 : 1), (row[index + 1] ?? 0) + 1, (next[index] ?? 0) + 1),
      );
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
