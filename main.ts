/**
 * A mock OAuth 2.1 authorization server with mock MCP servers behind it: run it, deploy it (`deno serve`, Deno Deploy), or
 * import {@link createApp} and call it in a test.
 *
 * @module
 */
import { type Config, ConfigError, helpText, parseAlg, parseConfig, parseOrigins } from "./lib/config.ts";
import { createChance, randomBytes } from "./lib/chance.ts";
import { createDoor } from "./lib/door.ts";
import { createLineQueue } from "./lib/log.ts";
import { sleepOnTimer } from "./lib/sleep.ts";
import { retryLocked } from "./lib/store/retry.ts";
import { isLoopback } from "./lib/http_origin.ts";
import type { DeclaredUser } from "./lib/oauth/declared_users.ts";
import { version } from "./lib/version.ts";
import { type App, createApp, type LogEvent } from "./routes/app.ts";

export { type App, type AppOptions, createApp, type LogEvent } from "./routes/app.ts";
export type { DeclaredUser } from "./lib/oauth/declared_users.ts";
export type { Mint, Policy } from "./lib/scenarios/plan.ts";
export type { Fault } from "./lib/scenarios/fault.ts";
export type { Scenario } from "./lib/scenarios/scenario.ts";
export type { Exchange } from "./lib/recorder/recorder.ts";
export type { SigningAlgorithm } from "./lib/store/keys.ts";

/** How long requests under way may take once the process was told to stop, in milliseconds. */
const SHUTDOWN_MS = 5000;
/** Exit code for a wrong flag, a taken port, an unreadable database. */
const EXIT_UNUSABLE = 2;

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
    // Deno would say so itself, had it not been told to call this.
    if ("hostname" in address) write(Deno.stdout, `Listening on http://${address.hostname}:${address.port}\n`);
  },
};

/** Told by its command line to run by itself, or compiled: then there is nothing for `deno serve` to find here. */
const isProgram = Deno.build.standalone || Deno.args.length > 0;

/** What `deno serve` and Deno Deploy serve. */
const served: Deno.ServeDefaultExport | undefined = isProgram ? undefined : handler;

export default served;

async function openDeployed(): Promise<App> {
  const publicUrl = Deno.env.get("PUBLIC_URL");
  const allowedOrigins = orFail(() => parseOrigins(Deno.env.get("ALLOWED_ORIGINS")));
  const alg = orFail(() => parseAlg(Deno.env.get("MOCK_ALG")));
  const users = await readUsers(Deno.env.get("MOCK_USERS") || undefined);
  const kv = await openKv(Deno.env.get("MOCK_DB"));
  return createApp({
    kv,
    alg,
    users,
    shared: true,
    ...(publicUrl ? { publicUrl } : {}),
    ...(allowedOrigins ? { allowedOrigins } : {}),
  });
}

async function main(): Promise<void> {
  const command = orFail(() => parseConfig(Deno.args, (name) => Deno.env.get(name), Deno.build.os));
  if (command.kind === "help") return write(Deno.stdout, helpText);
  if (command.kind === "version") return write(Deno.stdout, `${version}\n`);
  const { config } = command;
  const users = await readUsers(config.usersPath);
  const kv = await openDatabase(config.db);
  const stop = new AbortController();
  const log = createLog(config);
  const app = createApp({
    kv,
    shared: config.db !== ":memory:",
    alg: config.alg,
    users,
    loopbackOnly: isLoopback(config.host.includes(":") ? `[${config.host}]` : config.host),
    ...(config.allowedOrigins === undefined ? {} : { allowedOrigins: config.allowedOrigins }),
    signal: stop.signal,
    ...(config.publicUrl === undefined ? {} : { publicUrl: config.publicUrl }),
    log: log.write,
  });
  const door = createDoor(app);
  const server = listen(config, door.enter);
  stopOnSignal(async () => {
    // First the requests, then the listener: Deno.serve takes away the body of a request under way when it shuts down.
    await door.close();
    stop.abort();
    await server.shutdown();
  }, async () => {
    await log.flush();
    kv.close();
    Deno.exit(0);
  });
  // Whoever reads the ready line may send a signal at once.
  const url = config.publicUrl ?? urlOf(server.addr, config);
  if (!config.quiet || config.json) write(Deno.stdout, readyText(config, url, server.addr.port));
}

/** On the first signal finishes what is under way, for as long as that may take, and ends in any case. */
function stopOnSignal(finish: () => Promise<void>, end: () => Promise<void>): void {
  let isStopping = false;
  const stop = async (): Promise<void> => {
    if (isStopping) return;
    isStopping = true;
    setTimeout(end, SHUTDOWN_MS);
    await finish();
    await end();
  };
  Deno.addSignalListener("SIGINT", stop);
  if (Deno.build.os !== "windows") Deno.addSignalListener("SIGTERM", stop);
}

