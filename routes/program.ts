// The program behind the command, in whichever runtime: from flags and environment to a server that stops in good order.
// What is the process's own comes in from outside.
import { type Config, parseConfig, parseSettings, type Settings } from "../lib/cli/config.ts";
import { ConfigError, parseDatabase } from "../lib/cli/config_values.ts";
import { isFile, MEMORY, type Stat, whileFileIsThere } from "../lib/cli/database_file.ts";
import { createDrain } from "../lib/cli/drain.ts";
import { helpText } from "../lib/cli/help_text.ts";
import { readInForce } from "../lib/cli/in_force.ts";
import { type Listener, listenProblem } from "../lib/cli/listener.ts";
import { createLineQueue, createLog } from "../lib/cli/log.ts";
import { type OutStream, print } from "../lib/cli/print.ts";
import { readyText, serverUrl } from "../lib/cli/ready.ts";
import { readCatalogue, readScenarios, readUsers, reasonOf } from "../lib/cli/start_files.ts";
import { stopOnce } from "../lib/cli/stop.ts";
import { createFindingTeller } from "../lib/cli/tell_findings.ts";
import type { Pipe } from "../lib/control/agent/stdio.ts";
import { createFaultCounts } from "../lib/faults/fault_count_table.ts";
import { isLoopback } from "../lib/http/origin.ts";
import { createChance, randomBytes } from "../lib/runtime/chance.ts";
import { plain } from "../lib/runtime/plain_text.ts";
import { sleepAside, sleepOnTimer } from "../lib/runtime/sleep.ts";
import { built, version } from "../lib/runtime/version.ts";
import { createSandboxTable } from "../lib/sandbox/sandbox_table.ts";
import { createStore, type Kv } from "../lib/store/kv.ts";
import { createApp, createProgramApp } from "./app.ts";
import type { AppOptions } from "./options.ts";
import type { App } from "./request/router.ts";

/** A database that was opened. */
export interface OpenKv extends Kv {
  readonly close: () => void;
}

/** The process that the program runs in. */
export interface Process {
  /** The command line, without the program. */
  readonly args: readonly string[];
  /** The operating system, as `Deno.build.os` names it, if data lives in a file of the user's; else it lives in memory. */
  readonly os: string | undefined;
  readonly pid: number;
  /** The clock, in milliseconds since 1970. */
  readonly now: () => number;
  /** A clock for durations, in milliseconds. */
  readonly monotonicMs: () => number;
  readonly stdout: OutStream;
  readonly stderr: OutStream;
  /** A variable of the environment; undefined if it is not set. */
  readonly env: (name: string) => string | undefined;
  readonly readText: (path: string) => Promise<string>;
  /** Reads a file in pieces; `-` is what comes on standard input. */
  readonly readBytes: (path: string) => AsyncIterable<Uint8Array>;
  /** Whether standard output is a terminal that shows colours. */
  readonly isColoured: () => boolean;
  readonly stat: Stat;
  /** Opens a file or the URL of a KV server, or what the platform has if there is no path. */
  readonly openKv: (path: string | undefined) => Promise<OpenKv>;
  /** Listens on the port of a config. */
  readonly listen: (config: Config, app: App, report: (message: string) => void) => Listener | Promise<Listener>;
  /** Calls back when the process is told to stop. */
  readonly onStop: (stop: () => void) => void;
  /** Standard input and output, for messages. */
  readonly pipe: () => Promise<Pipe>;
  /** Calls back when standard input has closed. */
  readonly onParentEnd: (stop: () => void) => void;
  readonly exit: (code: number) => never;
}

/** What can be started. */
export interface Program {
  /** Does what the command line says. */
  readonly run: () => Promise<void>;
  /** Makes the app of a server that others listen for, by the environment alone. */
  readonly open: () => Promise<App>;
  /** Reads a setting; one that cannot be used ends the process, in one line. */
  readonly orFail: <T>(read: () => T) => T;
}

/** How long clients may take to read what was answered before that, in milliseconds. */
const READ_OUT_MS = 1000;
/** Exit code for a wrong flag, a taken port, an unreadable database. */
const EXIT_UNUSABLE = 2;

