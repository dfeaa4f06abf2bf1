/** Tools, resources and prompts that are declared as data, and what they give, in both eras. */
import { Client as NewClient, StreamableHTTPClientTransport as NewTransport } from "@modelcontextprotocol/client";
import assert from "node:assert/strict";
import type { Catalogue } from "../../lib/scenarios/mcp_catalogue.ts";
import {
  ANN,
  beginSession,
  type Fetch,
  initialize,
  messagesOf,
  OPEN,
  openMcp,
  post,
  postModern,
  rpc,
  send,
  type TestMcp,
} from "./helpers.ts";

const city = { type: "object", properties: { city: { type: "string" }, days: { type: "integer" } } } as const;

/** Every member of a tool that a list can show. */
const shown = {
  name: "get_weather",
  title: "Weather",
  description: "What the weather is like",
  icons: [{ src: "https://example.com/sun.png", mimeType: "image/png", sizes: ["48x48"], theme: "light" as const }],
  annotations: { readOnlyHint: true, openWorldHint: true },
  execution: { taskSupport: "forbidden" as const },
  inputSchema: { ...city, $schema: "https://json-schema.org/draft/2020-12/schema", required: ["city"], "x-own": [1] },
  outputSchema: { type: "object" as const, properties: { sky: { enum: ["clear"] } } },
  securitySchemes: [{ type: "noauth" }],
  _meta: { "example.com/a": 1 },
};

type Said = Readonly<Record<string, unknown>>;

/** Sends a request in a session, and as 2026-07-28 has it: the message that answers each. */
async function inBothEras(fetch: Fetch, method: string, params: Record<string, unknown>): Promise<readonly Said[]> {
  const session = await beginSession(fetch);
  const named = typeof params.uri === "string" ? { "mcp-name": params.uri } : {};
  const answers = [
    await post(fetch, rpc(method, params), session),
    await postModern(fetch, { method, params, headers: named }),
  ];
  const messages = await Promise.all(answers.map(messagesOf));
  return messages.map((some) => some.find((message) => "id" in message) ?? assert.fail(`no answer to ${method}`));
}

/** What both eras answer, which is the same but for what 2026-07-28 adds. */
async function resultOf(fetch: Fetch, method: string, params: Record<string, unknown> = {}): Promise<Said> {
  const [old, modern] = (await inBothEras(fetch, method, params)).map(({ result, error }) =>
    Object(result ?? assert.fail(JSON.stringify(error)))
  );
  const {
    resultType,
    ttlMs: _,
    cacheScope: _scope,
    _meta: { "io.modelcontextprotocol/serverInfo": _info, ...meta },
    ...same
  } = modern;
  assert.equal(resultType, "complete");
  const whole = Object.keys(meta).length === 0 ? same : { ...same, _meta: meta };
  assert.deepEqual(old, whole);
  return old;
}

function call(fetch: Fetch, name: string, args: Record<string, unknown> = {}): Promise<Said> {
  return resultOf(fetch, "tools/call", { name, arguments: args });
}

async function withCatalogue(catalogue: unknown, run: (fetch: Fetch, mcp: TestMcp) => Promise<void>): Promise<void> {
  await using mcp = await openMcp({ sleep: () => Promise.resolve() });
  await run(mcp.fetchAs("oauth", ANN, {}, catalogue), mcp);
  assert.deepEqual(mcp.errors, []);
}

Deno.test("a declared tool is listed word for word, in place of our own (MCP server/tools)", async () => {
  const pasted = {
    tools: [shown],
    nextCursor: "lost",
    ttlMs: 60_000,
    cacheScope: "public",
    resultType: "complete",
    _meta: {},
  };
  for (const catalogue of [[shown], pasted, { jsonrpc: "2.0", id: 1, result: pasted }]) {
    await withCatalogue(catalogue, async (fetch, mcp) => {
      assert.deepEqual(await resultOf(fetch, "tools/list"), { tools: [shown] });
      // Without sessions, the SDK answers.
      const plain = mcp.fetchAs("oauth", ANN, { sessionIds: "none" }, catalogue);
      const [message] = await messagesOf(
        await post(plain, rpc("tools/list"), { "mcp-protocol-version": "2025-11-25" }),
      );
      assert.deepEqual(message?.result, { tools: [shown] });
    });
  }
});

