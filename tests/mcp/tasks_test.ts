/** Tasks, as 2025-11-25 has them and as the extension of 2026-07-28 does: on clocks that tests move. */
import { CallToolResultSchema, ElicitRequestSchema } from "@modelcontextprotocol/sdk/types.js";
// @ts-types="@modelcontextprotocol/sdk/client/index"
import { Client as OldClient } from "@modelcontextprotocol/sdk/client/index.js";
// @ts-types="@modelcontextprotocol/sdk/client/streamableHttp"
import { StreamableHTTPClientTransport as OldTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import assert from "node:assert/strict";
import {
  ADMIN,
  ANN,
  assertRefused,
  beginSession,
  type Fetch,
  initialize,
  messagesOf,
  openMcp,
  post,
  postModern,
  rpc,
  START_MS,
  type TestMcp,
} from "./helpers.ts";

const EXTENSION = "io.modelcontextprotocol/tasks";
const inputSchema = { type: "object", properties: { city: { type: "string" } } };
const ask = (message: string): unknown => ({
  method: "elicitation/create",
  params: { message, requestedSchema: { type: "object", properties: { name: { type: "string" } } } },
});

/** A report that works for a second, asks two things, and works for another second, in other words. */
const report = {
  name: "report",
  inputSchema,
  execution: { taskSupport: "optional" },
  answer: {
    task: {
      poll_interval_ms: 500,
      ttl_ms: 60_000,
      notifies: true,
      states: [
        { status: "working", for_ms: 1000, statusMessage: "Begun for {arguments.city}" },
        { status: "input_required", inputRequests: { a: ask("A in {arguments.city}?"), b: ask("B?") } },
        { status: "working", for_ms: 1000, poll_interval_ms: 100 },
      ],
    },
    content: [{ type: "text", text: "{inputResponses.a.content.name} and {inputResponses.b.content.name}" }],
  },
};
const plain = { name: "plain", inputSchema, answer: { content: [{ type: "text", text: "at once" }] } };
const required = {
  name: "required",
  inputSchema,
  execution: { taskSupport: "required" },
  answer: { task: {}, isError: true, content: [] },
};
const failing = { name: "failing", inputSchema, answer: { task: {}, error: { code: -32603, message: "Broke" } } };
const ended = {
  name: "ended",
  inputSchema,
  answer: { task: { states: [{ status: "cancelled", statusMessage: "No more" }] } },
};
const catalogue = { tools: [report, plain, required, failing, ended], page_size: 1 };

type Said = Readonly<Record<string, unknown>>;

const able = { elicitation: {}, extensions: { [EXTENSION]: {} } };

interface Ask {
  readonly method: string;
  readonly params?: Record<string, unknown>;
  readonly capabilities?: unknown;
}

/** Sends a request of 2026-07-28 from a client with these capabilities, else one that knows tasks. */
function modern(fetch: Fetch, { method, params = {}, capabilities = able }: Ask): Promise<Response> {
  const headers: Record<string, string> = typeof params.taskId === "string" ? { "mcp-name": params.taskId } : {};
  const meta = { "io.modelcontextprotocol/clientCapabilities": capabilities };
  return postModern(fetch, { method, params, headers, meta });
}

async function resultOf(response: Promise<Response>): Promise<Record<string, unknown>> {
  const message = (await messagesOf(await response)).find((found) => "id" in found && !("method" in found)) ?? {};
  assert(message.result, JSON.stringify(message));
  return { ...Object(message.result) };
}

async function errorOf(response: Promise<Response>): Promise<Said> {
  const message = (await messagesOf(await response)).find((found) => "id" in found && !("method" in found)) ?? {};
  assert(message.error, JSON.stringify(message));
  return Object(message.error);
}

const bare = (result: Said): Said => Object.fromEntries(Object.entries(result).filter(([name]) => name !== "_meta"));

async function withTasks(run: (fetch: Fetch, mcp: TestMcp) => Promise<void>): Promise<void> {
  await using mcp = await openMcp({
    sleep: (ms) => {
      mcp.nowMs += ms;
      return Promise.resolve();
    },
  });
  await run(mcp.fetchAs("oauth", ANN, {}, catalogue), mcp);
  assert.deepEqual(mcp.errors, []);
}

const isoAt = (ms: number): string => new Date(START_MS + ms).toISOString();

Deno.test("a task of 2026-07-28 goes through its states by the clock and its client's answers (SEP-2663, task polling)", async () => {
  await withTasks(async (fetch, mcp) => {
    const named = { name: "report", arguments: { city: "Bonn" } };
    const { taskId, ...created } = await resultOf(modern(fetch, { method: "tools/call", params: named }));
    assert(typeof taskId === "string");
    const times = { createdAt: isoAt(0), ttlMs: 60_000 };
    const first = { status: "working", statusMessage: "Begun for Bonn", pollIntervalMs: 500, lastUpdatedAt: isoAt(0) };
    assert.deepEqual(bare(created), { resultType: "task", ...times, ...first });
    const get = async (): Promise<Said> => {
      const { taskId: id, ...task } = await resultOf(modern(fetch, { method: "tasks/get", params: { taskId } }));
      assert.equal(id, taskId);
      return bare(task);
    };
    mcp.nowMs += 999;
    assert.deepEqual(await get(), { resultType: "complete", ...times, ...first });
    mcp.nowMs += 1;
    const asking = { resultType: "complete", ...times, pollIntervalMs: 500, lastUpdatedAt: isoAt(1000) };
    const both = { a: ask("A in Bonn?"), b: ask("B?") };
    assert.deepEqual(await get(), { ...asking, status: "input_required", inputRequests: both });
    const answer = (inputResponses: unknown): Promise<Said> =>
      resultOf(modern(fetch, { method: "tasks/update", params: { taskId, inputResponses } }));
    assert.deepEqual(bare(await answer({ a: { action: "accept", content: { name: "X" } }, c: {} })), {
      resultType: "complete",
    });
    // An answer counts once, and what nobody has asked not at all.
    await answer({ a: { action: "accept", content: { name: "Y" } } });
    assert.deepEqual(await get(), { ...asking, status: "input_required", inputRequests: { b: ask("B?") } });
    mcp.nowMs += 4000;
    await answer({ b: { action: "accept", content: { name: "Z" } } });
    const working = { resultType: "complete", ...times, status: "working", pollIntervalMs: 100 };
    assert.deepEqual(await get(), { ...working, lastUpdatedAt: isoAt(5000) });
    mcp.nowMs += 1000;
    const result = { content: [{ type: "text", text: "X and Z" }] };
    assert.deepEqual(await get(), { ...working, status: "completed", lastUpdatedAt: isoAt(6000), result });
    assert.deepEqual(bare(await resultOf(modern(fetch, { method: "tasks/cancel", params: { taskId } }))), {
      resultType: "complete",
    });
    assert.equal((await get()).status, "completed");
    mcp.nowMs = START_MS + 60_000;
    const gone = await errorOf(modern(fetch, { method: "tasks/get", params: { taskId } }));
    assert.deepEqual([gone.code, /expired/.test(String(gone.message))], [-32602, true]);
  });
});

/** Begins a task; gives its id. */
async function begin(fetch: Fetch, name: string): Promise<string> {
  const { taskId } = await resultOf(modern(fetch, { method: "tools/call", params: { name } }));
  assert(typeof taskId === "string");
  return taskId;
}

Deno.test("a task ends as its answer does: with an error, cancelled, or with what the tool says of its failure", async () => {
  await withTasks(async (fetch, mcp) => {
    const get = async (taskId: string): Promise<Said> =>
      await resultOf(modern(fetch, { method: "tasks/get", params: { taskId } }));
    const failed = await get(await begin(fetch, "failing"));
    assert.deepEqual([failed.status, failed.error, "result" in failed], [
      "failed",
      { code: -32603, message: "Broke" },
      false,
    ]);
    const over = await get(await begin(fetch, "ended"));
    assert.deepEqual([over.status, over.statusMessage], ["cancelled", "No more"]);
    const told = await get(await begin(fetch, "required"));
    assert.deepEqual([told.status, told.result], ["completed", { content: [], isError: true }]);
    const taskId = await begin(fetch, "report");
    mcp.nowMs += 10;
    await resultOf(modern(fetch, { method: "tasks/cancel", params: { taskId } }));
    mcp.nowMs += 5000;
    const { status, lastUpdatedAt } = await get(taskId);
    assert.deepEqual([status, lastUpdatedAt], ["cancelled", isoAt(10)]);
  });
});

Deno.test("a task belongs to the person who began it, in every process that shares the store, and asks only what a client can answer", async () => {
  using kv = await Deno.openKv(":memory:");
  await using one = await openMcp({ kv });
  await using two = await openMcp({ kv });
  const taskId = await begin(one.fetchAs("oauth", ANN, {}, catalogue), "report");
  const later = { ...ANN, owner: "another login of Ann" };
  two.nowMs += 1000;
  const seen = await resultOf(
    modern(two.fetchAs("oauth", later, {}, catalogue), { method: "tasks/get", params: { taskId } }),
  );
  assert.equal(seen.status, "input_required");
  const foreign = modern(two.fetchAs("oauth", ADMIN, {}, catalogue), { method: "tasks/get", params: { taskId } });
  assert.equal((await errorOf(foreign)).code, -32602);
  const shy = { extensions: { [EXTENSION]: {} } };
  const fetch = one.fetchAs("oauth", ANN, {}, catalogue);
  const other = await resultOf(
    modern(fetch, { method: "tools/call", params: { name: "report" }, capabilities: shy }),
  );
  one.nowMs += 1000;
  const now = await resultOf(modern(fetch, { method: "tasks/get", params: { taskId: other.taskId } }));
  assert.deepEqual([now.status, now.pollIntervalMs], ["working", 100]);
});

Deno.test("a client of 2026-07-28 that does not know tasks gets the answer, or is told what it lacks (SEP-2663, capability negotiation)", async () => {
  await withTasks(async (fetch) => {
    const capabilities = {};
    const answer = await resultOf(modern(fetch, { method: "tools/call", params: { name: "report" }, capabilities }));
    assert.deepEqual([answer.resultType, answer.content], ["complete", [{ type: "text", text: " and " }]]);
    const data = { requiredCapabilities: { extensions: { [EXTENSION]: {} } } };
    for (
      const [method, params] of [
        ["tools/call", { name: "required" }],
        ["tasks/get", { taskId: "t" }],
        ["tasks/update", { taskId: "t", inputResponses: {} }],
        ["tasks/cancel", { taskId: "t" }],
        ["subscriptions/listen", { notifications: { taskIds: ["t"] } }],
      ] as const
    ) {
      const error = await errorOf(modern(fetch, { method, params, capabilities }));
      assert.deepEqual([error.code, error.data], [-32021, data], method);
    }
    for (const method of ["tasks/list", "tasks/result"]) {
      assert.equal((await errorOf(modern(fetch, { method, params: { taskId: "t" } }))).code, -32601, method);
    }
    const taskId = await begin(fetch, "required");
    await assertRefused(await postModern(fetch, { method: "tasks/get", params: { taskId } }), 400, -32020, 1);
    assert.equal((await errorOf(modern(fetch, { method: "tasks/get", params: { taskId: 7 } }))).code, -32602);
    const discovered = await resultOf(modern(fetch, { method: "server/discover" }));
    assert.deepEqual(discovered.capabilities, { tools: {}, extensions: { [EXTENSION]: {} } });
  });
});

/** Begins a session with a client that can be asked; gives the header that names it. */
async function session(fetch: Fetch, revision = "2025-11-25"): Promise<Record<string, string>> {
  const { params, ...body } = initialize(revision);
  const response = await post(fetch, { ...body, params: { ...Object(params), capabilities: { elicitation: {} } } });
  await response.text();
  return { "mcp-session-id": response.headers.get("mcp-session-id") ?? "" };
}

Deno.test("a task of 2025-11-25 is begun where a client asks for one, listed in pages, and cancelled once (MCP tasks)", async () => {
  await withTasks(async (fetch) => {
    const headers = await session(fetch);
    const call = (name: string, task?: unknown): Promise<Response> =>
      post(fetch, rpc("tools/call", { name, arguments: {}, ...(task !== undefined && { task }) }), headers);
    const { task, ...rest } = await resultOf(call("report", { ttl: 9000 }));
    assert.deepEqual(rest, {});
    const { taskId, ...created } = Object(task);
    const known = { createdAt: isoAt(0), lastUpdatedAt: isoAt(0), ttl: 60_000, pollInterval: 500 };
    assert.deepEqual(created, { status: "working", ...known });
    const second = Object((await resultOf(call("required", { ttl: 9000 }))).task);
    assert.deepEqual([second.status, second.ttl], ["working", 9000]);
    const get = (id: unknown): Promise<Response> => post(fetch, rpc("tasks/get", { taskId: id }), headers);
    assert.equal((await get(taskId)).headers.get("content-type"), "application/json");
    assert.deepEqual(await resultOf(get(taskId)), {
      taskId,
      ...created,
      statusMessage: "Begun for ",
    });
    const ids: unknown[] = [];
    for (let cursor: unknown, page = 0; page === 0 || cursor !== undefined; page++) {
      const found = await resultOf(post(fetch, rpc("tasks/list", { cursor }), headers));
      assert(Array.isArray(found.tasks) && found.tasks.length === 1);
      ids.push(found.tasks[0].taskId);
      cursor = found.nextCursor;
    }
    assert.deepEqual(new Set(ids), new Set([taskId, second.taskId]));
    const cancel = (): Promise<Response> => post(fetch, rpc("tasks/cancel", { taskId }), headers);
    assert.equal((await resultOf(cancel())).status, "cancelled");
    assert.equal((await errorOf(cancel())).code, -32602);
    assert.equal((await errorOf(post(fetch, rpc("tasks/result", { taskId }), headers))).code, -32000);
    assert.equal((await errorOf(call("required"))).code, -32601);
    assert.equal((await errorOf(call("plain", {}))).code, -32601);
    assert.deepEqual((await resultOf(call("report"))).content, [{ type: "text", text: " and " }]);
  });
});

Deno.test("a server that does not declare tasks, or speaks an earlier revision, knows nothing of them", async () => {
  await using mcp = await openMcp();
  for (
    const [revision, fetch] of [
      ["2025-11-25", mcp.fetchAs("oauth", ANN, {}, { tools: [plain] })],
      ["2025-06-18", mcp.fetchAs("oauth", ANN, {}, catalogue)],
    ] as const
  ) {
    const opened = await resultOf(post(fetch, initialize(revision)));
    assert.deepEqual(opened.capabilities, { tools: {} });
    const headers = await beginSession(fetch, revision);
    const answered = await resultOf(post(fetch, rpc("tools/call", { name: "plain", task: {} }), headers));
    assert.deepEqual(answered.content, [{ type: "text", text: "at once" }]);
    for (const method of ["tasks/get", "tasks/list", "tasks/cancel"]) {
      assert.equal((await errorOf(post(fetch, rpc(method, { taskId: "t" }), headers))).code, -32601, method);
    }
  }
  const fetch = mcp.fetchAs("oauth", ANN, {}, catalogue);
  assert.deepEqual((await resultOf(post(fetch, initialize()))).capabilities, {
    tools: {},
    tasks: { list: {}, cancel: {}, requests: { tools: { call: {} } } },
  });
});

Deno.test("a caller waits for a hundred results at a time, and no more, whether it is still there or not", async () => {
  const waits: (() => void)[] = [];
  await using mcp = await openMcp({
    sleep: (_, signal) =>
      new Promise((resolve, reject) => {
        waits.push(resolve);
        signal?.addEventListener("abort", () => reject(signal.reason));
      }),
  });
  const fetch = mcp.fetchAs("oauth", ANN, {}, catalogue);
  const headers = await session(fetch);
  const { task } = await resultOf(post(fetch, rpc("tools/call", { name: "report", task: {} }), headers));
  const params = { taskId: Object(task).taskId };
  for (let id = 2; id < 102; id++) {
    await (await post(fetch, rpc("tasks/result", params, id), headers)).body?.cancel();
  }
  while (waits.length < 100) await new Promise((resolve) => setTimeout(resolve));
  assert.equal((await errorOf(post(fetch, rpc("tasks/result", params, 102), headers))).code, -32000);
  await resultOf(post(fetch, rpc("tasks/cancel", params, 103), headers));
  for (const wait of waits) wait();
  assert.match(String((await errorOf(post(fetch, rpc("tasks/result", params, 104), headers))).message), /cancelled/);
});

Deno.test("a server without sessions has tasks of 2025-11-25 all the same", async () => {
  await using mcp = await openMcp();
  const fetch = mcp.fetchAs("oauth", ANN, { sessionIds: "none" }, catalogue);
  const headers = { "mcp-protocol-version": "2025-11-25" };
  const { task } = await resultOf(post(fetch, rpc("tools/call", { name: "required", task: {} }), headers));
  const params = { taskId: Object(task).taskId };
  assert.equal((await resultOf(post(fetch, rpc("tasks/get", params), headers))).status, "completed");
  assert.equal((await resultOf(post(fetch, rpc("tasks/result", params), headers))).isError, true);
});

Deno.test("the v1 client follows a task to its end, and is asked on the way (MCP 2025-11-25, tasks)", async () => {
  await withTasks(async (fetch) => {
    const client = new OldClient({ name: "old", version: "1" }, { capabilities: { elicitation: {} } });
    const asked: unknown[] = [];
    client.setRequestHandler(ElicitRequestSchema, ({ params: { message, _meta } }) => {
      asked.push(message, Object(_meta)["io.modelcontextprotocol/related-task"]);
      return { action: "accept", content: { name: message } };
    });
    await client.connect(new OldTransport(new URL("http://mock.test/mcp"), { fetch }));
    await client.listTools();
    const { taskId } = await begunBy(client);
    const result = await client.experimental.tasks.getTaskResult(taskId, CallToolResultSchema);
    assert.deepEqual(result.content, [{ type: "text", text: "A in Bonn? and B?" }]);
    assert.deepEqual(result._meta, { "io.modelcontextprotocol/related-task": { taskId } });
    assert.deepEqual(asked, ["A in Bonn?", { taskId }, "B?", { taskId }]);
    assert.equal((await client.experimental.tasks.getTask(taskId)).status, "completed");
    assert.equal((await client.experimental.tasks.listTasks()).tasks[0]?.taskId, taskId);
    await client.close();
  });
});

/** Has the v1 client begin a task. */
async function begunBy(client: OldClient): Promise<{ readonly taskId: string }> {
  const params = { name: "report", arguments: { city: "Bonn" } };
  for await (const message of client.experimental.tasks.callToolStream(params, undefined, { task: { ttl: 60_000 } })) {
    if (message.type === "taskCreated") return message.task;
  }
  return assert.fail("no task was created");
}
