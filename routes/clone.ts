// `mock-oauth clone`: asks a server or reads a recording, and prints the scenario that behaves the same.
import type { CloneOptions } from "../lib/cli/clone_options.ts";
import { describeClone, describeDifferences } from "../lib/cli/clone_text.ts";
import { ConfigError } from "../lib/cli/config_values.ts";
import { readScenarios, reasonOf } from "../lib/cli/start_files.ts";
import { readHar } from "../lib/archive/read_har.ts";
import { type AskDeps, createAsker } from "../lib/clone/ask.ts";
import { type Clone, cloneServer, differencesFrom, type Start } from "../lib/clone/clone.ts";
import type { Observed } from "../lib/clone/observed.ts";
import { probe } from "../lib/clone/probe.ts";
import { requireMcp, type Seen, shownUrl } from "../lib/clone/source.ts";
import { describeError, OAuthError } from "../lib/http/errors.ts";
import { isLoopback } from "../lib/http/origin.ts";
import { plainJson } from "../lib/runtime/plain_text.ts";
import { defineScenario } from "../lib/scenarios/schema/scenario_schema.ts";
import { createApp } from "./app.ts";
import { startWith } from "./clone_start.ts";

/** What the command is given. */
export interface CloneDeps extends Omit<AskDeps, "local"> {
  readonly readText: (path: string) => Promise<string>;
  /** Reads a file in pieces. */
  readonly readBytes: (path: string) => AsyncIterable<Uint8Array>;
  readonly randomBytes: (length: number) => Uint8Array<ArrayBuffer>;
  /** Writes what was made. */
  readonly out: (text: string) => void;
  /** Writes what there is to say about it. */
  readonly tell: (text: string) => void;
}

/** Starts a server that is one scenario. */
export const startClone: Start = startWith(createApp);

/**
 * Does what the command line says.
 *
 * @returns The exit code: 1 if a scenario was compared, and differs.
 * @throws ConfigError for a server that does not answer, or a file that cannot be read.
 */
export async function runClone(options: CloneOptions, deps: CloneDeps): Promise<number> {
  const { url, name, check } = options;
  const { observed, problems, left } =
    await (options.from === undefined ? ask(options, deps).catch(failFor) : read(options.from, deps));
  if (check !== undefined) {
    const { differences, compared } = await compareWith(check, { observed, url }, deps.readText);
    deps.out(describeDifferences(differences, compared));
    return differences.length === 0 ? 0 : 1;
  }
  const clone = await cloneServer({ observed, url, name }, startClone).catch(failFor);
  deps.out(`${plainJson(JSON.stringify(defineScenario(clone.scenario), null, 2))}\n`);
  deps.tell(describeClone({ ...clone, problems, left }));
  return 0;
}

/**
 * Compares a server that was seen with the scenario of a file.
 *
 * @throws ConfigError for a file that cannot be read, and where nothing seen is of MCP.
 */
export async function compareWith(
  path: string,
  seen: Seen,
  readText: CloneDeps["readText"],
): Promise<Pick<Clone, "differences" | "compared">> {
  const [scenario] = await readScenarios(path, readText);
  if (!scenario) throw new ConfigError(`There is no scenario in ${path}`);
  return await differencesFrom(scenario, seen, startClone).catch(failFor);
}

function failFor(error: unknown): never {
  throw error instanceof OAuthError ? new ConfigError(describeError(error)) : error;
}

interface Material {
  readonly observed: readonly Observed[];
  readonly problems: readonly string[];
  readonly left: readonly string[];
}

async function ask({ url = "", ...options }: CloneOptions, deps: CloneDeps): Promise<Material> {
  const asker = createAsker({ ...deps, local: isLoopback(URL.parse(url)?.hostname ?? ""), secret: options.token });
  const left = await probe({ ...options, url }, asker);
  const { observed, problems } = asker;
  if (observed.length === 0) throw new ConfigError(`${problems[0] ?? shownUrl(url)}, so that it cannot be cloned`);
  requireMcp(url, observed);
  return { observed, problems, left };
}

async function read(path: string, { readBytes, randomBytes }: CloneDeps): Promise<Material> {
  try {
    const { exchanges, unreadable } = await readHar(readBytes(path), { key: randomBytes(32) });
    const problems = unreadable.length === 0 ? [] : [`${unreadable.length} entries of ${path}, which cannot be read`];
    return { observed: exchanges, problems, left: [] };
  } catch (error) {
    throw new ConfigError(`The recording of ${path} cannot be read: ${reasonOf(error)}`);
  }
}
