/** Probes of the scenarios of calls that take several rounds, of lists that change, and of streams that are listened on. */
import assert from "node:assert/strict";
import { catalogue } from "../../lib/scenarios/catalogue/catalogue.ts";
import { answersOf } from "../../lib/scenarios/mcp_catalogue.ts";
import { beginSession, envelope, messagesOf, post, rpc, send } from "../mcp/helpers.ts";
import type { Probe, ProbeSandbox } from "./sweep_probe.ts";
import { appOf, logIn } from "./sweep_steps.ts";

type Said = Readonly<Record<string, unknown>>;
type Ask = (method: string, params?: Said) => Promise<Said>;

const capabilities = { elicitation: { form: {} }, roots: {} };
const yes = { action: "accept", content: { sure: true, confirmed: true } };

/** Asks as 2026-07-28 has it; gives the result, or the error. */
async function asking(at: ProbeSandbox): Promise<Ask> {
  const { access } = await logIn(appOf(at));
  return async (method, params = {}) => {
    const response = await request(at, access, method, params);
    const [message] = await messagesOf(response);
    return Object(message?.result ?? message?.error);
  };
}

async function request(at: ProbeSandbox, access: string, method: string, params: Said): Promise<Response> {
  const _meta = { ...envelope, "io.modelcontextprotocol/clientCapabilities": capabilities };
  const named = params.name ?? params.uri;
  return await post((_, init) => at.fetch("/oauth", init), rpc(method, { ...params, _meta }), {
    authorization: `Bearer ${access}`,
    "mcp-protocol-version": "2026-07-28",
    "mcp-method": method,
    ...(typeof named === "string" ? { "mcp-name": named } : {}),
  });
}

/** Insists on what a tool asks in each of its rounds, and with which state; undefined for a sealed one. */
function inRounds(
  tool: string,
  rounds: readonly (readonly [keys: readonly string[], state: string | null | undefined])[],
): Probe {
  return async (at) => {
    const ask = await asking(at);
    let more: Said = {};
    for (const [keys, state] of rounds) {
      const result = await ask("tools/call", { name: tool, arguments: {}, ...more });
      assert.deepEqual([result.resultType, Object.keys(Object(result.inputRequests))], ["input_required", keys]);
      if (state === undefined) assert.equal(typeof result.requestState, "string");
      else assert.equal(result.requestState, state ?? undefined);
      const { requestState } = result;
      more = {
        ...(keys.length > 0 ? { inputResponses: Object.fromEntries(keys.map((key) => [key, yes])) } : {}),
        ...(requestState === undefined ? {} : { requestState }),
      };
    }
    if (typeof more.requestState === "string") {
      const changed = { ...more, requestState: `${more.requestState} ` };
      assert.notEqual((await ask("tools/call", { name: tool, arguments: {}, ...changed })).resultType, "complete");
    }
    assert.equal((await ask("tools/call", { name: tool, arguments: {}, ...more })).resultType, "complete");
  };
}

/** The state that a scenario declares. */
function stateOf(name: string): Probe {
  const [tool] = catalogue.find((scenario) => scenario.name === name)?.catalogue?.tools ?? [];
  const [answer] = answersOf(tool?.answer);
  const [state] = answer?.requestStates ?? [];
  assert(tool && state);
  return inRounds(tool.name, [[["confirm"], state]]);
}

/** Insists that a list is another once a tool was called, and on what a session is told meanwhile. */
function changes(method: string, list: string, told: readonly string[], late: readonly string[]): Probe {
  return async (at) => {
    const { access } = await logIn(appOf(at));
    const fetch: Parameters<typeof post>[0] = (_, init = {}) => {
      const headers = new Headers(init.headers);
      headers.set("authorization", `Bearer ${access}`);
      return at.fetch("/oauth", { ...init, headers });
    };
    const session = await beginSession(fetch);
    const resultOf = async (name: string, params = {}): Promise<Said> => {
      const [message] = await messagesOf(await post(fetch, rpc(name, params), session));
      return Object(message?.result ?? message?.error);
    };
    const namesOf = async (): Promise<readonly unknown[]> => {
      const { [list]: listed } = await resultOf(method);
      return Array.isArray(listed) ? listed.map((entry) => entry.name) : [];
    };
    const stream = await send(fetch, "GET", session);
    const before = await namesOf();
    await resultOf("tools/call", { name: "unlock", arguments: {} });
    assert.deepEqual((await namesOf()).filter((name) => !before.includes(name)), late);
    if (late.length === 0) assert(before.includes("unlock"));
    if (late.length === 0) assert.equal((await resultOf("tools/call", { name: "unlock", arguments: {} })).code, -32602);
    await (await send(fetch, "DELETE", session)).body?.cancel();
    assert.deepEqual((await messagesOf(stream)).map((message) => message.method), told);
  };
}

