// @ts-check
/// <reference lib="dom" />
/**
 * What the inspector says of a client, above its lines.
 *
 * @module
 */
import { element } from "./guide_dom.js";
import { isFailure } from "./inspect_model.js";

/**
 * @typedef {import("./inspect_model.js").ClientReport} ClientReport
 * @typedef {import("./inspect_model.js").Finding} Finding
 * @typedef {import("./inspect_model.js").Group} Group
 */

/**
 * The order in which findings are worth reading.
 *
 * @type {Finding["status"][]}
 */
const statuses = ["broken", "kept", "not observed"];

/**
 * Name, verdict and rules of a client.
 *
 * @param {Group} group
 * @param {boolean} isOpen Whether its rules are unfolded.
 * @returns {HTMLElement}
 */
export function clientView({ name, id, report }, isOpen) {
  const title = element("h2", {}, name);
  if (!report) return element("div", { class: "client-head" }, title);
  const { verdict, revision, findings } = report;
  return element(
    "div",
    { class: "client-head" },
    element("p", { class: `verdict verdict-${verdict}` }, verdict),
    title,
    element("p", { class: "quiet" }, [id, revision === undefined ? "" : `MCP ${revision}`].filter(Boolean).join(" · ")),
    element(
      "details",
      isOpen ? { open: "" } : {},
      element("summary", {}, countsText(findings)),
      rulesView(findings),
    ),
  );
}

/**
 * @param {readonly Finding[]} findings
 * @returns {string}
 */
function countsText(findings) {
  const counts = statuses.map((status) =>
    `${findings.filter((finding) => finding.status === status).length} ${status}`
  );
  return `rules: ${counts.join(", ")}`;
}

/**
 * @param {readonly Finding[]} findings
 * @returns {HTMLElement}
 */
function rulesView(findings) {
  const rows = statuses.flatMap((status) => findings.filter((finding) => finding.status === status));
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
  const { rule, status, title, detail, evidence, isExpected, level, link } = finding;
  const tone = status === "broken" && !isFailure(finding) ? "recommended" : status.replace(" ", "-");
  const lines = evidence.slice(0, 8).flatMap((at) => [element("a", { href: `#exchange-${at}` }, String(at)), " "]);
  const note = isExpected ? ", tested by this scenario" : "";
  return element(
    "tr",
    { class: tone },
    element("th", { scope: "row" }, element("a", { href: link }, rule), ` ${status}`),
    element("td", {}, `${detail}. `, element("span", { class: "quiet" }, `${title} ${level}${note}`)),
    element("td", {}, ...lines, evidence.length > 8 ? "…" : ""),
  );
}
