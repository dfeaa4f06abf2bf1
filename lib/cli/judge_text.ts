// The verdict on a recording, for people: how far each client came, what it broke and where, and what could not be seen.
import { type Lack, lacking, lacks } from "../archive/lacking.ts";
import type { Archive } from "../archive/read_har.ts";
import { serversIn } from "../archive/servers.ts";
import type { Report } from "../judge/report.ts";
import { addressOf, messagesOf, textOf } from "../judge/reading.ts";
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
  const { mcp } = serversIn(archive.exchanges);
  return [
    `${paint[verdict](verdict)}  ${paint.bold(plainText(sandbox))}  ${paint.dim(sourceOf(archive))}`,
    `${plainText(reason)}.`,
    ...(clients.length === 0 ? EMPTY.map(paint.dim) : []),
    ...(note === undefined || clients.length === 0 ? [] : [paint.dim(`${note}; --whole says that they did nothing.`)]),
    ...shown.flatMap((
      client,
    ) => ["", ...clientLines(client, { archive, exchanges, mcp, isAlone: shown.length === 1, paint })]),
    "",
  ].join("\n");
}

function paletteFor(isColoured: boolean): Palette {
  const style = (code: number): Paint => isColoured ? (text) => `\x1b[${code}m${text}\x1b[0m` : (text) => text;
  return { pass: style(32), fail: style(31), incomplete: style(33), warning: style(33), bold: style(1), dim: style(2) };
}

function sourceOf({ creator, entries, exchanges, unreadable }: Archive): string {
  const undated = unreadable.filter((one) => one.startedAtMs === undefined && one.address !== undefined);
  const unknown = unreadable.filter((one) => one.startedAtMs === undefined && one.address === undefined);
  const left = [
    [unreadable.length - undated.length - unknown.length, "without an answer"],
    [undated.length, "with a startedDateTime that is no date"],
    [unknown.length, "that cannot be read"],
  ].map(([count, what]) => count === 0 ? "" : `, ${count} ${what}`).join("");
  return `${creator === undefined ? "" : `${plainText(creator)}, `}${entries} entries, ${exchanges.length} read${left}`;
}

/** What may be the matter with a recording that shows nobody. */
const EMPTY: readonly string[] = [
  "In a browser, begin to record before the client begins, keep the log when pages change, and set no filter.",
  "Of a program, a proxy records what a browser does not see.",
];

/** What the lines on a client are written with. */
interface Shown {
  readonly archive: Archive;
  readonly exchanges: ReadonlyMap<number, Exchange>;
  /** Addresses of MCP servers. */
  readonly mcp: ReadonlySet<string>;
  /** Whether there is no other client. */
  readonly isAlone: boolean;
  readonly paint: Palette;
}

function clientLines(client: ClientReport, shown: Shown): readonly string[] {
  const { exchanges, mcp, isAlone, paint } = shown;
  const { id, name, revision, verdict, reason, progress, findings } = client;
  const called = new Set(client.exchanges.map((number) => addressOf(exchanges.get(number)?.url ?? "")));
  const servers = [...called].filter((address) => mcp.has(address)).map(plainText);
  const broken = findings.filter(({ status }) => status === "broken")
    .toSorted((one, other) => Number(isFailure(other)) - Number(isFailure(one)));
  const kept = findings.filter(({ status }) => status === "kept");
  const named = name === undefined ? plainText(id) : `${plainText(name)} ${paint.dim(plainText(id))}`;
  return [
    `${paint[verdict](verdict)}  ${named}, ${revision === undefined ? "of an unknown revision" : `MCP ${revision}`}`,
    ...(servers.length === 0 ? [] : [`  at ${servers.slice(0, MAX_SHOWN).join(", ")}`]),
    ...(isAlone || verdict !== "incomplete" ? [] : [`  ${plainText(reason)}.`]),
    ...stationLines(progress, paint),
    ...broken.flatMap((finding) => ["", ...findingLines(finding, exchanges, paint)]),
    ...lackLines(client, shown),
    "",
    `  ${kept.length} rules kept, ${broken.length} broken, ${
      findings.length - kept.length - broken.length
    } not observed`,
  ];
}

function stationLines({ stations }: ClientReport["progress"], paint: Palette): readonly string[] {
  const names = (isReached: boolean): readonly string[] =>
    stations.filter(({ reached }) => reached === isReached).map(({ station }) => station.replace("_", " "));
  const [reached, others] = [names(true), names(false)];
  return [
    ...(reached.length === 0 ? [] : [`  ${reached.join(" > ")}`]),
    ...(others.length === 0 ? [] : [`  ${paint.dim(`not seen: ${others.join(", ")}`)}`]),
  ];
}

/** What the recording lacks, which rules need it, and how to have it next time. */
function lackLines({ findings, unseen = [] }: ClientReport, { archive, paint }: Shown): readonly string[] {
  const found = lacks.flatMap((lack) => {
    const { reason } = lacking[lack];
    const rules = findings.filter(({ status, detail }) => status === "not observed" && detail === reason);
    return rules.length === 0 && !unseen.includes(reason) ? [] : [{ lack, rules: rules.map(({ rule }) => rule) }];
  });
  const useful = remedies.filter(({ tool, lacks: mended }) =>
    tool.test(archive.creator ?? "") && found.some(({ lack }) => mended.includes(lack))
  );
  return [
    ...found.flatMap(({ lack, rules }) => {
      const { reason, isOfBroken = false } = lacking[lack];
      const so = isOfBroken ? "so not held against it" : "so not judged";
      return ["", `  ${reason}.`, ...(rules.length === 0 ? [] : [`    ${paint.dim(`${so}: ${rules.join(", ")}`)}`])];
    }),
    ...useful.flatMap(({ text }) => ["", `  ${text}`]),
  ];
}

const bodies: readonly Lack[] = ["metadata", "login_bodies", "login_answers", "call_bodies", "call_answers"];

/** How to have a tool record what it left out. */
const remedies: readonly { readonly tool: RegExp; readonly lacks: readonly Lack[]; readonly text: string }[] = [
  {
    tool: /WebInspector/,
    lacks: ["credentials"],
    text:
      'In DevTools: Settings > Preferences > Network > "Allow to generate HAR with sensitive data", and export again.',
  },
  {
    tool: /WebInspector|Playwright/,
    lacks: ["metadata", "login_answers", "call_answers"],
    text: "Chromium forgets what a page has read when that page is left; what Firefox or a proxy records stays.",
  },
  {
    tool: /mitmproxy/,
    lacks: bodies,
    text: "Run mitmproxy without stream_large_bodies, or from version 12 on with store_streamed_bodies=true.",
  },
  {
    tool: /Playwright/,
    lacks: bodies,
    text: 'In Playwright: recordHar with mode "full" and content "embed".',
  },
];

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
  const { method, url, status, request } = exchange;
  const said = textOf(messagesOf(request)[0], "method");
  return [method, ...(said === undefined ? [] : [said]), addressOf(url).slice(0, MAX_ADDRESS), `${status}`]
    .map(plainText).join(" ");
}
