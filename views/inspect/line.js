// @ts-check
/// <reference lib="dom" />
// A line of the inspector's diagram: an arrow there, an arrow back, what is wrong with it, and inside the exchange.
import { codeBox, element } from "../guide/exchange.js";
import { isFailure, placeOf } from "./model.js";
import { eventsView, lanesView, tiesView } from "./talk.js";
import { answerText, curlOf, durationText, sentText, timeText } from "./text.js";

/**
 * @typedef {import("./model.js").Exchange} Exchange
 * @typedef {import("./model.js").Finding} Finding
 * @typedef {import("./model.js").Line} Line
 * @typedef {import("./lanes.js").Thread} Thread
 * @typedef {import("./lanes.js").Told} Told
 */

/**
 * A line as plain text, and the rules that it broke. There can be thousands, and few are ever looked at: {@link fillLine}
 * makes the rest when a line comes near the window.
 *
 * @param {Exchange} exchange
 * @param {Line} line
 * @param {Finding[]} broken Rules that it broke.
 * @returns {HTMLElement}
 */
export function lineView(exchange, { to, asks, gets }, broken) {
  const { sequence, method, status } = exchange;
  const kind = [`line to-${to}`, status >= 400 ? "refused" : "", broken.length > 0 ? "guilty" : ""];
  return element(
    "li",
    { class: kind.filter(Boolean).join(" "), id: `exchange-${sequence}` },
    `${sequence} ${method} ${asks} → ${placeOf(to)} ${status} ${gets}`,
    ...broken.map(findingView),
  );
}

/**
 * Turns a line's text into what is seen: the arrows, which unfold to the exchange, and when it was and how long it took.
 *
 * @param {HTMLElement} view Made by {@link lineView}.
 * @param {Exchange} exchange
 * @param {Line} line
 */
export function fillLine(view, exchange, line) {
  const { startedAtMs, durationMs } = exchange;
  const time = element("time", { datetime: new Date(startedAtMs).toISOString() }, timeText(startedAtMs));
  view.classList.add("filled");
  view.firstChild?.replaceWith(
    folded(summaryView(exchange, line), () => insideView(exchange)),
    element("p", { class: "when" }, time, ` ${durationText(durationMs)}`),
  );
}

/**
 * Shows on a line that is filled in what ties it to others; what was shown before gives way.
 *
 * @param {HTMLElement} view
 * @param {Exchange} exchange
 * @param {Thread} thread
 */
export function tieLine(view, exchange, thread) {
  const { ties, events, end } = thread;
  const findings = [...view.querySelectorAll(".finding")].filter((own) => own instanceof HTMLElement);
  for (const old of view.querySelectorAll(":scope > :is(.ties, .lanes, .events)")) old.remove();
  /** @type {Set<Node>} */
  const placed = new Set();
  /** @param {Told} told */
  const below = (told) => {
    const part = told.way === "there" ? "request" : "response";
    const own = findings.filter(({ dataset }) => told.messages.some((index) => dataset.message === `${part}-${index}`));
    for (const finding of own) placed.add(finding);
    return own;
  };
  view.append(
    ...(ties.length > 0 ? [tiesView(ties)] : []),
    ...(events.length > 0 ? [eventsView(events, exchange.receivedAtMs, below)] : []),
    ...(end === "" ? [] : [tiesView([{ text: end, at: undefined }])]),
    ...findings.filter((finding) => !placed.has(finding)),
    lanesView(thread),
  );
}

/**
 * Something to unfold, whose inside is made when it is first opened: there can be thousands.
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
  const time = new Date(startedAtMs).toISOString();
  const shape = shapedBy.length > 0 ? `, shaped by ${shapedBy.join(", ")}` : "";
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
  const { rule, name, level, title, detail, link, message } = finding;
  return element(
    "p",
    {
      class: isFailure(finding) ? "finding" : "finding advice",
      "data-message": message ? `${message.part}-${message.index}` : "",
    },
    element("b", {}, `${detail}.`),
    ` ${title} `,
    element("a", { href: link }, `${rule}, ${level}`),
    ` (${name})`,
  );
}
