/** `/conformance`: what the official suite calls for, through the official clients, which answer what they are asked. */
import { Client as NewClient, StreamableHTTPClientTransport as NewTransport } from "@modelcontextprotocol/client";
// @ts-types="@modelcontextprotocol/sdk/client/index"
import { Client as OldClient } from "@modelcontextprotocol/sdk/client/index.js";
// @ts-types="@modelcontextprotocol/sdk/client/streamableHttp"
import { StreamableHTTPClientTransport as OldTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
// @ts-types="@modelcontextprotocol/sdk/types"
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  ListRootsRequestSchema,
  LoggingMessageNotificationSchema,
} from "@modelcontextprotocol/sdk/types.js";
import assert from "node:assert/strict";
import {
  assertRefused,
  beginSession,
  type Fetch,
  messagesOf,
  OPEN,
  openMcp,
  post,
  postModern,
  rpc,
  send,
} from "./helpers.ts";
import { origin, testApp } from "../helpers.ts";

const url = new URL("http://mock.test/conformance");

/** What a person, a model and a program at the client say when they are asked. */
const answers: Readonly<Record<string, string | boolean>> = { name: "Ann", color: "blue", ok: true, context: "a test" };
const person = { username: "ann", email: "ann@example.com" };

/** A form is filled in with its defaults, and else with what is known. */
function fillIn(schema: unknown): Record<string, string | number | boolean | string[]> {
  const properties = schema !== null && typeof schema === "object" && "properties" in schema ? schema.properties : {};
  return Object.fromEntries(
    Object.entries(properties ?? {}).map((
      [key, { default: value }],
    ) => [key, value ?? { ...answers, ...person }[key] ?? ""]),
  );
}

const roots = { roots: [{ uri: "file:///work", name: "work" }] };

function modelSays(text: string): { role: "assistant"; model: string; content: { type: "text"; text: string } } {
  return { role: "assistant", model: "m", content: { type: "text", text } };
}

/** What the tests need of either client. */
interface Asked extends AsyncDisposable {
  readonly call: (name: string, args?: Record<string, unknown>) => Promise<{ text: string; isError: boolean }>;
  readonly raw: OldClient | NewClient;
  readonly logged: unknown[];
}

function answerOf(result: Record<string, unknown>): { text: string; isError: boolean } {
  const { content, isError } = result;
  assert.ok(Array.isArray(content));
  return { text: content[0]?.text ?? content[0]?.type, isError: isError === true };
}

const capabilities = { sampling: {}, elicitation: { form: {} }, roots: {} };

async function connectOld(fetch: Fetch): Promise<Asked> {
  const client = new OldClient({ name: "old", version: "1" }, { capabilities });
  const logged: unknown[] = [];
  client.setRequestHandler(ElicitRequestSchema, ({ params }) => ({
    action: "accept",
    content: fillIn("requestedSchema" in params ? params.requestedSchema : {}),
  }));
  client.setRequestHandler(CreateMessageRequestSchema, () => modelSays("Hello from the model"));
  client.setRequestHandler(ListRootsRequestSchema, () => roots);
  client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => void logged.push(params.data));
  await client.connect(new OldTransport(url, { fetch }));
  return {
    raw: client,
    logged,
    call: async (name, args = {}) => answerOf(await client.callTool({ name, arguments: args })),
    [Symbol.asyncDispose]: () => client.close(),
  };
}

async function connectNew(fetch: Fetch, mode: "auto" | "legacy"): Promise<Asked> {
  const client = new NewClient({ name: "new", version: "1" }, { capabilities, versionNegotiation: { mode } });
  const logged: unknown[] = [];
  client.setRequestHandler("elicitation/create", ({ params }) => ({
    action: "accept",
    content: fillIn("requestedSchema" in params ? params.requestedSchema : {}),
  }));
  client.setRequestHandler("sampling/createMessage", () => modelSays("Hello from the model"));
  client.setRequestHandler("roots/list", () => roots);
  client.setNotificationHandler("notifications/message", ({ params }) => void logged.push(params.data));
  await client.connect(new NewTransport(url, { fetch }));
  return {
    raw: client,
    logged,
    call: async (name, args = {}) => answerOf(await client.callTool({ name, arguments: args })),
    [Symbol.asyncDispose]: () => client.close(),
  };
}

