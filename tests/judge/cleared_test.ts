/** A record that was cleared: the report says so, and judges those who begin afterwards by all that they do. */
import assert from "node:assert/strict";
import { z } from "zod";
import { runDouble, type Slip } from "../interop/double/double.ts";
import { json, origin, type TestApp, testApp } from "../helpers.ts";

const shape = z.object({
  verdict: z.string(),
  record: z.object({ isWhole: z.boolean(), isCleared: z.boolean().optional() }),
  clients: z.array(z.object({
    verdict: z.string(),
    failures: z.array(z.string()),
    findings: z.array(z.object({ rule: z.string(), status: z.string() })),
  })),
});

async function report(test: TestApp): Promise<z.infer<typeof shape>> {
  return shape.parse(await json(await test.fetch("/control/report")));
}

async function clear(test: TestApp): Promise<void> {
  await test.fetch("/control/exchanges", { method: "DELETE" });
}

async function reset(test: TestApp): Promise<void> {
  await test.fetch("/control/reset", { method: "POST" });
}

for (const shared of [false, true]) {
  const where = shared ? "that processes share" : "of a process alone";
  const work = (test: TestApp, slip?: Slip): Promise<unknown> =>
    runDouble({ send: (request) => test.app(request), base: origin, slip, version: "2025-11-25" });

  Deno.test(`GET /control/report judges a client that begins after a record ${where} was cleared by every rule`, async () => {
    await using test = await testApp({ loopbackOnly: true, shared });
    await work(test);
    const before = await report(test);
    assert.deepEqual(before.record, { isWhole: true });
    await clear(test);
    await work(test);
    const after = await report(test);
    assert.deepEqual(after.record, { isWhole: false, isCleared: true });
    assert.deepEqual([after.verdict, after.clients[0]?.findings], [before.verdict, before.clients[0]?.findings]);
  });

  Deno.test(`GET /control/report fails a client that begins after a record ${where} was cleared, and skips a step`, async () => {
    await using test = await testApp({ loopbackOnly: true, shared });
    await work(test);
    await clear(test);
    await work(test, "skips resource metadata");
    const { clients } = await report(test);
    assert.deepEqual(clients.map(({ failures }) => failures), [["C1"]]);
  });
}

for (const isReset of [false, true]) {
  Deno.test(`GET /control/report breaks no rule of a client that began before the ${isReset ? "sandbox was reset" : "record was cleared"} by what is gone`, async () => {
    await using test = await testApp({ loopbackOnly: true });
    let token: string | null = null;
    const send = (request: Request): Promise<Response> => {
      token = request.headers.get("authorization") ?? token;
      return test.app(request);
    };
    await runDouble({ send, base: origin, version: "2025-11-25" });
    await (isReset ? reset(test) : clear(test));
    await test.fetch("/control/clock", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ advance_seconds: 10_000_000 }),
    });
    assert(token);
    const headers = {
      authorization: token,
      accept: "application/json, text/event-stream",
      "content-type": "application/json",
      "mcp-protocol-version": "2025-11-25",
    };
    await test.fetch("/control/tokens", { method: "DELETE" });
    const call = await test.fetch("/oauth", {
      method: "POST",
      headers,
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list" }),
    });
    await call.body?.cancel();
    const { clients } = await report(test);
    assert.deepEqual(clients.map(({ failures }) => failures), [[]]);
    assert.equal(clients[0]?.findings.find(({ rule }) => rule === "C24")?.status, "not observed");
  });
}

/** One listing in 2026-07-28, as a client sends it that has read the page before. */
const readsOn = {
  method: "POST",
  headers: {
    accept: "application/json, text/event-stream",
    "content-type": "application/json",
    "mcp-protocol-version": "2026-07-28",
    "mcp-method": "tools/list",
  },
  body: JSON.stringify({
    jsonrpc: "2.0",
    id: 2,
    method: "tools/list",
    params: {
      cursor: "page-2",
      _meta: {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": { name: "c", version: "1" },
      },
    },
  }),
};

for (const isReset of [false, true]) {
  const when = isReset ? "not observed after POST /control/reset" : "broken in a sandbox that was never reset";
  Deno.test(`M109 is ${when}, where a client sends a cursor that nothing on record has given it`, async () => {
    await using test = await testApp({ loopbackOnly: true, catalogue: { page_sizes: [1], cursors: ["page-2"] } });
    if (isReset) await reset(test);
    await (await test.fetch("/no-auth", readsOn)).text();
    const { clients } = await report(test);
    assert.deepEqual(clients.map(({ failures }) => failures), [isReset ? [] : ["M109"]]);
  });
}

Deno.test("GET /control/report fails a client that begins after POST /control/reset, and skips a step", async () => {
  await using test = await testApp({ loopbackOnly: true });
  await reset(test);
  await runDouble({
    send: (request) => test.app(request),
    base: origin,
    slip: "skips resource metadata",
    version: "2025-11-25",
  });
  assert.deepEqual((await report(test)).clients.map(({ failures }) => failures), [["C1"]]);
});

Deno.test("M13 is not observed where a client of a server without sessions goes on after POST /control/reset", async () => {
  await using test = await testApp({ loopbackOnly: true });
  const base = "/s/no-session-id~goes-on";
  await test.fetch(`${base}/control/reset`, { method: "POST" });
  const response = await test.fetch(`${base}/no-auth`, {
    method: "POST",
    headers: {
      accept: readsOn.headers.accept,
      "content-type": "application/json",
      "mcp-protocol-version": "2025-11-25",
    },
    body: JSON.stringify({ jsonrpc: "2.0", id: 2, method: "tools/list", params: {} }),
  });
  await response.text();
  const { clients } = shape.parse(await json(await test.fetch(`${base}/control/report`)));
  assert.deepEqual([response.status, clients.map(({ failures }) => failures)], [200, [[]]]);
});
