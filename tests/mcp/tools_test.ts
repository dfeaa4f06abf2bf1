/** Every tool's texts, through the official clients in every era they speak. */
import assert from "node:assert/strict";
import { ADMIN, ANN, type Answer, clients, OPEN, openMcp, START_MS, withEachClient } from "./helpers.ts";

const everyday = [
  "mock_echo",
  "mock_add",
  "mock_calculate",
  "mock_json_echo",
  "mock_error",
  "mock_conditional_error",
  "mock_delay",
  "mock_counter",
  "mock_create_note",
  "mock_list_notes",
  "mock_get_note",
  "mock_get_note_by_title",
  "mock_update_note",
  "mock_delete_note",
  "mock_clear_all_notes",
];

const ok = (text: string, structured?: unknown): Answer => ({ text, isError: false, structured });
const failed = (text: string): Answer => ({ text, isError: true, structured: undefined });

const calls: readonly [name: string, args: Record<string, unknown>, answer: Answer][] = [
  ["mock_echo", { message: "hello" }, ok("Echo: hello")],
  ["mock_echo", { message: "" }, ok("Echo: ")],
  ["mock_echo", { message: "ü 👋 \u0000" }, ok("Echo: ü 👋 \u0000")],
  ["mock_add", { a: 2, b: 3.5 }, ok("5.5", { sum: 5.5 })],
  ["mock_add", { a: 1e308, b: 1e308 }, failed("Error: The result is too large for a number")],
  ["mock_calculate", { operation: "add", a: 1, b: 2 }, ok("add(1, 2) = 3", { result: 3 })],
  ["mock_calculate", { operation: "subtract", a: 1, b: 2 }, ok("subtract(1, 2) = -1", { result: -1 })],
  ["mock_calculate", { operation: "multiply", a: 4, b: 2 }, ok("multiply(4, 2) = 8", { result: 8 })],
  ["mock_calculate", { operation: "divide", a: 1, b: 4 }, ok("divide(1, 4) = 0.25", { result: 0.25 })],
  ["mock_calculate", { operation: "divide", a: 1, b: 0 }, failed("Error: Division by zero")],
  ["mock_calculate", { operation: "divide", a: 1, b: -0 }, failed("Error: Division by zero")],
  [
    "mock_json_echo",
    { data: { a: [1, { b: null }] } },
    ok('{\n  "a": [\n    1,\n    {\n      "b": null\n    }\n  ]\n}', {
      a: [1, { b: null }],
    }),
  ],
  ["mock_json_echo", { data: {} }, ok("{}", {})],
  ["mock_error", { errorType: "validation" }, failed("ValidationError: Mock validation error")],
  ["mock_error", { errorType: "runtime" }, failed("RuntimeError: Mock runtime error")],
  ["mock_error", { errorType: "not_found" }, failed("NotFoundError: Mock not_found error")],
  ["mock_error", { errorType: "permission_denied" }, failed("PermissionDeniedError: Mock permission_denied error")],
  ["mock_error", { errorType: "runtime", message: "mine" }, failed("RuntimeError: mine")],
  ["mock_error", { errorType: "runtime", message: "" }, failed("RuntimeError: Mock runtime error")],
  ["mock_conditional_error", { shouldFail: false, value: "v" }, ok("Success: v")],
  ["mock_conditional_error", { shouldFail: true, value: "v" }, failed("Conditional failure triggered")],
  ["mock_delay", { delayMs: 0, message: "m" }, ok("Delayed 0ms: m")],
  ["mock_counter", {}, ok("123", { value: 123 })],
  ["mock_counter", { prefix: "at" }, ok("at: 123", { value: 123 })],
];

Deno.test("/no-auth tools/call answers with the original's texts (original)", async (t) => {
  await withEachClient(t, { mode: "no-auth", caller: OPEN }, async (client) => {
    for (const [name, args, answer] of calls) assert.deepEqual(await client.call(name, args), answer, name);
  });
});

Deno.test("/no-auth and /bearer tools/list offer the everyday tools in a fixed order (original)", async (t) => {
  for (const mode of ["no-auth", "bearer"] as const) {
    await withEachClient(t, { mode, caller: OPEN }, async (client) => {
      assert.deepEqual(await client.toolNames(), everyday);
      assert.deepEqual(await client.toolNames(), everyday);
      assert.deepEqual(client.server(), { name: "Mock MCP Server for E2E Testing", version: "9.9.9" });
      assert.match(client.instructions() ?? "", /mock server/i);
    });
  }
});