const clients = [
  { name: "v1 client, 2025-11-25", connect: connectOld },
  { name: "v2 client, 2025-11-25", connect: (fetch: Fetch): Promise<Asked> => connectNew(fetch, "legacy") },
  { name: "v2 client, 2026-07-28", connect: (fetch: Fetch): Promise<Asked> => connectNew(fetch, "auto") },
] as const;

const texts: readonly [name: string, args: Record<string, unknown>, text: string | RegExp][] = [
  ["test_simple_text", {}, "This is a simple text response for testing."],
  ["test_image_content", {}, "image"],
  ["test_audio_content", {}, "audio"],
  ["test_embedded_resource", {}, "resource"],
  ["test_multiple_content_types", {}, "Multiple content types test:"],
  ["test_header_argument", { region: "größer" }, "Region: größer"],
  ["json_schema_2020_12_tool", { name: "A", email: "a@x" }, '{"name":"A","email":"a@x"}'],
  ["test_tool_with_progress", {}, "Reported progress three times"],
  ["test_reconnection", {}, /after the stream was closed/],
  ["test_trigger_tool_change", {}, "Announced a change of tools"],
  ["test_trigger_prompt_change", {}, "Announced a change of prompts"],
  ["test_trigger_resource_update", {}, "Announced a change of test://watched-resource"],
  ["test_sampling", { prompt: "p" }, "LLM response: Hello from the model"],
  ["test_elicitation", { message: "m" }, /^User response: action: accept, content: .*ann@example.com/],
  [
    "test_elicitation_sep1034_defaults",
    {},
    'Elicitation completed: action=accept, content={"name":"John Doe","age":30,"score":95.5,"status":"active","verified":true}',
  ],
  ["test_missing_capability", {}, "LLM response: Hello from the model"],
  ["test_streaming_elicitation", {}, "Hello, Ann!"],
  ["test_input_required_result_elicitation", {}, "Hello, Ann!"],
  ["test_input_required_result_sampling", {}, "Hello from the model"],
  ["test_input_required_result_list_roots", {}, "Roots: file:///work"],
  ["test_input_required_result_request_state", {}, "state-ok: the person chose to accept"],
  ["test_input_required_result_tampered_state", {}, "state-ok: the person chose to accept"],
  ["test_input_required_result_multiple_inputs", {}, "Hello from the model (to Ann, roots: file:///work)"],
  ["test_input_required_result_multi_round", {}, "Ann likes blue"],
  ["test_input_required_result_capabilities", {}, "Answered: elicitation, sampling, roots"],
  ["mock_echo", { message: "m" }, "Echo: m"],
];

Deno.test("/conformance tools/call works through clients that answer what they are asked (conformance suite)", async (t) => {
  for (const { name, connect } of clients) {
    await t.step(name, async () => {
      await using mcp = await openMcp({ sleep: () => Promise.resolve() });
      await using client = await connect(mcp.fetchAs("conformance", OPEN));
      for (const [tool, args, expected] of texts) {
        const { text, isError } = await client.call(tool, args);
        assert.equal(isError, false, `${tool}: ${text}`);
        if (typeof expected === "string") assert.equal(text, expected, tool);
        else assert.match(text, expected, tool);
      }
      assert.equal((await client.call("test_error_handling")).isError, true);
      const invalid = await client.call("json_schema_2020_12_tool", { name: "A" });
      assert.ok(invalid.isError && /Invalid arguments/.test(invalid.text), invalid.text);
      assert.deepEqual(mcp.errors, []);
    });
  }
});

Deno.test("/conformance prompts, resources and completion work through the clients (conformance suite)", async (t) => {
  for (const { name, connect } of clients) {
    await t.step(name, async () => {
      await using mcp = await openMcp();
      await using client = await connect(mcp.fetchAs("conformance", OPEN));
      const { raw } = client;
      const { prompts } = await raw.listPrompts();
      assert.equal(prompts.length, 5);
      const prompt = await raw.getPrompt({ name: "test_prompt_with_arguments", arguments: { arg1: "a", arg2: "b" } });
      assert.match(JSON.stringify(prompt), /Prompt with arguments: arg1='a', arg2='b'/);
      const asked = await raw.getPrompt({ name: "test_input_required_result_prompt" });
      assert.match(JSON.stringify(asked), /Context: a test/);
      await assert.rejects(raw.getPrompt({ name: "test_prompt_with_arguments" }), { code: -32602 });
      const { resources } = await raw.listResources();
      assert.equal(resources.length, 3);
      const { contents } = await raw.readResource({ uri: "test://template/a%20b/data" });
      assert.match(JSON.stringify(contents), /Data for ID: a b/);
      const { resourceTemplates } = await raw.listResourceTemplates();
      assert.equal(resourceTemplates.length, 1);
      const ref = { type: "ref/prompt", name: "test_prompt_with_arguments" } as const;
      const { completion } = await raw.complete({ ref, argument: { name: "arg1", value: "par" } });
      assert.deepEqual(completion.values, ["paris", "park", "party"]);
      const none = await raw.complete({ ref, argument: { name: "__proto__", value: "" } });
      assert.deepEqual(none.completion.values, []);
    });
  }
});