Deno.test("lists say how long they may be kept, in the revision that has it (MCP 2026-07-28, caching)", async () => {
  const catalogue: Catalogue = { tools: [shown], prompts: [], resources: [], ttlMs: 7000, cacheScope: "public" };
  await withCatalogue(catalogue, async (fetch) => {
    for (const method of ["tools/list", "prompts/list", "resources/list", "resources/templates/list"]) {
      const [old, modern] = (await inBothEras(fetch, method, {})).map(({ result }) => Object(result));
      assert.deepEqual([old.ttlMs, modern.ttlMs, modern.cacheScope], [undefined, 7000, "public"], method);
    }
  });
});

Deno.test("declared entries come behind our own where the catalogue says so, or in the place of one of the same name", async () => {
  const mine = {
    name: "mock_echo",
    inputSchema: { type: "object" },
    answer: { content: [{ type: "text", text: "mine" }] },
  };
  await withCatalogue({ tools: [shown, mine], built_in: true }, async (fetch) => {
    const { tools } = await resultOf(fetch, "tools/list");
    assert(Array.isArray(tools));
    assert.deepEqual([tools[0], tools.length, tools.at(-1)], [
      { name: "mock_echo", inputSchema: { type: "object" } },
      19,
      shown,
    ]);
    assert.deepEqual((await call(fetch, "mock_echo")).content, [{ type: "text", text: "mine" }]);
    assert.deepEqual((await call(fetch, "mock_add", { a: 1, b: 2 })).structuredContent, { sum: 3 });
  });
});

const every = [
  { type: "text", text: "T {arguments.city}", annotations: { audience: ["user"], priority: 1 } },
  { type: "image", data: "AAAA", mimeType: "image/png" },
  { type: "audio", data: "AAAA", mimeType: "audio/wav" },
  { type: "resource_link", uri: "test://a/{arguments.city}", name: "a" },
  { type: "resource", resource: { uri: "test://a", mimeType: "text/plain", text: "t" } },
  { type: "resource", resource: { uri: "test://b", blob: "AAAA", _meta: { a: 1 } } },
];

Deno.test("a call gives content of every type, data, and failures, filled with the call's arguments", async () => {
  const answer = {
    content: every,
    structuredContent: {
      city: "{arguments.city}",
      days: "{arguments.days}",
      none: "{arguments.none}",
      text: "{{arguments.x}}",
    },
    _meta: { "example.com/b": "{arguments.days}" },
  };
  const inputSchema = { type: "object" };
  const failing = { name: "fails", inputSchema, answer: { content: [{ type: "text", text: "no" }], isError: true } };
  await withCatalogue([{ name: "all", inputSchema, answer }, failing], async (fetch) => {
    const [text, image, sound, , ...rest] = every;
    assert.deepEqual(await call(fetch, "all", { city: "Bonn", days: 3 }), {
      content: [
        { ...text, text: "T Bonn" },
        image,
        sound,
        { type: "resource_link", uri: "test://a/Bonn", name: "a" },
        ...rest,
      ],
      structuredContent: { city: "Bonn", days: 3, none: null, text: "{arguments.x}" },
      _meta: { "example.com/b": "3" },
    });
    assert.deepEqual(await call(fetch, "fails"), { content: [{ type: "text", text: "no" }], isError: true });
  });
});

