/** A client whose driver asks between all steps what comes next: it is told, and judged as if it had not asked. */
import assert from "node:assert/strict";
import { z } from "zod";
import { type Revision, revisions } from "../../lib/judge/settled.ts";
import { catalogue } from "../../lib/scenarios/catalogue/catalogue.ts";
import { driverOf } from "../../lib/scenarios/driver.ts";
import { NEXT_STEP } from "../../lib/scenarios/guide.ts";
import type { Scenario } from "../../lib/scenarios/scenario.ts";
import { testApp } from "../helpers.ts";
import { beginSession, type Fetch, messagesOf, post, postModern, rpc } from "../mcp/helpers.ts";
import { openWorld, playScenario } from "./scenario_world.ts";

/** In different groups; each with how many steps are known to be done after each step that shows. */
const told: Readonly<Record<string, readonly number[]>> = {
  "session-lost-400": [1, 2, 3, 3, 3, 4],
  "short-tokens": [1, 2, 3, 4, 4, 6, 7, 8, 8, 10, 11, 12],
  "tools-change": [1, 2, 3, 4, 4, 6],
  "structured-content-any": [1, 2, 3, 4, 5, 6, 7, 8],
  "task-or-result": [1, 2, 3, 4, 4, 6],
  "question-declined": [1, 2, 2, 4],
  "skills-no-prefetch": [1, 2],
  "expired-500": [1, 2, 3, 4],
  "cache-fresh": [1, 2, 3, 3, 5, 6, 7, 7, 9],
};

Deno.test("a client that calls mock_next_step between all steps passes, and is told how far it is (README, Break things)", async (t) => {
  await using test = await openWorld();
  for (const scenario of catalogue.filter(({ name }) => name in told)) {
    for (const version of revisions.filter((one) => scenario.revisions?.includes(one) ?? true)) {
      await t.step(`${scenario.name}, ${version}`, async () => {
        const said: number[] = [];
        const onLed = (words: string): void => void said.push(Number.parseInt(words, 10));
        const report = await playScenario(test, scenario, { version, onLed }, version);
        assert.equal(report.verdict, "pass", report.reason);
        assert.deepEqual(said, told[scenario.name]);
      });
    }
  }
});

Deno.test("a client that calls nothing but mock_next_step has made no call (MCP tools)", async () => {
  await using test = await openWorld();
  const scenario = catalogue.find(({ name }) => name === "short-tokens");
  assert(scenario);
  const version: Revision = "2026-07-28";
  const driver = driverOf(scenario).filter((step) => step.do === "connect" || step.do === "list_tools").slice(0, 2);
  const report = await playScenario(test, scenario, { version, driver, onLed: () => {} }, "idle");
  assert.notEqual(report.verdict, "pass");
  assert.doesNotMatch(JSON.stringify(report), new RegExp(NEXT_STEP));
});

/** Twice the same, so that there is more in it than one round. */
const twice = [
  { do: "connect" },
  { do: "list_tools" },
  { do: "call", tool: "mock_echo", arguments: { message: "a" } },
  { do: "list_tools" },
  { do: "call", tool: "mock_echo", arguments: { message: "b" } },
  { do: "end" },
] as const;

const own: Scenario = {
  name: "own",
  group: "Well-behaved",
  story: "A test's own",
  client: "",
  expects: [],
  links: [],
  plan: {},
  driver: twice,
};

/** Sends to the open endpoint of a scenario of an app. */
async function openAt(scenario: Scenario, options: Parameters<typeof testApp>[0] = {}): Promise<Fetch> {
  const test = await testApp({ ...options, scenarios: [scenario] });
  return (_, init) => test.fetch(`/s/${scenario.name}/no-auth`, init);
}

/** What the tool says to a caller of 2025-11-25 with these headers, or to one without any. */
async function askedBy(fetch: Fetch, headers: Record<string, string>): Promise<string> {
  const [answer] = await messagesOf(await post(fetch, rpc("tools/call", { name: NEXT_STEP, arguments: {} }), headers));
  return JSON.stringify(answer);
}

