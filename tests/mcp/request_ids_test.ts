/** Ids of requests: two at once in one session are told apart by them alone (MCP basic, Requests). */
import assert from "node:assert/strict";
import { assertRefused, beginSession, envelope, type Fetch, messagesOf, OPEN, openMcp, post, rpc } from "./helpers.ts";

const delay = { name: "mock_delay", arguments: { delayMs: 10, message: "done" } };

/** An endpoint whose `mock_delay` answers when a test says so. */
async function openWaiting(): Promise<
  AsyncDisposable & { readonly fetch: Fetch; readonly started: Promise<void>; readonly open: () => void }
> {
  const started = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  const mcp = await openMcp({
    sleep: (_, signal) =>
      new Promise((resolve, reject) => {
        started.resolve();
        signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
        void gate.promise.then(resolve);
      }),
  });
  return {
    fetch: mcp.fetchAs("no-auth", OPEN),
    started: started.promise,
    open: gate.resolve,
    [Symbol.asyncDispose]: () => mcp[Symbol.asyncDispose](),
  };
}

function idsOf(messages: readonly Record<string, unknown>[]): readonly unknown[] {
  return messages.map(({ id }) => id);
}

/** What a client sends while its call with an id is under way, and whether that is a second request with that id. */
const seconds: readonly (readonly [name: string, body: (id: string | number) => unknown, isRefused: boolean])[] = [
  ["a call that takes long", (id) => rpc("tools/call", delay, id), true],
  ["a call that is answered at once", (id) => rpc("tools/list", undefined, id), true],
  ["a ping", (id) => rpc("ping", undefined, id), true],
  ["an unknown method", (id) => rpc("nothing/like/it", undefined, id), true],
  ["another id", (id) => rpc("ping", undefined, `${id}-2`), false],
  ["the same id as another type", (id) => rpc("ping", undefined, typeof id === "number" ? String(id) : 1), false],
  ["an answer to a request of the server's", (id) => ({ jsonrpc: "2.0", id, result: {} }), false],
  ["a notification", () => ({ jsonrpc: "2.0", method: "notifications/initialized" }), false],
];

Deno.test("a second request with an id that is under way in its session is refused, and the first is answered (MCP basic)", async (t) => {
  for (const [name, bodyOf, isRefused] of seconds) {
    for (const id of [7, "seven"]) {
      await t.step(`${name}, ${JSON.stringify(id)}`, async () => {
        await using mcp = await openWaiting();
        const session = { ...await beginSession(mcp.fetch), "mcp-protocol-version": "2025-11-25" };
        const first = await post(mcp.fetch, rpc("tools/call", delay, id), session);
        await mcp.started;
        const second = await post(mcp.fetch, bodyOf(id), session);
        if (isRefused) {
          const body = await second.clone().json();
          await assertRefused(second, 400, -32600, id);
          assert.match(body.error.message, new RegExp(`the id ${JSON.stringify(id)} is that of another request`));
        } else {
          assert(second.ok, `${second.status}`);
          await second.body?.cancel();
        }
        mcp.open();
        assert.deepEqual(idsOf(await messagesOf(first)), [id]);
        const later = await post(mcp.fetch, rpc("tools/call", delay, id), session);
        assert.equal(later.status, 200, "an id is in use only until its answer");
        assert.deepEqual(idsOf(await messagesOf(later)), [id]);
      });
    }
  }
});

Deno.test("an id is in use in its session alone (MCP basic)", async () => {
  await using mcp = await openWaiting();
  const [one, two] = [await beginSession(mcp.fetch), await beginSession(mcp.fetch)];
  const calls = await Promise.all([one, two].map((session) => post(mcp.fetch, rpc("tools/call", delay, 1), session)));
  const params = { ...delay, _meta: envelope };
  const modern = { "mcp-protocol-version": "2026-07-28", "mcp-method": "tools/call", "mcp-name": "mock_delay" };
  const stateless = [1, 1].map((id) => post(mcp.fetch, rpc("tools/call", params, id), modern));
  await mcp.started;
  mcp.open();
  for (const response of [...calls, ...await Promise.all(stateless)]) {
    assert.equal(response.status, 200);
    assert.deepEqual(idsOf(await messagesOf(response)), [1]);
  }
});

Deno.test("a batch with an id that is under way, or twice in it, is refused as a whole (MCP 2025-03-26)", async () => {
  await using mcp = await openWaiting();
  const session = { ...await beginSession(mcp.fetch, "2025-03-26"), "mcp-protocol-version": "2025-03-26" };
  const first = await post(mcp.fetch, rpc("tools/call", delay, 1), session);
  await mcp.started;
  await assertRefused(
    await post(mcp.fetch, [rpc("ping", undefined, 2), rpc("ping", undefined, 1)], session),
    400,
    -32600,
  );
  await assertRefused(
    await post(mcp.fetch, [rpc("ping", undefined, 3), rpc("ping", undefined, 3)], session),
    400,
    -32600,
  );
  const free = await post(mcp.fetch, [rpc("ping", undefined, 2), rpc("ping", undefined, 3)], session);
  assert.deepEqual(idsOf(await messagesOf(free)), [2, 3]);
  mcp.open();
  assert.deepEqual(idsOf(await messagesOf(first)), [1]);
});

Deno.test("an id is free again once its request was cancelled or refused (MCP basic/utilities/cancellation)", async () => {
  await using mcp = await openWaiting();
  const session = { ...await beginSession(mcp.fetch), "mcp-protocol-version": "2025-11-25" };
  const first = await post(mcp.fetch, rpc("tools/call", delay, 1), session);
  await mcp.started;
  const params = { requestId: 1 };
  const cancelled = await post(mcp.fetch, { jsonrpc: "2.0", method: "notifications/cancelled", params }, session);
  assert.equal(cancelled.status, 202);
  assert.deepEqual(await messagesOf(first), []);
  await assertRefused(await post(mcp.fetch, { jsonrpc: "1.0", id: 1, method: "x" }, session), 400, -32600, 1);
  mcp.open();
  const again = await post(mcp.fetch, rpc("tools/call", delay, 1), session);
  assert.deepEqual(idsOf(await messagesOf(again)), [1]);
});
