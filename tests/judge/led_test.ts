/**
 * Clients that are led: through a scenario, by a driver that asks between all steps what comes next, and through a gauntlet of
 * many. They are told, and judged as if nobody had led them.
 */
import assert from "node:assert/strict";
import { z } from "zod";
import { type Revision, revisions } from "../../lib/judge/settled.ts";
import { catalogue } from "../../lib/scenarios/catalogue/catalogue.ts";
import { core } from "../../lib/scenarios/catalogue/sets.ts";
import { driverOf } from "../../lib/scenarios/driver.ts";
import { NEXT_STEP } from "../../lib/scenarios/guide.ts";
import type { Scenario } from "../../lib/scenarios/scenario.ts";
import { json, origin, type TestApp, testApp } from "../helpers.ts";
import type { Slip } from "../interop/double/double.ts";
import { createApp } from "../../routes/app.ts";
import { assemble } from "../../routes/assemble.ts";
import { beginSession, type Fetch, initialize, messagesOf, post, postModern, rpc } from "../mcp/helpers.ts";
import { openWorld, playScenario, type SeenReport } from "./scenario_world.ts";

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

/** A gauntlet as programs see it. */
const standing = z.object({ number: z.number(), name: z.string(), isDone: z.boolean(), stages: z.array(z.string()) });

async function whereIs(test: Pick<TestApp, "get">, at: string): Promise<z.infer<typeof standing>> {
  return standing.parse(await json(await test.get(at, { accept: "application/json" })));
}

/** Goes on as a person does who presses the button, to a stage or to the next. */
async function press(test: Pick<TestApp, "postForm">, at: string, stage?: number): Promise<z.infer<typeof standing>> {
  return standing.parse(await json(await test.postForm(at, stage === undefined ? {} : { stage: String(stage) })));
}

function stageNamed(name: string): Scenario {
  const found = catalogue.find((one) => one.name === name);
  assert(found, name);
  return found;
}

/** What a client came to: its verdict, and the rules it broke. */
function comeTo({ verdict, clients }: SeenReport): unknown {
  return [verdict, clients.map(({ failures, warnings }) => [failures, warnings])];
}

for (const version of ["2025-11-25", "2026-07-28"] as const) {
  Deno.test(`a right client of ${version} is led through a gauntlet by its tools, and passes every stage that is for it (README, Runs)`, async () => {
    await using test = await openWorld();
    const at = "/gauntlet~led";
    const pressed: string[] = [];
    const { stages } = await whereIs(test, at);
    assert.deepEqual(stages.toSorted(), core.toSorted());
    for (const [index, name] of stages.entries()) {
      const before = await whereIs(test, at);
      assert.deepEqual([before.number, before.name, before.isDone], [index + 1, name, false]);
      const scenario = stageNamed(name);
      if (scenario.revisions?.includes(version) ?? true) {
        const report = await playScenario(test, scenario, { version, base: origin + at, goesOn: true }, "led");
        assert.deepEqual([report.verdict, report.clients.length], ["pass", 1], `${name}: ${report.reason}`);
      }
      const { number, isDone } = await whereIs(test, at);
      if (number !== index + 1 || isDone) continue;
      pressed.push(name);
      await press(test, at);
    }
    assert.equal((await whereIs(test, at)).isDone, true);
    // Nobody who does right comes to a tool there, or the stage is not for this revision.
    const isOld = version === "2025-11-25";
    assert.deepEqual(pressed, ["state-wrong", "person-denies", "endless-401", ...isOld ? [] : ["session-lost"]]);
    const { verdict, counts } = await json(await test.get("/control/runs/led"));
    assert.deepEqual([verdict, counts], ["pass", {
      pass: isOld ? 20 : 19,
      fail: 0,
      incomplete: 0,
      notTried: 0,
      withWarnings: 0,
    }]);
  });
}

/** Each with the stages that it is to fail. */
const broken: readonly (readonly [slip: Slip, stages: readonly string[]])[] = [
  ["takes any state", ["standard", "state-wrong", "session-lost"]],
  ["names no resource", ["standard", "oidc-only", "step-up"]],
  ["takes the first page for all", ["oidc-only", "pages", "answers-as-streams"]],
];

Deno.test("at each stage of a gauntlet, a broken client comes to what it comes to at the scenario's own URL (README, Runs)", async (t) => {
  for (const [slip, names] of broken) {
    await t.step(slip, async () => {
      await using test = await openWorld();
      const at = "/gauntlet~led";
      const { stages } = await whereIs(test, at);
      const seen: unknown[] = [];
      for (const name of names) {
        await press(test, at, stages.indexOf(name) + 1);
        const [scenario, how] = [stageNamed(name), { version: "2025-11-25", slip } as const];
        const led = comeTo(await playScenario(test, scenario, { ...how, base: origin + at, goesOn: true }, "led"));
        assert.deepEqual(led, comeTo(await playScenario(test, scenario, how, "own")), name);
        seen.push(led);
      }
      assert.match(JSON.stringify(seen), /"fail"/);
    });
  }
});

