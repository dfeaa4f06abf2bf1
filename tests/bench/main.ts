/**
 * `deno task bench [--quick]`: what operations cost, in process and over loopback, as CPU time and as a multiple of what a bare
 * `Deno.serve` takes to answer a constant; how that compares with a server of the MCP SDK in Node; and how much of it is
 * recording. Nothing is asserted but that the answers are right.
 *
 * It takes two minutes. `--quick` takes half a minute, in which not all gets compiled: it shows that nothing is broken. The
 * SDK's server runs in the machine's Node, or in that of `BENCH_NODE`; an old one makes it twice as slow.
 */
import { createApp } from "../../main.ts";
import type { Send } from "./http_client.ts";
import { type Figure, type Load, measure, ownCpuMicros, startServer, tableOf } from "./measure.ts";
import { createOperations } from "./operations.ts";
import { measureRender } from "./pages_bench.ts";
import { findNode, measurePeer, tableOf as tableOfPeer } from "./peer_bench.ts";
import { measureRecorder, type RecorderCost } from "./recorder_bench.ts";
import type { Pace } from "./turns.ts";

const isQuick = Deno.args.includes("--quick");
const load: Load = isQuick
  ? { connections: 8, warmUpMs: 50, measureMs: 100 }
  : { connections: 8, warmUpMs: 200, measureMs: 300 };
const recorderPace: Pace = isQuick ? { warmUpTurns: 8, turns: 4, pairs: 2 } : { warmUpTurns: 18, turns: 12, pairs: 3 };
/** Node takes longer to compile what it runs. */
const peerPace: Pace = isQuick ? { warmUpTurns: 20, turns: 5, pairs: 2 } : { warmUpTurns: 45, turns: 15, pairs: 3 };

async function measureHello(): Promise<Figure> {
  await using server = await startServer("hello");
  return await measure(
    "hello: bare Deno.serve, a constant",
    async () => void await (await server.send(server.origin)).text(),
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
  return await measureAll(where, server.origin, server.send, server.cpuMicros);
}

function print(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(text));
}

function say({ name, ratio: { mean, error } }: RecorderCost): void {
  const [more, orSo] = [mean - 1, error].map((part) => (100 * part).toFixed(1));
  print(`| ${name} | ${more} % | ± ${orSo} |\n`);
}

const folder = await Deno.makeTempDir({ prefix: "mock-oauth-bench-" });
try {
  print(tableOf([
    await measureHello(),
    ...await measureInProcess(),
    ...await measureLoopback("loopback, :memory:", ":memory:"),
    ...await measureLoopback("loopback, file", `${folder}/kv.sqlite3`),
    ...await measureRender(load),
  ]));
  const node = await findNode();
  print(
    node
      ? `\n${tableOfPeer(await measurePeer(node.path, folder, peerPace), node.version)}`
      : "\nThe SDK's server is not measured: there is no Node. BENCH_NODE may say where one is.\n",
  );
  print("\n| recording | more CPU | |\n|---|--:|--:|\n");
  for await (const cost of measureRecorder(":memory:", () => ":memory:", recorderPace)) say(cost);
  let files = 0;
  for await (
    const cost of measureRecorder(
      "shared file",
      () => `${folder}/pair${++files}.sqlite3`,
      recorderPace,
      "shared",
    )
  ) {
    say(cost);
  }
} finally {
  await Deno.remove(folder, { recursive: true });
}
