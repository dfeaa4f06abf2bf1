/**
 * A verdict as the text of a bug report: how to see the same again, which rules were broken, and the requests that show it.
 *
 * @module
 */
import type { Exchange, HeaderPair } from "../../recorder/exchange.ts";
import type { Report } from "../report.ts";
import type { ClientReport, Finding } from "../verdict.ts";
import { text } from "./markdown.ts";

/** Where the same can be seen again. */
export interface Reproduction {
  /** Where the server is to be started, and what opens there; markdown. */
  readonly steps: readonly string[];
  /** The scenario in full, where no server has it already. */
  readonly definition: string | undefined;
}

/** The most exchanges that are shown of a finding. */
const MAX_SHOWN = 4;
const MAX_BODY = 2000;

/** Numbers of the exchanges that a bug report shows. */
export function shownIn(report: Report): readonly number[] {
  return [...new Set(report.clients.flatMap(brokenBy).flatMap(({ evidence }) => evidence.slice(0, MAX_SHOWN)))];
}

/** Writes it. */
export function renderIssue(
  { clients, verdict, reason, scenario = "" }: Report,
  { steps, definition }: Reproduction,
  exchanges: readonly Exchange[],
): string {
  const shown = new Map(exchanges.map((exchange) => [exchange.sequence, exchange]));
  return [
    `# ${verdict}${scenario === "" ? "" : ` in ${text(scenario)}`}: ${text(reason)}`,
    "## How to see it",
    steps.map((step, index) => `${index + 1}. ${step}`).join("\n"),
    ...(definition === undefined ? [] : [details("The scenario, as a file for --scenarios", definition, "json")]),
    ...clients.filter((client) => brokenBy(client).length > 0).flatMap((client) => sectionOf(client, shown)),
  ].join("\n\n") + "\n";
}

function brokenBy({ findings }: ClientReport): readonly Finding[] {
  return findings.filter(({ status }) => status === "broken");
}

function sectionOf(client: ClientReport, shown: ReadonlyMap<number, Exchange>): readonly string[] {
  const { name, id, revision } = client;
  return [
    `## ${text(name ?? id)}${revision === undefined ? "" : `, MCP ${revision}`}`,
    ...brokenBy(client).flatMap(({ rule, name: title, level, detail, link, evidence }) => [
      `**[${rule}](${link}) ${text(title)}** (${level}): ${text(detail)}.`,
      ...evidence.slice(0, MAX_SHOWN).flatMap((number) => {
        const exchange = shown.get(number);
        return exchange
          ? [details(`${exchange.method} ${exchange.url}: ${exchange.status}`, httpText(exchange), "http")]
          : [];
      }),
    ]),
  ];
}

function httpText({ method, url, request, status, response }: Exchange): string {
  return `${method} ${url}\n${headText(request.headers)}${bodyText(request.body)}\n\nHTTP ${status}\n${
    headText(response.headers)
  }${bodyText(response.body)}`;
}

/** Headers that tell who may be wrong; all others are the same for everyone. */
const told =
  /^(?:authorization|accept|content-type|mcp-|www-authenticate|location|origin|last-event-id|dpop|retry-after)/;

function headText(headers: readonly HeaderPair[]): string {
  return headers.filter(([name]) => told.test(name)).map(([name, value]) => `${name}: ${value}\n`).join("");
}

function bodyText(body: string | undefined): string {
  if (body === undefined || body === "") return "";
  return `\n${body.length > MAX_BODY ? `${body.slice(0, MAX_BODY)}…` : body}`;
}

/** A part that opens on a click; its fence is longer than any that its text could close it with. */
function details(summary: string, inside: string, language: string): string {
  const runs = inside.match(/`{3,}/g) ?? [];
  const fence = "`".repeat(Math.max(2, ...runs.map((run) => run.length)) + 1);
  const head = summary.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/\s+/g, " ");
  return `<details><summary>${head}</summary>\n\n${fence}${language}\n${inside}\n${fence}\n\n</details>`;
}
