// @ts-check
/// <reference lib="dom" />
/**
 * A line of the inspector's diagram: an arrow there, an arrow back, what is wrong with it, and inside the exchange.
 *
 * @module
 */
import { codeBox, element } from "./guide_dom.js";
import { isFailure, placeOf } from "./inspect_model.js";
import { answerText, curlOf, sentText } from "./inspect_text.js";

/**
 * @typedef {import("./inspect_model.js").Exchange} Exchange
 * @typedef {import("./inspect_model.js").Finding} Finding
 * @typedef {import("./inspect_model.js").Line} Line
 */

/**
 * Makes a line.
 *
 * @param {Exchange} exchange
 * @param {Line} line
 * @param {Finding[]} broken Rules that it broke.
 * @returns {HTMLElement}
 */
export function lineView(exchange, line, broken) {
  const { sequence, status } = exchange;
  const kind = [`line to-${line.to}`, status >= 400 ? "refused" : "", broken.length > 0 ? "guilty" : ""];
  return element(
    "li",
    { class: kind.filter(Boolean).join(" "), id: `exchange-${sequence}` },
    folded(summaryView(exchange, line), () => insideView(exchange)),
    ...broken.map(findingView),
  );
}

/**
 * Something to unfold, whose inside is made when it is first looked at: there can be thousands.
 *
 * @param {HTMLElement} summary
 * @param {() => HTMLElement} inside
 */
function folded(summary, inside) {
  const details = element("details", {}, summary);
  details.addEventListener("toggle", () => {
    if (details.childElementCount === 1) details.append(inside());
  });
  return details;
}

/**
 * @param {Exchange} exchange
 * @param {Line} line
 */
function summaryView({ sequence, method, status, shapedBy }, { to, asks, gets }) {
  return element(
    "summary",
    {},
    element("span", { class: "sequence" }, String(sequence)),
    element(
      "span",
      { class: "arrows" },
      arrow("there", method, asks),
      element("span", { class: "place" }, ` ${placeOf(to)} `),
      arrow("back", String(status), gets),
      ...(shapedBy.length > 0 ? [element("span", { class: "shaped" }, ` ${shapedBy.join(", ")}`)] : []),
    ),
  );
}

/**
 * @param {string} way
 * @param {string} name
 * @param {string} text
 */
function arrow(way, name, text) {
  return element("span", { class: way }, element("span", {}, element("b", {}, name), ` ${text}`));
}

/** @param {Exchange} exchange */
function insideView(exchange) {
  const { startedAtMs, durationMs, shapedBy, sequence } = exchange;
  const time = new Date(startedAtMs).toISOString().slice(11, 23);
  const shape = shapedBy.length > 0 ? `, and what the scenario did to it: ${shapedBy.join(", ")}` : "";
  return element(
    "div",
    { class: "inside" },
    element("p", { class: "quiet" }, `at ${time}, answered in ${durationMs.toFixed(1)} ms${shape}`),
    codeBox(`request ${sequence}`, sentText(exchange)),
    codeBox(`response ${sequence}`, answerText(exchange)),
    codeBox(`the same with curl, request ${sequence}`, curlOf(exchange)),
  );
}

/**
 * A broken rule, beside the line that broke it.
 *
 * @param {Finding} finding
 * @returns {HTMLElement}
 */
function findingView(finding) {
  const { rule, level, title, detail, link } = finding;
  return element(
    "p",
    { class: isFailure(finding) ? "finding" : "finding advice" },
    element("b", {}, `${detail}.`),
    ` ${title} `,
    element("a", { href: link }, `${rule}, ${level}`),
  );
}
