/** `/control/mcp`: an agent breaks the mock, reads what a client did, and finds the rule, by MCP alone. */
import assert from "node:assert/strict";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { Client as EarlierClient } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport as EarlierTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { z } from "zod";
import { operations } from "../../lib/control/operations.ts";
import { catalogue } from "../../lib/scenarios/catalogue/catalogue.ts";
import { rules } from "../../lib/judge/rules/catalogue.ts";
import { rates } from "../../lib/limits/limits.ts";
import { createApp } from "../../main.ts";
import { origin, type TestApp, testApp } from "../helpers.ts";
import { publicApp } from "../request/public_app.ts";
import { openWorld, playScenario } from "../judge/scenario_world.ts";

const info = { name: "agent", version: "1" };

function fetchOf({ app }: Pick<TestApp, "app">): (url: string | URL, init?: RequestInit) => Promise<Response> {
  return (url, init) => app(new Request(url, init));
}

async function connect(test: Pick<TestApp, "app">, path = "/control/mcp"): Promise<Client> {
  const client = new Client(info, { versionNegotiation: { mode: "auto" } });
  await client.connect(new StreamableHTTPClientTransport(new URL(origin + path), { fetch: fetchOf(test) }));
  return client;
}

const result = z.looseObject({
  content: z.array(z.looseObject({ text: z.string().optional() })),
  isError: z.boolean().optional(),
  structuredContent: z.record(z.string(), z.unknown()).optional(),
});

async function call(client: Pick<Client, "callTool">, name: string, args: Record<string, unknown> = {}): Promise<
  Record<string, unknown>
> {
  const { content, isError, structuredContent } = result.parse(await client.callTool({ name, arguments: args }));
  assert.notEqual(isError, true, content[0]?.text);
  return structuredContent ?? {};
}

async function refusal(client: Client, name: string, args: Record<string, unknown>): Promise<string> {
  const { content, isError } = result.parse(await client.callTool({ name, arguments: args }));
  assert.equal(isError, true);
  return content[0]?.text ?? "";
}

Deno.test("the tools of /control/mcp are the operations of the control API, and two that list what there is", async () => {
  await using test = await testApp();
  const client = await connect(test);
  const { tools } = await client.listTools();
  const names = Object.keys(operations).map((name) => name.slice("control_".length));
  assert.deepEqual(tools.map(({ name }) => name).sort(), [...names, "list_scenarios", "list_rules"].sort());
  // A model reads all of it before it does anything.
  const characters = JSON.stringify(tools).length;
  assert(characters < 60_000, `${characters} characters`);
  await client.close();
});