/** Makes the program of a process. */
export function createProgram(process: Process): Program {
  function failFor(error: unknown): never {
    // What options of an app can be wrong about is the name of a scenario alone.
    if (!(error instanceof ConfigError || error instanceof RangeError)) throw error;
    print(process.stderr, plain`mock-oauth: ${error.message.replaceAll(/\p{Cc}+/gu, " ")}` + "\n");
    return process.exit(EXIT_UNUSABLE);
  }

  function orFail<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      return failFor(error);
    }
  }

  return {
    orFail,
    open: async () => {
      const options = await readOptions(process, orFail(() => parseSettings(process.env))).catch(failFor);
      const db = orFail(() => parseDatabase(process.env("MOCK_DB")));
      const kv = await openDatabase(process, db).catch(failFor);
      const app = orFail(() => createApp({ ...options, ...(kv ? { kv } : {}), shared: db !== MEMORY }));
      const report = (message: string): void => print(process.stderr, plain`mock-oauth: ${message}` + "\n");
      return db === undefined ? app : watched(process, db, app, new AbortController().signal, report);
    },
    run: async () => {
      const command = orFail(() => parseConfig(process.args, process.env, process.os));
      if (command.kind === "help") return print(process.stdout, helpText(process.os));
      if (command.kind === "version") {
        return print(process.stdout, built ? `${version} (built ${built})\n` : `${version}\n`);
      }
      if (command.kind === "serve") return await serve(process, command.config).catch(failFor);
      const work = command.kind === "clone" ? clone : judge;
      process.exit(await work(process, command.args).catch(failFor));
    },
  };
}

/** Makes a scenario of a server that is elsewhere; returns the exit code. */
async function clone({ readText, readBytes, env, stdout, stderr }: Process, args: readonly string[]): Promise<number> {
  const { cloneHelp, parseCloneOptions } = await import("../lib/cli/clone_options.ts");
  const options = parseCloneOptions(args, env);
  if (!options) {
    print(stdout, cloneHelp);
    return 0;
  }
  const { runClone } = await import("./clone.ts");
  const network = await import("../lib/outbound/network.ts");
  const write = { out: (text: string) => print(stdout, text), tell: (text: string) => print(stderr, text) };
  const files = { readText, readBytes, randomBytes };
  return await runClone(options, { ...network, ...write, ...files, fetch: network.fetchAt, sleep: sleepOnTimer });
}

/** Judges a recording; returns the exit code. */
async function judge({ readBytes, readText, stdout, isColoured }: Process, args: readonly string[]): Promise<number> {
  const { judgeHelp, parseJudgeOptions } = await import("../lib/cli/judge_options.ts");
  const out = (text: string): void => print(stdout, text);
  const options = parseJudgeOptions(args);
  if (!options) {
    out(judgeHelp);
    return 0;
  }
  const { runJudge } = await import("./judge.ts");
  return await runJudge(options, { readBytes, readText, randomBytes, out, isColoured: isColoured() });
}

/** What an app is made of, whichever way it was started. */
async function readOptions({ readText }: Process, settings: Settings): Promise<Omit<AppOptions, "kv">> {
  const { usersPath, scenariosPath, cataloguePath, controlToken, ...options } = settings;
  const users = await readUsers(usersPath, readText);
  const scenarios = await readScenarios(scenariosPath, readText);
  const catalogue = await readCatalogue(cataloguePath, readText);
  const control = controlToken === undefined ? {} : { control: { token: controlToken } };
  return { ...options, ...control, ...(catalogue && { catalogue }), users, scenarios };
}

