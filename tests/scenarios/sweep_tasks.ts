/** Probes of the scenarios in which calls become tasks. */
import assert from "node:assert/strict";
import { envelope, messagesOf, post, rpc } from "../mcp/helpers.ts";
import { NEXT_STEP } from "../../lib/scenarios/guide.ts";
import type { Probe, ProbeSandbox } from "./sweep_probe.ts";
import { appOf, logIn } from "./sweep_steps.ts";

type Said = Readonly<Record<string, unknown>>;

const TOOL = "make_report";
const EXTENSION = "io.modelcontextprotocol/tasks";
const able = { elicitation: { form: {} }, extensions: { [EXTENSION]: {} } };

/** Asks as a client that may send: what answers, its result or its error. */
type Ask = (method: string, params: Said) => Promise<Said>;

/** The message that answers a request, and no notification. */
async function answerIn(response: Response): Promise<Said> {
  const message = (await messagesOf(response)).find((found) => "id" in found && !("method" in found));
  return Object(message?.result ?? message?.error);
}

/** A client of 2026-07-28 with these capabilities, else one that knows tasks. */
async function modern(at: ProbeSandbox, capabilities: unknown = able): Promise<Ask> {
  const { access } = await logIn(appOf(at));
  const meta = { ...envelope, "io.modelcontextprotocol/clientCapabilities": capabilities };
  return async (method, params) => {
    const name = params.name ?? params.taskId ?? params.uri;
    const headers = {
      authorization: `Bearer ${access}`,
      "mcp-protocol-version": "2026-07-28",
      "mcp-method": method,
      ...(name === undefined ? {} : { "mcp-name": String(name) }),
    };
    return await answerIn(
      await post((_, init) => at.fetch("/oauth", init), rpc(method, { ...params, _meta: meta }), headers),
    );
  };
}

/** A client in a session of 2025-11-25, and what its `initialize` was answered with. */
async function inSession(at: ProbeSandbox): Promise<{ readonly ask: Ask; readonly opened: Said }> {
  const { access } = await logIn(appOf(at));
  const authorization = `Bearer ${access}`;
  const fetch: Parameters<typeof post>[0] = (_, init) => at.fetch("/oauth", init);
  const clientInfo = { name: "raw", version: "1" };
  const begun = await post(
    fetch,
    rpc("initialize", { protocolVersion: "2025-11-25", capabilities: {}, clientInfo }),
    { authorization },
  );
  const session = { authorization, "mcp-session-id": begun.headers.get("mcp-session-id") ?? "" };
  const opened = await answerIn(begun);
  return { opened, ask: async (method, params) => await answerIn(await post(fetch, rpc(method, params), session)) };
}

async function advance(at: ProbeSandbox, seconds: number): Promise<void> {
  await (await at.postJson("/control/clock", { advance_seconds: seconds })).body?.cancel();
}

/** Insists that a call becomes a task, and on what is said of it after so many seconds each. */
function goesThrough(...expected: readonly (readonly [seconds: number, told: Said])[]): Probe {
  return async (at) => {
    const ask = await modern(at);
    const { resultType, taskId } = await ask("tools/call", { name: TOOL, arguments: {} });
    assert.equal(resultType, "task");
    for (const [seconds, told] of expected) {
      await advance(at, seconds);
      const now = await ask("tasks/get", { taskId });
      assert.deepEqual(Object.fromEntries(Object.keys(told).map((name) => [name, now[name]])), told);
    }
  };
}

const working = { status: "working", pollIntervalMs: 500 };
const completed = { status: "completed", result: { content: [{ type: "text", text: "The report" }] } };

/** What the list says of each tool's support of tasks. */
async function supportIn(ask: Ask): Promise<readonly unknown[]> {
  const { tools } = await ask("tools/list", {});
  return (Array.isArray(tools) ? tools : []).filter(({ name }) => name !== NEXT_STEP).map(({ execution }) =>
    execution?.taskSupport
  );
}