Deno.test("an agent plays a client's failure by MCP alone: a run, a fault, the clock, the report and the rule", async () => {
  await using world = await openWorld();
  const agent = await connect(world);
  await call(agent, "add_faults", {
    sandbox: "standard~mine",
    input: { match: { endpoint: "jwks" }, answer: { status: 503 } },
  });
  const { now_ms: before } = await call(agent, "read_clock", { sandbox: "standard~mine" });
  const { now_ms: after } = await call(agent, "move_clock", {
    sandbox: "standard~mine",
    input: { advance_seconds: 60 },
  });
  assert(Number(after) - Number(before) >= 60_000);
  const scenario = catalogue.find(({ name }) => name === "state-wrong");
  assert(scenario);
  await playScenario(world, scenario, { version: "2025-11-25", slip: "takes any state" }, "mine");
  const run = await call(agent, "run", { run: "mine", set: "tried" });
  assert.deepEqual([run.verdict, run.reason], ["fail", "1 of 1 scenario failed: state-wrong"]);
  const report = await call(agent, "report", { sandbox: "state-wrong~mine" });
  const { clients } = z.object({ clients: z.array(z.looseObject({ failures: z.array(z.string()) })) }).parse(report);
  const [failed = ""] = clients[0]?.failures ?? [];
  assert.equal(failed, "C15");
  const { contents } = await agent.readResource({ uri: `mock://rules/${failed}` });
  assert.match(JSON.stringify(contents), /# C15 .+modelcontextprotocol\.io/);
  const exchange = await agent.readResource({ uri: "mock://exchanges/state-wrong~mine/1" });
  assert.match(JSON.stringify(exchange.contents), /sequence/);
  await agent.close();
});

Deno.test("a client of an earlier revision has the same tools", async () => {
  await using test = await testApp();
  const client = new EarlierClient(info);
  await client.connect(new EarlierTransport(new URL(`${origin}/control/mcp`), { fetch: fetchOf(test) }));
  const { isError } = result.parse(await client.callTool({ name: "reset", arguments: {} }));
  assert.notEqual(isError, true);
  await client.close();
});

Deno.test("every operation without an input that is needed can be called through MCP with its example", async (t) => {
  for (const [endpointName, { input, example }] of Object.entries(operations)) {
    const name = endpointName.slice("control_".length);
    const params: Record<string, string> = { run: "mine" };
    await t.step(name, async () => {
      await using test = await testApp({
        openPort: () => ({ port: 40_000, protocol: "http", close: () => Promise.resolve() }),
      });
      const client = await connect(test, "/s/standard~own/control/mcp");
      const { tools } = await client.listTools();
      const { inputSchema } = tools.find((tool) => tool.name === name) ?? {};
      const required = inputSchema?.required ?? [];
      const param = required.find((one) =>
        one !== "input" && !(one in z.record(z.string(), z.unknown()).parse(example ?? {}))
      );
      if (param !== undefined && params[param] === undefined) return void await client.close();
      const args = required.includes("input")
        ? { input: example }
        : input
        ? z.record(z.string(), z.unknown()).parse(example)
        : {};
      await call(client, name, { ...args, ...(param === undefined ? {} : { [param]: params[param] }) });
      await client.close();
    });
  }
});

Deno.test("what an agent gets wrong is said in words, with the argument", async () => {
  await using test = await testApp();
  const client = await connect(test);
  assert.match(
    await refusal(client, "read_clock", { sandbox: "no-such~x" }),
    /There is no such sandbox.+iss-missing~my-test/s,
  );
  assert.match(await refusal(client, "remove_fault", {}), /The argument name is required/);
  for (const name of ["clear_catalogue", "rotate_keys", "list_faults", "clear_exchanges"]) {
    const said = await refusal(client, name, { scenario: "pages", label: "other" });
    assert.match(said, /scenario is not a known argument.+sandbox/s, name);
  }
  assert.match(await refusal(client, "move_clock", { input: { advance_seconds: "x" } }), /advance_seconds/);
  assert.match(await refusal(client, "list_scenarios", { qq: "x" }), /qq/);
  await assert.rejects(client.readResource({ uri: "mock://rules/C999" }), /no such resource/);
  await assert.rejects(client.getPrompt({ name: "test-my-client", arguments: {} }), /command is required/);
  for (
    const [args, says] of [[{ run: "BAD LABEL" }, /BAD LABEL cannot be the label/], [
      { set: "nope" },
      /no set/,
    ]] as const
  ) {
    await assert.rejects(client.getPrompt({ name: "test-my-client", arguments: { command: "x", ...args } }), says);
  }
  await client.close();
});

Deno.test("an agent that gives no name as sandbox changes none, not that of the endpoint", async () => {
  await using test = await testApp();
  const client = await connect(test);
  await call(client, "declare_users", { input: { email: "kept@example.com", password: "p" } });
  for (const sandbox of [["standard~k"], "", null, 7, { name: "standard~k" }]) {
    assert.match(await refusal(client, "reset", { sandbox }), /argument sandbox must be the name of one sandbox/);
  }
  assert.match(JSON.stringify(await call(client, "list_users")), /kept@example\.com/);
  await client.close();
});

Deno.test("public: an agent pays for a tool call what the request pays that does the same (tests/control/README)", async (t) => {
  const label = "0123456789abcdef";
  // The sandbox of the endpoint is one that it begins.
  const others = rates.beginnings.burst - 1;
  const rows = [
    { name: "mint_token", args: {}, most: others, what: /new sandboxes from your address/ },
    { name: "read_clock", args: {}, most: others, what: /new sandboxes from your address/ },
    { name: "rotate_keys", args: {}, most: rates.rotations.burst, what: /key rotations from your address/ },
  ];
  for (const { name, args, most, what } of rows) {
    await t.step(name, async () => {
      await using test = await publicApp();
      const at = test.from("93.184.215.14");
      const app = async ({ url, method, headers, body }: Request): Promise<Response> =>
        await at.fetch(url, { method, headers, body: body && await new Response(body).text() });
      const client = await connect({ app }, `/s/standard~${label}/control/mcp`);
      for (let turn = 0; turn < most; turn++) {
        await call(client, name, { ...args, sandbox: `standard~${label}-${turn}` });
      }
      const said = await refusal(client, name, { ...args, sandbox: `standard~${label}-more` });
      assert.match(said, what);
      const isOfOwn = await client.callTool({ name, arguments: args });
      assert.equal(isOfOwn.isError ?? false, name === "rotate_keys");
      if (name !== "read_clock") return void await client.close();
      const uri = `mock://exchanges/standard~${label}-read/1`;
      await assert.rejects(client.readResource({ uri }), what);
      await client.close();
    });
  }
});

const meta = {
  "io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientInfo": info,
  "io.modelcontextprotocol/clientCapabilities": {},
};

for (
  const [path, sent] of [
    ["/control/report?wait=60", undefined],
    ["/control/runs/mine?set=core&wait=60", undefined],
    ["/control/mcp", { name: "report", arguments: { wait: 60 } }],
    ["/control/mcp", { name: "run", arguments: { run: "mine", set: "core", wait: 60 } }],
    ["/control/mcp", { name: "run", arguments: { run: "mine", set: "core", wait: 60 }, _meta: meta }],
  ] as const
) {
  const asked = sent ? `the tool ${sent.name}${"_meta" in sent ? " of 2026-07-28" : ""}` : path;
  Deno.test(`nobody waits on for a caller who has left: ${asked}`, async () => {
    const left = new AbortController();
    let slept = 0;
    await using test = await testApp({
      sleep: async (ms) => {
        if (ms < 100) return;
        // The rest of the world goes on meanwhile.
        await new Promise((resolve) => setTimeout(resolve, 0));
        if (++slept === 3) left.abort();
      },
    });
    const headers = {
      accept: "application/json, text/event-stream",
      "content-type": "application/json",
      ...(sent && "_meta" in sent
        ? { "mcp-protocol-version": "2026-07-28", "mcp-method": "tools/call", "mcp-name": sent.name }
        : {}),
    };
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params: sent });
    const init = sent ? { method: "POST", body, headers } : {};
    const response = await test.app(new Request(origin + path, { ...init, signal: left.signal })).catch(() =>
      undefined
    );
    await response?.text().catch(() => "");
    // What would go on goes on beside an answer that nobody awaits.
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setTimeout(resolve, 0));
    assert.equal(slept, 3);
  });
}

