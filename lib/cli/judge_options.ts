// What `mock-oauth judge` is told.
import { limitNames } from "../judge/limits.ts";
import { type Revision, revisions } from "../judge/settled.ts";
import { defined } from "../runtime/defined.ts";
import { serverUrl } from "./clone_options.ts";
import { ConfigError } from "./config_values.ts";
import { readFlags } from "./flags.ts";

/** Formats of the verdict; the first is the one that is written if none is asked for. */
export const judgeFormats = ["text", "json", "junit", "markdown", "sarif"] as const;
/** Formats of a comparison; likewise. */
const comparisonFormats: readonly JudgeOptions["format"][] = ["text", "json"];

/** What to judge, and how. */
export interface JudgeOptions {
  /** The recording. */
  readonly path: string;
  readonly format: typeof judgeFormats[number];
  /** A scenario to compare the recorded server with, instead of judging its clients. */
  readonly against?: string;
  /** Which server to compare, by the URL of its MCP endpoint. */
  readonly server?: string | undefined;
  /** Whether its clients had done nothing before it began. */
  readonly isWhole?: boolean;
  /** Whether recommendations fail, too. */
  readonly isStrict: boolean;
  readonly judgedBy?: Revision;
  /** Limits in place of those of the table, as they were written; there may be none. */
  readonly limits: readonly string[];
}

/** What `mock-oauth judge --help` says. */
export const judgeHelp = `mock-oauth judge: judge MCP clients by a recording of what they did, with whatever server

Usage: mock-oauth judge FILE [options]

FILE is an HTTP archive (HAR 1.2), as browsers, proxies, Playwright and /control/exchanges?format=har write it; - is
standard input. Nothing of it is sent anywhere, and secrets are not shown. It ends with code 0 for pass, 1 for fail, 3 for
incomplete, 2 for a file that cannot be read.

  --format F        ${judgeFormats.join(", ")} (text)
  --whole           the clients had done nothing before the recording began
  --strict          broken recommendations fail, too
  --revision R      judge by this revision of MCP, whichever they speak: ${revisions.join(", ")}
  --against FILE    tell where the recorded server differs from this scenario instead, in text or json; ends with code 1 if
                    it does
  --server URL      which of the recorded MCP servers to compare, where there are several
  --limits L        limits in place of those of the table, such as ${limitNames[0]}:500
`;

const known = {
  texts: ["format", "revision", "limits", "against", "server"],
  switches: ["whole", "strict", "help"],
  repeated: ["limits"],
  help: "judge --help",
} as const;

/**
 * Reads the command line behind `judge`.
 *
 * @returns Undefined where it asks for help.
 * @throws ConfigError for anything that cannot be used.
 */
export function parseJudgeOptions(args: readonly string[]): JudgeOptions | undefined {
  const { text, texts, isOn, others: [path, another] } = readFlags(args, known);
  if (isOn("help")) return undefined;
  if (path === undefined) throw new ConfigError("judge needs a file with a recording (judge --help says more)");
  if (another !== undefined) throw new ConfigError(`judge takes one file, not ${another} as well`);
  const [against, server] = [text("against"), text("server")];
  if (server !== undefined && against === undefined) {
    throw new ConfigError("--server goes with --against, which compares one server");
  }
  const formats = against === undefined ? judgeFormats : comparisonFormats;
  return defined({
    path,
    format: oneOf("--format", text("format"), formats) ?? judgeFormats[0],
    against,
    server: serverUrl(server),
    isWhole: isOn("whole") || undefined,
    isStrict: isOn("strict"),
    judgedBy: oneOf("--revision", text("revision"), revisions),
    limits: texts("limits") ?? [],
  });
}

function oneOf<Value extends string>(
  flag: string,
  given: string | undefined,
  known: readonly Value[],
): Value | undefined {
  const found = known.find((value) => value === given);
  if (given === undefined || found !== undefined) return found;
  throw new ConfigError(`${flag} is '${given}', but must be one of ${known.join(", ")}`);
}