Deno.test("a tool without an answer returns what it was called with, or what fits its outputSchema", async () => {
  await withCatalogue([{ name: "plain", inputSchema: city }, shown], async (fetch) => {
    const text = JSON.stringify({ name: "plain", arguments: { city: "Bonn" } });
    assert.deepEqual(await call(fetch, "plain", { city: "Bonn" }), { content: [{ type: "text", text }] });
    assert.deepEqual(await call(fetch, "get_weather", { city: "Bonn" }), {
      content: [{ type: "text", text: '{"sky":"clear"}' }],
      structuredContent: { sky: "clear" },
    });
  });
});

Deno.test("arguments that do not fit the inputSchema are refused as the revision has it, or taken where the catalogue says so (MCP server/tools, error handling)", async () => {
  const tools = [{ name: "plain", inputSchema: { ...city, required: ["city"] } }];
  const ask = async (fetch: Fetch, revision: string, args: unknown): Promise<Said> => {
    const session = await beginSession(fetch, revision);
    const [said] = await messagesOf(await post(fetch, rpc("tools/call", { name: "plain", arguments: args }), session));
    return said ?? assert.fail();
  };
  await withCatalogue(tools, async (fetch) => {
    for (const [args, problem] of [[{ city: 7 }, /city is a number/], [{}, /city is missing/]] as const) {
      for (const revision of ["2024-11-05", "2025-03-26", "2025-06-18"]) {
        const { error } = await ask(fetch, revision, args);
        assert.equal(Object(error).code, -32602, revision);
        assert.match(Object(error).message, problem);
      }
      const { isError, content } = await call(fetch, "plain", args);
      assert.equal(isError, true);
      assert.match(Object(content)[0].text, problem);
    }
    assert.equal((await call(fetch, "plain", { city: "Bonn", days: 3 })).isError, undefined);
  });
  await withCatalogue({ tools, any_arguments: true }, async (fetch) => {
    assert.equal((await call(fetch, "plain", { city: 7 })).isError, undefined);
    assert.equal((await ask(fetch, "2025-03-26", {})).error, undefined);
  });
});

Deno.test("answers come in turn and the last one stays; an error has its code, words and data (JSON-RPC 2.0 5.1)", async () => {
  const text = (text: string): unknown => ({ content: [{ type: "text", text }] });
  const error = { code: -32055, message: "Out of order", data: { until: "noon" } };
  const tool = { name: "moody", inputSchema: city, answer: [text("one"), { error }, text("three")] };
  await withCatalogue([tool], async (fetch) => {
    const session = await beginSession(fetch);
    const params = { name: "moody", arguments: {} };
    const ask = async (): Promise<unknown> => {
      const [message] = await messagesOf(await post(fetch, rpc("tools/call", params), session));
      return message?.error ?? message?.result;
    };
    assert.deepEqual(await ask(), text("one"));
    assert.deepEqual(await ask(), error);
    const [modern] = await messagesOf(await postModern(fetch, { method: "tools/call", params }));
    assert.deepEqual(Object(modern?.result).content[0].text, "three");
    assert.deepEqual(await ask(), text("three"));
  });
});

Deno.test("a call lasts as long as it is told, and reports on the way to who asks for that (MCP progress)", async () => {
  const slept: number[] = [];
  await using mcp = await openMcp({ sleep: (ms) => Promise.resolve(void slept.push(ms)) });
  const progress = [{ progress: 1 }, { progress: 2, total: 2, message: "done" }];
  const tool = { name: "slow", inputSchema: city, answer: { delay_ms: 50, progress } };
  const fetch = mcp.fetchAs("no-auth", OPEN, {}, [tool]);
  const params = { name: "slow", arguments: {}, _meta: { progressToken: "p" } };
  const messages = await messagesOf(await post(fetch, rpc("tools/call", params), await beginSession(fetch)));
  assert.deepEqual(messages.map(({ params }) => params), [
    { progressToken: "p", progress: 1 },
    { progressToken: "p", progress: 2, total: 2, message: "done" },
    undefined,
  ]);
  assert.deepEqual(slept, [25, 25]);
});