Deno.test("rules, schemas and scenarios are resources, and two prompts say how to go on", async () => {
  await using test = await testApp();
  const client = await connect(test);
  const { resources } = await client.listResources();
  assert.equal(resources.filter(({ uri }) => uri.startsWith("mock://rules/")).length, rules.length);
  for (const { uri } of resources.filter(({ uri }) => uri.startsWith("mock://schemas/"))) {
    const [first] = (await client.readResource({ uri })).contents;
    assert(first && "text" in first && JSON.parse(first.text), uri);
  }
  for (const { uri } of resources.filter(({ uri }) => uri.startsWith("mock://rules/"))) {
    const [rule] = (await client.readResource({ uri })).contents;
    assert(rule && "text" in rule && !rule.text.includes(". ("), uri);
  }
  const [scenario] = (await client.readResource({ uri: "mock://scenarios/iss-missing" })).contents;
  assert(scenario && "text" in scenario && JSON.parse(scenario.text).name === "iss-missing");
  assert.deepEqual(JSON.parse(scenario.text).driver[0], { do: "connect" });
  const { prompts } = await client.listPrompts();
  assert.deepEqual(prompts.map(({ name }) => name), ["test-my-client", "reproduce-this-bug"]);
  const { messages } = await client.getPrompt({ name: "test-my-client", arguments: { command: "npm test" } });
  assert.match(JSON.stringify(messages), /npm test/);
  await client.close();
});

Deno.test("an agent gets into no sandbox that its caller may not control", async () => {
  const at = "https://mock.example.com";
  const app = createApp();
  const post = (path: string): Promise<Response> => app(new Request(at + path, { method: "POST", body: "{}" }));
  assert.equal((await post("/control/mcp")).status, 403);
  assert.equal((await post("/s/standard~short/control/mcp")).status, 403);
  const client = new Client(info, { versionNegotiation: { mode: "auto" } });
  const url = new URL(`${at}/s/standard~0123456789abcdef/control/mcp`);
  await client.connect(new StreamableHTTPClientTransport(url, { fetch: fetchOf({ app }) }));
  await call(client, "read_clock", { sandbox: "iss-missing~fedcba9876543210" });
  assert.match(await refusal(client, "read_clock", { sandbox: "main" }), /cannot be controlled from outside/);
  assert.match(await refusal(client, "reset", { sandbox: "standard~short" }), /cannot be controlled from outside/);
  assert.match(await refusal(client, "run", { run: "short" }), /cannot be controlled from outside/);
  await call(client, "run", { run: "fedcba9876543210" });
  await client.close();
});
