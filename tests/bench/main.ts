/**
 * `deno task bench`: what operations cost, in process and over loopback, as CPU time and as a multiple of what a bare
 * `Deno.serve` takes to answer a constant; and how much of it is recording. Nothing is asserted but that the answers are right.
 */
import { createApp } from "../../main.ts";
import { type Figure, type Load, measure, ownCpuMicros, printTable, startServer } from "./measure.ts";
import { createOperations, type Send } from "./operations.ts";
import { measureRender } from "./pages_bench.ts";
import { measureRecorder, type RecorderCost } from "./recorder_bench.ts";

const load: Load = { connections: 8, warmUpMs: 500, measureMs: 1000 };

async function measureHello(): Promise<Figure> {
  await using server = await startServer("hello");
  return await measure(
    "hello: bare Deno.serve, a constant",
    async () => {
      await (await fetch(server.origin)).text();
    },
    server.cpuMicros,
    load,
  );
}

async function measureAll(
  where: string,
  origin: string,
  send: Send,
  cpuMicros: () => number | Promise<number>,
): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const [name, operation] of Object.entries(await createOperations(origin, send))) {
    figures.push(await measure(`${name}, ${where}`, operation, cpuMicros, load));
  }
  return figures;
}

async function measureInProcess(): Promise<Figure[]> {
  const app = createApp();
  const send: Send = (url, init) => app(new Request(url, init));
  return await measureAll("in process, client included", "http://localhost:8789", send, ownCpuMicros);
}

async function measureLoopback(where: string, database: string): Promise<Figure[]> {
  await using server = await startServer("app", database);
  return await measureAll(where, server.origin, fetch, server.cpuMicros);
}

function say({ name, ratio, error }: RecorderCost): void {
  const [more, orSo] = [ratio - 1, error].map((part) => (100 * part).toFixed(1));
  Deno.stdout.writeSync(new TextEncoder().encode(`| ${name} | ${more} % | ± ${orSo} |\n`));
}

const folder = await Deno.makeTempDir({ prefix: "mock-oauth-bench-" });
try {
  printTable([
    await measureHello(),
    ...await measureInProcess(),
    ...await measureLoopback("loopback, :memory:", ":memory:"),
    ...await measureLoopback("loopback, file", `${folder}/kv.sqlite3`),
    ...await measureRender(),
  ]);
  Deno.stdout.writeSync(new TextEncoder().encode("\n| recording | more CPU | |\n|---|--:|--:|\n"));
  for await (const cost of measureRecorder(":memory:", () => ":memory:")) say(cost);
  let files = 0;
  for await (const cost of measureRecorder("shared file", () => `${folder}/pair${++files}.sqlite3`, "shared")) {
    say(cost);
  }
} finally {
  await Deno.remove(folder, { recursive: true });
}
