// @ts-check
/// <reference lib="dom" />
// What the inspector says of a client, above its lines.
import { element } from "../guide/exchange.js";
import { clientVerdict, countOf, isFailure } from "./model.js";
import { stopsOf, toldOf } from "./summary.js";

/**
 * @typedef {import("./model.js").ClientReport} ClientReport
 * @typedef {import("./model.js").Finding} Finding
 * @typedef {import("./model.js").Group} Group
 */

/** The order in which findings are worth reading. */
const outcomes = ["broken", "warning", "kept", "not observed"];

/**
 * A broken recommendation is a warning, except where it decides.
 *
 * @param {Finding} finding
 * @returns {string}
 */
function outcomeOf(finding) {
  return finding.status === "broken" && !isFailure(finding) ? "warning" : finding.status;
}

/**
 * Name of a client, how far it came, its verdict and why, and its rules.
 *
 * @param {Group} group
 * @param {boolean} isOpen Whether its rules are unfolded.
 * @returns {HTMLElement}
 */
export function clientView({ name, id, report }, isOpen) {
  const title = element("h2", {}, name);
  if (!report) return element("div", { class: "client-head" }, title);
  const { verdict, revision, findings, progress, reason } = report;
  const own = element("b", { class: `verdict-${verdict}` }, clientVerdict(report));
  return element(
    "div",
    { class: "client-head" },
    title,
    element("p", { class: "quiet" }, [id, revision === undefined ? "" : `MCP ${revision}`].filter(Boolean).join(" · ")),
    element("ol", { class: "stations", "aria-label": "how far it came" }, ...stopsOf(progress).map(stopView)),
    element("p", { class: "reason" }, own, `: ${reason}.`),
    ...toldOf(report).map(toldView),
    element(
      "details",
      isOpen ? { open: "" } : {},
      element("summary", {}, countsText(findings)),
      rulesView(findings),
    ),
  );
}

/** @param {import("./summary.js").Stop} stop */
function stopView({ label, state, at }) {
  return element(
    "li",
    { class: state.replace(" ", "-") },
    element("span", state === "next" ? {} : { class: "hidden" }, `${state}: `),
    linkTo(at, label),
  );
}

/** @param {import("./summary.js").Told} told */
function toldView({ kind, heading, rules }) {
  const links = rules.flatMap(({ text, at }) => [", ", linkTo(at, text)]).slice(1);
  return element("p", { class: kind }, heading, ...links);
}

/**
 * A link to the line of an exchange; the mere text where there is none.
 *
 * @param {number | undefined} at
 * @param {string} text
 */
function linkTo(at, text) {
  return at === undefined ? text : element("a", { href: `#exchange-${at}` }, text);
}

/**
 * @param {readonly Finding[]} findings
 * @returns {string}
 */
function countsText(findings) {
  const counts = outcomes.map((outcome) => {
    const count = findings.filter((finding) => outcomeOf(finding) === outcome).length;
    if (count === 0) return "";
    return outcome === "warning" ? countOf(count, outcome) : `${count} ${outcome}`;
  });
  return `rules: ${counts.filter(Boolean).join(", ")}`;
}

/**
 * @param {readonly Finding[]} findings
 * @returns {HTMLElement}
 */
function rulesView(findings) {
  const rows = outcomes.flatMap((outcome) => findings.filter((finding) => outcomeOf(finding) === outcome));
  return element(
    "table",
    { class: "parameters wide rules" },
    element("thead", {}, element("tr", {}, ...["rule", "what was seen", "where"].map(columnTitle))),
    element("tbody", {}, ...rows.map(ruleView)),
  );
}

/** @param {string} title */
function columnTitle(title) {
  return element("th", { scope: "col" }, title);
}

/** @param {Finding} finding */
function ruleView(finding) {
  const { rule, name, title, detail, evidence, isExpected, level, link } = finding;
  const outcome = outcomeOf(finding);
  const lines = evidence.slice(0, 8).flatMap((at) => [linkTo(at, String(at)), " "]);
  const note = isExpected ? ", tested by this scenario" : "";
  return element(
    "tr",
    { class: outcome.replace(" ", "-") },
    element(
      "th",
      { scope: "row" },
      element("a", { href: link }, rule),
      ` ${outcome}`,
      element("span", { class: "quiet rule-name" }, name),
    ),
    element("td", {}, `${title} `, element("span", { class: "quiet" }, `${level}${note}. ${detail}.`)),
    element("td", {}, ...lines, evidence.length > 8 ? "…" : ""),
  );
}
