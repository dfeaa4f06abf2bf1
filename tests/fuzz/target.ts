/** What requests are sent to: a process, two on one database, or the app in this process. */
import { type Mode, type Server, startServer, type Stopped } from "./process.ts";
import { pause, send } from "./connection.ts";
import type { Answer, Wire } from "./wire.ts";

/** Something to attack. */
export interface Target {
  readonly mode: Mode;
  /** The origins it is reached at, one for each process. */
  readonly origins: readonly string[];
  /** The origin that it says it has. */
  readonly statedOrigin: string;
  /** Sends a request to one of its processes. */
  readonly send: (wire: Wire, process: number) => Promise<Answer>;
  /** A connection to one of its processes, for what is no request; undefined where there are no connections. */
  readonly connect: ((process: number) => Promise<Deno.TcpConn>) | undefined;
  /** The processes; none for an app in this one. */
  readonly servers: readonly Server[];
  /** What the first process was when nobody had asked it anything. */
  readonly atStart: { readonly memoryMiB: number; readonly descriptors: number };
  /** What it printed or logged so far. */
  readonly printed: () => string;
  /** The worst time a request to `/health` took since it was asked last, in milliseconds. */
  readonly takeWorstHealthMs: () => number;
  readonly stop: () => Promise<readonly Stopped[]>;
  /** Planted secrets that lie in the database as they were sent. */
  readonly secretsKept: () => Promise<readonly string[]>;
  /** Removes the database. */
  readonly clear: () => Promise<void>;
}

const PROBE_MS = 250;
/** Where two processes both say they are. */
const SHARED_ORIGIN = "http://127.0.0.1:8789";

function argsOf(mode: Mode, folder: string): readonly string[] {
  const file = ["--db", `${folder}/kv.sqlite3`];
  switch (mode) {
    case "local":
      return file;
    case "pair":
      return [...file, "--public-url", SHARED_ORIGIN];
    case "memory":
    case "few":
      return ["--db", ":memory:"];
    case "public":
      return [...file, "--public"];
  }
}

/** Starts what a mode needs, on a fresh database. */
export async function startTarget(mode: Mode, root: string): Promise<Target> {
  const folder = await Deno.makeTempDir({ prefix: "mock-oauth-fuzz-" });
  let printed = "";
  const onLine = (line: string): void => void (printed += `${line}\n`);
  const start = (): Promise<Server> =>
    startServer({ root, args: argsOf(mode, folder), isPoor: mode === "few", onLine });
  const servers = mode === "pair" ? [await start(), await start()] : [await start()];
  const serverOf = (process: number): Server => {
    const server = servers[process % servers.length];
    if (!server) throw new Error("There is no such process");
    return server;
  };
  const prober = probe(serverOf(0).port);
  return {
    mode,
    servers,
    atStart: { memoryMiB: serverOf(0).memoryMiB(), descriptors: serverOf(0).descriptors() },
    statedOrigin: mode === "pair" ? SHARED_ORIGIN : `http://127.0.0.1:${serverOf(0).port}`,
    origins: servers.map(({ port }) => `http://127.0.0.1:${port}`),
    send: (wire, process) => send(wire, serverOf(process).port),
    connect: (process) => Deno.connect({ hostname: "127.0.0.1", port: serverOf(process).port }),
    printed: () => printed,
    takeWorstHealthMs: prober.take,
    stop: async () => {
      await prober.stop();
      return await Promise.all(servers.map((server) => server.stop()));
    },
    secretsKept: () => secretsIn(folder),
    clear: () => Deno.remove(folder, { recursive: true }),
  };
}

/** What was planted in the user part of a URI may be a client's metadata, which is kept as it is. */
const kept = /zqxsecret(?!Userinfo)\w+/g;

async function secretsIn(folder: string): Promise<readonly string[]> {
  const found = new Set<string>();
  for await (const { name } of Deno.readDir(folder)) {
    const text = new TextDecoder("latin1").decode(await Deno.readFile(`${folder}/${name}`));
    for (const [marker] of text.matchAll(kept)) found.add(marker);
  }
  return [...found];
}

/** Asks for `/health` again and again, as somebody does who has nothing to do with the attack. */
function probe(port: number): { readonly take: () => number; readonly stop: () => Promise<void> } {
  let worst = 0;
  let askedMs: number | undefined;
  let isOver = false;
  const wire: Wire = {
    method: "GET",
    target: "/health",
    headers: [["x-forwarded-for", "192.0.2.250"], ["connection", "close"]],
    body: undefined,
    framing: {},
  };
  const loop = async (): Promise<void> => {
    while (!isOver) {
      askedMs = performance.now();
      const { ms } = await send(wire, port);
      askedMs = undefined;
      worst = Math.max(worst, ms);
      await pause(PROBE_MS);
    }
  };
  const looping = loop();
  return {
    stop: async () => {
      isOver = true;
      await looping;
    },
    take: () => {
      // One that is still waited for counts as well.
      const found = Math.max(worst, askedMs === undefined ? 0 : performance.now() - askedMs);
      worst = 0;
      return found;
    },
  };
}
