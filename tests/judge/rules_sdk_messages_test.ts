/**
 * The official clients do all that they can, in every era they speak, and break no rule on how MCP is spoken: they call,
 * cancel, ask for progress, complete, log, subscribe, resume streams, and answer what the server asks.
 */
// @ts-types="@modelcontextprotocol/sdk/client/index"
import { Client as OldClient } from "@modelcontextprotocol/sdk/client/index.js";
// @ts-types="@modelcontextprotocol/sdk/client/sse"
import { SSEClientTransport } from "@modelcontextprotocol/sdk/client/sse.js";
// @ts-types="@modelcontextprotocol/sdk/client/streamableHttp"
import { StreamableHTTPClientTransport as OldTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { ElicitRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import assert from "node:assert/strict";
import { z } from "zod";
import { cacheScenarios } from "../../lib/scenarios/catalogue/mcp/caches.ts";
import type { DriverStep } from "../../lib/scenarios/driver_step.ts";
import { json, origin, type TestApp, testApp } from "../helpers.ts";
import type { Fetch } from "../mcp/helpers.ts";
import { clients, texts } from "../mcp/conformance_clients.ts";

const shape = z.object({
  verdict: z.string(),
  clients: z.array(z.object({
    revision: z.string().optional(),
    findings: z.array(z.object({ rule: z.string(), status: z.string(), level: z.string(), detail: z.string() })),
  })),
});

/** What is found of the only client: the rules on MCP that it kept, and the rules that it broke. */
interface Judged {
  readonly kept: readonly string[];
  readonly broken: readonly string[];
}

async function judge(test: TestApp): Promise<Judged> {
  await test.answered();
  const report = shape.parse(await json(await test.get("/control/report")));
  const [client] = report.clients;
  assert(client && report.clients.length === 1, `${report.clients.length} clients`);
  return {
    kept: client.findings.filter(({ rule, status }) => rule.startsWith("M") && status === "kept").map(({ rule }) =>
      rule
    ),
    broken: client.findings.filter(({ status }) => status === "broken").map(({ rule, level, detail }) =>
      `${rule} ${level}: ${detail}`
    ),
  };
}

/** What both SDKs' clients can be made to do in the same words. */
interface Doing {
  readonly listTools: () => Promise<unknown>;
  readonly listPrompts: () => Promise<unknown>;
  readonly listResources: () => Promise<unknown>;
  readonly readResource: (params: { uri: string }) => Promise<unknown>;
  readonly complete: (params: {
    ref: { type: "ref/prompt"; name: string };
    argument: { name: string; value: string };
  }) => Promise<unknown>;
}

async function useAll(client: Doing): Promise<void> {
  await client.listTools();
  await client.listPrompts();
  await client.listResources();
  await client.readResource({ uri: "test://static-text" });
  for (const value of ["p", "pa"]) {
    await client.complete({
      ref: { type: "ref/prompt", name: "test_prompt_with_arguments" },
      argument: { name: "arg1", value },
    });
  }
}

/** A way to the app that tells when a slow call has come there. */
interface Way {
  readonly fetch: Fetch;
  readonly slowCame: Promise<void>;
}

function wayTo({ app }: TestApp): Way {
  const came = Promise.withResolvers<void>();
  return {
    slowCame: came.promise,
    fetch: async (input, init) => {
      const answer = app(new Request(input, init));
      if (typeof init?.body === "string" && init.body.includes(slow.name)) came.resolve();
      return await answer;
    },
  };
}

/** A call that its caller loses patience with. */
async function loseOne({ slowCame }: Way, call: (signal: AbortSignal) => Promise<unknown>): Promise<void> {
  const impatient = new AbortController();
  const lost = call(impatient.signal);
  await slowCame;
  impatient.abort();
  await assert.rejects(lost);
}

const slow = { name: "mock_delay", arguments: { delayMs: 10_000, message: "m" } };
const stepwise = { name: "test_tool_with_progress", arguments: {} };

for (const { name, connect } of clients) {
  Deno.test(`the ${name} breaks no rule on how MCP is spoken, whatever it does`, async () => {
    await using test = await testApp({ loopbackOnly: true, shared: false, now: Date.now });
    const url = new URL(`${origin}/conformance`);
    const way = wayTo(test);
    await using client = await connect(way.fetch, url);
    const { raw } = client;
    await useAll(raw);
    for (const [tool, args] of texts) await client.call(tool, args);
    await Promise.all([client.call("mock_echo", { message: "a" }), client.call("mock_echo", { message: "b" })]);
    const onprogress = (): void => {};
    if (raw instanceof OldClient) {
      await raw.callTool(stepwise, undefined, { onprogress });
      await raw.ping();
      await raw.setLoggingLevel("warning");
      await raw.subscribeResource({ uri: "test://watched-resource" });
      await raw.unsubscribeResource({ uri: "test://watched-resource" });
      await loseOne(way, (signal) => raw.callTool(slow, undefined, { signal }));
    } else {
      await raw.callTool(stepwise, { onprogress });
      await loseOne(way, (signal) => raw.callTool(slow, { signal }));
    }
    const { kept, broken } = await judge(test);
    assert.deepEqual(broken, []);
    const own = name.endsWith("2026-07-28")
      ? ["M8", "M10", "M39", "M40", "M41", "M42", "M43", "M44", "M50", "M51"]
      : ["M4", "M8", "M13", "M14", "M17", "M22", "M26", "M98"];
    const missing = ["M1", "M2", "M3", "M23", "M95", ...own].filter((rule) => !kept.includes(rule));
    assert.deepEqual(missing, []);
  });
}

Deno.test("the v1 client over HTTP+SSE breaks no rule on how MCP is spoken", async () => {
  await using test = await testApp({ loopbackOnly: true });
  const way = wayTo(test);
  const client = new OldClient({ name: "old", version: "1" });
  await client.connect(new SSEClientTransport(new URL(`${origin}/no-auth/sse`), { fetch: way.fetch }));
  await client.listTools();
  await client.callTool({ name: "mock_echo", arguments: { message: "m" } });
  await loseOne(way, (signal) => client.callTool(slow, undefined, { signal }));
  await client.callTool({ name: "mock_echo", arguments: { message: "n" } });
  await client.close();
  const { kept, broken } = await judge(test);
  assert.deepEqual(broken, []);
  assert.deepEqual(["M1", "M2", "M3", "M4", "M13", "M14", "M17", "M98"].filter((rule) => !kept.includes(rule)), []);
});

const who = { message: "Who?", requestedSchema: { type: "object", properties: { name: { type: "string" } } } } as const;
const reporting = {
  name: "report",
  inputSchema: { type: "object" },
  execution: { taskSupport: "required" },
  answer: {
    task: {
      poll_interval_ms: 20,
      states: [
        { status: "working", for_ms: 50 },
        { status: "input_required", inputRequests: { who: { method: "elicitation/create", params: who } } },
      ],
    },
  },
} as const;

Deno.test("the v1 client follows tasks as 2025-11-25 has it, but does not tie its answers to them (M140-M146)", async () => {
  await using test = await testApp({
    loopbackOnly: true,
    shared: false,
    now: Date.now,
    catalogue: { tools: [reporting] },
  });
  const client = new OldClient({ name: "old", version: "1" }, { capabilities: { elicitation: {} } });
  client.setRequestHandler(ElicitRequestSchema, () => ({ action: "accept", content: { name: "Ada" } }));
  await client.connect(new OldTransport(new URL(`${origin}/no-auth`), { fetch: wayTo(test).fetch }));
  await client.listTools();
  const types: string[] = [];
  const options = { task: { ttl: 60_000 } };
  for await (const { type } of client.experimental.tasks.callToolStream({ name: "report" }, undefined, options)) {
    if (types.at(-1) !== type) types.push(type);
  }
  await client.close();
  assert.deepEqual(types, ["taskCreated", "taskStatus", "result"]);
  const { kept, broken } = await judge(test);
  assert.deepEqual(broken.map((found) => found.slice(0, 4)), ["M145"]);
  assert.deepEqual(["M140", "M141", "M142", "M143", "M144"].filter((rule) => !kept.includes(rule)), []);
});

/** Has the v2 client take a step of a script; what it cannot do, it leaves. */
async function take(step: DriverStep, client: Client): Promise<void> {
  if (step.do === "listen") await client.listen(step.notifications ?? {});
  else if (step.do === "list_tools") await client.listTools();
  else if (step.do === "read") await client.readResource({ uri: step.uri });
  else if (step.do === "call") await client.callTool({ name: step.tool, arguments: { ...step.arguments } });
}

/** The verdict on the v2 client in each scenario of caches, and what it breaks. */
const cachedByV2: Readonly<Record<string, string>> = {
  "cache-fresh": "pass",
  "cache-short": "pass",
  // It takes what the first page says for all of the list.
  "cache-pages": "fail M132",
  "cache-never": "pass",
  // It takes these for no results, and asks again.
  "cache-unsaid": "pass",
  "cache-negative": "pass",
  "cache-polling": "pass",
  "cache-two-resources": "pass",
  // It keeps what it got by coming back with a state.
  "cache-answered": "fail M136",
  // Nobody logs in here.
  "cache-two-users": "incomplete",
  "cache-changed": "pass",
  "cache-resource-changed": "pass",
  "cache-cursor-refused": "pass",
};

Deno.test("the v2 client keeps results as its makers say, which is as MCP has it but for two things (M131-M139)", async (t) => {
  const { now: realNow } = Date;
  for (const { name, driver = [] } of cacheScenarios) {
    await t.step(name, async () => {
      let nowMs = realNow();
      await using test = await testApp({ loopbackOnly: true, shared: false, now: () => nowMs });
      const url = new URL(`${origin}/s/${name}/no-auth`);
      const { fetch } = wayTo(test);
      // It looks at no other clock.
      Date.now = () => nowMs;
      const client = new Client({ name: "v2", version: "1" }, { versionNegotiation: { mode: "auto" } });
      try {
        await client.connect(new StreamableHTTPClientTransport(url, { fetch }));
        for (const step of driver) {
          nowMs += step.do === "wait" ? step.ms ?? 0 : 1;
          await take(step, client).catch(() => {});
          // What it is told comes on another stream than the answer.
          await new Promise((resolve) => setTimeout(resolve));
        }
      } finally {
        Date.now = realNow;
      }
      await client.close();
      await test.answered();
      const { verdict, clients: [only] } = shape.parse(await json(await test.get(`/s/${name}/control/report`)));
      const broken = only?.findings.filter(({ status }) => status === "broken").map(({ rule }) => rule) ?? [];
      assert.equal([verdict, ...broken].join(" "), cachedByV2[name]);
    });
  }
});
