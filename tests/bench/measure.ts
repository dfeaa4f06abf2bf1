/**
 * Measuring by CPU time: what an operation costs the server, which moves far less with the neighbours than throughput does.
 */
import { cpuUsage } from "node:process";
import { createClient, type Send } from "./http_client.ts";

/** What an operation came to. */
export interface Figure {
  readonly name: string;
  readonly perSecond: number;
  /** CPU time of the server's process per operation, in microseconds. */
  readonly cpuMicros: number;
}

/** A server in its own process. */
export interface BenchServer extends AsyncDisposable {
  readonly origin: string;
  /** Gets requests there. */
  readonly send: Send;
  /** CPU time it has used so far, in microseconds. */
  readonly cpuMicros: () => Promise<number>;
}

/**
 * Starts `server.ts`.
 *
 * @param args Its arguments.
 */
export async function startServer(...args: readonly string[]): Promise<BenchServer> {
  const program = new URL("server.ts", import.meta.url).pathname;
  return await startProcess(Deno.execPath(), "run", "--quiet", "--allow-all", "--unstable-kv", program, ...args);
}

/**
 * Starts a program that prints its port, then its CPU time in microseconds for every line that it reads, and ends with its
 * input.
 */
export async function startProcess(command: string, ...args: readonly string[]): Promise<BenchServer> {
  const child = new Deno.Command(command, { args: [...args], stdin: "piped", stdout: "piped" }).spawn();
  const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const input = child.stdin.getWriter();
  const nextNumber = async (): Promise<number> => {
    const { value } = await lines.read();
    if (value === undefined) throw new Error(`${command} ${args.join(" ")} has ended`);
    return Number(value);
  };
  const origin = `http://127.0.0.1:${await nextNumber()}`;
  const client = createClient(origin);
  return {
    origin,
    send: client.send,
    cpuMicros: async () => {
      await input.write(new TextEncoder().encode("cpu\n"));
      return await nextNumber();
    },
    [Symbol.asyncDispose]: async () => {
      client[Symbol.dispose]();
      await input.close();
      await child.status;
      await lines.cancel();
    },
  };
}

/** How long and how hard to measure. */
export interface Load {
  /** Callers that wait for their answer before they ask again. */
  readonly connections: number;
  readonly warmUpMs: number;
  readonly measureMs: number;
}

/**
 * Measures an operation.
 *
 * @param name What to call it.
 * @param operation Done again and again; it must throw if the answer is wrong.
 * @param cpuMicros CPU time used so far by what is measured, in microseconds.
 * @param load How long and how hard.
 */
export async function measure(
  name: string,
  operation: () => Promise<void>,
  cpuMicros: () => number | Promise<number>,
  { connections, warmUpMs, measureMs }: Load,
): Promise<Figure> {
  const during = async (ms: number): Promise<number> => {
    const end = performance.now() + ms;
    let count = 0;
    await Promise.all(Array.from({ length: connections }, async () => {
      for (; performance.now() < end; count++) await operation();
    }));
    return count;
  };
  await during(warmUpMs);
  const [cpuBefore, start] = [await cpuMicros(), performance.now()];
  const count = await during(measureMs);
  const seconds = (performance.now() - start) / 1000;
  return { name, perSecond: count / seconds, cpuMicros: (await cpuMicros() - cpuBefore) / count };
}

/** CPU time of this process, in microseconds. */
export function ownCpuMicros(): number {
  const { user, system } = cpuUsage();
  return user + system;
}

/**
 * Gives figures as a Markdown table, each beside the first.
 *
 * @param figures The first is what the others are compared with.
 */
export function tableOf(figures: readonly Figure[]): string {
  const base = figures[0]?.cpuMicros ?? NaN;
  const rows = figures.map(({ name, perSecond, cpuMicros }) =>
    `| ${name} | ${perSecond.toFixed(0)} | ${cpuMicros.toFixed(0)} | ${(cpuMicros / base).toFixed(1)} |`
  );
  return ["| operation | per second | CPU µs | × hello |", "|---|--:|--:|--:|", ...rows, ""].join("\n");
}