Deno.test("/conformance sends a log in a session from the level that was set (MCP server/utilities/logging)", async () => {
  await using mcp = await openMcp({ sleep: () => Promise.resolve() });
  await using client = await connectOld(mcp.fetchAs("conformance", OPEN));
  await client.call("test_tool_with_logging");
  assert.deepEqual(client.logged, [
    "Tool execution started",
    "Tool processing data",
    "Tool execution completed",
  ]);
  assert.ok(client.raw instanceof OldClient);
  await client.raw.setLoggingLevel("error");
  await client.call("test_logging_tool");
  assert.equal(client.logged.length, 3);
});

Deno.test("/conformance keeps what a tool remembers from being changed or used too late (MCP 2026-07-28 mrtr)", async () => {
  await using mcp = await openMcp();
  const fetch = mcp.fetchAs("conformance", OPEN);
  const name = "test_input_required_result_request_state";
  const meta = { "io.modelcontextprotocol/clientCapabilities": { elicitation: {} } };
  const ask = (params: Record<string, unknown> = {}): Promise<Response> =>
    postModern(fetch, { method: "tools/call", params: { name, arguments: {}, ...params }, meta });
  const { result: { requestState, resultType } } = await (await ask()).json();
  assert.equal(resultType, "input_required");
  const inputResponses = { confirm: { action: "accept", content: { ok: true } } };
  const done = await (await ask({ inputResponses, requestState })).json();
  assert.match(JSON.stringify(done), /state-ok/);
  const [body, signature] = requestState.split(".");
  const forged = `state_${btoa(JSON.stringify({ value: "confirm", expiresAtMs: 9e15 }))}`;
  for (const state of [`${requestState}x`, `${forged}.${signature}`, `${body}.`, body, "", "."]) {
    await assertRefused(await ask({ inputResponses, requestState: state }), 200, -32602, 1);
  }
  mcp.nowMs += 10 * 60 * 1000 + 1;
  await assertRefused(await ask({ inputResponses, requestState }), 200, -32602, 1);
});

Deno.test("/conformance refuses arguments that their header contradicts (MCP 2026-07-28 transports)", async () => {
  await using mcp = await openMcp();
  const fetch = mcp.fetchAs("conformance", OPEN);
  const params = { name: "test_header_argument", arguments: { region: "north" } };
  const call = (headers: Record<string, string>): Promise<Response> =>
    postModern(fetch, { method: "tools/call", params, headers });
  for (const value of ["north", `=?base64?${btoa("north")}?=`]) {
    assert.equal((await call({ "mcp-param-region": value })).status, 200);
  }
  for (
    const value of [
      "south",
      "North",
      "=?base64?bm9ydGg?=",
      "=?base64?!!!?=",
      "=?base64?/w==?=",
      `=?base64?${btoa("x")}?=`,
    ]
  ) {
    await assertRefused(await call({ "mcp-param-region": value }), 400, -32020, 1);
  }
  await assertRefused(await call({}), 400, -32020, 1);
});

