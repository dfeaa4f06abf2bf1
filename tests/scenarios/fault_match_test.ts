/** Faults that look into messages and headers, and faults as text that aim at one method. */
import assert from "node:assert/strict";
import { control, listOf, send } from "../control/helpers.ts";
import { assertOAuthError, json, type TestApp, testApp } from "../helpers.ts";
import { initialize, rpc } from "../mcp/helpers.ts";

const echo = rpc("tools/call", {
  name: "mock_echo",
  arguments: { message: "m", count: 2, list: [{ deep: true }], none: null },
  _meta: { "io.example/kind": { "a.b": "c" } },
});
const headers = { "content-type": "application/json", accept: "application/json", "x-kind": "blue;v=1" };

function post({ fetch }: TestApp, message: unknown, path = "/no-auth"): Promise<Response> {
  return fetch(path, { method: "POST", headers, body: JSON.stringify(message) });
}

/** Conditions, and whether the call meets them. */
const conditions: readonly (readonly [match: Record<string, unknown>, isMet: boolean])[] = [
  [{ message: { "params.name": "mock_echo" } }, true],
  [{ message: { "params.name": "mock_*" } }, true],
  [{ message: { "params.name": "mock_add" } }, false],
  [{ message: { "params.name": ["mock_add", "mock_echo"] } }, true],
  [{ message: { "params.name": "*", "params.arguments": "*" } }, true],
  [{ message: { "params.name": "mock_echo", "params.cursor": "*" } }, false],
  [{ message: { "params.cursor": null } }, true],
  [{ message: { "params.name": null } }, false],
  [{ message: { "params.cursor": [null, ""] } }, true],
  [{ message: { "params.arguments.count": 2 } }, true],
  [{ message: { "params.arguments.count": "2" } }, false],
  [{ message: { "params.arguments.list.0.deep": true } }, true],
  [{ message: { "params.arguments.none": null } }, true],
  [{ message: { "params._meta.io.example/kind.a.b": "c" } }, true],
  [{ message: { "params.__proto__.constructor": "*" } }, false],
  [{ not_message: { "params.name": "mock_add" } }, true],
  [{ not_message: { "params.name": ["mock_add", "mock_echo"] } }, false],
  [{ not_message: { "params.name": "mock_*" } }, false],
  [{ not_message: { "params.cursor": "a" } }, false],
  [{ message: { id: 1 } }, true],
  [{ message: { id: "1" } }, false],
  [{ rpc_method: "tools/*", message: { "params.name": "mock_echo" } }, true],
  [{ rpc_method: "tools/list", message: { "params.name": "mock_echo" } }, false],
  [{ headers: { "X-Kind": "blue*" } }, true],
  [{ headers: { "x-kind": "blue" } }, false],
  [{ headers: { "x-kind": ["red", "blue;v=1"] } }, true],
  [{ headers: { "mcp-session-id": null } }, true],
  [{ headers: { "x-kind": null } }, false],
  [{ headers: { "x-kind": "*", accept: null } }, false],
];

Deno.test("a fault matches members of the message by their path, and headers by their value or absence (issue 19)", async (t) => {
  await using test = await testApp();
  for (const [match, isMet] of conditions) {
    await t.step(JSON.stringify(match), async () => {
      const fault = { name: "f", match: { endpoint: "open_mcp", ...match }, answer: { status: 418 } };
      await control(test, "POST /control/faults", fault);
      assert.equal((await post(test, echo)).status === 418, isMet);
      const { met, match: told } = await control(test, "GET /control/faults/f");
      assert.deepEqual([met, told], [isMet ? 1 : 0, fault.match]);
    });
  }
});

Deno.test("what is no message meets no condition on one, and is still its endpoint's to refuse (issue 19)", async () => {
  await using test = await testApp();
  await control(test, "POST /control/faults", {
    match: { message: { "params.cursor": null } },
    life: "always",
    answer: { status: 418 },
  });
  assert.equal((await test.get("/health")).status, 200);
  assert.equal((await test.get("/no-auth")).status === 418, false);
  const broken = await test.fetch("/no-auth", { method: "POST", headers, body: "{" });
  assert.equal(broken.status, 400);
});

