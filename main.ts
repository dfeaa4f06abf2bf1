/**
 * A mock OAuth 2.1 authorization server with mock MCP servers behind it: run it, deploy it (`deno serve`, Deno Deploy), or
 * import {@link startMockServer} for a test, or {@link createApp}, the server as a function.
 *
 * @module
 */
import { type Config, parseConfig, parseSettings, type Settings } from "./lib/cli/config.ts";
import { ConfigError, parseDatabase } from "./lib/cli/config_values.ts";
import { createChance, randomBytes } from "./lib/runtime/chance.ts";
import { isFile, MEMORY, prepareFile, whileFileIsThere } from "./lib/cli/database_file.ts";
import { createDrain } from "./lib/cli/drain.ts";
import { type BehindHandler, openFront } from "./lib/cli/front.ts";
import { helpText } from "./lib/cli/help_text.ts";
import { readInForce } from "./lib/cli/in_force.ts";
import { answerBroken, keepListening, type Listener, listenProblem, probeDescriptors } from "./lib/cli/listener.ts";
import { createLineQueue, createLog } from "./lib/cli/log.ts";
import { stopOnce } from "./lib/cli/stop.ts";
import { sleepAside, sleepOnTimer } from "./lib/runtime/sleep.ts";
import { retryLocked } from "./lib/store/retry.ts";
import { createDemand } from "./lib/cli/permissions.ts";
import { connectionLimits, createConnections } from "./lib/limits/connections.ts";
import { isLoopback } from "./lib/http/origin.ts";
import { print } from "./lib/cli/print.ts";
import { readyText, servedText, serverUrl } from "./lib/cli/ready.ts";
import { readCatalogue, readScenarios, readUsers, reasonOf } from "./lib/cli/start_files.ts";
import { built, version } from "./lib/runtime/version.ts";
import { createApp } from "./routes/app.ts";
import type { MockServer } from "./routes/fixture/fixture.ts";
import type { MockOptions } from "./routes/fixture/fixture_options.ts";
import type { AppOptions } from "./routes/options.ts";
import type { App } from "./routes/request/router.ts";
import { createFaultCounts } from "./lib/faults/fault_count_table.ts";
import { createSandboxTable } from "./lib/sandbox/sandbox_table.ts";
import { createStore } from "./lib/store/kv.ts";
import { createFindingTeller } from "./lib/cli/tell_findings.ts";

export { createApp } from "./routes/app.ts";
export type * from "./routes/app_types.ts";

/** How long clients may take to read what was answered before that, in milliseconds. */
const READ_OUT_MS = 1000;
/** Exit code for a wrong flag, a taken port, an unreadable database. */
const EXIT_UNUSABLE = 2;

/**
 * Starts a server for a test: in process, on a database in memory, with all there is to drive it.
 *
 * @param options What it is started with.
 */
export async function startMockServer(options: MockOptions = {}): Promise<MockServer> {
  const { startFixture } = await import("./routes/fixture/fixture.ts");
  return await startFixture(options, {
    serve: (port, app) =>
      Deno.serve({ port, hostname: "127.0.0.1", onListen: () => {}, onError: answerBroken(warn) }, app),
  });
}

/** What is missing is said in one line, with what to type; Deno would ask, or end in a stack trace. */
const demand = createDemand(
  () => isServed ? "deno serve -P --host 127.0.0.1 main.ts" : "deno run -P main.ts",
  Deno.permissions.querySync,
);

const env = (variable: string): string | undefined => {
  demand({ name: "env", variable });
  return Deno.env.get(variable);
};

const monotonicMs = (): number => performance.now();

const readText = (path: string): Promise<string> => {
  demand({ name: "read", path });
  return Deno.readTextFile(path);
};

let deployed: Promise<App> | undefined;
// `deno serve --parallel` says nothing to its second worker and those after; what tells them from a program is that they
// write through a console of their own, which lacks what V8 puts into the real one.
let isServed = !("createTask" in console);

