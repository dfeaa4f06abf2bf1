/** Sessions of the revisions up to 2025-11-25: whose they are, how they end, and what a client may resume. */
import assert from "node:assert/strict";
import { standardPlan } from "../../lib/scenarios/plan.ts";
import { buildSandbox } from "../../lib/sandbox/sandbox.ts";
import { createSessions } from "../../lib/mcp/sessions/held_sessions.ts";
import {
  MAX_SESSIONS,
  type Session,
  SESSION_IDLE_MS,
  SESSION_SLACK_MS,
  type SessionTransport,
} from "../../lib/mcp/sessions/session_memory.ts";
import { createProfiles } from "../../lib/mcp/profiles.ts";
import { createChance, randomBytes } from "../../lib/runtime/chance.ts";
import { createStore } from "../../lib/store/kv.ts";
import { createSessionTable } from "../../lib/mcp/sessions/session_table.ts";
import {
  ADMIN,
  ANN,
  assertRefused,
  beginSession,
  clients,
  initialize,
  messagesOf,
  OPEN,
  openMcp,
  post,
  rpc,
  send,
} from "./helpers.ts";

/** A transport that only notes that it was closed. */
function transport(onClose: () => void): SessionTransport {
  return {
    handleRequest: () => Promise.resolve(new Response()),
    cancelled: () => Promise.resolve(),
    tell: () => Promise.resolve(),
    complete: () => Promise.resolve(),
    close: () => Promise.resolve(onClose()),
  };
}

Deno.test("initialize negotiates every revision with sessions (MCP lifecycle)", async () => {
  await using mcp = await openMcp();
  const fetch = mcp.fetchAs("no-auth", OPEN);
  for (const revision of ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"]) {
    const response = await post(fetch, initialize(revision));
    assert.match(response.headers.get("mcp-session-id") ?? "", /^session_[\w-]{32}$/);
    const [{ result }] = await messagesOf(response) as [{ result: Record<string, unknown> }];
    assert.equal(result.protocolVersion, revision);
    assert.deepEqual(result.capabilities, { tools: {} });
    assert.deepEqual(result.serverInfo, { name: "Mock MCP Server for E2E Testing", version: "9.9.9" });
  }
  const [{ result }] = await messagesOf(await post(fetch, initialize("1999-01-01"))) as [{
    result: Record<string, unknown>;
  }];
  assert.equal(result.protocolVersion, "2025-11-25");
});

Deno.test("a request with an unknown session id gets 404, without one 400 (MCP transports)", async () => {
  await using mcp = await openMcp();
  const fetch = mcp.fetchAs("no-auth", OPEN);
  const unknown = { "mcp-session-id": "AAAAAAAAAAAAAAAAAAAAAA" };
  await assertRefused(await post(fetch, rpc("tools/list"), unknown), 404, -32001, 1);
  await assertRefused(await post(fetch, initialize(), unknown), 404, -32001, 1);
  await assertRefused(await send(fetch, "GET", unknown), 404, -32001);
  await assertRefused(await send(fetch, "DELETE", unknown), 404, -32001);
  await assertRefused(await post(fetch, rpc("tools/list")), 400, -32000, 1);
  await assertRefused(await post(fetch, { jsonrpc: "2.0", method: "notifications/initialized" }), 400, -32000);
  await assertRefused(await send(fetch, "GET"), 400, -32000);
  await assertRefused(await send(fetch, "DELETE"), 400, -32000);
});

Deno.test("DELETE ends a session, its stream, and nothing else (MCP transports)", async () => {
  await using mcp = await openMcp();
  const fetch = mcp.fetchAs("no-auth", OPEN);
  const session = await beginSession(fetch);
  const other = await beginSession(fetch);
  const stream = await send(fetch, "GET", session);
  assert.equal(stream.headers.get("content-type"), "text/event-stream");
  await assertRefused(await send(fetch, "GET", session), 409, -32000);
  assert.equal((await send(fetch, "DELETE", session)).status, 200);
  assert.equal(await stream.text(), "");
  await assertRefused(await post(fetch, rpc("tools/list"), session), 404, -32001, 1);
  await assertRefused(await send(fetch, "DELETE", session), 404, -32001);
  assert.equal((await post(fetch, rpc("tools/list"), other)).status, 200);
});

Deno.test("a session belongs to one sandbox, endpoint and user: to others it does not exist (MCP security)", async () => {
  await using mcp = await openMcp();
  const session = await beginSession(mcp.fetchAs("oauth", ANN));
  const elsewhere = buildSandbox({ origin: "http://mock.test", now: () => mcp.nowMs });
  const strangers = [
    mcp.fetchAs("oauth", ADMIN),
    mcp.fetchAs("no-auth", OPEN),
    mcp.fetchAs("bearer", ANN),
    (input: string | URL | Request, init?: RequestInit): Promise<Response> =>
      mcp.endpoint.handle(new Request(input, init), {
        sandbox: { ...elsewhere, id: "other" },
        mode: "oauth",
        caller: ANN,
        policy: standardPlan.policy,
      }),
  ];
  for (const stranger of strangers) {
    await assertRefused(await post(stranger, rpc("tools/list"), session), 404, -32001, 1);
    await assertRefused(await send(stranger, "GET", session), 404, -32001);
    await assertRefused(await send(stranger, "DELETE", session), 404, -32001);
  }
  // The same person, whichever of her tokens came along, and after another login, as a step-up is one.
  for (const caller of [{ ...ANN }, { ...ANN, owner: "another login of Ann" }]) {
    assert.equal((await post(mcp.fetchAs("oauth", caller), rpc("tools/list"), session)).status, 200);
  }
});