Deno.test("behind the login, a call sends lines of a log, and tells subscribers what has changed, in every revision (MCP logging, resources, completion)", async (t) => {
  const catalogue = {
    tools: [{
      name: "tells",
      inputSchema: city,
      answer: {
        logs: [{ level: "info", data: { a: 1 } }, { level: "error", data: "bad" }],
        updates: ["mem://a", "mem://b"],
      },
    }],
    resources: [{ uri: "mem://a", name: "a" }, { uri: "mem://b", name: "b" }],
    prompts: [{ name: "ask", arguments: [{ name: "what" }], complete: { what: ["why", "who", "how"] } }],
  };
  const complete = { ref: { type: "ref/prompt", name: "ask" }, argument: { name: "what", value: "wh" } };
  const isUnasked = ({ method }: Said): boolean =>
    method !== undefined && method !== "notifications/subscriptions/acknowledged";
  const short = (messages: readonly Said[]): unknown =>
    messages.filter(isUnasked).map(({ method, params }) => [method, Object(params).data ?? Object(params).uri]);
  const expected = [["notifications/message", "bad"], ["notifications/resources/updated", "mem://b"]];
  for (const revision of ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"]) {
    await t.step(revision, async () => {
      await using mcp = await openMcp();
      const fetch = mcp.fetchAs("oauth", ANN, {}, catalogue);
      const session = await beginSession(fetch, revision);
      const ask = async (method: string, params: unknown): Promise<readonly Said[]> =>
        await messagesOf(await post(fetch, rpc(method, params), session));
      const [completed] = await ask("completion/complete", complete);
      assert.deepEqual(Object(completed?.result).completion.values, ["why", "who"]);
      await ask("logging/setLevel", { level: "warning" });
      await ask("resources/subscribe", { uri: "mem://a" });
      await ask("resources/unsubscribe", { uri: "mem://a" });
      await ask("resources/subscribe", { uri: "mem://b" });
      const stream = await send(fetch, "GET", session);
      const said = await ask("tools/call", { name: "tells", arguments: {} });
      await (await send(fetch, "DELETE", session)).body?.cancel();
      assert.deepEqual(short([...said, ...await messagesOf(stream)]), expected);
    });
  }
  await t.step("2026-07-28", async () => {
    await using mcp = await openMcp();
    const fetch = mcp.fetchAs("oauth", ANN, {}, catalogue);
    const [completed] = await messagesOf(await postModern(fetch, { method: "completion/complete", params: complete }));
    assert.deepEqual(Object(completed?.result).completion.values, ["why", "who"]);
    const notifications = { resourceSubscriptions: ["mem://b"] };
    const stream = await postModern(fetch, { method: "subscriptions/listen", params: { notifications } });
    const meta = { "io.modelcontextprotocol/logLevel": "warning" };
    const said = await messagesOf(
      await postModern(fetch, { method: "tools/call", params: { name: "tells", arguments: {} }, meta }),
    );
    await mcp.endpoint.endListening();
    assert.deepEqual(short([...said, ...await messagesOf(stream)]), expected);
  });
});

Deno.test("templates are filled wherever a call says something: in errors, questions, reports and logs", async () => {
  const slow = {
    progress: [{ progress: 1, message: "{arguments.city}" }],
    logs: [{ level: "info", data: ["{arguments.city}"] }],
  };
  const question = { method: "elicitation/create", params: { ...form, message: "In {arguments.city}?" } };
  const fails = { error: { code: -1, message: "No {arguments.city}", data: { city: "{arguments.city}" } } };
  const tools = [slow, { inputRequests: { who: question } }, fails].map((answer, index) => ({
    name: `t${index}`,
    inputSchema: city,
    answer,
  }));
  await withCatalogue(tools, async (fetch) => {
    const told = async (name: string): Promise<string> => {
      const params = { name, arguments: { city: "Bonn" } };
      const clientCapabilities = { elicitation: { form: {} } };
      const meta = {
        progressToken: "p",
        "io.modelcontextprotocol/clientCapabilities": clientCapabilities,
        "io.modelcontextprotocol/logLevel": "debug",
      };
      return JSON.stringify(await messagesOf(await postModern(fetch, { method: "tools/call", params, meta })));
    };
    assert.match(await told("t0"), /"data":\["Bonn"\].*"message":"Bonn"/);
    assert.match(await told("t1"), /"message":"In Bonn\?"/);
    assert.match(await told("t2"), /"message":"No Bonn","data":\{"city":"Bonn"\}/);
  });
});