/** The handler for `deno serve` and Deno Deploy, which bring port, TLS and database themselves. */
const handler: Deno.ServeDefaultExport = {
  async fetch(request, info): Promise<Response> {
    deployed ??= openDeployed();
    return (await deployed)(request, info);
  },
  onListen(address): void {
    isServed = true;
    const { publicUrl } = orFail(() => parseSettings(env));
    const db = orFail(() => parseDatabase(env("MOCK_DB"))) ?? "Deno's own database for this program";
    // Deno would say so itself, had it not been told to call this.
    if ("hostname" in address) print(Deno.stdout, servedText(address, { db, publicUrl }));
  },
};

/** Told by its command line to run by itself, or compiled: then there is nothing for `deno serve` to find here. */
const isProgram = Deno.build.standalone || Deno.args.length > 0;

/** What `deno serve` and Deno Deploy serve. */
const served: Deno.ServeDefaultExport | undefined = isProgram ? undefined : handler;
export default served;

async function openDeployed(): Promise<App> {
  const options = await readOptions(orFail(() => parseSettings(env)));
  const db = orFail(() => parseDatabase(env("MOCK_DB")));
  const app = makeApp({ ...options, ...await openDatabase(db), shared: db !== MEMORY });
  return db === undefined ? app : watched(db, app, new AbortController().signal, warn);
}

/** What an app is made of, whichever way it was started. */
async function readOptions(settings: Settings): Promise<Omit<AppOptions, "kv">> {
  const { usersPath, scenariosPath, cataloguePath, controlToken, ...options } = settings;
  const users = await readUsers(usersPath, readText).catch(failFor);
  const scenarios = await readScenarios(scenariosPath, readText).catch(failFor);
  const catalogue = await readCatalogue(cataloguePath, readText).catch(failFor);
  const control = controlToken === undefined ? {} : { control: { token: controlToken } };
  return { ...options, ...control, ...(catalogue && { catalogue }), users, scenarios };
}

async function main(): Promise<void> {
  const command = orFail(() => parseConfig(Deno.args, env, Deno.build.os));
  if (command.kind === "help") return print(Deno.stdout, helpText);
  if (command.kind === "version") return print(Deno.stdout, built ? `${version} (built ${built})\n` : `${version}\n`);
  const { config } = command;
  const options = await readOptions(config.settings);
  const { kv } = await openDatabase(config.db);
  const inForce = kv ? await inForceIn(kv) : "";
  const stop = new AbortController();
  const draining = new AbortController();
  const stream = config.quiet ? Deno.stderr : Deno.stdout;
  const log = createLog({ ...config, now: Date.now }, createLineQueue((bytes) => stream.write(bytes), sleepOnTimer));
  const teller = createFindingTeller({
    tell: (broken) => log.write({ event: "finding", ...broken }),
    monotonicMs,
    sleep: sleepOnTimer,
  });
  const app = makeApp({
    ...options,
    ...(config.quiet || options.public ? {} : { teller }),
    ...(kv ? { kv } : {}),
    shared: config.db !== MEMORY,
    loopbackOnly: isLoopback(config.host.includes(":") ? `[${config.host}]` : config.host),
    signal: stop.signal,
    draining: draining.signal,
    openPort: () => {
      const { addr, close } = listen({ ...config, host: "127.0.0.1", port: 0 }, drain.enter, report);
      return { port: addr.port, protocol: config.tls ? "https" : "http", close };
    },
    // A restarted server shows nothing of what was before.
    recordSinceMs: Date.now(),
    log: log.write,
  });
  const report = (message: string): void => log.write({ event: "error", message });
  const drain = createDrain(watched(config.db, app, stop.signal, report), sleepOnTimer);
  const listener = orFail(() => listen(config, drain.enter, report), (error) => listenProblem(error, config));
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
    Deno.exit(0);
  }, sleepOnTimer);
  Deno.addSignalListener("SIGINT", stopInOrder);
  if (Deno.build.os !== "windows") Deno.addSignalListener("SIGTERM", stopInOrder);
  if (config.exitWithParent) void Deno.stdin.readable.pipeTo(new WritableStream()).finally(stopInOrder);
  // A reader of the ready line may send a signal at once.
  const { port } = listener.addr;
  const url = config.settings.publicUrl ?? serverUrl(port, config);
  if (!config.quiet || config.json) print(Deno.stdout, readyText(config, { url, port, pid: Deno.pid, inForce }));
}

