/** What the endpoints answer to requests that are not as they should be. */
import assert from "node:assert/strict";
import { MAX_NESTING } from "../../lib/http/json.ts";
import {
  ANN,
  assertRefused,
  beginSession,
  initialize,
  messagesOf,
  OPEN,
  openMcp,
  post,
  postModern,
  rpc,
  send,
} from "./helpers.ts";

const echo = { name: "mock_echo", arguments: { message: "hi" } };

Deno.test("POST refuses a body that is not JSON (JSON-RPC 5.1)", async () => {
  await using mcp = await openMcp();
  const fetch = mcp.fetchAs("no-auth", OPEN);
  const session = await beginSession(fetch);
  for (const body of ["", " ", "{", '{"jsonrpc":"2.0",}', "\u0000", '"\u0000"', "nul", "<xml/>", "[1,", "{} {}"]) {
    await assertRefused(await post(fetch, body, session), 400, -32700);
    await assertRefused(await post(fetch, body, { "mcp-protocol-version": "2026-07-28" }), 400, -32700);
  }
  const unreadable = new ReadableStream({ start: (controller) => controller.error(new Error("gone")) });
  const broken = await fetch("http://mock.test/mcp", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: unreadable,
  });
  await assertRefused(broken, 400, -32700);
});

Deno.test("POST refuses JSON that is not a JSON-RPC message (JSON-RPC 4)", async () => {
  await using mcp = await openMcp();
  const fetch = mcp.fetchAs("no-auth", OPEN);
  const session = await beginSession(fetch);
  const bodies = [null, 1, "x", true, {}, { jsonrpc: "2.0", id: 1 }, [1], [[]]];
  for (const body of bodies) {
    await assertRefused(await post(fetch, JSON.stringify(body), session), 400, -32600);
    await assertRefused(await post(fetch, JSON.stringify(body)), 400, -32600);
  }
  await assertRefused(await post(fetch, { jsonrpc: "1.0", id: 1, method: "ping" }, session), 400, -32600, 1);
  await assertRefused(await post(fetch, { jsonrpc: "2.0", id: 1.5, method: "ping" }, session), 400, -32600, 1.5);
  await assertRefused(await post(fetch, { jsonrpc: "2.0", id: null, method: "ping" }, session), 400, -32600);
});

Deno.test("POST refuses another media type (MCP transports)", async () => {
  await using mcp = await openMcp();
  const fetch = mcp.fetchAs("no-auth", OPEN);
  const types = ["text/plain", "application/x-www-form-urlencoded", "application/jsonx", "text/json", ""];
  for (const type of types) {
    await assertRefused(await post(fetch, initialize(), { "content-type": type }), 415, -32000);
  }
  const charset = await post(fetch, initialize(), { "content-type": "application/json; charset=utf-8" });
  assert.equal(charset.status, 200);
});

Deno.test("POST in a session refuses a client that does not accept both forms of answer (MCP transports)", async () => {
  await using mcp = await openMcp();
  const fetch = mcp.fetchAs("no-auth", OPEN);
  const session = await beginSession(fetch);
  for (const accept of ["application/json", "text/event-stream", "text/html"]) {
    for (const body of [rpc("tools/call", echo), rpc("tools/list"), rpc("nothing"), initialize()]) {
      const headers = body.method === "initialize" ? { accept } : { accept, ...session };
      await assertRefused(await post(fetch, body, headers), 406, -32000, 1);
    }
  }
  await assertRefused(await send(fetch, "GET", { ...session, accept: "application/json" }), 406, -32000);
});

Deno.test("POST refuses a body above 4 MiB, announced or not (design)", async () => {
  await using mcp = await openMcp();
  const fetch = mcp.fetchAs("no-auth", OPEN);
  const large = JSON.stringify(rpc("tools/call", { name: "mock_echo", arguments: { message: "x".repeat(4 << 20) } }));
  await assertRefused(await post(fetch, large), 413, -32000);
  await assertRefused(await post(fetch, large, { "content-length": String(large.length) }), 413, -32000);
});

Deno.test("POST refuses a body nested so deep that readers would fail (design)", async () => {
  await using mcp = await openMcp();
  const fetch = mcp.fetchAs("no-auth", OPEN);
  const session = await beginSession(fetch);
  const nested = (levels: number): string => "[".repeat(levels) + "]".repeat(levels);
  await assertRefused(await post(fetch, nested(MAX_NESTING + 1), session), 400, -32600);
  await assertRefused(await post(fetch, nested(1 << 21), session), 400, -32600);
  // Three levels are the message, its params and its arguments, one is the data.
  const data = (levels: number): string =>
    `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"mock_json_echo","arguments":{"data":{"a":${
      nested(levels)
    }}}}}`;
  assert.equal((await post(fetch, data(MAX_NESTING - 4), session)).status, 200);
  const brackets = rpc("tools/call", { name: "mock_echo", arguments: { message: `\\"${"[{".repeat(MAX_NESTING)}` } });
  assert.equal((await post(fetch, brackets, session)).status, 200);
  await assertRefused(await post(fetch, data(MAX_NESTING - 3), session), 400, -32600);
});

