/** What is under way is not on record yet, so that nobody is blamed for what seems to be missing. */
import assert from "node:assert/strict";
import { z } from "zod";
import { json, origin, type TestApp, testApp } from "../helpers.ts";
import { control } from "../control/helpers.ts";
import { initialize, rpc } from "../mcp/helpers.ts";

const shape = z.object({
  clients: z.array(z.object({ findings: z.array(z.object({ rule: z.string(), status: z.string() })) })),
});

async function statusOf(test: TestApp, rule: string): Promise<string | undefined> {
  const { clients: [client] } = shape.parse(await json(await test.get("/control/report")));
  return client?.findings.find((found) => found.rule === rule)?.status;
}

const cancelled = (requestId: number): unknown => ({
  jsonrpc: "2.0",
  method: "notifications/cancelled",
  params: { requestId },
});

Deno.test("a request that is held back and then cancelled was sent, though it is not on record before its answer", async () => {
  await using test = await testApp({ loopbackOnly: true });
  const headers = { accept: "application/json, text/event-stream", "content-type": "application/json" };
  const post = (body: unknown, more: RequestInit & { headers?: Record<string, string> } = {}): Promise<Response> =>
    test.app(
      new Request(`${origin}/no-auth`, {
        ...more,
        method: "POST",
        body: JSON.stringify(body),
        headers: { ...headers, ...more.headers },
      }),
    );
  const begun = await post(initialize());
  await begun.text();
  const session = { "mcp-session-id": begun.headers.get("mcp-session-id") ?? "", "mcp-protocol-version": "2025-11-25" };
  await (await post({ jsonrpc: "2.0", method: "notifications/initialized" }, { headers: session })).text();
  await control(test, "POST /control/faults", [{ match: { rpc_method: "tools/call" }, edit: { hold: true } }]);
  const client = new AbortController();
  const call = rpc("tools/call", { name: "mock_echo", arguments: { message: "m" } }, 2);
  const held = post(call, { headers: session, signal: client.signal });
  await (await post(cancelled(2), { headers: session })).text();
  assert.equal(await statusOf(test, "M98"), "not observed", "it may be under way");
  client.abort();
  await (await held).text().catch(() => {});
  assert.equal(await statusOf(test, "M98"), "kept");
  await (await post(cancelled(4711), { headers: session })).text();
  assert.equal(await statusOf(test, "M98"), "broken", "nothing is under way that it can mean");
});