/** Probes by the name of the scenario. */
export const taskProbes: Readonly<Record<string, Probe>> = {
  "task-optional": async (at) => {
    await goesThrough([2, working], [1, completed])(at);
    const { result, content } = await (await modern(at, {}))("tools/call", { name: TOOL, arguments: {} });
    assert.deepEqual([result, content], [undefined, completed.result.content]);
  },
  "task-required": async (at) => {
    await goesThrough([2, working], [1, completed])(at);
    assert.equal((await (await modern(at, {}))("tools/call", { name: TOOL, arguments: {} })).code, -32021);
    const { ask } = await inSession(at);
    assert.deepEqual(await supportIn(ask), ["required", "forbidden"]);
    assert.equal((await ask("tools/call", { name: TOOL, arguments: {} })).code, -32601);
  },
  "task-forbidden": async (at) => {
    const { ask } = await inSession(at);
    assert.deepEqual(await supportIn(ask), ["optional", "forbidden"]);
    assert.equal((await ask("tools/call", { name: "look_up", arguments: {}, task: {} })).code, -32601);
  },
  "task-undeclared": async (at) => {
    const { ask, opened } = await inSession(at);
    assert.deepEqual(opened.capabilities, { tools: {} });
    assert.deepEqual(await supportIn(ask), ["optional"]);
  },
  "task-or-result": async (at) => {
    const ask = await modern(at);
    const types = [await ask("tools/call", { name: TOOL }), await ask("tools/call", { name: TOOL })];
    assert.deepEqual(types.map(({ resultType }) => resultType), ["complete", "task"]);
  },
  "task-slows-down": goesThrough(
    [0, { status: "working", pollIntervalMs: 200 }],
    [1, { status: "working", pollIntervalMs: 5000, statusMessage: "The printer is cold" }],
    [20, completed],
  ),
  "task-asks": async (at) => {
    const ask = await modern(at);
    const { taskId } = await ask("tools/call", { name: TOOL, arguments: {} });
    await advance(at, 1);
    const { status, inputRequests } = await ask("tasks/get", { taskId });
    assert.deepEqual([status, Object.keys(Object(inputRequests))], ["input_required", ["who"]]);
    await ask("tasks/update", { taskId, inputResponses: { who: { action: "accept", content: { name: "Ada" } } } });
    await advance(at, 1);
    assert.equal((await ask("tasks/get", { taskId })).status, "completed");
  },
  "task-untold": goesThrough([29, working], [1, completed]),
  "task-told": async (at) => {
    const { ask } = await inSession(at);
    const { task } = await ask("tools/call", { name: TOOL, arguments: {}, task: {} });
    await advance(at, 4);
    const { taskId } = Object(task);
    assert.equal((await ask("tasks/get", { taskId })).status, "completed");
    assert.deepEqual((await ask("tasks/result", { taskId })).content, completed.result.content);
  },
  "task-fails": goesThrough([2, { status: "failed", error: { code: -32603, message: "The printer is on fire" } }]),
  "task-cancelled": goesThrough([2, { status: "cancelled", statusMessage: "The office is closed" }]),
  "task-expires": goesThrough([2, working], [1, { code: -32602 }]),
  "task-cancel": async (at) => {
    const ask = await modern(at);
    const { taskId } = await ask("tools/call", { name: TOOL, arguments: {} });
    await advance(at, 3000);
    assert.equal((await ask("tasks/get", { taskId })).status, "working");
    await ask("tasks/cancel", { taskId });
    assert.equal((await ask("tasks/get", { taskId })).status, "cancelled");
  },
  "task-for-resource": async (at) => {
    const ask = await modern(at);
    const first = await ask("resources/read", { uri: "mock://report" });
    assert.deepEqual([first.resultType, first.taskId], ["task", "task-of-no-call"]);
    assert.equal((await ask("resources/read", { uri: "mock://report" })).resultType, "complete");
  },
  "task-of-client": async (at) => {
    const ask = await modern(at);
    const { taskId } = await ask("tools/call", { name: TOOL, arguments: {} });
    const { inputRequests } = await ask("tasks/get", { taskId });
    assert.deepEqual(Object(inputRequests).who.params.task, { ttl: 60_000 });
  },
};