Deno.test("a catalogue serves in every revision with sessions (MCP versioning)", async () => {
  await withCatalogue([{ name: "plain", inputSchema: city }], async (fetch) => {
    for (const revision of ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"]) {
      const session = await beginSession(fetch, revision);
      const [list] = await messagesOf(await post(fetch, rpc("tools/list"), session));
      assert.deepEqual(list?.result, { tools: [{ name: "plain", inputSchema: city }] }, revision);
      const [called] = await messagesOf(
        await post(fetch, rpc("tools/call", { name: "plain", arguments: {} }), session),
      );
      assert.deepEqual(
        called?.result,
        { content: [{ type: "text", text: '{"name":"plain","arguments":{}}' }] },
        revision,
      );
    }
  });
});

Deno.test("a call that is never answered ends when its client leaves (MCP cancellation)", async () => {
  await withCatalogue([{ name: "hangs", inputSchema: city, answer: { never: true } }], async (fetch) => {
    const session = await beginSession(fetch);
    const response = await post(fetch, rpc("tools/call", { name: "hangs", arguments: {} }), session);
    const reader = response.body?.getReader();
    const cancelled = { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 1 } };
    await (await post(fetch, cancelled, session)).body?.cancel();
    const texts: string[] = [];
    for (let chunk = await reader?.read(); chunk && !chunk.done; chunk = await reader?.read()) {
      texts.push(new TextDecoder().decode(chunk.value));
    }
    assert.doesNotMatch(texts.join(""), /"result"/);
    await (await send(fetch, "DELETE", session)).body?.cancel();
  });
});

Deno.test("as of 2026-07-28, a call ends when its client leaves before anything has come (MCP 2026-07-28, cancellation)", async () => {
  const started = Promise.withResolvers<void>();
  const stopped = Promise.withResolvers<unknown>();
  const sleep = (_: number, signal?: AbortSignal): Promise<void> => {
    started.resolve();
    return new Promise((_, reject) => {
      signal?.addEventListener("abort", () => {
        stopped.resolve(signal.reason);
        reject(signal.reason);
      }, { once: true });
    });
  };
  await using mcp = await openMcp({ sleep });
  const client = new AbortController();
  const inner = mcp.fetchAs("no-auth", OPEN, {}, [{ name: "slow", inputSchema: city, answer: { delay_ms: 5 } }]);
  const params = { name: "slow", arguments: {} };
  const answer = postModern((input, init) => inner(input, { ...init, signal: client.signal }), {
    method: "tools/call",
    params,
  });
  await started.promise;
  client.abort("left");
  await stopped.promise;
  await (await answer).body?.cancel();
  assert.deepEqual(mcp.errors, []);
});

const form = {
  message: "Who?",
  requestedSchema: { type: "object" as const, properties: { name: { type: "string" as const } } },
};
const asks = {
  name: "asks",
  inputSchema: city,
  answer: [
    {
      inputRequests: [
        { who: { method: "elicitation/create", params: form } },
        { where: { method: "roots/list" }, what: { method: "elicitation/create", params: form } },
      ],
      content: [{
        type: "text",
        text:
          "{inputResponses.who.content.name} and {inputResponses.what.content.name} at {inputResponses.where.roots.0.uri}",
      }],
    },
    { content: [{ type: "text", text: "second call" }] },
  ],
};

