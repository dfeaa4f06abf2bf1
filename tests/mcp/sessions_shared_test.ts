/** A session on several processes, played by endpoints that share nothing but the database. */
import assert from "node:assert/strict";
import { handleOf } from "../../lib/mcp/sessions/session_table.ts";
import { buildSandbox } from "../../lib/sandbox/sandbox.ts";
import { SESSION_IDLE_MS, SESSION_SLACK_MS } from "../../lib/mcp/sessions/session_memory.ts";
import {
  ADMIN,
  ANN,
  assertRefused,
  beginSession,
  type Fetch,
  initialize,
  messagesOf,
  OPEN,
  openMcp,
  post,
  rpc,
  send,
  type TestMcp,
} from "./helpers.ts";

const echo = rpc("tools/call", { name: "mock_echo", arguments: { message: "x" } });

/** Two endpoints on one database. */
interface Pair extends AsyncDisposable {
  readonly kv: Deno.Kv;
  readonly a: TestMcp;
  readonly b: TestMcp;
}

async function openPair(): Promise<Pair> {
  const kv = await Deno.openKv(":memory:");
  const [a, b] = await Promise.all([openMcp({ kv, keepAliveMs: 10 }), openMcp({ kv })]);
  return {
    kv,
    a,
    b,
    [Symbol.asyncDispose]: async () => {
      await Promise.all([a[Symbol.asyncDispose](), b[Symbol.asyncDispose]()]);
      kv.close();
    },
  };
}

/** Fails when something takes too long. Its timer also keeps the process alive, which the SDK's sign of life does not. */
async function within<T>(promise: Promise<T>, ms = 5000): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`Nothing within ${ms} ms`)), ms);
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** The first message of a stream that stays open. */
async function firstOf(response: Response): Promise<{ message: Record<string, unknown>; close: () => Promise<void> }> {
  assert.ok(response.body);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  let data: string | undefined;
  while (data === undefined) {
    const { done, value } = await reader.read();
    assert.equal(done, false, text);
    text += value;
    data = /^data: (\{.*\})$/m.exec(text)?.[1];
  }
  return { message: JSON.parse(data), close: () => reader.cancel() };
}

Deno.test("a session continues in another process, and after a restart of both (MCP transports)", async () => {
  const kv = await Deno.openKv(":memory:");
  const a = await openMcp({ kv });
  const session = await beginSession(a.fetchAs("no-auth", OPEN));
  const b = await openMcp({ kv });
  for (const { fetchAs } of [a, b, a]) {
    assert.equal((await post(fetchAs("no-auth", OPEN), echo, session)).status, 200);
  }
  await Promise.all([a[Symbol.asyncDispose](), b[Symbol.asyncDispose]()]);
  await using c = await openMcp({ kv });
  const fetch = c.fetchAs("no-auth", OPEN);
  assert.equal((await post(fetch, echo, session)).status, 200);
  const stream = await send(fetch, "GET", session);
  assert.equal(stream.status, 200);
  assert.equal((await send(fetch, "DELETE", session)).status, 200);
  assert.equal(await stream.text(), "");
  await assertRefused(await post(fetch, echo, session), 404, -32001, 1);
  await c[Symbol.asyncDispose]();
  kv.close();
});

