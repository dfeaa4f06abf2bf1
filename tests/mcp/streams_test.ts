/** Streams that end before their answer: cancelled calls, and clients that hang up half way. */
import assert from "node:assert/strict";
import { createEventShelves, MAX_EVENTS_PER_SESSION } from "../../lib/mcp/sessions/events.ts";
import { type Sleep, sleepOnTimer } from "../../lib/runtime/sleep.ts";
import { beginSession, clients, type Fetch, messagesOf, OPEN, openMcp, post, rpc, send } from "./helpers.ts";

const wait = { name: "mock_delay", arguments: { delayMs: 10_000, message: "done" } };

/** A wait that a test ends, or the signal of the call. */
function createGate(): { readonly sleep: Sleep; readonly started: Promise<void>; readonly open: () => void } {
  const started = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  return {
    started: started.promise,
    open: gate.resolve,
    sleep: (_, signal) =>
      new Promise((resolve, reject) => {
        started.resolve();
        signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
        void gate.promise.then(resolve);
      }),
  };
}

/** The id that opens a stream, read off it. */
async function openingId(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<string> {
  const opening = new TextDecoder().decode((await reader.read()).value);
  const id = /^id: (.+)\n/.exec(opening)?.[1];
  assert.ok(id, opening);
  return id;
}

function cancelled(requestId: unknown): Record<string, unknown> {
  return { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId } };
}

Deno.test("a cancelled call's stream ends without an answer (MCP basic/utilities/cancellation)", async () => {
  for (const revision of ["2025-06-18", "2025-11-25"]) {
    const { sleep, started } = createGate();
    await using mcp = await openMcp({ sleep });
    const fetch = mcp.fetchAs("no-auth", OPEN);
    const session = { ...await beginSession(fetch, revision), "mcp-protocol-version": revision };
    const stream = await post(fetch, rpc("tools/call", wait, 7), session);
    await started;
    assert.equal((await post(fetch, cancelled("another"), session)).status, 202);
    assert.equal((await post(fetch, cancelled(7), session)).status, 202);
    assert.deepEqual(await messagesOf(stream), []);
    assert.equal((await post(fetch, cancelled(7), session)).status, 202);
    assert.deepEqual(mcp.errors, []);
  }
});

Deno.test("who resumes a cancelled call's stream is told so, once and for all (MCP transports)", async () => {
  const { sleep, started } = createGate();
  await using mcp = await openMcp({ sleep });
  const fetch = mcp.fetchAs("no-auth", OPEN);
  const session = { ...await beginSession(fetch), "mcp-protocol-version": "2025-11-25" };
  const reader = (await post(fetch, rpc("tools/call", wait, 7), session)).body?.getReader();
  assert.ok(reader);
  const id = await openingId(reader);
  await started;
  await post(fetch, cancelled(7), session);
  assert.equal((await reader.read()).done, true);
  const [message, ...others] = await messagesOf(await send(fetch, "GET", { ...session, "last-event-id": id }));
  assert.deepEqual(others, []);
  assert.match(JSON.stringify(message), /"id":7,"result":.*The call was cancelled.*"isError":true/);
});

Deno.test("the official clients request a cancelled call's stream at most once (MCP transports)", async (t) => {
  for (const { name, connect } of clients) {
    await t.step(name, async () => {
      const { sleep, started } = createGate();
      await using mcp = await openMcp({ sleep });
      const inner = mcp.fetchAs("no-auth", OPEN);
      let resumptions = 0;
      const resumed = Promise.withResolvers<void>();
      const fetch: Fetch = async (input, init) => {
        const isResumption = new Headers(init?.headers).has("last-event-id");
        if (isResumption) resumptions++;
        const response = await inner(input, init);
        if (isResumption) resumed.resolve();
        return response;
      };
      await using client = await connect(fetch);
      const cancel = new AbortController();
      const call = client.call("mock_delay", wait.arguments, { signal: cancel.signal });
      await started;
      cancel.abort("enough");
      await assert.rejects(call);
      if (!name.endsWith("2026-07-28")) {
        await resumed.promise;
        // Longer than a client waits before it comes back again.
        await new Promise((resolve) => setTimeout(resolve, 400));
      }
      assert.equal(resumptions, name.endsWith("2026-07-28") ? 0 : 1);
      assert.equal((await client.call("mock_echo", { message: "on" })).text, "Echo: on");
    });
  }
});

