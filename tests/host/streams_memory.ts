/**
 * Opens 1,000 streams, a quarter of them in the middle of each thing that a fault can do, pushes to all, and starts the
 * sandbox over. Prints the bytes of the heap before, while and after. To be run with `--v8-flags=--expose-gc`.
 */
import { createApp } from "../../main.ts";
import { initialize, rpc } from "../mcp/helpers.ts";

const STREAMS = 1000;
const origin = "http://localhost:8789";

/** What is in use once nothing else can be collected. */
async function heapBytes(): Promise<number> {
  const collect: unknown = Reflect.get(globalThis, "gc");
  if (typeof collect !== "function") throw new Error("Needs --v8-flags=--expose-gc");
  for (let times = 0; times < 5; times++) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return Deno.memoryUsage().heapUsed;
}

using kv = await Deno.openKv(":memory:");
const stop = new AbortController();
const app = createApp({ kv, signal: stop.signal, control: "open", record: false });
const accept = { "content-type": "application/json", accept: "application/json, text/event-stream" };
const at = (path: string, init: RequestInit = {}): Promise<Response> => app(new Request(origin + path, init));
const control = async (path: string, body: unknown): Promise<void> =>
  void await (await at(`/control${path}`, { method: "POST", body: JSON.stringify(body) })).text();

/** What is done to the streams of calls, in turn. */
const edits = [
  { before: [{ comment: "c", every_ms: 50 }] },
  { end: { how: "hold" } },
  { before: [{ wait_ms: 60_000, comment: "c" }] },
  { end: { after_events: 0, after_ms: 60_000, how: "cut" } },
];

async function beginSession(): Promise<Record<string, string>> {
  const begun = await at("/no-auth", { method: "POST", headers: accept, body: JSON.stringify(initialize()) });
  await begun.text();
  return { ...accept, "mcp-session-id": begun.headers.get("mcp-session-id") ?? "" };
}

/** Opens streams, and reads them in the background. */
async function openStreams(count: number): Promise<readonly Promise<unknown>[]> {
  await control(
    "/faults",
    edits.map((stream, index) => ({
      match: { rpc_method: "tools/call", message: { id: index } },
      life: "always",
      edit: { stream },
    })),
  );
  const reading: Promise<unknown>[] = [];
  const open = async (number: number): Promise<void> => {
    const headers = await beginSession();
    const body = JSON.stringify(rpc("tools/call", { name: "mock_echo", arguments: { message: "m" } }, number % 4));
    const opened = [at("/no-auth", { headers }), at("/no-auth", { method: "POST", headers, body })];
    for (const response of await Promise.all(opened)) reading.push(response.text().catch(() => {}));
  };
  await Promise.all(Array.from({ length: count }, (_, number) => open(number)));
  await control("/streams", { to: { method: "GET" }, message: { jsonrpc: "2.0", method: "notifications/mock" } });
  await control("/streams", { to: { method: "POST" }, comment: "c" });
  return reading;
}

async function reset(reading: readonly Promise<unknown>[]): Promise<void> {
  await control("/reset", {});
  await Promise.all(reading);
}

await reset(await openStreams(100));
const before = await heapBytes();
const reading = await openStreams(STREAMS / 2);
const held = await heapBytes();
await reset(reading);
const after = await heapBytes();
stop.abort();
Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify({ before, held, after })));
