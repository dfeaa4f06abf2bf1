/** Many sessions and many streams: what is abandoned is let go of, and what is held open is served. */
import assert from "node:assert/strict";
import { createApp } from "../../main.ts";
import { initialize, rpc } from "../mcp/helpers.ts";

const headers = { "content-type": "application/json", accept: "application/json, text/event-stream" };
const STREAMS = 200;

Deno.test("200 streams are held open while tools are called, and none starves (MCP transports)", async () => {
  using kv = await Deno.openKv(":memory:");
  const stop = new AbortController();
  const app = createApp({ kv, signal: stop.signal });
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, app);
  const url = `http://127.0.0.1:${server.addr.port}/conformance`;
  const post = (body: unknown, session: Record<string, string> = {}): Promise<Response> =>
    fetch(url, { method: "POST", headers: { ...headers, ...session }, body: JSON.stringify(body) });

  const sessions = await Promise.all(Array.from({ length: STREAMS }, async () => {
    const begun = await post(initialize());
    await begun.text();
    const session = { "mcp-session-id": begun.headers.get("mcp-session-id") ?? "" };
    const stream = await fetch(url, { headers: { accept: "text/event-stream", ...session } });
    assert.equal(stream.status, 200);
    return { session, stream };
  }));

  await Promise.all(sessions.map(async ({ session }) => {
    for (const name of ["test_simple_text", "test_tool_with_progress", "test_trigger_tool_change"]) {
      const response = await post(rpc("tools/call", { name, _meta: { progressToken: name } }), session);
      const text = await response.text();
      assert.match(text, /"result"/);
      assert.equal(text.match(/notifications\/progress/g)?.length ?? 0, name === "test_tool_with_progress" ? 3 : 0);
    }
  }));

  await Promise.all(sessions.map(async ({ stream }) => {
    const reader = (stream.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    while (!text.includes("notifications/tools/list_changed")) {
      const { done, value } = await reader.read();
      assert.equal(done, false, "a stream ended before its message");
      text += value;
    }
    await reader.cancel();
  }));
  stop.abort();
  await server.shutdown();
});

Deno.test("1,000 sessions that were abandoned leave the memory when their time is over (design)", async () => {
  // A process of its own, whose garbage can be collected on demand.
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--frozen", "--no-prompt", "--v8-flags=--expose-gc", "tests/host/mcp_memory.ts"],
    cwd: new URL("../../", import.meta.url),
    stdin: "null",
  }).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  const { before, held, after } = JSON.parse(new TextDecoder().decode(stdout));
  assert.ok(held > before * 1.25, `the sessions weigh nothing: ${before}, ${held}`);
  assert.ok(after < before * 1.2, `${before} bytes before, ${held} with the sessions, ${after} after them`);
});
