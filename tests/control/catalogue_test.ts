/** `/control/catalogue`, and the other ways to declare what the MCP endpoints have. */
import assert from "node:assert/strict";
import { startMockServer } from "../../main.ts";
import { beginSession, type Fetch, messagesOf, post, rpc } from "../mcp/helpers.ts";
import { assertOAuthError, getTokens, json, kvTestApp, register, type TestApp, testApp, text } from "../helpers.ts";
import { below, control, send } from "./helpers.ts";

const inputSchema = { type: "object" as const };
const one = { name: "one", inputSchema };
const two = { name: "two", inputSchema };

/** A `fetch` for one endpoint of a server. */
function at({ fetch }: Pick<TestApp, "fetch">, path: string, headers: Record<string, string> = {}): Fetch {
  return (_, init) =>
    fetch(path, { ...init, headers: { ...Object.fromEntries(new Headers(init?.headers)), ...headers } });
}

async function namesAt(fetch: Fetch): Promise<readonly unknown[]> {
  const session = await beginSession(fetch);
  const [message] = await messagesOf(await post(fetch, rpc("tools/list"), session));
  const { tools } = Object(message?.result);
  return Array.isArray(tools) ? tools.map(({ name }) => name) : [];
}

async function textAt(fetch: Fetch, name: string): Promise<unknown> {
  const session = await beginSession(fetch);
  const [message] = await messagesOf(await post(fetch, rpc("tools/call", { name, arguments: {} }), session));
  return Object(message?.result ?? message?.error).content?.[0].text ?? message?.error;
}

Deno.test("PUT declares what all MCP endpoints of one sandbox have, and DELETE takes it back (README, catalogues)", async () => {
  await using test = await testApp();
  const mine = below(test, "/s/standard~mine");
  assert.deepEqual(await control(mine, "GET /control/catalogue"), { set: false, catalogue: {} });
  assert.deepEqual(await control(mine, "PUT /control/catalogue", [one]), { set: true, catalogue: { tools: [one] } });
  const token = text(await getTokens(mine, (await register(mine)).clientId), "access_token");
  const authorization = `Bearer ${token}`;
  for (const path of ["/no-auth", "/conformance", "/bearer", "/oauth"]) {
    assert.deepEqual(await namesAt(at(mine, path, { authorization })), ["one"], path);
  }
  assert((await namesAt(at(test, "/no-auth"))).includes("mock_echo"));
  assert.deepEqual(await control(mine, "GET /control/catalogue"), { set: true, catalogue: { tools: [one] } });
  assert.deepEqual(await control(mine, "DELETE /control/catalogue"), { set: false, catalogue: {} });
  assert((await namesAt(at(mine, "/no-auth"))).includes("mock_echo"));
});

Deno.test("a session goes on with what is declared while it lasts (MCP server/tools)", async () => {
  await using test = await testApp();
  const fetch = at(test, "/no-auth");
  const session = await beginSession(fetch);
  const ask = async (method: string, params: unknown): Promise<unknown> => {
    const [message] = await messagesOf(await post(fetch, rpc(method, params), session));
    return message?.result ?? message?.error;
  };
  await control(test, "PUT /control/catalogue", [one]);
  assert.deepEqual(await ask("tools/list", {}), { tools: [one] });
  await control(test, "PUT /control/catalogue", [two]);
  assert.deepEqual(await ask("tools/list", {}), { tools: [two] });
  assert.equal(Object(await ask("tools/call", { name: "one", arguments: {} })).code, -32602);
});

Deno.test("a catalogue that is wrong changes nothing (README, catalogues)", async () => {
  await using test = await testApp();
  await control(test, "PUT /control/catalogue", [one]);
  for (const body of [[two, two], { tools: [two], pages: 1 }, { tools: [two], prompts: [{}] }, "x", { tools: null }]) {
    await assertOAuthError(await send(test, "PUT /control/catalogue", body), 400, "invalid_request");
  }
  assert.deepEqual(await namesAt(at(test, "/no-auth")), ["one"]);
});

Deno.test("one that is larger than a row of the database is kept whole, and goes with its sandbox (lib/store/store.ts)", async () => {
  await using test = await kvTestApp();
  const tools = Array.from(
    { length: 2000 },
    (_, index) => ({ name: `tool-${index} ä 漢`, inputSchema, title: "t".repeat(100) }),
  );
  await control(test, "PUT /control/catalogue", { tools });
  const names = await namesAt(at(test, "/no-auth"));
  assert.deepEqual([names.length, names.at(-1)], [2000, "tool-1999 ä 漢"]);
  const rows = async (): Promise<number> => {
    const found = await Array.fromAsync(test.kv.list({ prefix: [] }));
    return found.filter(({ key }) => key.includes("catalogue") || key.includes("turn")).length;
  };
  assert((await rows()) > 5);
  await control(test, "PUT /control/catalogue", [{ ...one, answer: [{}, {}] }]);
  await textAt(at(test, "/no-auth"), "one");
  assert.equal(await rows(), 2);
  await control(test, "POST /control/reset");
  assert.equal(await rows(), 0);
});

