// `mock-oauth judge`: reads a recording, and tells what its clients kept and broke.
import { basename } from "node:path";
import { HarError } from "../lib/archive/har_error.ts";
import { judgingArchive } from "../lib/archive/judge_archive.ts";
import { type Archive, readHar } from "../lib/archive/read_har.ts";
import { ConfigError } from "../lib/cli/config_values.ts";
import { describeDifferences } from "../lib/cli/clone_text.ts";
import type { JudgeOptions } from "../lib/cli/judge_options.ts";
import { judgeText } from "../lib/cli/judge_text.ts";
import { reasonOf } from "../lib/cli/start_files.ts";
import { parseLimits } from "../lib/control/judge_limits.ts";
import { OAuthError } from "../lib/http/errors.ts";
import { junitPieces } from "../lib/judge/formats/junit.ts";
import { renderMarkdown } from "../lib/judge/formats/markdown.ts";
import { reportSarifPieces } from "../lib/judge/formats/sarif.ts";
import type { SetLimits } from "../lib/judge/limits.ts";
import type { Report } from "../lib/judge/report.ts";
import { failOnShoulds, type Verdict } from "../lib/judge/verdict.ts";
import { plainJson } from "../lib/runtime/plain_text.ts";
import { finish } from "../lib/runtime/slices.ts";

/** What the command is given. */
export interface JudgeDeps {
  readonly readBytes: (path: string) => AsyncIterable<Uint8Array>;
  readonly readText: (path: string) => Promise<string>;
  readonly randomBytes: (length: number) => Uint8Array;
  readonly out: (text: string) => void;
  readonly isColoured: boolean;
}

/** Another name for standard input, which no program need open as a file. */
const STDIN = "/dev/stdin";

/** What the process ends with; 2 is for what cannot be used. */
const exitCodes: Readonly<Record<Verdict, number>> = { pass: 0, fail: 1, incomplete: 3 };

/**
 * Does what the command line says.
 *
 * @returns The exit code.
 * @throws ConfigError for a file that cannot be read, or is no recording.
 */
export async function runJudge(
  { path: given, format, isStrict, limits: texts, against, server, ...how }: JudgeOptions,
  deps: JudgeDeps,
): Promise<number> {
  const path = given === STDIN ? "-" : given;
  const limits = limitsOf(texts);
  const archive = await readArchive(path, deps);
  if (against !== undefined) return await compare(archive, { against, server, format }, deps);
  const judged = finish(
    judgingArchive(archive, { name: path === "-" ? "standard input" : basename(path), limits, ...how }),
  );
  const report = isStrict ? failOnShoulds(judged) : judged;
  deps.out(format === "text" ? judgeText(report, archive, deps) : written[format](report));
  return exitCodes[report.verdict];
}

const written: Readonly<Record<Exclude<JudgeOptions["format"], "text">, (report: Report) => string>> = {
  json: (report) => `${plainJson(JSON.stringify(report, null, 2))}\n`,
  junit: (report) => [...junitPieces(report)].join(""),
  markdown: (report) => `${renderMarkdown(report)}\n`,
  sarif: (report) => `${plainJson([...reportSarifPieces(report)].join(""))}\n`,
};

/** Tells where the server of a recording and a scenario differ; most starts have no use for the server that this takes. */
async function compare(
  { exchanges }: Archive,
  { against, server, format }: Pick<JudgeOptions, "format" | "server"> & { readonly against: string },
  { readText, out }: JudgeDeps,
): Promise<number> {
  const { compareWith } = await import("./clone.ts");
  const { differences, compared } = await compareWith(against, { observed: exchanges, url: server }, readText);
  const isText = format === "text";
  out(
    isText
      ? describeDifferences(differences, compared)
      : `${plainJson(JSON.stringify({ compared, differences }, null, 2))}\n`,
  );
  return differences.length === 0 ? 0 : 1;
}

function limitsOf(texts: readonly string[]): SetLimits | undefined {
  try {
    return parseLimits(texts);
  } catch (error) {
    if (error instanceof OAuthError) throw new ConfigError(`--limits: ${error.message}`);
    throw error;
  }
}

async function readArchive(path: string, { readBytes, randomBytes }: JudgeDeps): Promise<Archive> {
  try {
    return await readHar(readBytes(path), { key: randomBytes(32) });
  } catch (error) {
    const named = path === "-" ? "standard input" : path;
    if (error instanceof HarError) throw new ConfigError(`${named}: ${error.message}`);
    throw new ConfigError(`The recording ${named} cannot be read: ${reasonOf(error)}`);
  }
}