Deno.test("all that a gauntlet's metadata and challenges name lies below its own URL (RFC 9728 3.3, RFC 8414 3.3)", async () => {
  await using test = await testApp();
  const at = "/gauntlet-pages~led";
  const own = origin + at;
  const challenge = (await test.postJson(`${at}/oauth`, {})).headers.get("www-authenticate") ?? "";
  const metadata = `/.well-known/oauth-protected-resource${at}/oauth`;
  assert.match(challenge, new RegExp(`resource_metadata="${origin}${metadata}"`));
  const { resource, authorization_servers } = await json(await test.get(metadata));
  assert.deepEqual([resource, authorization_servers], [`${own}/oauth`, [own]]);
  const server = await json(await test.get(`/.well-known/oauth-authorization-server${at}`));
  assert.deepEqual([server.issuer, server.token_endpoint], [own, `${own}/oauth/token`]);
});

Deno.test("a gauntlet moves on by itself when a client connects anew: soon where its verdict stands, late where it does not (README, Runs)", async () => {
  await using test = await openWorld();
  const at = "/gauntlet~led";
  const { stages } = await whereIs(test, at);
  const [first, second] = [stages.indexOf("person-denies"), stages.indexOf("standard")].map((index) => index + 1);
  const connect = async (seconds: number): Promise<string> => {
    await test.postJson(`${at}/control/clock`, { advance_seconds: seconds });
    await (await post((_, init) => test.fetch(`${at}/oauth`, init), initialize())).text();
    return (await whereIs(test, at)).name;
  };
  await press(test, at, first);
  await playScenario(test, stageNamed("person-denies"), { version: "2025-11-25", base: origin + at }, "led");
  assert.equal(await connect(9), "person-denies");
  const next = stages[first ?? 0];
  assert.equal(await connect(11), next);
  await press(test, at, second);
  assert.equal(await connect(0), "standard");
  assert.equal(await connect(299), "standard");
  assert.notEqual(await connect(301), "standard");
});

Deno.test("what a client of the stage before still sends is neither taken for good nor held against it (README, Runs)", async () => {
  await using test = await openWorld();
  const at = "/gauntlet~led";
  const how = { version: "2025-11-25", base: origin + at, staysOpen: true } as const;
  const sent: Request[] = [];
  const send = (request: Request): Promise<Response> => {
    sent.push(request);
    return test.app(request);
  };
  await playScenario(test, stageNamed("standard"), { ...how, send }, "led");
  const { name } = await press(test, at);
  const last = sent.findLast(({ headers }) => headers.has("mcp-session-id"));
  assert(last);
  const stale = await test.fetch(`${at}/oauth`, {
    method: "POST",
    headers: last.headers,
    body: JSON.stringify(rpc("tools/list", {})),
  });
  await stale.text();
  assert.equal(stale.status, 401);
  const report = await playScenario(test, stageNamed(name), { ...how, staysOpen: false }, "led");
  assert.deepEqual(report.clients.flatMap(({ failures }) => failures), []);
});

Deno.test("processes on one database are at the same stage, which nobody leaves who has seen another (README, Runs)", async () => {
  using kv = await Deno.openKv(":memory:");
  const [one, other] = [assemble({ kv, shared: true }, createApp), assemble({ kv, shared: true }, createApp)].map((
    { deps },
  ) => deps.gauntlets);
  assert(one && other);
  const gauntlet = { set: "core", run: "led", prefix: "/gauntlet~led" };
  const [first, second] = (await one.where(gauntlet)).stages.map(({ name }) => name);
  assert(first !== undefined && second !== undefined);
  await Promise.all([one, other, one].map((each) => each.move(gauntlet, first)));
  assert.deepEqual([(await one.where(gauntlet)).number, (await other.where(gauntlet)).number], [2, 2]);
  assert.equal((await other.move(gauntlet, second)).number, 3);
  assert.equal((await one.move(gauntlet, first)).number, 3);
});

Deno.test("a client that calls nothing but mock_next_stage passes no stage (README, Runs)", async () => {
  await using test = await openWorld();
  const options = {
    version: "2026-07-28",
    driver: twice.slice(0, 2),
    base: `${origin}/gauntlet~led`,
    goesOn: true,
  } as const;
  const { verdict, reason } = await playScenario(test, stageNamed("standard"), options, "led");
  assert.equal((await whereIs(test, "/gauntlet~led")).number, 2);
  assert.equal(verdict, "incomplete", reason);
});