Deno.test("a session keeps its revision and its client's capabilities on another process (MCP lifecycle)", async () => {
  await using pair = await openPair();
  const { a, b } = pair;
  const old = await beginSession(a.fetchAs("no-auth", OPEN), "2025-03-26");
  const batch = await messagesOf(await post(b.fetchAs("no-auth", OPEN), [echo, rpc("ping", undefined, 2)], old));
  assert.deepEqual(batch.map(({ id }) => id).sort(), [1, 2]);
  const wrong = rpc("tools/call", { name: "mock_echo", arguments: {} });
  await assertRefused(await post(b.fetchAs("no-auth", OPEN), wrong, old), 200, -32602, 1);

  const [fetchA, fetchB] = [a.fetchAs("conformance", OPEN), b.fetchAs("conformance", OPEN)];
  const params = {
    protocolVersion: "2025-11-25",
    capabilities: { sampling: {} },
    clientInfo: { name: "c", version: "1" },
  };
  const begun = await post(fetchA, rpc("initialize", params));
  await begun.text();
  const session = { "mcp-session-id": begun.headers.get("mcp-session-id") ?? "", "mcp-protocol-version": "2025-11-25" };
  const elicit = await messagesOf(
    await post(fetchB, rpc("tools/call", { name: "test_elicitation", arguments: { message: "m" } }), session),
  );
  assert.match(JSON.stringify(elicit), /did not declare the required capability/);

  const sampling = await post(
    fetchB,
    rpc("tools/call", { name: "test_sampling", arguments: { prompt: "p" } }, 5),
    session,
  );
  const { message, close } = await firstOf(sampling);
  assert.equal(message.method, "sampling/createMessage");
  const result = { role: "assistant", model: "m", content: { type: "text", text: "from the client" } };
  assert.equal((await post(fetchB, { jsonrpc: "2.0", id: message.id, result }, session)).status, 202);
  await close();
});

Deno.test("DELETE on one process ends the session and its streams on the others (MCP transports)", async () => {
  await using pair = await openPair();
  const [fetchA, fetchB] = [pair.a.fetchAs("no-auth", OPEN), pair.b.fetchAs("no-auth", OPEN)];
  const session = await beginSession(fetchA);
  const stream = await send(fetchA, "GET", session);
  assert.equal((await send(fetchB, "DELETE", session)).status, 200);
  // The stream learns of it with the next sign of life, every 10 ms here.
  assert.match(await within(stream.text()), /^(: keepalive\n\n)+$/);
  for (const fetch of [fetchA, fetchB]) {
    await assertRefused(await post(fetch, echo, session), 404, -32001, 1);
    await assertRefused(await send(fetch, "GET", session), 404, -32001);
    await assertRefused(await send(fetch, "DELETE", session), 404, -32001);
  }
});

Deno.test("a session that a test ends on one process ends with its streams on the others (design, control)", async () => {
  await using pair = await openPair();
  const fetch = pair.a.fetchAs("no-auth", OPEN);
  const [session, other] = [await beginSession(fetch), await beginSession(fetch)];
  const stream = await send(fetch, "GET", session);
  const sandbox = buildSandbox({ origin: "http://mock.test", now: () => pair.b.nowMs });
  assert.equal((await pair.b.endpoint.sessionsOf(sandbox)).size, 2);
  await pair.b.endpoint.endSession(sandbox, handleOf(session["mcp-session-id"]));
  assert.match(await within(stream.text()), /^(: keepalive\n\n)+$/);
  await assertRefused(await post(fetch, echo, session), 404, -32001, 1);
  assert.equal((await post(fetch, echo, other)).status, 200);
  assert.deepEqual([...(await pair.a.endpoint.sessionsOf(sandbox)).keys()], [handleOf(other["mcp-session-id"])]);
});

Deno.test("a call in a session that was ended elsewhere is refused at once (MCP transports)", async () => {
  await using pair = await openPair();
  const [fetchA, fetchB] = [pair.a.fetchAs("no-auth", OPEN), pair.b.fetchAs("no-auth", OPEN)];
  for (let times = 0; times < 20; times++) {
    const session = await beginSession(fetchA);
    assert.equal((await post(fetchA, echo, session)).status, 200);
    assert.equal((await send(fetchB, "DELETE", session)).status, 200);
    await assertRefused(await post(fetchA, echo, session), 404, -32001, 1);
  }
});

