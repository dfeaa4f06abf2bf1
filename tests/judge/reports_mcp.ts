/** Reports from the wild on sessions, streams and messages of MCP. */
import assert from "node:assert/strict";
import type { WildReport } from "./wild.ts";

const LATER = { later: "sessions and streams (issue 19)" } as const;
const OPEN = { life: "always" } as const;
const echo = { name: "mock_echo", arguments: { message: "m" } };
const delay = { name: "mock_delay", arguments: { delayMs: 10_000, message: "m" } };
const isOf = (rpc_method: string): Readonly<Record<string, unknown>> => ({ endpoint: "mcp", rpc_method });

/** A page of tools, as a server of many has them. */
function page(nextCursor: string, match = {}): Readonly<Record<string, unknown>> {
  const tool = { name: "mock_echo", inputSchema: { type: "object" } };
  return {
    match: { ...isOf("tools/list"), ...match },
    ...OPEN,
    edit: { json: { set: { result: { tools: [tool], nextCursor } } } },
  };
}

export const mcpReports: readonly WildReport[] = [
  {
    number: 2,
    issue: "kaeawc/auto-mobile#1942",
    mistake: "It reopens its GET stream while the first is open, and ends the session with a call under way",
    play: async (wild) => {
      await wild.begin();
      const stream = await wild.get();
      const call = await wild.send("tools/call", delay);
      assert.deepEqual([stream.status, (await wild.get()).status, await wild.end()], [200, 409, 200]);
      await Promise.all([stream.text(), call.text()]);
    },
    seen: { rule: "M32", isWarning: true },
    verdict: "pass",
  },
  {
    number: 3,
    issue: "render-oss/render-mcp-server#26",
    mistake: "It gives up because its silent GET stream cannot be opened again for two minutes",
    play: async (wild) => {
      await wild.begin();
      await wild.set("POST /faults", { match: { endpoint: "mcp", method: "GET" }, edit: { truncate_bytes: 0 } });
      await assert.rejects(async () => await (await wild.get()).text(), /cut off/);
      const until = wild.at.clock.nowMs + 120_000;
      const fault = { match: { endpoint: "mcp", method: "GET" }, life: { until }, answer: { status: 503 } };
      await wild.set("POST /faults", fault);
      assert.equal((await wild.get()).status, 503);
      await wild.pass(60);
      assert.equal((await wild.get()).status, 503);
      await wild.pass(61);
      const reopened = await wild.get();
      assert.equal(reopened.status, 200);
      await reopened.body?.cancel();
    },
    seen: { invisible: "a client that gives up and one that its person closes send the same: nothing" },
    verdict: "pass",
  },
  {
    number: 4,
    issue: "anthropics/claude-code#75976",
    mistake: "With a static key, it takes a lost session for a missing login, and never begins another session",
    play: async (wild) => {
      await wild.beginAt("/bearer", { authorization: "Bearer a-static-key-of-its-own" });
      assert.equal(await wild.ask("tools/call", echo), 200);
      await wild.pass(2 * 60 * 60);
      assert.equal(await wild.ask("tools/call", echo), 404);
      const { origin, pathname } = new URL(wild.base);
      for (const path of [`${pathname}/bearer`, ""]) {
        await (await wild.at.get(`${origin}/.well-known/oauth-protected-resource${path}`)).text();
      }
    },
    seen: { short: /lost its session, which tools\/call was told with 404, and it went on with GET \/\.well-known/ },
    verdict: "incomplete",
  },
  {
    number: 5,
    issue: "anomalyco/opencode#32809",
    mistake: "It goes on with a lost session, as the server answers 400 instead of 404",
    play: async (wild) => {
      await wild.begin();
      await wild.set("POST /faults", { match: { endpoint: "mcp", status: 404 }, ...OPEN, edit: { status: 400 } });
      await wild.pass(2 * 60 * 60);
      for (let count = 0; count < 3; count++) assert.equal(await wild.ask("tools/call", echo), 400);
    },
    seen: { short: /Its last 3 requests to the MCP server were all refused, the last with 400 -32001/ },
    verdict: "incomplete",
  },
  {
    number: 7,
    issue: "vercel/ai#19240",
    mistake: "It takes the first page of the tools for all",
    play: async (wild) => {
      await wild.set("POST /faults", page("page-2", { message: { "params.cursor": null } }));
      await wild.begin({ slip: "takes the first page for all" });
    },
    seen: { rule: "M107", isWarning: true },
    verdict: "pass",
  },
  {
    number: 8,
    issue: "DeusData/codebase-memory-mcp#1247",
    mistake: "It follows the same cursor for ever",
    play: async (wild) => {
      await wild.set("POST /faults", page("again"));
      await wild.begin({ slip: "takes the first page for all" });
      for (let count = 0; count < 60; count++) assert.equal(await wild.ask("tools/list", { cursor: "again" }), 200);
    },
    seen: { rule: "M107", isWarning: true },
    verdict: "pass",
  },
  {
    number: 10,
    issue: "modelcontextprotocol/java-sdk#748",
    mistake: "It fails on a notification that is answered with 200 and no message, and goes no further",
    play: async (wild) => {
      await wild.set("POST /faults", {
        match: isOf("notifications/initialized"),
        answer: { status: 200, headers: { "content-type": "application/json" }, body: "" },
      });
      await wild.begin({ givesUpAfter: "notifications/initialized" });
    },
    seen: { short: /It began to speak MCP, but did not make a call/ },
    verdict: "incomplete",
  },
  {
    number: 11,
    issue: "ballerina-platform/ballerina-library#9161",
    mistake: "It tries to end its session again and again, though the server lets nobody do that",
    play: async (wild) => {
      await wild.set("POST /faults", {
        match: { endpoint: "mcp", method: "DELETE" },
        ...OPEN,
        answer: { status: 405 },
      });
      await wild.begin();
      for (let count = 0; count < 6; count++) {
        assert.equal(await wild.end(), 405);
        await wild.pass(1);
      }
    },
    seen: { rule: "C44", isWarning: true },
    verdict: "pass",
  },
  {
    number: 14,
    issue: "modelcontextprotocol/typescript-sdk#2509",
    mistake: "It resumes without Last-Event-ID after a resumed stream broke before its first event",
    play: async (wild) => {
      await wild.begin();
      const own = await wild.get();
      await wild.set("POST /faults", {
        match: isOf("tools/call"),
        edit: { stream: { end: { after_events: 1, how: "cut" } } },
      });
      await wild.set("POST /faults", { match: { endpoint: "mcp", has_header: "last-event-id" }, edit: { drop: true } });
      const [, id = ""] = /^id: (.*)$/m.exec(await readUntilBroken(await wild.send("tools/call", delay))) ?? [];
      assert.notEqual(id, "");
      assert.equal(await readUntilBroken(await wild.get({ "last-event-id": id })), "");
      const again = await wild.get();
      assert.equal(again.status, 409, "its stream for what the server says unasked is open still");
      await again.text();
      // Its time limit is over in the end.
      const cancelled = { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 100 } };
      assert.equal(await wild.say(cancelled), 202);
      await own.body?.cancel();
    },
    seen: { rule: "M30", isWarning: true },
    verdict: "pass",
  },
  {
    number: 15,
    issue: "modelcontextprotocol/python-sdk#1720",
    mistake: "It waits for ever where the server writes the id of its request as text",
    play: async (wild) => {
      await wild.set("POST /faults", {
        match: isOf("initialize"),
        ...OPEN,
        edit: { json: { set: { id: "{rpc_id_text}" } }, stream: { form: "events" } },
      });
      await wild.begin({ givesUpAfter: "initialize" });
    },
    seen: { short: /It began to speak MCP, but did not make a call/ },
    verdict: "incomplete",
  },
  {
    number: 16,
    issue: "simonx1/ruby-mcp-client#178",
    mistake: "It drops a call that takes long without cancelling it, and sends it again",
    play: async (wild) => {
      await wild.begin();
      for (let count = 0; count < 2; count++) assert.equal(await wild.ask("tools/call", delay), 200);
    },
    seen: { rule: "M32", isWarning: true },
    verdict: "pass",
  },
  {
    number: 17,
    issue: "mark3labs/mcp-go#932",
    mistake: "It reads its GET stream only when its call is answered, which waits for a question there",
    play: async (wild) => {
      await wild.begin();
      const listening = (await wild.get()).body?.getReader();
      const asked = listening?.read();
      const question = { jsonrpc: "2.0", id: "question-1", method: "ping" };
      await wild.set("POST /faults", {
        match: isOf("tools/call"),
        edit: { stream: { on_get: [{ message: question }], end: { how: "hold" } } },
      });
      const call = (await wild.send("tools/call", echo)).body?.getReader();
      const answer = call?.read();
      assert.match(new TextDecoder().decode((await asked)?.value), /question-1/);
      // The question is there, and nobody looks, until the call has been given up.
      wild.wait(60_000);
      const cancelled = { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 100 } };
      assert.equal(await wild.say(cancelled), 202);
      await call?.cancel();
      await answer;
      assert.equal(await wild.say({ jsonrpc: "2.0", id: "question-1", result: {} }), 202);
      await listening?.cancel();
    },
    seen: { rule: "M31", isWarning: true },
    verdict: "pass",
  },
  {
    number: 18,
    issue: "anthropics/claude-code#79826",
    mistake: "It does not list the tools again when the server says that they changed",
    play: async (wild) => {
      await wild.beginAt("/conformance");
      assert.equal(await wild.ask("tools/list"), 200);
      const stream = await wild.get();
      assert.equal(await wild.ask("tools/call", { name: "test_trigger_tool_change", arguments: {} }), 200);
      const reader = stream.body?.getReader();
      let text = "";
      while (!text.includes("list_changed")) text += new TextDecoder().decode((await reader?.read())?.value);
      await reader?.cancel();
    },
    missing: "behind a login (issue 19)",
    seen: LATER,
    verdict: "incomplete",
  },
  {
    number: 27,
    issue: "stacklok/toolhive#5306",
    mistake: "It goes on with the session that the server ended when the token was refreshed",
    play: async (wild) => {
      await wild.set("PATCH /plan", { policy: { session_ends_with_token: true } });
      await wild.begin({ staysOpen: true });
      assert.equal(await wild.refresh(), 200);
      for (let count = 0; count < 3; count++) {
        assert.equal(await wild.ask("tools/call", echo), 404);
        await wild.pass(2);
      }
    },
    seen: { rule: "M35" },
    verdict: "fail",
  },
];

/** What came of a body that breaks off. */
async function readUntilBroken(response: Response): Promise<string> {
  let text = "";
  const reader = response.body?.getReader();
  await assert.rejects(async () => {
    for (;;) text += new TextDecoder().decode((await reader?.read())?.value);
  }, /on request/);
  return text;
}