async function inForceIn(kv: Deno.Kv): Promise<string> {
  const store = createStore(kv, createChance(randomBytes));
  const tables = { table: createSandboxTable(store), faultCounts: createFaultCounts(store), now: Date.now };
  // Who asks for what cannot be read is told so.
  return await readInForce(tables).catch(() => "");
}

/** A setting that cannot be used ends the process, in one line. */
function orFail<T>(read: () => T, describe?: (error: unknown) => string): T {
  try {
    return read();
  } catch (error) {
    return describe && !(error instanceof ConfigError) ? fail(describe(error)) : failFor(error);
  }
}

function failFor(error: unknown): never {
  // What options of an app can be wrong about is the name of a scenario alone.
  if (error instanceof ConfigError || error instanceof RangeError) return fail(error.message);
  throw error;
}

function makeApp(options: AppOptions): App {
  return orFail(() => createApp(options));
}

/** An app that answers for as long as its database is where it was opened. */
function watched(path: string, app: App, signal: AbortSignal, report: (message: string) => void): App {
  return isFile(path) ? whileFileIsThere(path, app, { stat: Deno.stat, sleep: sleepAside, signal, report }) : app;
}

/** The database at a path, or at the place that Deno has for it; none for what the app keeps in memory. */
async function openDatabase(path: string | undefined): Promise<Pick<AppOptions, "kv">> {
  if (path === undefined) return { kv: await openKv() };
  if (path === MEMORY) return {};
  try {
    if (isFile(path)) {
      for (const name of ["read", "write"] as const) demand({ name, path });
      await prepareFile(path);
    }
    return { kv: await openKv(path) };
  } catch (error) {
    if (error instanceof ConfigError) return fail(error.message);
    return fail(`The database ${path} cannot be opened: ${reasonOf(error)}`);
  }
}

async function openKv(path?: string): Promise<Deno.Kv> {
  const { fraction } = createChance(randomBytes);
  const kv = await retryLocked(() => Deno.openKv(path), fraction);
  // A file that is not a database, or is not writable, fails on the first access and not before.
  await retryLocked(() => kv.atomic().delete(["opened"]).commit(), fraction);
  return kv;
}

function listen({ port, host, tls, settings }: Config, app: App, report: (message: string) => void): Listener {
  const options = { onListen: (): void => {}, onError: answerBroken(report) };
  const lasting = { probe: probeDescriptors, sleep: sleepOnTimer, monotonicMs, report };
  demand({ name: "net", host: `${host.includes(":") ? `[${host}]` : host}:${port}` });
  for (const path of tls ? [tls.certPath, tls.keyPath] : []) demand({ name: "read", path });
  const files = tls && { cert: readPem("--tls-cert", tls.certPath), key: readPem("--tls-key", tls.keyPath) };
  const serve = (port: number, hostname: string, handler: Deno.ServeHandler<Deno.NetAddr>): Listener =>
    keepListening(port, { open: (port) => Deno.serve({ port, hostname, ...options, ...files }, handler), ...lasting });
  if (!settings.public) return serve(port, host, app);
  const connections = createConnections(connectionLimits, monotonicMs);
  const behind = { serve: (handler: BehindHandler): Listener => serve(0, "127.0.0.1", handler), app, connections };
  return openFront({ port, hostname: host }, { ...behind, ...lasting });
}

function readPem(flag: string, path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    throw new ConfigError(`The file of ${flag} cannot be read: ${path}: ${reasonOf(error)}`);
  }
}

/** A line for the person who runs the test. */
function warn(message: string): void {
  print(Deno.stderr, `mock-oauth: ${message}\n`);
}

function fail(message: string): never {
  print(Deno.stderr, `mock-oauth: ${message.replaceAll(/\p{Cc}+/gu, " ")}\n`);
  Deno.exit(EXIT_UNUSABLE);
}

// `deno serve` makes this the main module too, and is known only by its call of `onListen` right after this line: so
// without a command line the program waits for one turn of the event loop before it listens by itself.
if (import.meta.main) {
  if (isProgram) await main();
  else setTimeout(() => isServed || main(), 0);
}