Deno.test("a session that is used on one process does not end on another (design)", async () => {
  await using pair = await openPair();
  const { a, b } = pair;
  const [fetchA, fetchB] = [a.fetchAs("no-auth", OPEN), b.fetchAs("no-auth", OPEN)];
  const session = await beginSession(fetchA);
  const advance = (ms: number): void => {
    a.nowMs += ms;
    b.nowMs += ms;
  };
  for (let times = 0; times < 3; times++) {
    advance(SESSION_IDLE_MS);
    assert.equal((await post(fetchA, echo, session)).status, 200);
  }
  advance(SESSION_IDLE_MS);
  assert.equal((await post(fetchB, echo, session)).status, 200);
  advance(SESSION_IDLE_MS + SESSION_SLACK_MS + 1);
  await assertRefused(await post(fetchB, echo, session), 404, -32001, 1);
  await assertRefused(await post(fetchA, echo, session), 404, -32001, 1);
});

Deno.test("a stream that a client holds open keeps its session alive for other processes (design)", async () => {
  await using pair = await openPair();
  const { a, b } = pair;
  const session = await beginSession(a.fetchAs("no-auth", OPEN));
  const stream = await send(a.fetchAs("no-auth", OPEN), "GET", session);
  const reader = stream.body?.getReader();
  for (let times = 0; times < 3; times++) {
    a.nowMs += SESSION_IDLE_MS;
    b.nowMs += SESSION_IDLE_MS;
    // The second sign of life comes after whatever the first has started.
    for (let signs = 0; signs < 3; signs++) if (reader) await within(reader.read());
  }
  assert.equal((await post(b.fetchAs("no-auth", OPEN), echo, session)).status, 200);
  await reader?.cancel();
});

Deno.test("a session on /oauth belongs to its user on every process (MCP security)", async () => {
  await using pair = await openPair();
  const session = await beginSession(pair.a.fetchAs("oauth", ANN));
  assert.equal((await post(pair.b.fetchAs("oauth", ANN), echo, session)).status, 200);
  await assertRefused(await post(pair.b.fetchAs("oauth", ADMIN), echo, session), 404, -32001, 1);
  await assertRefused(await post(pair.b.fetchAs("no-auth", OPEN), echo, session), 404, -32001, 1);
  assert.equal((await post(pair.a.fetchAs("oauth", ANN), echo, session)).status, 200);
});

Deno.test("a call in a session reads one row and writes none (design)", async () => {
  using kv = await Deno.openKv(":memory:");
  const counts = { getMany: 0, keys: 0, atomic: 0 };
  const counted = new Proxy(kv, {
    get: (target, name) => {
      if (name === "getMany") {
        return (keys: Deno.KvKey[]) => {
          counts.getMany++;
          counts.keys += keys.length;
          return target.getMany(keys);
        };
      }
      if (name === "atomic") counts.atomic++;
      const value = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  await using mcp = await openMcp({ kv: counted });
  const fetch: Fetch = mcp.fetchAs("no-auth", OPEN);
  const session = await beginSession(fetch);
  assert.deepEqual(counts, { getMany: 0, keys: 0, atomic: 1 });
  for (let calls = 1; calls <= 5; calls++) {
    await (await post(fetch, echo, session)).text();
    assert.deepEqual(counts, { getMany: calls, keys: calls, atomic: 1 });
  }
});

Deno.test("initialize refuses capabilities that the store could not hold (Deno KV value limit)", async () => {
  await using mcp = await openMcp();
  const fetch = mcp.fetchAs("no-auth", OPEN);
  const withCapabilities = (characters: number): Record<string, unknown> => {
    const capabilities = { experimental: { x: { y: "ш".repeat(characters) } } };
    const clientInfo = { name: "n".repeat(100_000), version: "ш".repeat(100_000) };
    return { ...initialize(), params: { protocolVersion: "2025-11-25", capabilities, clientInfo } };
  };
  assert.equal((await post(fetch, withCapabilities(15_900))).status, 200);
  await assertRefused(await post(fetch, withCapabilities(16_000)), 400, -32602, 1);
  assert.deepEqual(mcp.errors, []);
});
