// @ts-check
/// <reference lib="dom" />
/**
 * Shows a session in the guide: which steps are done, open or locked, and what came of each action.
 *
 * @module
 */
import { byId, checksView, element, exchangeView, tokenView, toolsView } from "./guide_dom.js";
import { stepOf } from "./guide_session.js";

/** @typedef {import("./guide_session.js").Session} Session */

/**
 * Shows the state of every step, and the results so far.
 *
 * @param {Session} session
 */
export function renderSteps(session) {
  each("[data-step]", (section) => renderStep(section, session));
  each("[data-progress]", (item) => renderProgress(item, session));
  each("[data-results]", (box) => renderResults(box, session));
}

/**
 * @param {string} selector
 * @param {(found: HTMLElement) => void} show
 */
function each(selector, show) {
  for (const found of byId("guide").querySelectorAll(selector)) {
    if (found instanceof HTMLElement) show(found);
  }
}

/**
 * @param {HTMLElement} section
 * @param {Session} session
 */
function renderStep(section, session) {
  const number = Number(section.dataset.step);
  const state = stateOf(number, session);
  section.dataset.state = state;
  const label = section.querySelector(".step-state");
  if (!label) return;
  label.textContent = state === "locked" ? `locked until step ${number - 1} is done` : state;
}

/**
 * @param {HTMLElement} item
 * @param {Session} session
 */
function renderProgress(item, session) {
  const state = stateOf(Number(item.dataset.progress), session);
  item.dataset.state = state;
  const link = item.querySelector("a");
  if (state === "open") link?.setAttribute("aria-current", "step");
  else link?.removeAttribute("aria-current");
}

/**
 * @param {number} number
 * @param {Session} session
 */
function stateOf(number, { step }) {
  if (step > number) return "done";
  return step === number ? "open" : "locked";
}

/**
 * @param {HTMLElement} box
 * @param {Session} session
 */
function renderResults(box, { step, outcomes }) {
  const action = box.dataset.results;
  const outcome = outcomes[action ?? ""];
  if (!outcome) return box.replaceChildren();
  // Only the latest steps are unfolded, and of many exchanges the last: the page stays short enough to see where one is.
  const isLatest = step <= stepOf(action) + 1;
  const unfolded = outcome.exchanges.slice(outcome.exchanges.length > 3 ? -1 : 0);
  box.replaceChildren(
    ...outcome.exchanges.map((exchange) => exchangeView(exchange, isLatest && unfolded.includes(exchange))),
    ...(outcome.checks.length ? [checksView(outcome.checks)] : []),
    ...(outcome.token ? [tokenView(outcome.token)] : []),
    ...(outcome.tools ? [toolsView(outcome.tools)] : []),
  );
  if (outcome.checks.some(({ ok }) => !ok)) {
    box.append(element("p", { class: "stop", role: "alert" }, "A client has to stop here."));
  }
}
