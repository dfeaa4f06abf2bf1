/** Probes of the scenarios in which a server asks its client for something. */
import assert from "node:assert/strict";
import { catalogue } from "../../lib/scenarios/catalogue/catalogue.ts";
import { answersOf } from "../../lib/scenarios/mcp_catalogue.ts";
import { envelope, messagesOf, post, rpc } from "../mcp/helpers.ts";
import { type Probe, type ProbeSandbox, waitedIn } from "./sweep_probe.ts";
import { appOf, logIn } from "./sweep_steps.ts";

type Said = Readonly<Record<string, unknown>>;

const capabilities = { elicitation: { form: {}, url: {} }, sampling: { tools: {} }, roots: {} };

/** What a scenario declares that its first tool asks first. */
function declaredIn(name: string): { readonly tool: string; readonly questions: Readonly<Record<string, unknown>> } {
  const [tool] = catalogue.find((scenario) => scenario.name === name)?.catalogue?.tools ?? [];
  assert(tool);
  const [answer] = answersOf(tool.answer);
  const [questions] = answersOf(answer?.inputRequests);
  return { tool: tool.name, questions: questions ?? {} };
}

/** Calls a tool in 2026-07-28, with all that a client can be asked. */
async function callModern(at: ProbeSandbox, access: string, tool: string): Promise<Said> {
  const meta = { ...envelope, "io.modelcontextprotocol/clientCapabilities": capabilities };
  const response = await post(
    (_, init) => at.fetch("/oauth", init),
    rpc("tools/call", { name: tool, arguments: {}, _meta: meta }),
    {
      authorization: `Bearer ${access}`,
      "mcp-protocol-version": "2026-07-28",
      "mcp-method": "tools/call",
      "mcp-name": tool,
    },
  );
  const [message] = await messagesOf(response);
  return Object(message?.result ?? message?.error);
}

/** Insists that a tool asks what is declared. */
function asks(name: string): Probe {
  return async (at) => {
    const { access } = await logIn(appOf(at));
    const { tool, questions } = declaredIn(name);
    const { resultType, inputRequests } = await callModern(at, access, tool);
    assert.deepEqual([resultType, inputRequests], ["input_required", questions]);
  };
}

/** Begins a session, and calls a tool in it: the messages on the stream of the call, up to the first that ends the test. */
async function saidInCall(
  at: ProbeSandbox,
  tool: string,
  declared: Readonly<Record<string, unknown>> = {},
): Promise<readonly Said[]> {
  const { access } = await logIn(appOf(at));
  const fetch: Parameters<typeof post>[0] = (_, init) => at.fetch("/oauth", init);
  const clientInfo = { name: "raw", version: "1" };
  const opening = rpc("initialize", { protocolVersion: "2025-11-25", capabilities: declared, clientInfo });
  const begun = await post(fetch, opening, { authorization: `Bearer ${access}` });
  const session = begun.headers.get("mcp-session-id") ?? assert.fail("no session");
  await begun.text();
  const headers = { authorization: `Bearer ${access}`, "mcp-session-id": session };
  return await messagesOf(await post(fetch, rpc("tools/call", { name: tool, arguments: {} }, 2), headers));
}

/** Insists on the methods that a server asks for in the middle of a call, before it waits and answers. */
function saysInCall(...methods: readonly string[]): Probe {
  return async (at) => {
    const waited = await waitedIn(at, async (sandbox) => {
      const said = await saidInCall(sandbox, "mock_list_notes");
      assert.deepEqual(said.map(({ method, id }) => method ?? id), [...methods, 2]);
    });
    assert.deepEqual(waited, [3000]);
  };
}

/** Insists that a call is refused until a person has opened the page that the error lists. */
function requiresPage(tool: string, ...before: readonly string[]): Probe {
  return async (at) => {
    const declared = { elicitation: { url: {} } };
    const refusals = [await saidInCall(at, tool, declared), await saidInCall(at, tool, declared)];
    for (const said of refusals) {
      assert.deepEqual(said.slice(0, -1).map(({ method }) => method), before);
      const { code, data } = Object(said.at(-1)?.error);
      assert.equal(code, -32042);
      const [{ mode, url, elicitationId }] = data.elicitations;
      assert.equal(mode, "url");
      assert.equal(url, `${at.origin}${at.prefix}/elicitation/${elicitationId}`);
      assert.match(await (await at.get(url)).text(), /at Example Co\./);
    }
  };
}

/** Probes by the name of the scenario. */
export const questionProbes: Readonly<Record<string, Probe>> = {
  ...Object.fromEntries(
    [
      "form-defaults",
      "form-limits",
      "form-required",
      "form-choices",
      "form-formats",
      "form-flood",
      "sampling",
      "sampling-tool-required",
      "sampling-no-tool",
      "sampling-five-tokens",
      "sampling-tool-loop",
      "roots-listed",
    ].map((name) => [name, asks(name)]),
  ),
  "form-without-mode": async (at) => {
    const { access } = await logIn(appOf(at));
    const modeOf = async (tool: string): Promise<unknown> =>
      Object(Object((await callModern(at, access, tool)).inputRequests).form).params.mode;
    assert.deepEqual([await modeOf("with_mode"), await modeOf("without_mode")], ["form", undefined]);
  },
  "url-mode": async (at) => {
    const { access } = await logIn(appOf(at));
    const urlOf = async (): Promise<string> =>
      Object(Object((await callModern(at, access, "pay")).inputRequests).payment).params.url;
    const [one, other] = [await urlOf(), await urlOf()];
    assert.notEqual(one, other);
    const shown = await (await at.get(one)).text();
    assert.match(shown, /Pay ten euros to continue/);
    const done = await (await at.postForm(one, { action: "accept" })).text();
    assert.match(done, /You can close this page/);
    assert.doesNotMatch(await (await at.get(other)).text(), /You can close this page/);
  },
  "url-required": requiresPage("read_files"),
  "url-completion-unknown": requiresPage("read_mail", "notifications/elicitation/complete"),
  "url-to-form-only": saysInCall("elicitation/create"),
  "pings-in-calls": saysInCall("ping"),
  "undeclared-requests": saysInCall("roots/list", "sampling/createMessage", "elicitation/create"),
  "sampling-result-missing": saysInCall("sampling/createMessage"),
  "undeclared-input": async (at) => {
    const { access } = await logIn(appOf(at));
    const first = await callModern(at, access, "mock_list_notes");
    assert.deepEqual([first.resultType, first.inputRequests], ["input_required", { roots: { method: "roots/list" } }]);
    assert.equal((await callModern(at, access, "mock_list_notes")).resultType, "complete");
  },
};
