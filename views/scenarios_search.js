// @ts-check
/**
 * What a search for a scenario finds. The server asks it for pages without scripts, the page as one types.
 *
 * @module
 */

/**
 * Whether every word of a query stands somewhere in a text.
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