Deno.test("a session without a user belongs to any caller that has its id (design)", async () => {
  await using mcp = await openMcp();
  for (const mode of ["no-auth", "bearer"] as const) {
    const session = await beginSession(mcp.fetchAs(mode, OPEN));
    const moved = mcp.fetchAs(mode, { owner: "after a change of network or token" });
    assert.equal((await post(moved, rpc("tools/list"), session)).status, 200);
  }
});

Deno.test("a session that is idle for too long on the sandbox's clock has ended (design)", async () => {
  await using mcp = await openMcp();
  const fetch = mcp.fetchAs("no-auth", OPEN);
  const session = await beginSession(fetch);
  for (let times = 0; times < 2; times++) {
    mcp.nowMs += SESSION_IDLE_MS;
    assert.equal((await post(fetch, rpc("tools/list"), session)).status, 200);
  }
  mcp.nowMs += SESSION_IDLE_MS + SESSION_SLACK_MS + 1;
  await assertRefused(await post(fetch, rpc("tools/list"), session), 404, -32001, 1);
});

Deno.test("a session whose client holds its stream open is in use (design)", async () => {
  await using mcp = await openMcp();
  const fetch = mcp.fetchAs("no-auth", OPEN);
  const session = await beginSession(fetch);
  const stream = await send(fetch, "GET", session);
  mcp.nowMs += SESSION_IDLE_MS + SESSION_SLACK_MS + 1;
  assert.equal((await post(fetch, rpc("tools/list"), session)).status, 200);
  await stream.body?.cancel();
  mcp.nowMs += SESSION_IDLE_MS + SESSION_SLACK_MS + 1;
  await assertRefused(await post(fetch, rpc("tools/list"), session), 404, -32001, 1);
});

Deno.test("above the limit of sessions the one that was idle the longest leaves the memory (design)", async () => {
  using kv = await Deno.openKv(":memory:");
  const sandbox = buildSandbox({ origin: "http://mock.test", now: () => 0 });
  const profile = createProfiles("1").of({ mode: "no-auth", policy: standardPlan.policy });
  const beginner = { sandbox, mode: "no-auth", caller: OPEN, policy: standardPlan.policy, profile } as const;
  const store = createSessionTable(createStore(kv, createChance(randomBytes)));
  const table = createSessions(store);
  const agreed = { revision: "2025-11-25", capabilities: {}, clientInfo: { name: "c", version: "1" } };
  const named = (id: string): Request => new Request("http://mock.test", { headers: { "mcp-session-id": id } });
  const held: Session[] = [];
  const closed: string[] = [];

  for (const id of ["streaming", "used", "idle", "idler"]) {
    await table.begin(id, beginner, agreed);
    const session = await table.find(named(id), beginner);
    assert.ok(!(session instanceof Response));
    session.transport = Promise.resolve(transport(() => closed.push(id)));
    held.push(session);
  }
  for (const session of held.slice(0, 1)) session.openStreams = 1;
  await table.find(named("used"), beginner);
  await Promise.all(Array.from({ length: MAX_SESSIONS - 2 }, (_, i) => table.begin(`s${i}`, beginner, agreed)));
  assert.deepEqual(closed, ["idle", "idler"]);
  assert.equal(table.size(), MAX_SESSIONS);

  const back = await table.find(named("idle"), beginner);
  assert.ok(!(back instanceof Response), "a session that left the memory goes on");
  assert.equal(back.transport, undefined);
  await table.close();
  assert.deepEqual(closed, ["idle", "idler", "used", "streaming"]);
});

Deno.test("initialize in a session that has begun is refused (MCP lifecycle)", async () => {
  await using mcp = await openMcp();
  const fetch = mcp.fetchAs("no-auth", OPEN);
  const session = await beginSession(fetch);
  await assertRefused(await post(fetch, initialize(), session), 400, -32600, 1);
});

Deno.test("batches are answered in the revisions that had them, and refused after (MCP 2025-06-18 changelog)", async () => {
  await using mcp = await openMcp();
  const fetch = mcp.fetchAs("no-auth", OPEN);
  const batch = [rpc("ping", undefined, 1), rpc("tools/call", { name: "mock_echo", arguments: { message: "b" } }, 2)];
  for (const revision of ["2024-11-05", "2025-03-26"]) {
    const response = await post(fetch, batch, await beginSession(fetch, revision));
    const messages = await messagesOf(response);
    assert.deepEqual(messages.map(({ id }) => id).sort(), [1, 2]);
    assert.match(JSON.stringify(messages), /Echo: b/);
  }
  for (const revision of ["2025-06-18", "2025-11-25"]) {
    await assertRefused(await post(fetch, batch, await beginSession(fetch, revision)), 400, -32600);
  }
  await assertRefused(await post(fetch, []), 400, -32600);
});

Deno.test("close ends sessions and streams, and refuses what comes after (design)", async () => {
  const mcp = await openMcp();
  const fetch = mcp.fetchAs("no-auth", OPEN);
  const stream = await send(fetch, "GET", await beginSession(fetch));
  await mcp[Symbol.asyncDispose]();
  assert.equal(await stream.text(), "");
  await assertRefused(await post(fetch, initialize()), 503, -32000);
});

Deno.test("close before the first request opens nothing (design)", async () => {
  await using mcp = await openMcp();
  await mcp.endpoint.close();
  await assertRefused(await post(mcp.fetchAs("no-auth", OPEN), initialize()), 503, -32000);
});

Deno.test("the official clients end a session and begin another on one endpoint (MCP transports)", async () => {
  await using mcp = await openMcp();
  for (const { connect } of clients) {
    for (let times = 0; times < 2; times++) {
      await using client = await connect(mcp.fetchAs("no-auth", OPEN));
      assert.equal((await client.call("mock_echo", { message: "x" })).text, "Echo: x");
    }
  }
});