Deno.test("on a public server a catalogue that is too large for it leaves what was there, and no rows (README, --public)", async () => {
  await using test = await kvTestApp({ public: true });
  const mine = below(test, "/s/standard~label-of-a-person");
  const large = (bytes: number): unknown => [{ ...two, description: "x".repeat(bytes) }];
  await control(mine, "PUT /control/catalogue", [one]);
  await control(mine, "PUT /control/catalogue", [one]);
  const refused = await send(mine, "PUT /control/catalogue", large(900_000));
  assert.deepEqual([refused.status, (await json(refused)).error], [507, "temporarily_unavailable"]);
  assert.deepEqual(await control(mine, "GET /control/catalogue"), { set: true, catalogue: { tools: [one] } });
  const rows = await Array.fromAsync(test.kv.list({ prefix: [] }));
  assert.equal(rows.filter(({ key }) => key[0] !== "#owned" && key.includes("catalogue")).length, 1);
  await control(mine, "PUT /control/catalogue", large(400_000));
});

Deno.test("answers in turn are counted per sandbox, and begin anew when the catalogue is set again", async () => {
  await using test = await testApp();
  const said = (text: string): unknown => ({ content: [{ type: "text", text }] });
  const catalogue = [{ ...one, answer: [said("first"), said("second")] }];
  const [a, b] = [below(test, "/s/standard~a"), below(test, "/s/standard~b")];
  for (const sandbox of [a, b]) await control(sandbox, "PUT /control/catalogue", catalogue);
  const ask = (sandbox: TestApp): Promise<unknown> => textAt(at(sandbox, "/no-auth"), "one");
  assert.deepEqual([await ask(a), await ask(a), await ask(a), await ask(b)], ["first", "second", "second", "first"]);
  await control(a, "PUT /control/catalogue", catalogue);
  assert.equal(await ask(a), "first");
});

Deno.test("a scenario's own catalogue comes over that of the start, and one that is set in place of both", async () => {
  const scenario = { name: "mine", story: "", client: "", group: "Custom", plan: {}, expects: [], links: [] } as const;
  await using mock = await startMockServer({
    catalogue: [one],
    scenarios: [
      { ...scenario, catalogue: { tools: [two] } },
      { ...scenario, name: "paged", catalogue: { page_sizes: [0] } },
    ],
  });
  const fetch = (path: string): Fetch => (_, init) => mock.fetch(path, init);
  assert.deepEqual(await namesAt(fetch("/no-auth")), ["one"]);
  assert.deepEqual(await namesAt(fetch("/s/iss-missing/no-auth")), ["one"]);
  assert.deepEqual(await namesAt(fetch("/s/mine/no-auth")), ["two"]);
  assert.deepEqual(await namesAt(fetch("/s/paged/no-auth")), []);
  const page = rpc("tools/list", { cursor: "page-2" });
  const [second] = await messagesOf(
    await post(fetch("/s/paged/no-auth"), page, await beginSession(fetch("/s/paged/no-auth"))),
  );
  assert.deepEqual(second?.result, { tools: [one] });
  await mock.declare({ tools: [one, two] });
  assert.deepEqual(await namesAt(fetch("/no-auth")), ["one", "two"]);
  await mock.declare(undefined);
  assert.deepEqual(await namesAt(fetch("/no-auth")), ["one"]);
  await assert.rejects(startMockServer({ catalogue: [one, one] }), {
    name: "TypeError",
    message: /^startMockServer: catalogue\.tools\.1\.name is not valid/,
  });
});

Deno.test("twenty thousand tools come in pages of which most take less than 50 ms (issue: tools declared as data)", async () => {
  const tools = Array.from({ length: 20_000 }, (_, index) => ({
    name: `tool_${index}`,
    description: "Does something with what it is given. ".repeat(5),
    inputSchema: { type: "object" as const, properties: { a: { type: "string" }, b: { type: "integer" } } },
  }));
  await using mock = await startMockServer({ catalogue: { tools, page_size: 100 } });
  const fetch: Fetch = (_, init) => mock.fetch("/no-auth", init);
  const session = await beginSession(fetch);
  const names = new Set<string>();
  const times: number[] = [];
  let cursor: unknown;
  do {
    const before = performance.now();
    const response = await post(fetch, rpc("tools/list", cursor === undefined ? {} : { cursor }), session);
    const { result } = await json(response).then(Object);
    times.push(performance.now() - before);
    for (const { name } of result.tools) names.add(name);
    cursor = result.nextCursor;
  } while (cursor !== undefined);
  assert.deepEqual([names.size, times.length], [20_000, 200]);
  // The machine may be busy with something else meanwhile, so it is the one in the middle that counts.
  const median = times.toSorted((one, other) => one - other)[times.length / 2] ?? Infinity;
  assert(median < 50, `half of the pages took ${Math.round(median)} ms or more`);
});

