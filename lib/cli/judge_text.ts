// The verdict on a recording, for people: how far each client came, what it broke and where, and what could not be seen.
import { lacking } from "../archive/lacking.ts";
import type { Archive } from "../archive/read_har.ts";
import type { Report } from "../judge/report.ts";
import { addressOf } from "../judge/reading.ts";
import { type ClientReport, type Finding, isFailure, isJudged, type Verdict } from "../judge/verdict.ts";
import type { Exchange } from "../recorder/exchange.ts";
import { plainText } from "../runtime/plain_text.ts";

/** What a text is written with. */
export interface JudgeTextOptions {
  /** Whether the reader is a terminal that shows colours. */
  readonly isColoured: boolean;
}

type Paint = (text: string) => string;

/** How the parts of a text are painted. */
interface Palette extends Readonly<Record<Verdict, Paint>> {
  readonly bold: Paint;
  readonly dim: Paint;
  readonly warning: Paint;
}

/** Exchanges that are shown of a finding. */
const MAX_SHOWN = 4;
/** The most that is shown of an address, in characters. */
const MAX_ADDRESS = 100;

/**
 * Writes a verdict.
 *
 * @param archive What it was made from.
 */
export function judgeText(report: Report, archive: Archive, { isColoured }: JudgeTextOptions): string {
  const paint = paletteFor(isColoured);
  const { sandbox, verdict, reason, note, clients } = report;
  const shown = clients.filter((client) => isJudged(client) || clients.length === 1);
  const exchanges = new Map(archive.exchanges.map((exchange) => [exchange.sequence, exchange] as const));
  return [
    `${paint[verdict](verdict)}  ${paint.bold(plainText(sandbox))}  ${paint.dim(sourceOf(archive))}`,
    `${plainText(reason)}.`,
    ...(note === undefined ? [] : [paint.dim(`${note}; --whole says that they did nothing.`)]),
    ...shown.flatMap((client) => ["", ...clientLines(client, exchanges, paint)]),
    "",
  ].join("\n");
}

function paletteFor(isColoured: boolean): Palette {
  const style = (code: number): Paint => isColoured ? (text) => `\x1b[${code}m${text}\x1b[0m` : (text) => text;
  return { pass: style(32), fail: style(31), incomplete: style(33), warning: style(33), bold: style(1), dim: style(2) };
}

function sourceOf({ creator, entries, exchanges, unreadable }: Archive): string {
  const left = unreadable.length === 0 ? "" : `, ${unreadable.length} without an answer`;
  return `${creator === undefined ? "" : `${plainText(creator)}, `}${entries} entries, ${exchanges.length} read${left}`;
}

function clientLines(
  client: ClientReport,
  exchanges: ReadonlyMap<number, Exchange>,
  paint: Palette,
): readonly string[] {
  const { id, name, revision, verdict, progress, findings } = client;
  const broken = findings.filter(({ status }) => status === "broken");
  const kept = findings.filter(({ status }) => status === "kept");
  const stations = progress.stations.map(({ station, reached }) => {
    const text = station.replace("_", " ");
    return reached ? text : paint.dim(`(${text})`);
  });
  const called = name === undefined ? plainText(id) : `${plainText(name)} ${paint.dim(plainText(id))}`;
  return [
    `${paint[verdict](verdict)}  ${called}, ${revision === undefined ? "of an unknown revision" : `MCP ${revision}`}`,
    `  ${stations.join(" > ")}`,
    ...broken.flatMap((finding) => ["", ...findingLines(finding, exchanges, paint)]),
    ...lackLines(findings, paint),
    "",
    `  ${kept.length} rules kept, ${broken.length} broken, ${
      findings.length - kept.length - broken.length
    } not observed`,
  ];
}

/** What the recording lacks, and which rules need it. */
function lackLines(findings: readonly Finding[], paint: Palette): readonly string[] {
  return Object.values(lacking).flatMap(({ reason }) => {
    const rules = findings.filter(({ status, detail }) => status === "not observed" && detail === reason);
    return rules.length === 0
      ? []
      : ["", `  ${reason}.`, `    ${paint.dim(`so not judged: ${rules.map(({ rule }) => rule).join(", ")}`)}`];
  });
}

function findingLines(
  finding: Finding,
  exchanges: ReadonlyMap<number, Exchange>,
  paint: Palette,
): readonly string[] {
  const { rule, level, title, detail, evidence, link } = finding;
  const mark = isFailure(finding) ? paint.fail("broken ") : paint.warning("warning");
  const shown = evidence.slice(0, MAX_SHOWN);
  const more = evidence.length - shown.length;
  return [
    `  ${mark} ${paint.bold(rule)} ${level}: ${title}`,
    `    ${plainText(detail)}.`,
    ...shown.map((number) => `    ${paint.dim(`entry ${number}`)}  ${exchangeText(exchanges.get(number))}`),
    ...(more > 0 ? [`    ${paint.dim(`and ${more} more`)}`] : []),
    `    ${paint.dim(link)}`,
  ];
}

function exchangeText(exchange: Exchange | undefined): string {
  if (!exchange) return "";
  return `${plainText(exchange.method)} ${plainText(addressOf(exchange.url)).slice(0, MAX_ADDRESS)} ${exchange.status}`;
}
