// @ts-check
/// <reference lib="dom" />
// The way on from each action: a link in its results, and the focus, which goes to the link and from there to the next
// action.
import { byId, element, formOf } from "./exchange.js";

/**
 * @typedef {object} Way
 * @property {string} to Id of the part of the page where the next action stands.
 * @property {string} action The next action.
 * @property {string} text
 */

/** @type {Map<string, Way>} */
const ways = new Map([
  ["1", { to: "step-2", action: "2", text: "next: client registration" }],
  ["2", { to: "step-3", action: "3", text: "next: authorization" }],
  ["3", { to: "step-4", action: "4", text: "next: token exchange" }],
  ["4", { to: "step-5", action: "5", text: "next: use the token" }],
  ["5", { to: "more", action: "refresh", text: "next: refresh it" }],
  ["refresh", { to: "more", action: "replay", text: "next: replay the code" }],
]);

/** Only step 3 has its button far above its results. */
const again = { to: "step-3", action: "3", text: "try again" };

/**
 * A link to the next action; none after the last, nor where one tries again with the button right above.
 *
 * @param {string} action
 * @param {boolean} isDone Whether every check passed.
 * @returns {HTMLElement | undefined}
 */
export function linkFrom(action, isDone) {
  const way = isDone ? ways.get(action) : action === "3" ? again : undefined;
  return way && element("a", { class: "button", href: `#${way.to}`, "data-next": way.action }, way.text);
}

/**
 * Has the links lead to the next action's button, and not only to its heading.
 *
 * @param {HTMLElement} guide
 */
export function followLinks(guide) {
  guide.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("a[data-next]") : null;
    if (!(link instanceof HTMLAnchorElement) || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    byId(link.hash.slice(1)).scrollIntoView();
    focusOn(buttonOf(link.dataset.next ?? ""));
  });
}

/**
 * Moves the focus to where it goes on from an action: to the link in its results, or back to the action's own button. The
 * page moves no further than it must for that to be seen.
 *
 * @param {string} action
 */
export function focusAfter(action) {
  focusOn(linkIn(resultsOf(action)) ?? buttonOf(action));
}

/** Shows what came of step 3. Where it is done, its results stand beside the next button: that is where the focus goes. */
export function focusAfterReturn() {
  const results = resultsOf("3");
  const link = linkIn(results);
  results?.scrollIntoView();
  focusOn(link?.dataset.next === "4" ? buttonOf("4") : link);
}

/** @param {string} action */
function resultsOf(action) {
  return byId("guide").querySelector(`[data-results="${action}"]`);
}

/**
 * @param {Element | null} results
 * @returns {HTMLElement | null | undefined}
 */
function linkIn(results) {
  return results?.querySelector("a[data-next]");
}

/**
 * @param {string} action
 * @returns {HTMLElement | null}
 */
function buttonOf(action) {
  return formOf(action).querySelector("button[type=submit]");
}

/** @param {HTMLElement | null | undefined} target */
function focusOn(target) {
  target?.focus({ preventScroll: true });
  target?.scrollIntoView({ block: "nearest" });
}
