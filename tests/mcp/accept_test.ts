/** Media types as clients may write them. */
import assert from "node:assert/strict";
import { envelope, initialize, OPEN, openMcp, post, rpc, send } from "./helpers.ts";

const echo = { name: "mock_echo", arguments: { message: "hi" } };

Deno.test("media types in Accept have no case, in any revision, on the short way and the SDK's (RFC 9110 8.3.1)", async () => {
  await using mcp = await openMcp();
  const fetch = mcp.fetchAs("no-auth", OPEN);
  const accept = "Application/JSON, Text/Event-Stream";
  const begun = await post(fetch, initialize(), { accept });
  const session = { accept, "mcp-session-id": begun.headers.get("mcp-session-id") ?? "" };
  for (const message of [rpc("tools/list"), rpc("tools/call", echo), rpc("tools/call", { name: "mock_echo" })]) {
    assert.equal((await post(fetch, message, session)).status, 200);
  }
  const stream = await send(fetch, "GET", { ...session, accept: "Text/Event-Stream" });
  assert.deepEqual([stream.status, stream.headers.get("content-type")], [200, "text/event-stream"]);
  await stream.body?.cancel();
  const modern = { accept, "mcp-protocol-version": "2026-07-28", "mcp-method": "tools/list" };
  for (let count = 0; count < 2; count++) {
    assert.equal((await post(fetch, rpc("tools/list", { _meta: envelope }), modern)).status, 200);
  }
});
