/**
 * The verdict as JUnit XML, which every CI system can show: a suite for each client, with a case for how far it came and
 * one for each rule.
 *
 * @module
 */
import type { Report } from "../report.ts";
import type { Progress } from "../progress.ts";
import type { ClientReport, Finding } from "../verdict.ts";
import { attributesOf, escapeXml } from "./xml.ts";

/**
 * Writes a report as JUnit XML. A broken requirement is a failure, an expectation that nothing was seen of an error, any
 * other rule that nothing was seen of skipped.
 *
 * @param report The report.
 */
export function renderJunit(report: Report): string {
  return [...junitPieces(report)].join("");
}

/**
 * The same in pieces, a suite each.
 *
 * @param report The report.
 */
export function* junitPieces(report: Report): Generator<string, void> {
  yield '<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="mock-oauth">\n';
  const { cut, leftOut, dropped } = report.record;
  if (cut + leftOut + dropped > 0) yield `${recordSuite(report)}\n`;
  if (report.clients.length === 0) yield `${nobody(report)}\n`;
  for (const client of report.clients) yield `${suite(report, client)}\n`;
  yield "</testsuites>\n";
}

/** Missing exchanges are reported in a suite of their own without tests. */
function recordSuite({ sandbox, record: { cut, leftOut, dropped, unjudged } }: Report): string {
  const property = (name: string, value: number): string =>
    `<property${attributesOf({ name: `exchanges ${name}`, value })}/>`;
  const properties = [
    property("cut", cut),
    property("left out", leftOut),
    property("no longer on record", dropped),
    property("not judged", unjudged),
  ];
  const head = attributesOf({ name: `${sandbox}: record`, tests: 0 });
  return `  <testsuite${head}><properties>${properties.join("")}</properties></testsuite>`;
}

function suite({ sandbox }: Report, { id, name, findings, failures, progress }: ClientReport): string {
  const count = (test: (finding: Finding) => boolean): number => findings.filter(test).length;
  const attributes = attributesOf({
    name: `${sandbox}: ${name ?? id}`,
    tests: findings.length + 1,
    failures: failures.length + (progress.outcome === "beyond" ? 1 : 0),
    errors: count(isMissing) + (progress.outcome === "short" ? 1 : 0),
    skipped: count((finding) => finding.status === "not observed" && !finding.isExpected),
  });
  return [
    `  <testsuite${attributes}>`,
    progressCase(sandbox, progress),
    ...findings.map((finding) => testCase(sandbox, finding, failures.includes(finding.rule))),
    "  </testsuite>",
  ].join("\n");
}

function isMissing({ status, isExpected }: Finding): boolean {
  return status === "not observed" && isExpected;
}

function messageOf(message: string, type: string): string {
  return attributesOf({ message, type });
}

/** A client that stops half way would count as success if only rules were cases. */
function progressCase(sandbox: string, { outcome, sentence }: Progress): string {
  const inner = {
    reached: `<system-out>${escapeXml(`${sentence}.`)}</system-out>`,
    short: `<error${messageOf(sentence, "incomplete")}/>`,
    beyond: `<failure${messageOf(sentence, "beyond")}/>`,
  }[outcome];
  const attributes = attributesOf({ classname: `mock-oauth.${sandbox}`, name: "the client comes as far as it should" });
  return `    <testcase${attributes}>${inner}</testcase>`;
}

function testCase(sandbox: string, finding: Finding, isFailure: boolean): string {
  const { rule, name, title, level, status, detail, evidence, link } = finding;
  const open = `    <testcase${attributesOf({ classname: `mock-oauth.${sandbox}`, name: `${rule} ${name}` })}>`;
  const about = `${title}\n${detail}.${evidence.length > 0 ? ` Exchanges: ${evidence.join(", ")}.` : ""}\n${link}`;
  const inner = isFailure
    ? `<failure${messageOf(detail, level)}>${escapeXml(about)}</failure>`
    : isMissing(finding)
    ? `<error${messageOf(detail, "incomplete")}>${escapeXml(about)}</error>`
    : status === "not observed"
    ? `<skipped${attributesOf({ message: detail })}/>`
    : `<system-out>${escapeXml(`${status === "broken" ? "warning: " : ""}${about}`)}</system-out>`;
  return `${open}${inner}</testcase>`;
}

/** A suite without a case would count as success. */
function nobody({ sandbox }: Report): string {
  const detail = "No client has sent a request";
  return [
    `  <testsuite${attributesOf({ name: sandbox, tests: 1, failures: 0, errors: 1, skipped: 0 })}>`,
    `    <testcase${attributesOf({ classname: `mock-oauth.${sandbox}`, name: "a client sends a request" })}>` +
    `<error${attributesOf({ message: detail, type: "incomplete" })}/></testcase>`,
    "  </testsuite>",
  ].join("\n");
}
