/** `mock_delay`: progress, cancellation, and an answer fetched after the connection was lost. */
import assert from "node:assert/strict";
import type { Sleep } from "../../lib/runtime/sleep.ts";
import { beginSession, clients, messagesOf, OPEN, openMcp, post, postModern, rpc, send } from "./helpers.ts";

const wait = { delayMs: 10_000, message: "done" };

/** A wait that lasts until its signal aborts, and says so. */
function createEndlessSleep(): {
  readonly sleep: Sleep;
  readonly started: Promise<void>;
  readonly stopped: Promise<void>;
} {
  const started = Promise.withResolvers<void>();
  const stopped = Promise.withResolvers<void>();
  return {
    started: started.promise,
    stopped: stopped.promise,
    sleep: (_, signal) =>
      new Promise((_, reject) => {
        signal?.addEventListener("abort", () => {
          stopped.resolve();
          reject(signal?.reason);
        }, { once: true });
        started.resolve();
      }),
  };
}

Deno.test("mock_delay waits as long as it was told (original)", async (t) => {
  for (const { name, connect } of clients) {
    await t.step(name, async () => {
      const waits: number[] = [];
      await using mcp = await openMcp({ sleep: (ms) => Promise.resolve(void waits.push(ms)) });
      await using client = await connect(mcp.fetchAs("no-auth", OPEN));
      const { text } = await client.call("mock_delay", { delayMs: 1500.5, message: "m" });
      assert.equal(text, "Delayed 1500.5ms: m");
      assert.equal(waits.reduce((sum, ms) => sum + ms), 1500.5);
    });
  }
});

Deno.test("mock_delay reports progress to a client that asks for it (MCP basic/utilities/progress)", async (t) => {
  for (const { name, connect } of clients) {
    await t.step(name, async () => {
      await using mcp = await openMcp({ sleep: () => Promise.resolve() });
      await using client = await connect(mcp.fetchAs("no-auth", OPEN));
      const seen: [number, number | undefined][] = [];
      const onprogress = ({ progress, total }: { progress: number; total?: number | undefined }): void => {
        seen.push([progress, total]);
      };
      const { text } = await client.call("mock_delay", wait, { onprogress });
      assert.equal(text, "Delayed 10000ms: done");
      assert.deepEqual(seen, [[1, 4], [2, 4], [3, 4], [4, 4]]);
      assert.equal((await client.call("mock_echo", { message: "quick" }, { onprogress })).text, "Echo: quick");
    });
  }
});

Deno.test("mock_delay stops when the client cancels (MCP basic/utilities/cancellation)", async (t) => {
  for (const { name, connect } of clients) {
    await t.step(name, async () => {
      const { sleep, started, stopped } = createEndlessSleep();
      await using mcp = await openMcp({ sleep });
      await using client = await connect(mcp.fetchAs("no-auth", OPEN));
      const cancel = new AbortController();
      const call = client.call("mock_delay", wait, { signal: cancel.signal });
      await started;
      cancel.abort("enough");
      await assert.rejects(call);
      await stopped;
      assert.equal((await client.call("mock_echo", { message: "still here" })).text, "Echo: still here");
      assert.deepEqual(mcp.errors, []);
    });
  }
});

Deno.test("mock_delay leaves no timer behind when it is cancelled (design)", async (t) => {
  for (const { name, connect } of clients) {
    await t.step(name, async () => {
      await using mcp = await openMcp();
      await using client = await connect(mcp.fetchAs("no-auth", OPEN));
      const signal = AbortSignal.abort("at once");
      await assert.rejects(client.call("mock_delay", wait, { signal }));
      const cancel = new AbortController();
      const call = client.call("mock_delay", wait, { signal: cancel.signal });
      // A quick call that is answered means that the slow one before it has arrived.
      await client.call("mock_echo", { message: "in between" });
      cancel.abort("enough");
      await assert.rejects(call);
    });
  }
});

Deno.test("mock_delay stops when a client of 2026-07-28 closes the stream (MCP 2026-07-28 cancellation)", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const endless = createEndlessSleep();
  let waits = 0;
  await using mcp = await openMcp({ sleep: (ms, signal) => waits++ === 0 ? promise : endless.sleep(ms, signal) });
  const answer = postModern(mcp.fetchAs("no-auth", OPEN), {
    method: "tools/call",
    params: { name: "mock_delay", arguments: wait },
    meta: { progressToken: "p" },
  });
  resolve();
  const { body, headers } = await answer;
  assert.equal(headers.get("content-type"), "text/event-stream");
  await endless.started;
  await body?.cancel();
  await endless.stopped;
});

Deno.test("DELETE stops what is under way in the session (MCP transports)", async () => {
  const { sleep, started, stopped } = createEndlessSleep();
  await using mcp = await openMcp({ sleep });
  const fetch = mcp.fetchAs("no-auth", OPEN);
  const session = await beginSession(fetch);
  const stream = await post(fetch, rpc("tools/call", { name: "mock_delay", arguments: wait }), session);
  await started;
  assert.equal((await send(fetch, "DELETE", session)).status, 200);
  await stopped;
  assert.deepEqual(await messagesOf(stream), []);
});

Deno.test("a client that lost its stream gets the answer by Last-Event-ID (MCP transports, resumability)", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  await using mcp = await openMcp({ sleep: () => promise });
  const fetch = mcp.fetchAs("no-auth", OPEN);
  const session = await beginSession(fetch);
  const headers = { ...session, "mcp-protocol-version": "2025-11-25" };
  const response = await post(fetch, rpc("tools/call", { name: "mock_delay", arguments: wait }, 7), headers);
  const reader = response.body?.getReader();
  const opening = new TextDecoder().decode((await reader?.read())?.value);
  const lastEventId = /^id: (.+)\nretry: 250\n/.exec(opening)?.[1];
  assert.ok(lastEventId, opening);
  await reader?.cancel();

  const resumed = await send(fetch, "GET", { ...headers, "last-event-id": lastEventId });
  resolve();
  const [message] = await messagesOf(resumed);
  assert.equal(message?.id, 7);
  assert.match(JSON.stringify(message), /Delayed 10000ms: done/);

  const again = await messagesOf(await send(fetch, "GET", { ...headers, "last-event-id": lastEventId }));
  assert.deepEqual(again, [message]);
  const unknown = await send(fetch, "GET", { ...headers, "last-event-id": "1_nothing" });
  assert.equal(unknown.status, 400);
  await unknown.body?.cancel();
});