Deno.test("a call asks first, over as many rounds as there are, in both eras (MCP 2026-07-28, multi round-trip requests)", async (t) => {
  for (const mode of ["legacy", "auto"] as const) {
    await t.step(mode, async () => {
      await withCatalogue([asks], async (fetch) => {
        const client = new NewClient({ name: "c", version: "1" }, {
          versionNegotiation: { mode },
          capabilities: { elicitation: { form: {} }, roots: {} },
        });
        let asked = 0;
        client.setRequestHandler("elicitation/create", () => {
          asked++;
          return { action: "accept", content: { name: `N${asked}` } };
        });
        client.setRequestHandler("roots/list", () => ({ roots: [{ uri: "file:///r" }] }));
        await client.connect(new NewTransport(new URL("http://mock.test/mcp"), { fetch }));
        const texts: unknown[] = [];
        for (let turn = 0; turn < 2; turn++) {
          const { content } = await client.callTool({ name: "asks", arguments: {} });
          texts.push(Object(content)[0].text);
        }
        assert.deepEqual(texts, ["N1 and N2 at file:///r", "second call"]);
        await client.close();
      });
    });
  }
});

Deno.test("a question that is left open is asked again, and a state that was changed is refused (MCP 2026-07-28, mrtr)", async () => {
  const both = { a: { method: "roots/list" }, b: { method: "elicitation/create", params: form } };
  await withCatalogue([{ name: "asks", inputSchema: city, answer: { inputRequests: both } }], async (fetch) => {
    const clientCapabilities = { elicitation: { form: {} }, roots: {} };
    const ask = async (more: Record<string, unknown>): Promise<Said> => {
      const params = { name: "asks", arguments: {}, ...more };
      const meta = { "io.modelcontextprotocol/clientCapabilities": clientCapabilities };
      const [message] = await messagesOf(await postModern(fetch, { method: "tools/call", params, meta }));
      return Object(message?.result ?? message?.error);
    };
    const { requestState, inputRequests } = await ask({});
    assert.deepEqual(inputRequests, both);
    const [a, b] = [{ roots: [] }, { action: "decline" }];
    const again = await ask({ requestState, inputResponses: { a } });
    assert.equal(again.resultType, "input_required");
    assert.equal((await ask({ requestState, inputResponses: { a, b } })).resultType, "complete");
    assert.equal(
      typeof (await ask({ requestState: `${String(requestState)}x`, inputResponses: { a, b } })).code,
      "number",
    );
  });
});

Deno.test("resources, templates and prompts are listed, read and completed as they are declared (MCP server/resources, prompts)", async () => {
  const catalogue = {
    resources: [
      { uri: "mem://a", name: "a", mimeType: "text/markdown", size: 3, answer: { contents: [{ text: "# A" }] } },
      { uri: "mem://b", name: "b", mimeType: "text/plain" },
    ],
    resourceTemplates: [{
      uriTemplate: "mem://users/{id}/log",
      name: "log",
      answer: { contents: [{ text: "log of {arguments.id}", mimeType: "text/plain" }] },
      complete: { id: ["ada", "alan", "bob"] },
    }],
    prompts: [{
      name: "ask",
      description: "Asks",
      arguments: [{ name: "what", required: true }],
      complete: { what: ["why", "who"] },
      answer: { messages: [{ role: "assistant", content: { type: "text", text: "Say {arguments.what}" } }] },
    }, { name: "bare" }],
  };
  await withCatalogue(catalogue, async (fetch) => {
    const { resources } = await resultOf(fetch, "resources/list");
    assert.deepEqual(resources, [
      { uri: "mem://a", name: "a", mimeType: "text/markdown", size: 3 },
      { uri: "mem://b", name: "b", mimeType: "text/plain" },
    ]);
    const read = async (uri: string): Promise<unknown> => (await resultOf(fetch, "resources/read", { uri })).contents;
    assert.deepEqual(await read("mem://a"), [{ uri: "mem://a", text: "# A" }]);
    assert.deepEqual(await read("mem://b"), [{ uri: "mem://b", mimeType: "text/plain", text: "What is at mem://b" }]);
    assert.deepEqual(await read("mem://users/ada/log"), [
      { uri: "mem://users/ada/log", mimeType: "text/plain", text: "log of ada" },
    ]);
    assert.deepEqual(await resultOf(fetch, "prompts/get", { name: "ask", arguments: { what: "cheese" } }), {
      messages: [{ role: "assistant", content: { type: "text", text: "Say cheese" } }],
      description: "Asks",
    });
    const completing = { ref: { type: "ref/prompt", name: "ask" }, argument: { name: "what", value: "wh" } };
    const { completion } = await resultOf(fetch, "completion/complete", completing);
    assert.deepEqual(completion, { values: ["why", "who"], total: 2, hasMore: false });
    // Its tools are still our own.
    assert.deepEqual((await call(fetch, "mock_add", { a: 1, b: 2 })).structuredContent, { sum: 3 });
  });
});

