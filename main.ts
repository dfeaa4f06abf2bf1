/**
 * A mock OAuth 2.1 authorization server with mock MCP servers behind it: run it, deploy it (`deno serve`, Deno Deploy), or
 * import {@link startMockServer} for a test, or {@link createApp}, the server as a function.
 *
 * @module
 */
import { type Config, parseSettings } from "./lib/cli/config.ts";
import { ConfigError, parseDatabase } from "./lib/cli/config_values.ts";
import { createChance, randomBytes } from "./lib/runtime/chance.ts";
import { isFile, MEMORY, prepareFile } from "./lib/cli/database_file.ts";
import type { BehindHandler } from "./lib/cli/front.ts";
import { answerBroken, keepListening, type Listener } from "./lib/cli/listener.ts";
import { sleepOnTimer } from "./lib/runtime/sleep.ts";
import { plain } from "./lib/runtime/plain_text.ts";
import { impatient } from "./lib/store/kv_server.ts";
import { retryLocked } from "./lib/store/retry.ts";
import { createDemand } from "./lib/cli/permissions.ts";
import { print } from "./lib/cli/print.ts";
import { servedText } from "./lib/cli/ready.ts";
import { reasonOf } from "./lib/cli/start_files.ts";
import type { MockServer } from "./routes/fixture/fixture.ts";
import type { MockOptions } from "./routes/fixture/fixture_options.ts";
import { createProgram, type OpenKv } from "./routes/program.ts";
import type { App } from "./routes/request/router.ts";

export { createApp } from "./routes/app.ts";
export type * from "./routes/app_types.ts";

/**
 * Starts a server for a test: in process, on a database in memory, with all there is to drive it.
 *
 * @param options What it is started with.
 */
export async function startMockServer(options: MockOptions = {}): Promise<MockServer> {
  const { startFixture } = await import("./routes/fixture/fixture.ts");
  return await startFixture(options, {
    serve: (port, app) => {
      const options = { port, hostname: "127.0.0.1", onListen: (): void => {}, onError: answerBroken(warn) };
      const { addr, shutdown } = Deno.serve(options, app);
      return { addr, close: shutdown };
    },
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

const program = createProgram({
  args: Deno.args,
  os: Deno.build.os,
  pid: Deno.pid,
  now: Date.now,
  monotonicMs,
  stdout: Deno.stdout,
  stderr: Deno.stderr,
  env,
  readText: (path) => {
    demand({ name: "read", path });
    return Deno.readTextFile(path);
  },
  readBytes: async function* (path): AsyncGenerator<Uint8Array> {
    if (path === "-") return yield* Deno.stdin.readable;
    demand({ name: "read", path });
    yield* (await Deno.open(path)).readable;
  },
  isColoured: () => !Deno.noColor && Deno.stdout.isTerminal(),
  stat: Deno.stat,
  openKv: async (path) => {
    if (path !== undefined && isFile(path)) {
      for (const name of ["read", "write"] as const) demand({ name, path });
      await prepareFile(path, Deno.mkdir);
    }
    return await openKv(path);
  },
  listen,
  onStop: (stop) => {
    Deno.addSignalListener("SIGINT", stop);
    if (Deno.build.os !== "windows") Deno.addSignalListener("SIGTERM", stop);
  },
  pipe: async () => (await import("node:process")).default,
  onParentEnd: (stop) => void Deno.stdin.readable.pipeTo(new WritableStream()).finally(stop),
  exit: Deno.exit,
});

let deployed: Promise<App> | undefined;
// `deno serve --parallel` says nothing to its second worker and those after; what tells them from a program is that they
// write through a console of their own, which lacks what V8 puts into the real one.
let isServed = !("createTask" in console);

/** The handler for `deno serve` and Deno Deploy, which bring port, TLS and database themselves. */
const handler: Deno.ServeDefaultExport = {
  async fetch(request, info): Promise<Response> {
    deployed ??= program.open();
    return (await deployed)(request, info);
  },
  onListen(address): void {
    isServed = true;
    const { publicUrl } = program.orFail(() => parseSettings(env));
    const db = program.orFail(() => parseDatabase(env("MOCK_DB"))) ?? "Deno's own database for this program";
    // Deno would say so itself, had it not been told to call this.
    if ("hostname" in address) print(Deno.stdout, servedText(address, { db, publicUrl }));
  },
};

/** Told by its command line to run by itself, or compiled: then there is nothing for `deno serve` to find here. */
const isProgram = Deno.build.standalone || Deno.args.length > 0;

/** What `deno serve` and Deno Deploy serve. */
const served: Deno.ServeDefaultExport | undefined = isProgram ? undefined : handler;
export default served;

async function openKv(path?: string): Promise<OpenKv> {
  const { fraction } = createChance(randomBytes);
  const opened = await retryLocked(() => Deno.openKv(path), fraction);
  const isServer = path !== undefined && path !== MEMORY && !isFile(path);
  const kv = isServer ? { ...impatient(opened, sleepOnTimer), close: () => opened.close() } : opened;
  // A file that is not a database, or is not writable, fails on the first access and not before.
  await retryLocked(() => {
    const first = kv.atomic();
    first.delete(["opened"]);
    return first.commit();
  }, fraction);
  return kv;
}

async function listen(
  { port, host, tls, settings }: Config,
  app: App,
  report: (message: string) => void,
): Promise<Listener> {
  const options = { onListen: (): void => {}, onError: answerBroken(report) };
  const lasting = { probe: probeDescriptors, sleep: sleepOnTimer, monotonicMs, report };
  demand({ name: "net", host: `${host.includes(":") ? `[${host}]` : host}:${port}` });
  for (const path of tls ? [tls.certPath, tls.keyPath] : []) demand({ name: "read", path });
  const files = tls && { cert: readPem("--tls-cert", tls.certPath), key: readPem("--tls-key", tls.keyPath) };
  const serve = (port: number, hostname: string, handler: Deno.ServeHandler<Deno.NetAddr>): Listener =>
    keepListening(port, { open: (port) => Deno.serve({ port, hostname, ...options, ...files }, handler), ...lasting });
  if (!settings.public) return serve(port, host, app);
  const { openFront } = await import("./lib/cli/front.ts");
  const { connectionLimits, createConnections } = await import("./lib/limits/connections.ts");
  const connections = createConnections(connectionLimits, monotonicMs);
  const behind = { serve: (handler: BehindHandler): Listener => serve(0, "127.0.0.1", handler), app, connections };
  return openFront({ port, hostname: host }, { ...behind, ...lasting });
}

/** Descriptors that a server needs to begin with: for itself, and for some connections. */
const MIN_DESCRIPTORS = 8;

/** Opens as many descriptors as a server needs to begin with, and closes them again; throws where there are fewer. */
function probeDescriptors(): void {
  using stack = new DisposableStack();
  for (let opened = 0; opened < MIN_DESCRIPTORS; opened++) stack.use(Deno.listen({ hostname: "127.0.0.1", port: 0 }));
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
  print(Deno.stderr, plain`mock-oauth: ${message}` + "\n");
}

// `deno serve` makes this the main module too, and is known only by its call of `onListen` right after this line: so
// without a command line the program waits for one turn of the event loop before it listens by itself.
if (import.meta.main) {
  if (isProgram) await program.run();
  else setTimeout(() => isServed || program.run(), 0);
}
