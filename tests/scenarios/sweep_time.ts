/** Probes of the scenarios of answers that come late, or never, or are not what they should be. */
import assert from "node:assert/strict";
import { initialize, post, rpc } from "../mcp/helpers.ts";
import { askModern } from "./sweep_pages.ts";
import { type Probe, type ProbeSandbox, waitedIn } from "./sweep_probe.ts";
import { appOf, callTool, logIn } from "./sweep_steps.ts";

const TEN_MINUTES_MS = 600_000;

/** The text of an event stream, up to where it breaks off if it does. */
async function textOf(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  try {
    for await (const chunk of response.body ?? []) text += decoder.decode(chunk);
  } catch (error) {
    assert.match(String(error), /on request/);
    text += "broken off";
  }
  return text;
}

/** The messages on an event stream, or the one of a JSON answer. */
function messagesIn(text: string): readonly Record<string, unknown>[] {
  const texts = text.startsWith("{") ? [text] : [...text.matchAll(/^data: (\{.*)$/gm)].map(([, data = ""]) => data);
  return texts.map((message) => JSON.parse(message));
}

/** Calls a tool, and reads all that comes of it. */
async function called(at: ProbeSandbox, access: string): Promise<string> {
  return await textOf(await callTool(appOf(at), access, "mock_list_notes"));
}

/** Insists that the first request of its kind waits for ten minutes and then breaks off, and the next does not. */
function breaksOffAfterTenMinutes(ask: (at: ProbeSandbox, access: string) => Promise<Response>): Probe {
  return async (at) => {
    const waited = await waitedIn(at, async (sandbox) => {
      const { access } = await logIn(appOf(sandbox));
      const first = await ask(sandbox, access);
      assert.equal(first.headers.get("content-type"), "text/event-stream");
      assert.equal(await textOf(first), "broken off");
      assert.equal(messagesIn(await textOf(await ask(sandbox, access))).length, 1);
    });
    assert.deepEqual(waited, [TEN_MINUTES_MS]);
  };
}

/** Insists on what comes in the event stream of a tool call, as methods, ids and errors. */
async function saidOn(at: ProbeSandbox): Promise<readonly unknown[]> {
  const { access } = await logIn(appOf(at));
  return messagesIn(await called(at, access)).map(({ id, method, error }) =>
    method ?? (typeof error === "object" ? Reflect.get(error ?? {}, "code") : id)
  );
}

/** Probes of time by the name of the scenario. */
export const timeProbes: Readonly<Record<string, Probe>> = {
  "slow-tool-call": async (at) => {
    const waited = await waitedIn(at, async (sandbox) => {
      const { access } = await logIn(appOf(sandbox));
      await called(sandbox, access);
    });
    assert.deepEqual(waited, [30_000]);
  },
  "call-unanswered": breaksOffAfterTenMinutes((at, access) => callTool(appOf(at), access, "mock_list_notes")),
  "list-unanswered": breaksOffAfterTenMinutes((at, access) => askModern(at, access, { method: "tools/list" })),
  "initialize-unanswered": async (at) => {
    const waited = await waitedIn(at, async (sandbox) => {
      const { access } = await logIn(appOf(sandbox));
      const headers = { authorization: `Bearer ${access}` };
      const url = "/oauth";
      for (let round = 0; round < 2; round++) {
        const response = await post((_, init) => sandbox.fetch(url, init), initialize(), headers);
        assert.equal(messagesIn(await response.text()).length, 1);
      }
    });
    assert.deepEqual(waited, [TEN_MINUTES_MS]);
  },
  "answer-after-cancel": async (at) => {
    const waited = await waitedIn(at, async (sandbox) => {
      const { access } = await logIn(appOf(sandbox));
      assert.equal(messagesIn(await called(sandbox, access)).length, 1);
      assert.equal(messagesIn(await called(sandbox, access)).length, 1);
    });
    assert.deepEqual(waited, [TEN_MINUTES_MS]);
  },
  "progress-for-ever": async (at) => {
    const waited = await waitedIn(at, async (sandbox) => {
      const { access } = await logIn(appOf(sandbox));
      const params = { name: "mock_list_notes", arguments: {}, _meta: { progressToken: "p" } };
      const begun = await post((_, init) => sandbox.fetch("/oauth", init), initialize(), {
        authorization: `Bearer ${access}`,
      });
      const session = begun.headers.get("mcp-session-id") ?? assert.fail("no session");
      await begun.text();
      const response = await post((_, init) => sandbox.fetch("/oauth", init), rpc("tools/call", params, 2), {
        authorization: `Bearer ${access}`,
        "mcp-session-id": session,
      });
      const messages = messagesIn(await textOf(response));
      const reports = messages.filter(({ method }) => method === "notifications/progress").map(({ params }) => params);
      assert.equal(reports.length, 120);
      assert.deepEqual(reports.at(-1), { progressToken: "p", progress: 120 });
    });
    assert.deepEqual([waited.length, new Set(waited)], [119, new Set([30_000])]);
  },
  "progress-stray": async (at) => {
    const progress = "notifications/progress";
    assert.deepEqual(await saidOn(at), [progress, progress, 1, progress]);
  },
  "cancelled-unknown": async (at) => {
    assert.deepEqual(await saidOn(at), ["notifications/cancelled", "notifications/cancelled", 1]);
  },
  "answer-twice": async (at) => {
    assert.deepEqual(await saidOn(at), [1, 1]);
  },
  "answer-other-id": async (at) => {
    assert.deepEqual(await saidOn(at), ["another-1"]);
    const { access } = await logIn(appOf(at));
    assert.equal(messagesIn(await called(at, access))[0]?.id, 1);
  },
  "answer-id-as-text": async (at) => {
    assert.deepEqual(await saidOn(at), ["1"]);
    const { access } = await logIn(appOf(at));
    assert.equal(messagesIn(await called(at, access))[0]?.id, 1);
  },
};

/** Probes of messages by the name of the scenario. */
export const messageProbes: Readonly<Record<string, Probe>> = {
  "add-numbers": async (at) => {
    const { access } = await logIn(appOf(at));
    const { result } = await (await askModern(at, access, { method: "tools/list" })).json();
    assert.deepEqual(result.tools.map(({ name }: { readonly name: string }) => name), ["add_numbers"]);
    for (const [a, b, sum] of [[2, 3, 5], [-1, 0.5, -0.5]]) {
      const response = await askModern(at, access, {
        method: "tools/call",
        params: { name: "add_numbers", arguments: { a, b } },
        headers: { "mcp-name": "add_numbers" },
      });
      assert.equal((await response.json()).result.content[0].text, `The sum of ${a} and ${b} is ${sum}`);
    }
  },
  "standard-headers": async (at) => {
    const { access } = await logIn(appOf(at));
    const list = async (kind: "tools" | "resources" | "prompts"): Promise<readonly Record<string, unknown>[]> =>
      (await (await askModern(at, access, { method: `${kind}/list` })).json()).result[kind];
    assert.deepEqual((await list("tools")).map(({ name }) => name), ["test_headers", "my-hyphenated-tool"]);
    assert.deepEqual((await list("prompts")).map(({ name }) => name), ["test_prompt"]);
    const uris = (await list("resources")).map(({ uri }) => uri);
    assert.deepEqual(uris, ["file:///path/to/file%20name.txt", "https://example.com/resource?id=123"]);
    const name = "my-hyphenated-tool";
    const called = await askModern(at, access, {
      method: "tools/call",
      params: { name },
      headers: { "mcp-name": name },
    });
    assert.equal((await called.json()).result.content[0].text, "Headers test completed");
    const [uri] = uris;
    const read = await askModern(at, access, {
      method: "resources/read",
      params: { uri },
      headers: { "mcp-name": String(uri) },
    });
    assert.deepEqual((await read.json()).result.contents, []);
  },
  "unknown-notification": async (at) => {
    assert.deepEqual(await saidOn(at), ["notifications/x-weather", 1]);
  },
  "server-requests": async (at) => {
    const waited = await waitedIn(at, async (sandbox) => {
      assert.deepEqual(await saidOn(sandbox), ["ping", "ping", "ping", "x/weather", 1]);
    });
    assert.deepEqual(waited, [3000]);
  },
  "old-error-codes": async (at) => {
    assert.deepEqual(await saidOn(at), [-32001]);
    assert.deepEqual(await saidOn(at), [-32003]);
    assert.deepEqual(await saidOn(at), [1]);
  },
  "declared-method-missing": async (at) => {
    const { access } = await logIn(appOf(at));
    const { result } = await (await askModern(at, access, { method: "server/discover" })).json();
    assert.deepEqual(result.capabilities, { tools: {}, prompts: {} });
    const response = await askModern(at, access, { method: "prompts/list" });
    assert.deepEqual([response.status, (await response.json()).error.code], [404, -32601]);
  },
  "result-kind-unknown": async (at) => {
    const { access } = await logIn(appOf(at));
    const kind = async (): Promise<unknown> => Object(messagesIn(await called(at, access))[0]?.result).resultType;
    assert.deepEqual([await kind(), await kind()], ["x-deferred", "complete"]);
  },
  "result-kind-missing": async (at) => {
    const { access } = await logIn(appOf(at));
    const { result } = await (await askModern(at, access, { method: "tools/list" })).json();
    assert.deepEqual([result.tools.length, result.nextCursor, "resultType" in result], [5, "page-2", false]);
    assert.equal("resultType" in Object(messagesIn(await called(at, access))[0]?.result), false);
  },
};
