/**
 * `deno task bench`: what the whole flow costs, in process and over loopback, as CPU time per operation and as a multiple
 * of what a bare `Deno.serve` takes to answer a constant. Nothing is asserted but that the answers are right.
 */
import { createApp } from "../../main.ts";
import { createFlow, type Send } from "./flow_bench.ts";
import { measureMcp } from "./mcp_bench.ts";
import { measureRender } from "./pages_bench.ts";
import { measureRecorder, type RecorderCost } from "./recorder_bench.ts";
import { type Figure, type Load, measure, ownCpuMicros, printTable, startServer } from "./measure.ts";

const load: Load = { connections: 8, warmUpMs: 1000, measureMs: 2000 };

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

async function measureFlow(
  where: string,
  origin: string,
  send: Send,
  cpuMicros: () => number | Promise<number>,
): Promise<Figure[]> {
  const { login, callTool } = await createFlow(origin, send);
  const token = await login();
  return [
    await measure(`login (authorize, token), ${where}`, async () => void await login(), cpuMicros, load),
    await measure(`tools/call on /oauth, ${where}`, () => callTool(token), cpuMicros, load),
    await measure(`whole flow (login, tools/call), ${where}`, async () => callTool(await login()), cpuMicros, load),
  ];
}

async function measureInProcess(): Promise<Figure[]> {
  using kv = await Deno.openKv(":memory:");
  const app = createApp({ kv });
  return await measureFlow(
    "in process, :memory:, client included",
    "http://localhost:8789",
    (url, init) => app(new Request(url, init)),
    ownCpuMicros,
  );
}

async function measureLoopback(where: string, database: string): Promise<Figure[]> {
  await using server = await startServer("app", database);
  return await measureFlow(where, server.origin, fetch, server.cpuMicros);
}

async function measureTools(where: string, database: string): Promise<Figure[]> {
  await using server = await startServer("app", database);
  return await measureMcp(where, { origin: server.origin, send: fetch, cpuMicros: server.cpuMicros, load });
}

function say({ ratio, error }: RecorderCost, where: string): void {
  const [more, orSo] = [ratio - 1, error].map((part) => (100 * part).toFixed(1));
  const text = `Recording the whole flow, ${where}: ${more} % more CPU than not recording it (± ${orSo})\n`;
  Deno.stdout.writeSync(new TextEncoder().encode(text));
}

const folder = await Deno.makeTempDir({ prefix: "mock-oauth-bench-" });
try {
  const inMemory = await measureRecorder("loopback, :memory:", () => ":memory:");
  let files = 0;
  const shared = await measureRecorder("loopback, file, shared", () => `${folder}/pair${++files}.sqlite3`, "shared");
  printTable([
    await measureHello(),
    ...await measureInProcess(),
    ...await measureLoopback("loopback, :memory:", ":memory:"),
    ...await measureLoopback("loopback, file", `${folder}/kv.sqlite3`),
    ...await measureTools("loopback, :memory:", ":memory:"),
    ...await measureRender(),
    ...await measureTools("loopback, file", `${folder}/kv2.sqlite3`),
    ...inMemory.figures,
    ...shared.figures,
  ]);
  say(inMemory, "loopback, :memory:");
  say(shared, "loopback, a file that processes share");
} finally {
  await Deno.remove(folder, { recursive: true });
}