Deno.test("/conformance tells who listens that something changed (MCP 2026-07-28 subscriptions)", async () => {
  await using mcp = await openMcp();
  const fetch = mcp.fetchAs("conformance", OPEN);
  const notifications = { toolsListChanged: true, resourceSubscriptions: ["test://watched-resource"] };
  const stream = await postModern(fetch, { method: "subscriptions/listen", params: { notifications } });
  for (const name of ["test_trigger_prompt_change", "test_trigger_resource_update", "test_trigger_tool_change"]) {
    assert.equal((await postModern(fetch, { method: "tools/call", params: { name } })).status, 200);
  }
  const reader = (stream.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (!text.includes("tools/list_changed")) text += (await reader.read()).value;
  await reader.cancel();
  const methods = [...text.matchAll(/"method":"notifications\/([^"]+)"/g)].map(([, method]) => method);
  assert.deepEqual(methods, ["subscriptions/acknowledged", "resources/updated", "tools/list_changed"]);
});

Deno.test("a server that begins to stop ends subscriptions/listen, opens no new ones, and continues calls", async () => {
  await using mcp = await openMcp();
  const fetch = mcp.fetchAs("conformance", OPEN);
  const listen = (): Promise<Response> =>
    postModern(fetch, { method: "subscriptions/listen", params: { notifications: { toolsListChanged: true } } });
  const stream = await listen();
  await mcp.endpoint.endListening();
  assert.match(await stream.text(), /subscriptions\/acknowledged/);
  assert.equal((await postModern(fetch, { method: "tools/list" })).status, 200);
  await assertRefused(await listen(), 503, -32000, 1);
});

Deno.test("/conformance tells a session of the resources it subscribed to (MCP server/resources)", async () => {
  await using mcp = await openMcp();
  const fetch = mcp.fetchAs("conformance", OPEN);
  const session = await beginSession(fetch);
  const stream = await send(fetch, "GET", session);
  const touch = async (): Promise<void> => {
    await (await post(fetch, rpc("tools/call", { name: "test_trigger_resource_update" }), session)).text();
  };
  await touch();
  for (const method of ["resources/subscribe", "resources/unsubscribe"]) {
    await messagesOf(await post(fetch, rpc(method, { uri: "test://watched-resource" }), session));
    await touch();
  }
  const unknown = await messagesOf(await post(fetch, rpc("resources/subscribe", { uri: "test://other" }), session));
  assert.match(JSON.stringify(unknown), /"code":-32002/);
  assert.equal((await send(fetch, "DELETE", session)).status, 200);
  const sent = await messagesOf(stream);
  assert.deepEqual(sent.map(({ method }) => method), ["notifications/resources/updated"]);
});

Deno.test("/conformance names the resource that was not found, in the code of the revision (SEP-2164)", async () => {
  await using mcp = await openMcp();
  const fetch = mcp.fetchAs("conformance", OPEN);
  const uri = "test://other";
  const modern = await postModern(fetch, { method: "resources/read", params: { uri }, headers: { "mcp-name": uri } });
  const [now] = await messagesOf(modern);
  const [then] = await messagesOf(await post(fetch, rpc("resources/read", { uri }), await beginSession(fetch)));
  const message = "Resource not found";
  assert.deepEqual([now?.error, then?.error], [
    { code: -32602, message, data: { uri } },
    { code: -32002, message, data: { uri } },
  ]);
});

Deno.test("/no-auth has none of the suite's tools (design)", async () => {
  await using mcp = await openMcp();
  const { result: { tools } } = await (await postModern(mcp.fetchAs("no-auth", OPEN), { method: "tools/list" })).json();
  assert.equal(tools.length, 15);
  const all = await (await postModern(mcp.fetchAs("conformance", OPEN), { method: "tools/list" })).json();
  assert.ok(all.result.tools.length > 40);
});

Deno.test("/conformance tells listeners only of changes in their own sandbox (MCP 2026-07-28 subscriptions)", async () => {
  await using test = await testApp();
  const at = (label: string): Fetch => (_, init) =>
    test.app(new Request(`${origin}/s/standard~${label}/conformance`, init));
  const notifications = {
    toolsListChanged: true,
    promptsListChanged: true,
    resourceSubscriptions: ["test://watched-resource"],
  };
  const listen = (label: string): Promise<Response> =>
    postModern(at(label), { method: "subscriptions/listen", params: { notifications } });
  const changes = ["test_trigger_tool_change", "test_trigger_prompt_change", "test_trigger_resource_update"];
  const [here, there] = [await listen("a"), await listen("b")];
  for (const name of changes) {
    assert.equal((await postModern(at("b"), { method: "tools/call", params: { name } })).status, 200);
  }
  await postModern(at("a"), { method: "tools/call", params: { name: "test_trigger_tool_change" } });
  const heard = async (stream: Response, last: string): Promise<readonly (string | undefined)[]> => {
    const reader = (stream.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    while (!text.includes(last)) text += (await reader.read()).value;
    await reader.cancel();
    return [...text.matchAll(/"method":"notifications\/([^"]+)"/g)].map(([, method]) => method).slice(1);
  };
  assert.deepEqual(await heard(here, "tools/list_changed"), ["tools/list_changed"], "nothing of the other sandbox");
  assert.deepEqual(await heard(there, "resources/updated"), [
    "tools/list_changed",
    "prompts/list_changed",
    "resources/updated",
  ]);
});
