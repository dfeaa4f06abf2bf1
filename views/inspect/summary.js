// @ts-check
// What is said of a client above its lines, for the page and for the server, which renders it without scripts: the
// stations on its way, and the rules that it broke.
import { countOf, lineAt } from "./model.js";

/**
 * @typedef {import("./model.js").ClientReport} ClientReport
 * @typedef {import("../../lib/judge/progress.ts").Progress} Progress
 * @typedef {import("../../lib/judge/progress.ts").StationName} StationName
 */

/** @type {Readonly<Record<StationName, string>>} */
const labels = {
  found_resource: "resource metadata",
  found_server: "server metadata",
  registered: "client id",
  authorized: "authorization",
  token: "token",
  connected: "MCP",
  listed: "lists",
  called: "call",
  refreshed: "refresh",
  ended: "end",
};

/**
 * Stations that a client may leave out on its way to the next.
 *
 * @type {ReadonlySet<StationName>}
 */
const optional = new Set(["listed", "refreshed", "ended"]);

/**
 * @typedef {object} Stop
 * @property {string} label
 * @property {"reached" | "next" | "not reached"} state
 * @property {number | undefined} at The exchange by which it was reached.
 */

/**
 * The stations of a client as a line; if it stopped short of where it has to come, with the one that comes next.
 *
 * @param {Progress} progress
 * @returns {Stop[]}
 */
export function stopsOf({ stations, outcome }) {
  const way = stations.filter(({ station }) => !optional.has(station));
  const last = way.findLastIndex(({ reached }) => reached);
  const next = outcome === "short" ? way[last + 1] : undefined;
  return stations.map((own) => ({
    label: labels[own.station],
    state: own.reached ? "reached" : own === next ? "next" : "not reached",
    at: own.at,
  }));
}

/**
 * Broken rules under a heading, each with the line that broke it.
 *
 * @typedef {object} Told
 * @property {"failures" | "warnings"} kind
 * @property {string} heading
 * @property {{ text: string, at: number | undefined }[]} rules
 */

/**
 * The rules that fail a client, and apart from these the ones that only warn.
 *
 * @param {ClientReport} client
 * @returns {Told[]}
 */
export function toldOf({ findings, failures, warnings }) {
  /** @param {readonly string[]} ids */
  const rulesIn = (ids) =>
    findings.filter(({ rule }) => ids.includes(rule)).map((finding) => ({
      text: `${finding.rule} ${finding.name}`,
      at: lineAt(finding),
    }));
  /** @type {Told[]} */
  const all = [
    { kind: "failures", heading: `${countOf(failures.length, "rule")} broken: `, rules: rulesIn(failures) },
    {
      kind: "warnings",
      heading: `${countOf(warnings.length, "warning")}, which ${warnings.length === 1 ? "does" : "do"} not fail it: `,
      rules: rulesIn(warnings),
    },
  ];
  return all.filter(({ rules }) => rules.length > 0);
}