/** A setting that cannot be used ends the process, in one line. */
function orFail<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof ConfigError) return fail(error.message);
    throw error;
  }
}

async function readUsers(path: string | undefined): Promise<readonly DeclaredUser[]> {
  if (path === undefined) return [];
  try {
    const { parseUsersFile } = await import("./lib/users_file.ts");
    return parseUsersFile(await Deno.readTextFile(path));
  } catch (error) {
    return fail(`The users of ${path} cannot be read: ${messageOf(error)}`);
  }
}

async function openDatabase(path: string): Promise<Deno.Kv> {
  try {
    if (path !== ":memory:" && !/^https?:/.test(path)) {
      const folder = path.replace(/[^/\\]*$/, "");
      if (folder !== "") await Deno.mkdir(folder, { recursive: true });
    }
    return await openKv(path);
  } catch (error) {
    return fail(`The database ${path} cannot be opened: ${messageOf(error)}`);
  }
}

async function openKv(path?: string): Promise<Deno.Kv> {
  const { fraction } = createChance(randomBytes);
  const kv = await retryLocked(() => Deno.openKv(path), fraction);
  // A file that is no database, or that may not be written, says so on the first access and not before.
  await retryLocked(() => kv.atomic().delete(["opened"]).commit(), fraction);
  return kv;
}

function listen(config: Config, app: App): Deno.HttpServer<Deno.NetAddr> {
  const { port, host, tls } = config;
  const onListen = (): void => {};
  try {
    return tls
      ? Deno.serve({
        port,
        hostname: host,
        onListen,
        cert: Deno.readTextFileSync(tls.certPath),
        key: Deno.readTextFileSync(tls.keyPath),
      }, app)
      : Deno.serve({ port, hostname: host, onListen }, app);
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) {
      return fail(`Port ${port} of ${host} is taken; choose another with --port, or any free one with --port 0`);
    }
    return fail(`Cannot listen on ${host}, port ${port}: ${messageOf(error)}`);
  }
}

function urlOf({ port }: Deno.NetAddr, { host, tls }: Config): string {
  const name = host === "0.0.0.0" || host === "::" ? "localhost" : host.includes(":") ? `[${host}]` : host;
  return `${tls ? "https" : "http"}://${name}:${port}`;
}

function readyText({ json, db }: Config, url: string, port: number): string {
  if (json) return `${JSON.stringify({ event: "ready", url, port, pid: Deno.pid, version, db })}\n`;
  return `mock oauth server ${version}

  paste into your MCP client   ${url}/oauth
  without authorization        ${url}/no-auth
  with any bearer token        ${url}/bearer

  walk through the flow        ${url}/guide
  data                         ${db}

`;
}

/** Where log lines go: none but errors if the program is to be quiet, and those to stderr. */
function createLog(
  { json, quiet }: Config,
): { readonly write: (event: LogEvent) => void; readonly flush: () => Promise<void> } {
  const stream = quiet ? Deno.stderr : Deno.stdout;
  const queue = createLineQueue((bytes) => stream.write(bytes), sleepOnTimer);
  return {
    write: (event) => {
      if (!quiet || event.event === "error") queue.add(json ? `${JSON.stringify(event)}\n` : describe(event));
    },
    flush: queue.flush,
  };
}

function describe(event: LogEvent): string {
  if (event.event === "error") return `error   ${event.message}\n`;
  return `${event.status}  ${event.method.padEnd(6)} ${event.path}  ${event.durationMs.toFixed(1)} ms\n`;
}

function write(stream: typeof Deno.stdout | typeof Deno.stderr, text: string): void {
  const bytes = new TextEncoder().encode(text);
  try {
    for (let at = 0; at < bytes.length;) at += stream.writeSync(bytes.subarray(at));
  } catch (error) {
    // Nobody reads any more.
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message.split("\n", 1)[0] ?? error.name : String(error);
}

function fail(message: string): never {
  write(Deno.stderr, `mock-oauth: ${message.replaceAll(/\p{Cc}+/gu, " ")}\n`);
  Deno.exit(EXIT_UNUSABLE);
}

// `deno serve` makes this the main module too, and is known only by its call of `onListen` right after this line: so
// without a command line the program waits for one turn of the event loop before it listens by itself.
if (import.meta.main) {
  if (isProgram) await main();
  else setTimeout(() => isServed || main(), 0);
}