Deno.test("a message that a fault looks into is parsed once (issue 19)", async () => {
  await using test = await testApp();
  const name = "looked_at_once";
  await control(test, "POST /control/faults", { match: { message: { "params.name": "x" } }, answer: { status: 418 } });
  const { parse } = JSON;
  let parses = 0;
  JSON.parse = (text, reviver) => {
    if (text.includes(name)) parses += 1;
    return parse(text, reviver);
  };
  try {
    await (await post(test, rpc("tools/call", { name }))).text();
  } finally {
    JSON.parse = parse;
  }
  assert.equal(parses, 1);
});

Deno.test("a path into a message that no message has is refused, as is a value that no header has", async () => {
  await using test = await testApp();
  for (const match of [{ message: { "parms.name": "a" } }, { message: { "params.name": {} } }, { headers: { a: 1 } }]) {
    const refused = await send(test, "POST /control/faults", { match, answer: { status: 503 } });
    await assertOAuthError(refused, 400, "invalid_request");
  }
});

Deno.test("a fault as text aims at one method of an MCP endpoint, and refuses in its language (issue 19)", async (t) => {
  const get = (test: TestApp): Promise<Response> => test.get("/no-auth");
  const call = (test: TestApp): Promise<Response> => post(test, echo);
  const begin = (test: TestApp): Promise<Response> => post(test, initialize());
  const cases = [
    ["open_mcp.tools/call:503", call, begin, { code: -32000, id: 1, "retry-after": "1" }],
    ["open_mcp.tools/*:404", call, begin, { code: -32001, id: 1 }],
    ["open_mcp.initialize:400", begin, undefined, { code: -32600, id: 1 }],
    ["open_mcp.initialize:500", begin, get, { code: -32603, id: 1 }],
    ["open_mcp.GET:405*always", get, call, { code: -32000, id: null, allow: "POST, DELETE" }],
    ["open_mcp.POST:405", call, get, { code: -32000, id: 1, allow: "GET, DELETE" }],
    ["open_mcp:429", get, undefined, { code: -32000, id: null, "retry-after": "1" }],
  ] as const;
  for (const [fault, met, other, { code, id, ...expected }] of cases) {
    await t.step(fault, async () => {
      await using test = await testApp();
      await control(test, "POST /control/faults", fault);
      const status = Number(/\d{3}/.exec(fault)?.[0]);
      if (other) assert.notEqual((await other(test)).status, status);
      const refused = await met(test);
      assert.equal(refused.status, status);
      for (const [name, value] of Object.entries(expected)) assert.equal(refused.headers.get(name), value);
      const message = `The fault ${fault.replace(/\*always$/, "")} answers instead of the endpoint`;
      assert.deepEqual(await json(refused), { jsonrpc: "2.0", error: { code, message }, id });
    });
  }
});

Deno.test("?fault= takes an aim, of the endpoint that its URL is of, and a challenge stays OAuth's (issue 19, RFC 6750 3)", async () => {
  await using test = await testApp();
  const url = "/no-auth?fault=open_mcp.tools/list:delay=1,open_mcp.GET:405*always,open_mcp.ping:drop";
  await (await post(test, initialize(), url)).text();
  const names = listOf(await control(test, "GET /control/faults"), "faults").map(({ name }) => name);
  assert.deepEqual(names, ["open_mcp.tools/list:delay=1", "open_mcp.GET:405*always", "open_mcp.ping:drop"]);
  assert.equal((await test.get("/no-auth")).status, 405);
  const behind = await assertOAuthError(await test.get("/no-auth?fault=mcp.tools/call:503"), 400, "invalid_request");
  assert.match(behind, /open_mcp\.tools\/call:503/);
  await control(test, "POST /control/faults", "mcp.tools/call:401");
  const refused = await post(test, echo, "/oauth");
  assert.match(refused.headers.get("www-authenticate") ?? "", /^Bearer error="invalid_token", resource_metadata=/);
  await assertOAuthError(refused, 401, "invalid_token");
});