Deno.test("a batch continues when one of its calls is cancelled (MCP 2025-03-26)", async () => {
  const { sleep, started, open } = createGate();
  await using mcp = await openMcp({ sleep });
  const fetch = mcp.fetchAs("no-auth", OPEN);
  const session = await beginSession(fetch, "2025-03-26");
  const reader = (await post(fetch, [rpc("tools/call", wait, 1), rpc("tools/call", wait, 2)], session)).body
    ?.pipeThrough(new TextDecoderStream()).getReader();
  await started;
  assert.equal((await post(fetch, cancelled(1), session)).status, 202);
  open();
  const { value } = await reader?.read() ?? {};
  assert.match(value ?? "", /"id":2/);
  await reader?.cancel();
});

Deno.test("a batch ends when only cancelled calls are left, in whatever order they were cancelled (MCP 2025-03-26)", async (t) => {
  const orders: Readonly<Record<string, readonly (number | "answer")[]>> = {
    "before the others are answered": [1, "answer"],
    "after the others are answered": ["answer", 1],
    "all of them": [1, 2],
  };
  for (const [name, order] of Object.entries(orders)) {
    await t.step(name, async () => {
      const waits = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      let calls = 0;
      await using mcp = await openMcp({ sleep: () => waits[calls++]?.promise ?? Promise.resolve() });
      const fetch = mcp.fetchAs("no-auth", OPEN);
      const session = await beginSession(fetch, "2025-03-26");
      const stream = await post(fetch, [rpc("tools/call", wait, 1), rpc("tools/call", wait, 2)], session);
      for (const next of order) {
        if (next === "answer") waits[1]?.resolve();
        else assert.equal((await post(fetch, cancelled(next), session)).status, 202);
        await (await post(fetch, rpc("ping"), session)).text();
      }
      const messages = await messagesOf(stream);
      assert.deepEqual(messages.map(({ id }) => id).sort(), [1, 2]);
      for (const { resolve } of waits) resolve();
    });
  }
});

Deno.test("a client that hangs up half way misses nothing of a call in a session (MCP transports)", async () => {
  const { sleep, started, open } = createGate();
  await using mcp = await openMcp({ sleep });
  const fetch = mcp.fetchAs("no-auth", OPEN);
  const session = { ...await beginSession(fetch), "mcp-protocol-version": "2025-11-25" };
  const reader = (await post(fetch, rpc("tools/call", wait, 7), session)).body?.getReader();
  assert.ok(reader);
  const id = await openingId(reader);
  await started;
  await reader.cancel();
  open();
  const messages = await messagesOf(await send(fetch, "GET", { ...session, "last-event-id": id }));
  assert.match(JSON.stringify(messages), /Delayed 10000ms: done/);
  assert.deepEqual(mcp.errors, []);
});

Deno.test("fifty clients that hang up at any moment leave nothing behind (design)", async () => {
  await using mcp = await openMcp({ sleep: (_, signal) => sleepOnTimer(1, signal) });
  const fetch = mcp.fetchAs("no-auth", OPEN);
  await Promise.all(Array.from({ length: 50 }, async (_, i) => {
    const session = { ...await beginSession(fetch), "mcp-protocol-version": "2025-11-25" };
    const standing = await send(fetch, "GET", session);
    const call = await post(fetch, rpc("tools/call", { ...wait, _meta: { progressToken: 1 } }), session);
    const reader = call.body?.getReader();
    for (let reads = 0; reads < i % 4; reads++) await reader?.read();
    await reader?.cancel();
    await standing.body?.cancel();
    assert.equal((await post(fetch, rpc("tools/list"), session)).status, 200);
  }));
  assert.deepEqual(mcp.errors, []);
});

Deno.test("a client that missed more than can be kept is told so (MCP transports, resumability)", async () => {
  const store = createEventShelves().open("main");
  const message = { jsonrpc: "2.0", method: "notifications/progress" } as const;
  const ids: string[] = [];
  for (let i = 0; i <= MAX_EVENTS_PER_SESSION; i++) ids.push(await store.storeEvent("stream", message));
  assert.equal(await store.getStreamIdForEventId?.(ids[0] ?? ""), undefined);
  assert.equal(await store.getStreamIdForEventId?.(ids[1] ?? ""), "stream");
  let replayed = 0;
  await store.replayEventsAfter(ids[1] ?? "", { send: () => Promise.resolve(void replayed++) });
  assert.equal(replayed, MAX_EVENTS_PER_SESSION - 1);
});
