/** That the clients of both SDKs are judged by what mitmproxy recorded of them: at our servers as they were here, at others' fairly. */
import assert from "node:assert/strict";
import { z } from "zod";
import { judgingArchive } from "../../lib/archive/judge_archive.ts";
import type { Report } from "../../lib/judge/report.ts";
import { finish } from "../../lib/runtime/slices.ts";
import { startMockServer } from "../../main.ts";
import { har, read } from "../archive/hars.ts";
import { goThrough } from "../host/clone_clients.ts";
import { type Original, startV1Server } from "../host/clone_v1_server.ts";
import { startOidcServer } from "../host/clone_v2_server.ts";
import { startEverything } from "../host/everything_server.ts";
import { testWithToolchain } from "../host/toolchains.ts";
import { mistakes, sendWith } from "../interop/mistakes.ts";
import { sdkV1 } from "../matrix/sdk_v1.ts";
import { sdkV2 } from "../matrix/sdk_v2.ts";
import type { Fetch, Sdk } from "../matrix/walk.ts";
import { type Proxy, startProxy } from "./mitmproxy.ts";
import { canInstall, needs } from "./python.ts";

/** A server that clients are recorded at. */
interface Server {
  readonly start: () => Promise<Original>;
  /** What is wrong with what the clients send. */
  readonly mistake?: keyof typeof mistakes;
  /** Whether they have sessions, in which they try to go on whatever comes. */
  readonly hasSessions?: boolean;
  readonly verdict: "pass" | "fail" | "incomplete";
  /** Rules that they break. */
  readonly failures: readonly string[];
}

/** Our servers, which judge as well; and those made of packages that are not ours. */
const servers: readonly Server[] = [
  { start: startScenario("standard"), verdict: "pass", failures: [] },
  { start: startScenario("standard"), mistake: "its token is for no resource", verdict: "fail", failures: ["C14"] },
  { start: startScenario("standard"), mistake: "its token is in the address", verdict: "fail", failures: ["C23"] },
  {
    start: startScenario("standard"),
    mistake: "its session is not named",
    hasSessions: true,
    verdict: "fail",
    failures: ["M33"],
  },
  { start: startScenario("session-lost"), hasSessions: true, verdict: "incomplete", failures: [] },
  { start: startV1Server, verdict: "pass", failures: [] },
  { start: startV1Server, mistake: "its token is for no resource", verdict: "fail", failures: ["C14"] },
  { start: startOidcServer, verdict: "pass", failures: [] },
  { start: startEverything, verdict: "pass", failures: [] },
];

const clients: readonly Sdk[] = [sdkV1, sdkV2];

function startScenario(scenario: string): () => Promise<Original> {
  return async () => {
    const server = await startMockServer({ scenario, port: 0 });
    return { url: new URL("/oauth", server.url).href, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
  };
}

const reported = z.object({
  verdict: z.string(),
  clients: z.array(z.object({
    failures: z.array(z.string()),
    findings: z.array(z.object({ rule: z.string(), status: z.string(), detail: z.string() })),
  })).length(1),
});

/** What was recorded of one client at one server. */
interface Recorded {
  readonly name: string;
  readonly origins: ReadonlySet<string>;
  readonly expected: Pick<Server, "verdict" | "failures">;
  /** The report of the server, if it has one. */
  readonly live: z.infer<typeof reported> | undefined;
}

testWithToolchain({
  name: "what mitmproxy recorded of a client is judged as the client was, at any server (HAR 1.2)",
  needs,
  isThere: await canInstall("mitmproxy", "mitmproxy.txt"),
  fn: async () => {
    await using proxy = await startProxy();
    const all: Recorded[] = [];
    for (const server of servers) for (const sdk of clients) all.push(await record(sdk, server, proxy));
    const { log } = archive.parse(JSON.parse(await proxy.end()));
    for (const { name, origins, expected: { verdict, failures }, live } of all) {
      const entries = log.entries.filter(({ request }) => origins.has(new URL(request.url).origin));
      assert(entries.length > 3, name);
      const judged = await judge(har(entries));
      assert.deepEqual([judged.verdict, judged.clients.map((client) => client.failures)], [verdict, [failures]], name);
      if (live) assert.deepEqual(statuses(judged), statuses(live), name);
    }
    const whole = await judge(har(log.entries));
    const failed = (failures: readonly (readonly string[])[]): readonly string[] => failures.flat().toSorted();
    assert.deepEqual(
      failed(whole.clients.map(({ failures }) => failures)),
      failed(all.map(({ expected }) => expected.failures)),
    );
  },
});

const archive = z.object({
  log: z.object({ entries: z.array(z.looseObject({ request: z.looseObject({ url: z.string() }) })) }),
});

async function judge(text: string): Promise<Report> {
  return finish(judgingArchive(await read(text), { name: "session.har", isWhole: true }));
}

function statuses({ clients }: Pick<z.infer<typeof reported>, "clients"> | Report): readonly string[] {
  return clients.flatMap(({ findings }) => findings.map(({ rule, status, detail }) => `${rule} ${status}: ${detail}`));
}

/** Has a client connect, log in and call tools, all through the proxy. */
async function record(
  sdk: Sdk,
  { start, mistake, hasSessions = false, ...expected }: Server,
  proxy: Proxy,
): Promise<Recorded> {
  await using server = await start();
  const origins = new Set<string>();
  const send: Fetch = (url, init) => {
    origins.add(new URL(url).origin);
    return proxy.send(url, init);
  };
  const program = sdk({
    url: server.url,
    fetch: sendWith(mistake && mistakes[mistake], send),
    browse: (url) => goThrough(url, send),
    machine: undefined,
    beginsAsBefore: hasSessions,
  });
  assert(typeof program !== "string");
  const connect = (): ReturnType<typeof program.connect> =>
    program.connect().catch(async (error) => {
      const callback = program.mustLogIn(error) ? program.callback() : undefined;
      if (!callback) throw error;
      await program.finish(callback);
      return await program.connect();
    });
  // What it makes of its mistakes is its own affair.
  const connection = await connect().catch(() => undefined);
  for (let call = 0; call < (hasSessions ? 3 : 1); call++) await connection?.callTool().catch(() => {});
  await connection?.close();
  const report = await fetch(new URL("/control/report", server.url));
  const live = report.ok ? reported.parse(await report.json()) : undefined;
  if (!report.ok) await report.body?.cancel();
  return { name: `${sdk.name} at ${server.url}: ${mistake ?? "nothing wrong"}`, origins, expected, live };
}