/** Insists on what comes on the stream of `subscriptions/listen`, and how it ends. */
function listens(methods: readonly unknown[], isCut = false, isEnded = true): Probe {
  return async (at) => {
    const { access } = await logIn(appOf(at));
    const all = { toolsListChanged: true, promptsListChanged: true, resourcesListChanged: true };
    const response = await request(at, access, "subscriptions/listen", { notifications: all });
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    assert(reader);
    let text = "";
    const read = async (): Promise<boolean> => {
      const { done, value = "" } = await reader.read();
      text += value;
      return done;
    };
    const untilEnd = async (): Promise<void> => {
      while (!(await read()));
    };
    if (isCut) await assert.rejects(untilEnd());
    else if (isEnded) await untilEnd();
    else await read();
    await reader.cancel().catch(() => {});
    const said = [...text.matchAll(/^data: (.+)$/gm)].map(([, data = ""]): Said => JSON.parse(data));
    assert.deepEqual(said.map((message) => message.method ?? Object(message.result).resultType), methods);
    assert.deepEqual(Object(said[0]?.params).notifications, { toolsListChanged: true });
  };
}

const ACKNOWLEDGED = "notifications/subscriptions/acknowledged";

/** Probes by the name of the scenario. */
export const roundProbes: Readonly<Record<string, Probe>> = {
  "state-json": stateOf("state-json"),
  "state-base64": stateOf("state-base64"),
  "state-long": stateOf("state-long"),
  "state-odd-characters": stateOf("state-odd-characters"),
  "rounds-three": inRounds("set_up", [[["one"], undefined], [["two"], undefined], [["three"], undefined]]),
  "state-without-questions": inRounds("look_again", [[["confirm"], undefined], [[], undefined]]),
  "questions-without-state": inRounds("two_steps", [[["confirm"], "of-the-first-round"], [["again"], null]]),
  "one-of-two-asks": async (at) => {
    await inRounds("ask_first", [[["confirm"], "of-the-call-that-asked"]])(at);
    const ask = await asking(at);
    assert.equal((await ask("tools/call", { name: "answer_at_once", arguments: {} })).resultType, "complete");
  },
  "question-declined": inRounds("format_disk", [[["confirm"], undefined], [["roots"], undefined]]),
  "request-states": async (at) => {
    await inRounds("test_mrtr_echo_state", [[
      ["confirm"],
      '{"nonce":"0b0f6e63-7a3c-4c9e-9a50-3d2f1f7f2a55","originalId":1}',
    ]])(at);
    await inRounds("test_mrtr_no_state", [[["confirm"], null]])(at);
    const ask = await asking(at);
    const kindOf = async (name: string): Promise<unknown> =>
      (await ask("tools/call", { name, arguments: {} })).resultType;
    assert.deepEqual(
      [await kindOf("test_mrtr_unrelated"), await kindOf("test_mrtr_no_result_type")],
      ["complete", undefined],
    );
  },
  "tools-change": changes("tools/list", "tools", ["notifications/tools/list_changed"], ["look"]),
  "prompts-change": changes("prompts/list", "prompts", ["notifications/prompts/list_changed"], ["late"]),
  "resources-change": changes("resources/list", "resources", ["notifications/resources/list_changed"], ["late"]),
  "tools-change-unsaid": changes("tools/list", "tools", [], []),
  "listening-cut-down": listens([ACKNOWLEDGED], false, false),
  "listening-breaks-off": listens([ACKNOWLEDGED], true),
  "listening-ends": listens([ACKNOWLEDGED, "complete"]),
  "nobody-may-subscribe": async (at) => {
    const { access } = await logIn(appOf(at));
    const clientInfo = { name: "raw", version: "1" };
    const opening = rpc("initialize", { protocolVersion: "2025-11-25", capabilities: {}, clientInfo });
    const headers = { authorization: `Bearer ${access}` };
    const [message] = await messagesOf(await post((_, init) => at.fetch("/oauth", init), opening, headers));
    assert.deepEqual(Object(Object(message?.result).capabilities).resources, {});
  },
};