async function askModern(fetch: Fetch, args: Record<string, unknown> = {}): Promise<string> {
  const asked = await postModern(fetch, { method: "tools/call", params: { name: NEXT_STEP, arguments: args } });
  return JSON.stringify(await asked.json());
}

Deno.test("mock_next_step goes on after a step of which the driver says that it is done, as far as there are steps (MCP tools)", async () => {
  const fetch = await openAt(own);
  assert.match(await askModern(fetch), /"1 of 6 steps are done\. .*\\n2\. list the tools\\n/);
  assert.match(
    await askModern(fetch, { after: 3 }),
    /"3 of 6 steps are done\. .*\\n4\. list the tools\\n.*\{after: 4\}/,
  );
  assert.match(
    await askModern(fetch, { after: 5 }),
    /"5 of 6 steps are done\. .*\\n6\. disconnect\\nThen all is done\."/,
  );
  for (const after of [6, 99]) assert.match(await askModern(fetch, { after }), /"All 6 steps are done\. /);
  assert.match(await askModern(fetch, { after: -1 }), /after/);
});

Deno.test("mock_next_step does not go back before what is on record (MCP tools)", async () => {
  const fetch = await openAt(own);
  await (await postModern(fetch, { method: "tools/list" })).text();
  assert.match(await askModern(fetch, { after: 0 }), /"2 of 6 steps are done\. .*\\n3\. call mock_echo/);
  assert.match(await askModern(fetch, { after: 1 }), /"2 of 6 steps are done\. /);
});

Deno.test("mock_next_step tells the whole script where nothing is recorded, and what follows a step that it is told of (MCP tools)", async () => {
  const fetch = await openAt(own, { record: false });
  await (await postModern(fetch, { method: "tools/list" })).text();
  assert.match(
    await askModern(fetch),
    /is not on record, .*\\n1\. connect\\n2\. list the tools\\n.*\\n6\. disconnect"/,
  );
  assert.match(await askModern(fetch, { after: 2 }), /"2 of 6 steps are done\. .*\\n3\. call mock_echo/);
});

Deno.test("mock_next_step tells each of several clients of its own steps, and one that shows not which it is of all (MCP tools)", async () => {
  const fetch = await openAt(own);
  const ahead = await beginSession(fetch);
  const another: Fetch = (url, init) =>
    fetch(url, {
      ...init,
      headers: { ...z.record(z.string(), z.string()).parse(init?.headers), "user-agent": "another" },
    });
  const behind = await beginSession(another);
  await (await post(fetch, rpc("tools/list", {}), ahead)).text();
  assert.match(await askedBy(fetch, ahead), /"2 of 6 steps are done\. /);
  assert.match(await askedBy(another, behind), /"1 of 6 steps are done\. /);
  assert.match(await askModern(fetch), /cannot be told from those of others\. /);
});

Deno.test("mock_next_step is answered over HTTP+SSE as well, and judged as if it had not been called (MCP 2024-11-05 transports)", async () => {
  const scenario = { ...own, plan: { policy: { mcpTransport: "http_sse" } } } as const;
  await using test = await openWorld({ scenarios: [scenario] });
  const told: string[] = [];
  const report = await playScenario(
    test,
    scenario,
    { version: "2025-11-25", onLed: (said) => void told.push(said) },
    "a",
  );
  assert.equal(report.verdict, "pass", report.reason);
  assert.deepEqual(told.map((words) => Number.parseInt(words, 10)), [1, 2, 3, 4, 5]);
});

Deno.test("mock_next_step is listed only where there is more to do than to connect, list and call once (MCP tools)", async () => {
  for (const [driver, isThere] of [[twice, true], [[...twice.slice(0, 3), { do: "end" }], false]] as const) {
    const listed = await postModern(await openAt({ ...own, driver }), { method: "tools/list" });
    assert.equal((await listed.text()).includes(NEXT_STEP), isThere);
  }
});
