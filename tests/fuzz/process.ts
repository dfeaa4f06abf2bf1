/** A server in a process of its own, from any checkout, as the system sees it. */
import { within } from "./connection.ts";

/** What the fuzzer starts servers with. */
export type Mode = "local" | "pair" | "few" | "public" | "memory";
/** All of them. */
export const modes: readonly Mode[] = ["local", "pair", "few", "public", "memory"];

/** A process under way. */
export interface Server {
  readonly port: number;
  readonly pid: number;
  readonly isAlive: () => boolean;
  /** Resident memory in MiB; 0 where the system does not tell. */
  readonly memoryMiB: () => number;
  /** Open files and connections. */
  readonly descriptors: () => number;
  /** Asks it to end; how long that took, and how it ended. */
  readonly stop: () => Promise<Stopped>;
}

/** The end of a process. */
export interface Stopped {
  readonly ms: number;
  readonly code: number;
  readonly signal: string | null;
}

/** How long a process may take to say that it is ready, and to end, in milliseconds. */
const START_MS = 30_000;
const STOP_MS = 8000;
/** File descriptors of a process that has few. */
const FEW = 100;

/** Starts a server of a checkout, with its own permissions. */
export async function startServer(
  { root, args, isPoor, onLine }: {
    readonly root: string;
    readonly args: readonly string[];
    readonly isPoor: boolean;
    /** Told every line it prints, on whichever stream. */
    readonly onLine: (line: string) => void;
  },
): Promise<Server> {
  const manifest: { readonly tasks: { readonly start: { readonly command: string } } } = JSON.parse(
    await Deno.readTextFile(`${root}/deno.json`),
  );
  const words = manifest.tasks.start.command.split(" ").slice(1);
  const all = [...words, "--port", "0", "--json", ...args];
  const env = { NO_COLOR: "1", MOCK_DB: "", MOCK_PUBLIC: "", PUBLIC_URL: "", PORT: "", HOST: "" };
  const child = new Deno.Command(isPoor ? "bash" : Deno.execPath(), {
    args: isPoor ? ["-c", `ulimit -n ${FEW}; exec "$0" "$@"`, Deno.execPath(), ...all] : all,
    cwd: root,
    env,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const { promise: readiness, resolve: setReady } = Promise.withResolvers<string>();
  const collect = async (stream: "stdout" | "stderr"): Promise<void> => {
    let rest = "";
    for await (const text of child[stream].pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        if (line.startsWith('{"event":"ready"')) setReady(line);
        onLine(line);
      }
    }
    if (rest !== "") onLine(rest);
  };
  let isAlive = true;
  const ended = Promise.all([child.status, collect("stdout"), collect("stderr")]).then(([status]) => {
    isAlive = false;
    return status;
  });
  const line = await within(Promise.race([readiness, ended.then(() => undefined)]), START_MS);
  if (line === undefined) throw new Error("The server did not start");
  const ready: { readonly port: number } = JSON.parse(line);
  const { pid } = child;
  return {
    port: ready.port,
    pid,
    isAlive: () => isAlive,
    memoryMiB: () => readMemory(pid),
    descriptors: () => countDescriptors(pid),
    stop: async () => {
      const startMs = performance.now();
      if (isAlive) child.kill("SIGTERM");
      const late = setTimeout(() => isAlive && child.kill("SIGKILL"), STOP_MS);
      const { code, signal } = await ended;
      clearTimeout(late);
      return { ms: performance.now() - startMs, code, signal };
    },
  };
}

/** Deno itself reads nothing below /proc without all permissions, so programs are asked. */
function readMemory(pid: number): number {
  return Number(outputOf("ps", ["-o", "rss=", "-p", `${pid}`])) / 1024;
}

function countDescriptors(pid: number): number {
  return outputOf("ls", [`/proc/${pid}/fd`]).split("\n").filter(Boolean).length;
}

function outputOf(program: string, args: readonly string[]): string {
  try {
    const { stdout } = new Deno.Command(program, { args: [...args], stdout: "piped", stderr: "null" }).outputSync();
    return new TextDecoder().decode(stdout).trim();
  } catch {
    return "";
  }
}