Deno.test("on a public server a gauntlet takes a secret label, and its stages count as the sandboxes that they are (README, Host)", async () => {
  await using test = await testApp({ public: true, control: { token: "t" }, monotonicMs: () => 0 });
  assert.equal((await test.get("/gauntlet~short", { accept: "text/html" })).status, 403);
  assert.equal((await test.postForm("/gauntlet~short", {})).status, 401);
  const at = "/gauntlet-all~a-label-that-is-a-secret";
  const { stages } = await whereIs(test, at);
  let answered = 0;
  while (answered < stages.length && (await test.postForm(at, {}, { "content-length": "0" })).status === 200) {
    answered++;
  }
  // Thirty may be begun at once, of which the label that is none took one.
  assert.equal(answered, 29);
  assert.equal((await test.get(`${at}/health`)).status, 429);
});

Deno.test("a program goes on with a POST: without a body, with a form or with JSON, and what is in it is known (README, Runs)", async () => {
  await using test = await testApp();
  const at = "/gauntlet~led";
  const go = async (body?: string, type?: string): Promise<readonly [status: number, said: string]> => {
    const headers = { accept: "application/json", ...(type === undefined ? {} : { "content-type": type }) };
    const sent = await test.fetch(at, { method: "POST", headers, ...(body === undefined ? {} : { body }) });
    return [sent.status, await sent.text()];
  };
  const [form, asJson] = ["application/x-www-form-urlencoded", "application/json; charset=utf-8"];
  const moves: readonly (readonly [body: string | undefined, type: string | undefined, number: number])[] = [
    [undefined, undefined, 2],
    ["", form, 3],
    ["", asJson, 4],
    ["stage=7", form, 7],
    [`{"stage":9}`, asJson, 9],
    ["{}", asJson, 10],
  ];
  for (const [body, type, number] of moves) {
    const [status, said] = await go(body, type);
    assert.equal(status, 200, said);
    assert.equal(standing.parse(JSON.parse(said)).number, number);
  }
  const refused: readonly (readonly [body: string, type: string, status: number, says: RegExp])[] = [
    ["stgae=3", form, 400, /stgae is not a known parameter.*stage/],
    [`{"stgae":3}`, asJson, 400, /stgae is not a known member.*stage/],
    [`{"stage":"3"}`, asJson, 400, /stage/],
    ["stage=3", "text/plain", 415, /application\/json/],
    ["stage=21", form, 400, /1 to 20, or at the last stage 21 to end it; this is stage 10/],
    ["stage=22", form, 400, /1 to 20/],
  ];
  for (const [body, type, status, says] of refused) {
    const [came, said] = await go(body, type);
    assert.equal(came, status, said);
    assert.match(said, says);
  }
  assert.equal((await whereIs(test, at)).number, 10);
});

Deno.test("a gauntlet that was not gone through says so at its end (README, Runs)", async () => {
  await using test = await testApp();
  await press(test, "/gauntlet~led", 20);
  assert.equal((await press(test, "/gauntlet~led", 21)).isDone, true);
  const page = await (await test.get("/gauntlet~led", { accept: "text/html" })).text();
  assert.match(page, /The gauntlet has ended: 20 of 20 stages were not tried\./);
});

Deno.test("a gauntlet of a set that there is not is not found, and the nearest is named (README, Runs)", async () => {
  await using test = await testApp();
  const response = await test.get("/gauntlet-session~led/oauth");
  assert.deepEqual([response.status, JSON.stringify(await json(response)).includes("did you mean sessions?")], [
    404,
    true,
  ]);
});

Deno.test("the page of a gauntlet says where it is, what to do there, and what it has come to (README, Runs)", async () => {
  await using test = await openWorld();
  const at = "/gauntlet~led";
  await playScenario(test, stageNamed("standard"), { version: "2025-11-25", base: origin + at, goesOn: true }, "led");
  const page = await (await test.get(at, { accept: "text/html" })).text();
  assert.match(page, /stage 2 of 20: <code>oidc-only<\/code>/);
  assert.match(page, /<li>connect<\/li><li>list the tools<\/li>/);
  assert.match(page, /gauntlet-pass"><span title="[^"]+"><span class="gauntlet-name">standard<\/span>/);
  assert.match(page, /<a href="\/runs\/led\?set=core">/);
  assert.match(
    await (await test.get("/gauntlet", { accept: "text/html" })).text(),
    /href="\/gauntlet-sessions~[0-9a-f]{20}"/,
  );
});
