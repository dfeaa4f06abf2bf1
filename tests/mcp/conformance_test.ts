/** `/conformance`: what the official suite calls for, through the official clients, which answer what they are asked. */
// @ts-types="@modelcontextprotocol/sdk/client/index"
import { Client as OldClient } from "@modelcontextprotocol/sdk/client/index.js";
import assert from "node:assert/strict";
import { clients, connectOld, texts } from "./conformance_clients.ts";
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