Deno.test("a server says that it can do what is declared, and refuses the rest (MCP lifecycle, capabilities)", async () => {
  const capabilities = async (catalogue: unknown): Promise<unknown> => {
    await using mcp = await openMcp();
    const fetch = mcp.fetchAs("bearer", OPEN, {}, catalogue);
    const [message] = await messagesOf(
      await post(
        fetch,
        rpc("initialize", {
          protocolVersion: "2025-11-25",
          capabilities: {},
          clientInfo: { name: "raw", version: "1" },
        }),
      ),
    );
    return Object(message?.result).capabilities;
  };
  assert.deepEqual(await capabilities({ tools: [] }), { tools: {} });
  assert.deepEqual(await capabilities({ prompts: [] }), { tools: {}, prompts: {} });
  assert.deepEqual(await capabilities({ resources: [], prompts: [{ name: "p", complete: {} }] }), {
    tools: {},
    prompts: {},
    resources: { subscribe: true },
    completions: {},
  });
  await withCatalogue({ tools: [] }, async (fetch) => {
    for (const { error } of await inBothEras(fetch, "prompts/list", {})) assert.equal(Object(error).code, -32601);
  });
});

Deno.test("a server is called and introduced as its catalogue says (MCP lifecycle, discovery)", async () => {
  const serverInfo = { name: "acme", version: "7", title: "Acme" };
  await withCatalogue({ serverInfo, instructions: "Ask nicely." }, async (fetch) => {
    const [begun] = await messagesOf(await post(fetch, initialize()));
    const [found] = await messagesOf(await postModern(fetch, { method: "server/discover" }));
    const [old, modern] = [Object(begun?.result), Object(found?.result)];
    assert.deepEqual([old.serverInfo, old.instructions, modern.instructions], [
      serverInfo,
      "Ask nicely.",
      "Ask nicely.",
    ]);
    assert.deepEqual(modern._meta["io.modelcontextprotocol/serverInfo"], serverInfo);
  });
});

Deno.test("everything of /conformance is behind the login as well where a policy asks for it (issue: the whole of MCP)", async () => {
  await using mcp = await openMcp({ sleep: () => Promise.resolve() });
  const fetch = mcp.fetchAs("oauth", ANN, { mcpFeatures: "all" });
  const { prompts } = await resultOf(fetch, "prompts/list");
  assert(Array.isArray(prompts) && prompts.length > 3);
  const { tools } = await resultOf(fetch, "tools/list");
  const names = Array.isArray(tools) ? tools.map(({ name }) => name) : [];
  for (const name of ["mock_echo", "greet", "test_elicitation"]) assert(names.includes(name), name);
});