Deno.test("a catalogue names canaries at both names of the server, which answer harmlessly and are on record (README, canaries)", async () => {
  await using test = await testApp();
  const mine = below(test, "/s/standard~canaries");
  const base = "http://localhost:8789/s/standard~canaries/canary";
  const tool = {
    ...one,
    icons: [{ src: "{canary_url}/a-elsewhere.svg" }],
    description: "{other_canary_url}, {{canary_url}}",
  };
  await control(mine, "PUT /control/catalogue", [tool]);
  const session = await beginSession(at(mine, "/no-auth"));
  const [message] = await messagesOf(await post(at(mine, "/no-auth"), rpc("tools/list"), session));
  const { tools: [listed] } = Object(message?.result);
  const elsewhere = "http://127.0.0.1:8789/s/standard~canaries/canary";
  assert.equal(listed.icons[0].src, `${base}/a-elsewhere.svg`);
  assert.equal(listed.description, `${elsewhere}, {canary_url}`);
  const asked: readonly (readonly [method: string, url: string, status: number, type: string | null])[] = [
    ["GET", `${base}/a-elsewhere.svg`, 302, null],
    ["GET", `${elsewhere}/a.svg`, 200, "image/svg+xml"],
    ["POST", `${base}/schema.json`, 200, "application/schema+json"],
    ["HEAD", `${base}/page`, 200, "text/html; charset=utf-8"],
    ["OPTIONS", `${base}/page`, 204, null],
    ["DELETE", `${base}/page-elsewhere`, 302, null],
  ];
  for (const [method, url, status, type] of asked) {
    const response = await test.app(new Request(url, { method }));
    await response.body?.cancel();
    assert.deepEqual([response.status, response.headers.get("content-type")], [status, type], url);
    if (status === 302) {
      assert.match(String(response.headers.get("location")), new RegExp(`^${elsewhere}/(a.svg|page)$`));
    }
  }
  const { exchanges } = await control(mine, "GET /control/exchanges");
  const seen = [exchanges].flat().map(Object).filter(({ url }) => String(url).includes("/canary/"));
  assert.deepEqual(seen.map(({ method, url }) => [method, url]), asked.map(([method, url]) => [method, url]));
});

Deno.test("a catalogue has as many copies of a tool as it says, and data too large to write down (README, catalogues)", async () => {
  await using test = await testApp();
  const made = {
    name: "made",
    inputSchema: { ...inputSchema, $defs: { deep: "{nested_schema.500}", wide: "{wide_schema.20000}" } },
    answer: { content: [{ type: "text", text: "{long_text.1000}" }] },
  };
  await control(test, "PUT /control/catalogue", { tools: [made, { ...one, copies: 3 }], page_size: 2 });
  const fetch = at(test, "/no-auth");
  const session = await beginSession(fetch);
  const ask = async (method: string, params: unknown): Promise<Record<string, unknown>> => {
    const [message] = await messagesOf(await post(fetch, rpc(method, params), session));
    return Object(message?.result);
  };
  const { tools } = await ask("tools/list", {});
  const [first, second] = [tools].flat().map(Object);
  let levels = 1;
  for (let schema = first.inputSchema.$defs.deep; schema.type === "object"; schema = schema.properties.next) levels++;
  assert.equal(levels, 500);
  assert.equal(first.inputSchema.$defs.wide.anyOf.length, 20_000);
  assert.deepEqual(second, { ...one, name: "one-1" });
  assert.deepEqual(
    (await ask("tools/list", { cursor: "page-2" })).tools,
    [2, 3].map((n) => ({ ...one, name: `one-${n}` })),
  );
  const { content } = await ask("tools/call", { name: "made", arguments: {} });
  assert.equal(Object([content].flat()[0]).text.length, 1000);
  for (
    const [name, tool] of [
      ["copies", { ...one, description: "long ".repeat(1000), copies: 20_000 }],
      ["text", { ...made, answer: { content: [{ type: "text", text: "{long_text.16000000}" }] }, copies: 3 }],
    ] as const
  ) {
    const refused = await send(test, "PUT /control/catalogue", [tool]);
    assert.match(await assertOAuthError(refused, 400, "invalid_request"), /at most 33554432 bytes/, name);
  }
});
