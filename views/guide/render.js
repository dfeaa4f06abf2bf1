// @ts-check
/// <reference lib="dom" />
// Shows a session in the guide: which steps are done, open or locked, and the outcome of each action.
import { byId, codeBox, element, exchangeView } from "./exchange.js";
import { claimRows, decodeJwt } from "./token.js";
import { linkFrom } from "./way.js";

/**
 * @typedef {import("./flow.js").Check} Check
 * @typedef {import("./flow.js").Outcome} Outcome
 * @typedef {import("./session.js").Session} Session
 */

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
 * What each box shows. Only what has changed is rebuilt, so that the reader's place in the page and the folds that the
 * reader has opened stay.
 *
 * @type {WeakMap<HTMLElement, Outcome>}
 */
const shown = new WeakMap();

/**
 * @param {HTMLElement} box
 * @param {Session} session
 */
function renderResults(box, { outcomes }) {
  const action = box.dataset.results ?? "";
  const outcome = outcomes[action];
  if (shown.get(box) === outcome) return;
  if (!outcome) {
    shown.delete(box);
    return box.replaceChildren();
  }
  shown.set(box, outcome);
  box.replaceChildren(
    summaryView(action, outcome),
    checksView(outcome.checks),
    ...outcome.exchanges.map(exchangeView),
    ...(outcome.token ? [tokenView(outcome.token, action === "4")] : []),
    ...(outcome.tools ? [toolsView(outcome.tools)] : []),
  );
}

/**
 * How it went, and the way on.
 *
 * @param {string} action
 * @param {Outcome} outcome
 * @returns {HTMLElement}
 */
function summaryView(action, { checks }) {
  const failed = checks.filter(({ ok }) => !ok).length;
  const link = linkFrom(action, failed === 0);
  const id = `summary-${action}`;
  link?.setAttribute("aria-describedby", id);
  const way = link ? [" ", link] : [];
  const all = countOf(checks.length, "check");
  if (failed === 0) return element("p", { class: "summary" }, element("span", { id }, `${all} passed`), ...way);
  const text = `${failed} of ${all} failed. A client has to stop here.`;
  return element("p", { class: "summary stop", role: "alert" }, element("span", { id }, text), ...way);
}

/**
 * What the client checked.
 *
 * @param {Check[]} checks
 * @returns {HTMLElement}
 */
function checksView(checks) {
  return element(
    "ul",
    { class: "checks" },
    ...checks.map(({ ok, text }) =>
      element(
        "li",
        { class: ok ? "kept" : "broken" },
        element("span", { class: "hidden" }, ok ? "passed: " : "failed: "),
        text,
      )
    ),
  );
}

/**
 * An access token, claim by claim.
 *
 * @param {string} token
 * @param {boolean} isOpen
 * @returns {HTMLElement}
 */
function tokenView(token, isOpen) {
  const decoded = decodeJwt(token);
  if (!decoded) {
    return element(
      "p",
      {},
      "This access token is opaque: only the server can read it.",
    );
  }
  return element(
    "details",
    { class: "exchange token", ...(isOpen ? { open: "" } : {}) },
    element("summary", {}, "the access token, claim by claim"),
    codeBox("header", JSON.stringify(decoded.header, null, 2)),
    table(["claim", "value", "meaning"], claimRows(decoded.payload)),
  );
}

/**
 * A table whose first column names the rows.
 *
 * @param {string[]} head
 * @param {string[][]} rows
 * @returns {HTMLElement}
 */
function table(head, rows) {
  const titles = head.map((title) => element("th", { scope: "col" }, title));
  const lines = rows.map(([name = "", ...cells]) =>
    element(
      "tr",
      {},
      element("th", { scope: "row" }, element("code", {}, name)),
      ...cells.map((cell) => element("td", {}, cell)),
    )
  );
  return element(
    "table",
    { class: head.length > 2 ? "parameters wide" : "parameters" },
    element("thead", {}, element("tr", {}, ...titles)),
    element("tbody", {}, ...lines),
  );
}

/**
 * The tools a server offers.
 *
 * @param {[string, string][]} tools
 * @returns {HTMLElement}
 */
function toolsView(tools) {
  return element(
    "details",
    { class: "exchange" },
    element("summary", {}, "the tools"),
    table(["tool", "description"], tools),
  );
}

/**
 * @param {number} count
 * @param {string} noun
 */
function countOf(count, noun) {
  return count === 1 ? `1 ${noun}` : `${count} ${noun}s`;
}
