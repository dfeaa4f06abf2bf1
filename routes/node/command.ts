// The command of the package of npm: the program in a process of Node. Nothing is kept unless it is told where.
import { createReadStream, readFileSync, write, writeSync } from "node:fs";
import { mkdir, readFile, stat } from "node:fs/promises";
import process from "node:process";
import { promisify } from "node:util";
import type { Config } from "../../lib/cli/config.ts";
import { ConfigError } from "../../lib/cli/config_values.ts";
import type { Listener } from "../../lib/cli/listener.ts";
import type { OutStream } from "../../lib/cli/print.ts";
import { reasonOf } from "../../lib/cli/start_files.ts";
import { isFile, prepareFile } from "../../lib/cli/database_file.ts";
import { serveHttp } from "../../lib/node/http_server.ts";
import { openSqliteKv, SQLITE_TABLES } from "../../lib/node/sqlite_kv.ts";
import { createChance, randomBytes } from "../../lib/runtime/chance.ts";
import { retryLocked } from "../../lib/store/retry.ts";
import { createProgram, type OpenKv } from "../program.ts";
import type { App } from "../request/router.ts";

/** A descriptor, written to without a stream in between: what is written last is there when the process ends. */
function streamOf(descriptor: number): OutStream {
  return {
    write: async (bytes) => (await promisify(write)(descriptor, bytes)).bytesWritten,
    writeSync: (bytes) => writeSync(descriptor, bytes),
  };
}

async function listen(
  { port, host, tls, settings }: Config,
  app: App,
  report: (message: string) => void,
): Promise<Listener> {
  if (settings.public) {
    throw new ConfigError("--public needs the binary, or Deno: Node does not limit connections here");
  }
  const files = tls && { cert: readPem("--tls-cert", tls.certPath), key: readPem("--tls-key", tls.keyPath) };
  return await serveHttp({ port, hostname: host, tls: files, report }, app);
}

async function openKv(path = ""): Promise<OpenKv> {
  if (!isFile(path)) throw new ConfigError(`${path} is a KV server: that needs the binary, or Deno; Node opens files`);
  await prepareFile(path, mkdir, { tables: SQLITE_TABLES, mark: SQLITE_TABLES[0] });
  return await retryLocked(() => openSqliteKv(path, Date.now), createChance(randomBytes).fraction);
}

function readPem(flag: string, path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new ConfigError(`The file of ${flag} cannot be read: ${path}: ${reasonOf(error)}`);
  }
}

await createProgram({
  args: process.argv.slice(2),
  os: undefined,
  pid: process.pid,
  now: Date.now,
  monotonicMs: () => performance.now(),
  stdout: streamOf(1),
  stderr: streamOf(2),
  env: (name) => process.env[name],
  readText: (path) => readFile(path, "utf8"),
  readBytes: (path) => path === "-" ? process.stdin : createReadStream(path),
  isColoured: () => process.stdout.isTTY && !process.env.NO_COLOR,
  stat,
  openKv,
  listen,
  onStop: (stop) => {
    process.on("SIGINT", stop);
    process.on("SIGTERM", stop);
  },
  pipe: () => Promise.resolve(process),
  onParentEnd: (stop) => void process.stdin.on("close", stop).resume(),
  exit: (code) => process.exit(code),
}).run();
