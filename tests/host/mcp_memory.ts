/**
 * Opens 1,000 sessions, each with a stream and a call on it, abandons them, and lets their time pass. Prints the bytes
 * of the heap before, while and after. To be run with `--v8-flags=--expose-gc`.
 */
import { SESSION_IDLE_MS, SESSION_SLACK_MS } from "../../lib/mcp/sessions/session_memory.ts";
import { beginSession, OPEN, openMcp, post, rpc, send } from "../mcp/helpers.ts";

const SESSIONS = 1000;

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

await using mcp = await openMcp({ sleep: () => Promise.resolve() });
const fetch = mcp.fetchAs("no-auth", OPEN);
const wait = rpc("tools/call", { name: "mock_delay", arguments: { delayMs: 1, message: "m" } });

async function abandonSessions(count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const session = await beginSession(fetch);
    const stream = await send(fetch, "GET", session);
    await (await post(fetch, wait, session)).text();
    await stream.body?.cancel();
  }
}

async function letTimePass(): Promise<void> {
  mcp.nowMs += SESSION_IDLE_MS + SESSION_SLACK_MS + 1;
  // Sessions are looked after when a request comes.
  await (await post(fetch, rpc("tools/list"))).text();
}

await abandonSessions(100);
await letTimePass();
const before = await heapBytes();
await abandonSessions(SESSIONS);
const held = await heapBytes();
await letTimePass();
const after = await heapBytes();
Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify({ before, held, after })));