Deno.test("/oauth tools/list adds the tools that speak of the user (original)", async (t) => {
  await withEachClient(t, { mode: "oauth", caller: ANN }, async (client) => {
    assert.deepEqual(await client.toolNames(), [...everyday, "userInfo", "greet", "adminAction"]);
    assert.deepEqual(client.server(), { name: "Mock MCP Server with OAuth", version: "9.9.9" });
  });
});

Deno.test("/oauth tools/call speaks of the token's user (original)", async (t) => {
  await withEachClient(t, { mode: "oauth", caller: ANN }, async (client) => {
    const user = {
      userId: "mock-user-1",
      userName: "ann",
      email: "ann@example.com",
      sessionId: "session-1",
      authenticated: true,
    };
    assert.deepEqual(await client.call("userInfo"), ok(JSON.stringify(user, null, 2), user));
    assert.deepEqual(await client.call("greet"), ok("Hey ann! 👋"));
    assert.deepEqual(await client.call("greet", { formal: false }), ok("Hey ann! 👋"));
    assert.deepEqual(
      await client.call("greet", { formal: true }),
      ok("Good day, ann. Your user ID is mock-user-1."),
    );
    assert.deepEqual(
      await client.call("adminAction", { action: "restart" }),
      failed("PermissionDeniedError: User mock-user-1 is not an admin"),
    );
  });
});

Deno.test("/oauth tools/call adminAction is allowed to who has admin in id or e-mail (original's README)", async (t) => {
  for (const part of ["email", "userId"] as const) {
    const user = { userId: "u", userName: "root", email: "r@example.com", sessionId: "s", [part]: "the-admin@x" };
    await withEachClient(t, { mode: "oauth", caller: { owner: part, user } }, async (client) => {
      assert.deepEqual(
        await client.call("adminAction", { action: "restart" }),
        ok('Admin action "restart" done by root'),
      );
    });
  }
});

Deno.test("/no-auth tools/call knows no user tools (original)", async (t) => {
  await withEachClient(t, { mode: "no-auth", caller: OPEN }, async (client) => {
    for (const name of ["userInfo", "greet", "adminAction", "nothing", ""]) {
      await assert.rejects(client.call(name), { code: -32602 });
    }
  });
});

Deno.test("tools/call answers wrong arguments by a result that names them (MCP 2025-11-25 server/tools)", async (t) => {
  const wrong: readonly [name: string, args: Record<string, unknown>, about: RegExp][] = [
    ["mock_echo", {}, /message: /],
    ["mock_echo", { message: 1 }, /message: .*string/],
    ["mock_add", { a: "1", b: 2 }, /a: .*number/],
    ["mock_calculate", { operation: "power", a: 1, b: 2 }, /operation: /],
    ["mock_json_echo", { data: [1] }, /data: /],
    ["mock_error", { errorType: "other" }, /errorType: /],
    ["mock_delay", { delayMs: 10_001, message: "m" }, /delayMs: .*10000/],
    ["mock_delay", { delayMs: -1, message: "m" }, /delayMs: .*0/],
    ["mock_create_note", { title: "only" }, /content: /],
  ];
  await withEachClient(t, { mode: "no-auth", caller: OPEN }, async (client) => {
    for (const [name, args, about] of wrong) {
      const { text, isError } = await client.call(name, args);
      assert.ok(isError && text.startsWith(`Input validation error: Invalid arguments for tool ${name}: `), text);
      assert.match(text, about);
    }
  });
});

Deno.test("/no-auth tools/call mock_counter follows the sandbox's clock (design)", async () => {
  await using mcp = await openMcp();
  await using client = await clients[0].connect(mcp.fetchAs("no-auth", OPEN));
  mcp.nowMs = START_MS + 1_877;
  assert.equal((await client.call("mock_counter")).text, "0");
  mcp.nowMs = START_MS + 0.75;
  assert.equal((await client.call("mock_counter")).text, "123");
});

Deno.test("/oauth tools/call speaks of each caller's own user on one endpoint (RFC 6750)", async () => {
  await using mcp = await openMcp();
  for (const { connect } of clients) {
    await using ann = await connect(mcp.fetchAs("oauth", ANN));
    await using admin = await connect(mcp.fetchAs("oauth", ADMIN));
    const greetings = await Promise.all([ann, admin, ann, admin].map((client) => client.call("greet")));
    assert.deepEqual(greetings.map(({ text }) => text), ["Hey ann! 👋", "Hey root! 👋", "Hey ann! 👋", "Hey root! 👋"]);
  }
});
