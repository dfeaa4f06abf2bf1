/** A session on real processes that share a database file, and over a restart of both. */
import assert from "node:assert/strict";
import { assertRefused, initialize, rpc } from "../mcp/helpers.ts";
import { type Client, makeFolder, type Server, startServer } from "./program.ts";

const echo = rpc("tools/call", { name: "mock_echo", arguments: { message: "x" } });

function post({ fetch }: Client, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch("/no-auth", {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json, text/event-stream", ...headers },
    body: JSON.stringify(body),
  });
}

async function assertEchoed(response: Response): Promise<void> {
  assert.equal(response.status, 200);
  assert.match(await response.text(), /Echo: x/);
}

Deno.test("a session begun on one process goes on on another, and after a restart of both (MCP transports)", async () => {
  await using folder = await makeFolder();
  const db = `${folder.path}/kv.sqlite3`;
  const start = (): Promise<Server> => startServer(["--db", db]);

  let session: Record<string, string>;
  {
    await using a = await start();
    await using b = await start();
    const begun = await post(a.client, initialize("2025-06-18"));
    assert.match(await begun.text(), /"protocolVersion":"2025-06-18"/);
    session = { "mcp-session-id": begun.headers.get("mcp-session-id") ?? "" };
    await assertEchoed(await post(b.client, echo, session));
    await assertEchoed(await post(a.client, echo, session));
    await a.stop();
    await assertEchoed(await post(b.client, echo, session));
    await b.stop();
  }

  await using c = await start();
  await using d = await start();
  await assertEchoed(await post(c.client, echo, session));
  // Its revision is that of the handshake: wrong arguments are an error of the protocol, and batches are gone.
  const wrong = rpc("tools/call", { name: "mock_echo", arguments: {} });
  await assertRefused(await post(c.client, wrong, session), 200, -32602, 1);
  await assertRefused(await post(c.client, [echo], session), 400, -32600);
  const stream = await c.client.fetch("/no-auth", { headers: { accept: "text/event-stream", ...session } });
  assert.equal(stream.status, 200);
  const ended = await c.client.fetch("/no-auth", { method: "DELETE", headers: session });
  assert.equal(ended.status, 200);
  for (const response of [ended, stream]) await response.text();
  for (const { client } of [c, d]) await assertRefused(await post(client, echo, session), 404, -32001, 1);
  await c.stop();
  await d.stop();
});

Deno.test("a session survives a process that was killed (design, storage)", async () => {
  await using folder = await makeFolder();
  const db = `${folder.path}/kv.sqlite3`;
  let session: Record<string, string>;
  {
    await using a = await startServer(["--db", db]);
    const begun = await post(a.client, initialize());
    await begun.text();
    session = { "mcp-session-id": begun.headers.get("mcp-session-id") ?? "" };
    a.kill("SIGKILL");
    await a.ended;
  }
  await using b = await startServer(["--db", db]);
  await assertEchoed(await post(b.client, echo, session));
  await b.stop();
});