Deno.test("a method other than GET, POST and DELETE is refused with the list of them (RFC 9110 15.5.6)", async () => {
  await using mcp = await openMcp();
  for (const method of ["PUT", "PATCH", "OPTIONS"]) {
    const response = await send(mcp.fetchAs("no-auth", OPEN), method);
    assert.equal(response.headers.get("allow"), "GET, POST, DELETE");
    await assertRefused(response, 405, -32000);
  }
});

Deno.test("initialize with wrong parameters is refused and begins nothing (MCP lifecycle)", async () => {
  await using mcp = await openMcp();
  const fetch = mcp.fetchAs("no-auth", OPEN);
  for (const params of [undefined, {}, { protocolVersion: 1 }, { protocolVersion: "2025-11-25", capabilities: {} }]) {
    const response = await post(fetch, rpc("initialize", params));
    assert.equal(response.headers.get("mcp-session-id"), null);
    await assertRefused(response, 400, -32602, 1);
  }
});

Deno.test("in a session unknown methods and wrong parameters get the protocol's errors (JSON-RPC 5.1)", async () => {
  await using mcp = await openMcp();
  const fetch = mcp.fetchAs("no-auth", OPEN);
  const session = await beginSession(fetch);
  const errors: readonly [body: Record<string, unknown>, code: number][] = [
    [rpc("nothing"), -32601],
    [rpc("resources/list"), -32601],
    [rpc("server/discover"), -32601],
    [rpc("tools/call", { name: "nothing" }), -32602],
    [rpc("tools/call", { name: "__proto__" }), -32602],
    [rpc("tools/call", { name: "x".repeat(1000) }), -32602],
    [rpc("tools/call"), -32602],
    [rpc("tools/call", { name: 1 }), -32602],
    [rpc("tools/call", { name: "mock_echo", arguments: "hi" }), -32602],
    [rpc("tools/list", { cursor: "2" }), -32602],
  ];
  for (const [body, code] of errors) {
    const response = await post(fetch, body, session);
    assert.equal(response.status, 200);
    const message = (await messagesOf(response)).find(({ id }) => id === 1);
    const error = message?.error;
    assert.ok(error !== null && typeof error === "object" && "code" in error, JSON.stringify([body, message]));
    assert.equal(error.code, code, JSON.stringify(body));
    assert.ok(JSON.stringify(error).length < 2000);
  }
  await assertRefused(
    await post(fetch, rpc("tools/call", echo), { ...session, "mcp-protocol-version": "1.0" }),
    400,
    -32000,
    1,
  );
});

Deno.test("wrong arguments are an error of the protocol before 2025-11-25 (MCP 2025-06-18 server/tools)", async () => {
  await using mcp = await openMcp();
  const fetch = mcp.fetchAs("no-auth", OPEN);
  for (const revision of ["2024-11-05", "2025-03-26", "2025-06-18"]) {
    const session = await beginSession(fetch, revision);
    const body = rpc("tools/call", { name: "mock_echo", arguments: {} });
    await assertRefused(await post(fetch, body, session), 200, -32602, 1);
  }
});

Deno.test("2026-07-28 refuses headers that are missing or differ from the body (MCP 2026-07-28 transports)", async () => {
  await using mcp = await openMcp();
  const fetch = mcp.fetchAs("no-auth", OPEN);
  const method = "tools/call";
  const wrong: readonly [headers: Record<string, string>, code: number][] = [
    [{ "mcp-method": "tools/list" }, -32020],
    [{ "mcp-method": "" }, -32020],
    [{ "mcp-name": "mock_add" }, -32020],
    [{ "mcp-name": "" }, -32020],
    [{ "mcp-name": "=?base64?***?=" }, -32020],
    [{ "mcp-protocol-version": "2025-11-25" }, -32020],
  ];
  for (const [headers, code] of wrong) {
    await assertRefused(await postModern(fetch, { method, params: echo, headers }), 400, code, 1);
  }
  const name = `=?base64?${btoa("mock_echo")}?=`;
  const encoded = await postModern(fetch, { method, params: echo, headers: { "mcp-name": name } });
  assert.equal(encoded.status, 200);
});