async function serve(process: Process, config: Config): Promise<void> {
  const { now } = process;
  const options = await readOptions(process, config.settings);
  const kv = await openDatabase(process, config.db);
  const inForce = kv ? await inForceIn(kv, now) : "";
  const stop = new AbortController();
  const draining = new AbortController();
  // Where an agent is at the other end, standard output holds its messages and nothing else.
  const out = config.stdio ? process.stderr : process.stdout;
  const stream = config.quiet ? process.stderr : out;
  const log = createLog({ ...config, now }, createLineQueue((bytes) => stream.write(bytes), sleepOnTimer));
  const report = (message: string): void => log.write({ event: "error", message });
  const teller = createFindingTeller({
    tell: (broken) => log.write({ event: "finding", ...broken }),
    monotonicMs: process.monotonicMs,
    sleep: sleepOnTimer,
  });
  const { app, serveAgent } = createProgramApp({
    ...options,
    ...(config.quiet || options.public ? {} : { teller }),
    ...(kv ? { kv } : {}),
    shared: config.db !== MEMORY,
    loopbackOnly: isLoopback(config.host.includes(":") ? `[${config.host}]` : config.host),
    signal: stop.signal,
    draining: draining.signal,
    openPort: async () => {
      const { addr, close } = await process.listen({ ...config, host: "127.0.0.1", port: 0 }, drain.enter, report);
      return { port: addr.port, protocol: config.tls ? "https" : "http", close };
    },
    // A restarted server shows nothing of what was before.
    recordSinceMs: now(),
    log: log.write,
    quiet: config.quiet,
  });
  const drain = createDrain(watched(process, config.db, app, stop.signal, report), sleepOnTimer);
  const listener = await listenAt(process, config, drain.enter, report);
  const stopInOrder = stopOnce(async () => {
    // First the requests, then the listener: Deno.serve takes away the body of a request under way when it shuts down.
    const closed = drain.close();
    draining.abort();
    const readOut = sleepOnTimer(READ_OUT_MS);
    const isAnswered = await closed;
    for (const summary of await teller.finish()) log.write({ event: "summary", ...summary });
    stop.abort();
    // A client that does not read its answer is not waited for as long as one that is still to get it.
    await Promise.race([listener.close(), isAnswered ? sleepOnTimer(READ_OUT_MS) : readOut]);
  }, async () => {
    await log.flush();
    kv?.close();
    process.exit(0);
  }, sleepOnTimer);
  process.onStop(stopInOrder);
  if (config.exitWithParent && !config.stdio) process.onParentEnd(stopInOrder);
  // A reader of the ready line may send a signal at once.
  const { port } = listener.addr;
  const url = config.settings.publicUrl ?? serverUrl(port, config);
  if (!config.quiet || config.json) {
    print(out, readyText(config, { url, port, pid: process.pid, inForce }));
  }
  if (config.stdio) {
    const { stdin, stdout } = await process.pipe();
    for (const event of ["end", "close"]) stdin.once(event, stopInOrder);
    await serveAgent({ stdin, stdout, origin: url, report });
  }
}

async function listenAt(
  { listen }: Process,
  config: Config,
  app: App,
  report: (message: string) => void,
): Promise<Listener> {
  try {
    return await listen(config, app, report);
  } catch (error) {
    throw error instanceof ConfigError ? error : new ConfigError(listenProblem(error, config));
  }
}

async function inForceIn(kv: Kv, now: () => number): Promise<string> {
  const store = createStore(kv, createChance(randomBytes));
  const tables = { table: createSandboxTable(store), faultCounts: createFaultCounts(store), now };
  // Who asks for what cannot be read is told so.
  return await readInForce(tables).catch(() => "");
}

/** An app that answers for as long as its database is where it was opened. */
function watched(
  { stat }: Process,
  path: string,
  app: App,
  signal: AbortSignal,
  report: (message: string) => void,
): App {
  return isFile(path) ? whileFileIsThere(path, app, { stat, sleep: sleepAside, signal, report }) : app;
}

/** The database at a path, or at the place that the platform has for it; none for what the app keeps in memory. */
async function openDatabase({ openKv }: Process, path: string | undefined): Promise<OpenKv | undefined> {
  if (path === MEMORY) return undefined;
  try {
    return await openKv(path);
  } catch (error) {
    if (path === undefined || error instanceof ConfigError) throw error;
    throw new ConfigError(`The database ${path} cannot be opened: ${reasonOf(error)}`);
  }
}
