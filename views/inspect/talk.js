// @ts-check
/// <reference lib="dom" />
// What is said on a line beside its request and status: the messages of its stream or batch, what ties it to other lines,
// and the lanes of sessions and streams that pass by.
import { element } from "../guide/exchange.js";
import { MAX_EVENTS } from "./lanes.js";
import { momentText } from "./text.js";

/**
 * @typedef {import("./lanes.js").Thread} Thread
 * @typedef {import("./lanes.js").Told} Told
 * @typedef {import("./lanes.js").Tie} Tie
 */

/**
 * The lanes at a line; what they say stands in words as well.
 *
 * @param {Thread} thread
 */
export function lanesView({ bars, among }) {
  return element(
    "p",
    { class: "lanes" },
    element("span", { class: "hidden" }, among),
    ...Array.from(bars, (bar) => element("i", bar ? { class: `${bar.lane.kind} ${bar.part}` } : {})),
  );
}

/**
 * @param {Tie[]} ties
 */
export function tiesView(ties) {
  const said = ties.flatMap((tie) => [" · ", ...tieView(tie)]).slice(1);
  return element("p", { class: "ties" }, element("span", {}, ...said));
}

/** @param {Tie} tie */
function tieView({ text, at }) {
  return at === undefined ? [text] : [`${text}, `, element("a", { href: `#exchange-${at}` }, `line ${at}`)];
}

/**
 * The messages of a stream or a batch.
 *
 * @param {Told[]} events
 * @param {number} fromMs When the request came.
 * @param {(told: Told) => Iterable<Node>} after What stands below one.
 */
export function eventsView(events, fromMs, after) {
  const left = events.length - MAX_EVENTS;
  return element(
    "ol",
    { class: "events" },
    ...(left > 0 ? [element("li", { class: "quiet" }, `${left} before these`)] : []),
    ...events.slice(-MAX_EVENTS).map((told) => eventView(told, fromMs, after(told))),
  );
}

/**
 * @param {Told} told
 * @param {number} fromMs
 * @param {Iterable<Node>} below
 */
function eventView({ way, fields, text, atMs, tied }, fromMs, below) {
  return element(
    "li",
    {},
    element(
      "p",
      { class: way },
      element(
        "span",
        {},
        ...(fields === "" ? [] : [element("b", {}, fields), " "]),
        ...tieView({ text, at: tied }),
        element("span", { class: "quiet" }, atMs === undefined ? "" : ` ${momentText(atMs - fromMs)}`),
      ),
    ),
    ...below,
  );
}