Deno.test("2026-07-28 refuses envelopes that are wrong (MCP 2026-07-28 basic)", async () => {
  await using mcp = await openMcp();
  const fetch = mcp.fetchAs("no-auth", OPEN);
  const method = "tools/call";
  const key = "io.modelcontextprotocol/";
  const wrong: readonly [meta: Record<string, unknown>, code: number][] = [
    [{ [`${key}clientCapabilities`]: undefined }, -32602],
    [{ [`${key}clientCapabilities`]: 1 }, -32602],
    [{ [`${key}clientInfo`]: { name: 1 } }, -32602],
    [{ [`${key}protocolVersion`]: 1 }, -32602],
  ];
  for (const [meta, code] of wrong) {
    await assertRefused(await postModern(fetch, { method, params: echo, meta }), 400, code, 1);
  }
  const future = "2099-01-01";
  const unsupported = await postModern(fetch, {
    method,
    params: echo,
    meta: { [`${key}protocolVersion`]: future },
    headers: { "mcp-protocol-version": future },
  });
  await assertRefused(unsupported, 400, -32022, 1);
  const bare = await post(fetch, rpc(method, echo), { "mcp-protocol-version": "2026-07-28", "mcp-method": method });
  await assertRefused(bare, 400, -32602, 1);
});

Deno.test("2026-07-28 answers removed and unknown methods with 404 (MCP 2026-07-28 basic)", async () => {
  await using mcp = await openMcp();
  const fetch = mcp.fetchAs("no-auth", OPEN);
  for (const method of ["initialize", "ping", "logging/setLevel", "resources/subscribe", "nothing", "resources/list"]) {
    await assertRefused(await postModern(fetch, { method }), 404, -32601, 1);
  }
  await assertRefused(await postModern(fetch, { method: "tools/call", params: { name: "nothing" } }), 200, -32602, 1);
});

Deno.test("the short way answers as the SDK does (MCP SDK 2.4.0)", async (t) => {
  await using mcp = await openMcp();
  const fetch = mcp.fetchAs("oauth", ANN);
  const session = await beginSession(fetch);
  // A key the short way does not know sends a request the SDK's way, and means nothing to either.
  const detour = { "example.com/detour": true };
  const requests: readonly { readonly method: string; readonly params?: Record<string, unknown> }[] = [
    { method: "tools/list" },
    { method: "tools/call", params: echo },
    { method: "tools/call", params: { name: "mock_list_notes" } },
    { method: "tools/call", params: { name: "userInfo", arguments: {} } },
    { method: "tools/call", params: { name: "mock_error", arguments: { errorType: "runtime" } } },
    { method: "tools/call", params: { name: "mock_add", arguments: { a: 1 } } },
    { method: "tools/call", params: { name: "nothing" } },
  ];
  for (const { method, params = {} } of requests) {
    await t.step(`${method} ${String(params.name ?? "")}`, async () => {
      const short = await postModern(fetch, { method, params });
      const long = await postModern(fetch, { method, params, meta: detour });
      assert.equal(short.status, long.status);
      assert.deepEqual(await short.json(), await long.json());

      const shortSession = await post(fetch, rpc(method, params), session);
      const longSession = await post(fetch, rpc(method, { ...params, _meta: detour }), session);
      assert.equal(shortSession.headers.get("content-type"), "application/json");
      assert.equal(longSession.headers.get("content-type"), "text/event-stream");
      assert.equal(shortSession.headers.get("mcp-session-id"), longSession.headers.get("mcp-session-id"));
      assert.deepEqual(await messagesOf(shortSession), await messagesOf(longSession));
    });
  }
});

Deno.test("server/discover names the revision and the server (MCP 2026-07-28 server/discover)", async () => {
  await using mcp = await openMcp();
  const response = await postModern(mcp.fetchAs("oauth", ANN), { method: "server/discover" });
  const { result } = await response.json();
  assert.deepEqual(result.supportedVersions, ["2026-07-28"]);
  assert.deepEqual(result.capabilities, { tools: {} });
  assert.match(result.instructions, /userInfo/);
  assert.deepEqual(result._meta["io.modelcontextprotocol/serverInfo"], {
    name: "Mock MCP Server with OAuth",
    version: "9.9.9",
  });
});

Deno.test("tools/list has a schema for arguments, and for structured answers, of every tool (MCP server/tools)", async () => {
  await using mcp = await openMcp();
  const response = await postModern(mcp.fetchAs("oauth", ANN), { method: "tools/list" });
  const { result: { tools } } = await response.json();
  assert.equal(tools.length, 18);
  for (const { name, title, description, inputSchema, outputSchema, annotations } of tools) {
    assert.match(name, /^[A-Za-z0-9_]{1,64}$/);
    assert.ok(title && description.endsWith("."), name);
    assert.equal(inputSchema.type, "object");
    assert.equal(outputSchema?.type ?? "object", "object");
    assert.deepEqual(Object.keys(annotations).sort(), [
      "destructiveHint",
      "idempotentHint",
      "openWorldHint",
      "readOnlyHint",
    ]);
    assert.equal(annotations.openWorldHint, false);
    assert.equal(annotations.readOnlyHint, !/_(create|update|delete|clear)_/.test(name), name);
  }
});
