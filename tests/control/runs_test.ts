/** `GET /control/runs/<run>`: what the sandboxes with one label come to. */
import assert from "node:assert/strict";
import { z } from "zod";
import { runOperations } from "../../lib/control/runs.ts";
import { catalogue } from "../../lib/scenarios/catalogue/catalogue.ts";
import { core, setNames } from "../../lib/scenarios/catalogue/sets.ts";
import type { Revision } from "../../lib/judge/settled.ts";
import { createApp } from "../../main.ts";
import { readResults } from "../../routes/pages/results.ts";
import type { Slip } from "../interop/double/double.ts";
import { json, type TestApp, testApp } from "../helpers.ts";
import { openWorld, playScenario, type World } from "../judge/scenario_world.ts";
import { send } from "./helpers.ts";

const seen = z.object({
  verdict: z.string(),
  reason: z.string(),
  counts: z.record(z.string(), z.number()),
  scenarios: z.array(z.looseObject({ name: z.string(), verdict: z.string(), url: z.string(), report: z.string() })),
});

async function runOf(test: Pick<TestApp, "fetch">, path: string): Promise<z.infer<typeof seen>> {
  const answer = await json(await test.fetch(path));
  assert(runOperations.control_run.answer.safeParse(answer).success, JSON.stringify(answer).slice(0, 500));
  return seen.parse(answer);
}

async function play(
  world: World,
  name: string,
  run: string,
  slip?: Slip,
  version: Revision = "2025-11-25",
): Promise<void> {
  const scenario = catalogue.find((one) => one.name === name);
  assert(scenario);
  await playScenario(world, scenario, { version, slip }, run);
}

/** Three scenarios with the label `mine`, of which the client fails one, and one with another label. */
async function playedWorld(): Promise<World> {
  const world = await openWorld();
  await play(world, "standard", "mine");
  await play(world, "pages", "mine");
  await play(world, "state-wrong", "mine", "takes any state");
  await play(world, "standard", "other");
  return world;
}

Deno.test("a run adds up the sandboxes with its label, and no others", async () => {
  await using world = await playedWorld();
  const { verdict, reason, counts, scenarios } = await runOf(world, "/control/runs/mine");
  assert.deepEqual([verdict, reason], ["fail", "1 of 3 scenarios failed: state-wrong"]);
  assert.deepEqual(counts, { pass: 2, fail: 1, incomplete: 0, notTried: 0, withWarnings: 0 });
  assert.deepEqual(scenarios.map(({ name, verdict }) => `${name} ${verdict}`).sort(), [
    "pages pass",
    "standard pass",
    "state-wrong fail",
  ]);
  const other = await runOf(world, "/control/runs/other");
  assert.deepEqual([other.verdict, other.reason], ["pass", "1 scenario passed"]);
});

Deno.test("each scenario of a run has the report of its own sandbox", async () => {
  await using world = await playedWorld();
  const { scenarios } = await runOf(world, "/control/runs/mine");
  for (const { report, verdict, url } of scenarios) {
    assert.equal((await json(await world.fetch(report))).verdict, verdict, url);
  }
});

Deno.test("a run that is held against a set is incomplete as long as one of it was not tried", async () => {
  await using world = await openWorld();
  await play(world, "standard", "mine");
  assert.equal((await runOf(world, "/control/runs/mine?set=well-behaved")).verdict, "pass");
  const { verdict, counts, reason } = await runOf(world, "/control/runs/mine?set=core");
  assert.deepEqual([verdict, counts.pass, counts.notTried], ["incomplete", 1, core.length - 1]);
  assert.match(reason, /^19 of 20 scenarios not tried: .+ and 14 more$/);
});

Deno.test("who waits for a run looks again after four times as long as a look took, and no longer than it says", async () => {
  let nowMs = 0;
  const pauses: number[] = [];
  await using test = await testApp({
    monotonicMs: () => nowMs,
    sleep: (ms) => {
      if (ms < 250) return Promise.resolve();
      pauses.push(ms);
      // Others are in the way for so long.
      nowMs += ms + (pauses.length === 2 ? 500 : 0);
      return Promise.resolve();
    },
  });
  assert.equal((await runOf(test, "/control/runs/mine?set=core&wait=5")).verdict, "incomplete");
  assert.deepEqual(pauses, [250, 250, 2000, ...Array.from({ length: 8 }, () => 250)]);
});

Deno.test("a run that nobody has begun is incomplete, not an error", async () => {
  await using world = await openWorld();
  const { verdict, reason, scenarios } = await runOf(world, "/control/runs/nobody");
  assert.deepEqual([verdict, scenarios.length], ["incomplete", 0]);
  assert.equal(reason, "No client has tried a scenario with the label nobody");
});

Deno.test("a sandbox that was only looked at was not tried", async () => {
  await using world = await openWorld();
  await world.fetch("/s/standard~mine/inspect");
  assert.equal((await runOf(world, "/control/runs/mine")).counts.notTried, 0);
});

const message = z.strictObject({ text: z.string().min(1) });
const level = z.enum(["error", "warning", "note", "none"]);

/** What SARIF 2.1.0 says of what is written here (3.14, 3.18, 3.19, 3.27, 3.49); a member that is misspelt is none of it. */
const sarifShape = z.strictObject({
  $schema: z.url(),
  version: z.literal("2.1.0"),
  runs: z.tuple([z.strictObject({
    tool: z.strictObject({
      driver: z.strictObject({
        name: z.string(),
        semanticVersion: z.string(),
        informationUri: z.url(),
        rules: z.array(z.strictObject({
          id: z.string(),
          name: z.string(),
          shortDescription: message,
          helpUri: z.url(),
          defaultConfiguration: z.strictObject({ level }),
          properties: z.record(z.string(), z.unknown()),
        })),
      }),
    }),
    automationDetails: z.strictObject({ id: z.string() }),
    results: z.array(z.strictObject({
      ruleId: z.string(),
      ruleIndex: z.int().min(0),
      level,
      message,
      locations: z.array(z.strictObject({
        logicalLocations: z.array(z.strictObject({ name: z.string(), fullyQualifiedName: z.string() })),
      })),
      partialFingerprints: z.record(z.string(), z.string()),
      hostedViewerUri: z.url().optional(),
      properties: z.record(z.string(), z.unknown()).optional(),
    })),
    properties: z.record(z.string(), z.unknown()),
  })]),
});

/** Insists on the results, each with its rule. */
function assertSarif({ runs: [{ tool, results }] }: z.infer<typeof sarifShape>, expected: readonly string[][]): void {
  assert.deepEqual(results.map(({ ruleId, level }) => [ruleId, level]), expected);
  for (const { ruleId, ruleIndex } of results) assert.equal(tool.driver.rules[ruleIndex]?.id, ruleId);
}

Deno.test("a run is written as JUnit, as Markdown, as SARIF and as a badge, and fails a build if asked to", async () => {
  await using world = await playedWorld();
  const junit = await (await world.fetch("/control/runs/mine?format=junit")).text();
  assert.match(junit, /<testsuites name="mock-oauth run mine" tests="3" failures="1" errors="0" skipped="0">/);
  assert.match(junit, /<testcase classname="mock-oauth.mine" name="state-wrong"><failure message="/);
  const markdown = await (await world.fetch("/control/runs/mine?format=markdown&set=core")).text();
  assert.match(markdown, /^# fail: mine\n/);
  assert.match(markdown, /\n\| \[state-wrong\]\(http:[^)]+\/inspect\) \| \*\*fail\*\* \| [^|]+ \| C15 \| /);
  const badge = await json(await world.fetch("/control/runs/mine?format=badge"));
  assert.deepEqual([badge.schemaVersion, badge.label, badge.message], [1, "MCP client", "2 of 3 passed"]);
  const sarif = sarifShape.parse(await (await world.fetch("/control/runs/mine?format=sarif")).json());
  assertSarif(sarif, [["C15", "error"]]);
  assert.match(
    sarif.runs[0].results[0]?.message.text ?? "",
    /^double: It broke C15 in state-wrong\. A client sends state/,
  );
  const report = await world.fetch("/s/state-wrong~mine/control/report?format=sarif");
  assert.equal(report.headers.get("content-type"), "application/sarif+json");
  const ofReport = sarifShape.parse(await report.json());
  assertSarif(ofReport, [["C15", "error"]]);
  assert.match(
    ofReport.runs[0].results[0]?.message.text ?? "",
    /^double: It redeemed a code that came with a different/,
  );
  assert.equal((await world.fetch("/control/runs/mine?strict")).status, 422);
  assert.equal((await world.fetch("/control/runs/other?strict")).status, 200);
});

Deno.test("a run with a test's own scenario counts it", async () => {
  await using world = await openWorld();
  const defined = await json(
    await send(world, "POST /control/scenarios", { name: "mine", expects: ["C11"], plan: { policy: {} } }),
  );
  const { url } = z.object({ scenarios: z.array(z.object({ url: z.string() })) }).parse(defined).scenarios[0] ?? {};
  assert(url);
  const name = /\/s\/([^~/]+)/.exec(url)?.[1];
  await world.fetch(`/s/${name}~mine/oauth`, { method: "POST" });
  const { scenarios } = await runOf(world, "/control/runs/mine");
  assert.deepEqual(scenarios.map((one) => one.name), [name]);
});

Deno.test("the page of a run shows what failed, and what to paste for the rest", async () => {
  await using world = await playedWorld();
  const page = await (await world.get("/runs/mine", { accept: "text/html" })).text();
  assert.match(page, /<strong>fail<\/strong> 1 of 3 scenarios failed: state-wrong\./);
  const [, row = ""] = /(<a href="http:[^"]+\/s\/state-wrong~mine\/inspect".*?)<\/tr>/s.exec(page) ?? [];
  assert.match(row, /It broke C15 .*<td data-client="your client" class="run-own run-fail">fail</s);
  assert.match(page, /<a href="[^"]+">C15<\/a> [^<]+ \(SHOULD\): <a href="[^"]+">state-wrong<\/a>/);
  assert.match(page, /17 scenarios are not tried/);
  assert.match(page, /03-challenge-missing http:\/\/localhost:8789\/s\/challenge-missing~mine\/oauth/);
  const none = await (await world.get("/runs/nobody?set=tried", { accept: "text/html" })).text();
  assert.match(none, /<strong>incomplete<\/strong> No client has tried/);
});

Deno.test("the page of a run shows how the clients of SDKs fare, and which of them break the same rule", async () => {
  await using world = await openWorld();
  const fared = await readResults();
  const alike = fared.flatMap(({ cells, title }) => {
    const broken = cells["iss-missing"]?.broken ?? [];
    return broken.some(({ rule }) => rule === "C25") ? [title] : [];
  });
  await play(world, "iss-missing", "mine", "takes any iss", "2026-07-28");
  const page = await (await world.get("/runs/mine?set=tried", { accept: "text/html" })).text();
  const [, row = ""] = /(<a href="http:[^"]+\/s\/iss-missing~mine\/inspect".*?)<\/tr>/s.exec(page) ?? [];
  assert.equal(row.match(/<td data-client=/g)?.length, 1 + fared.length);
  assert(alike.length > 0 && row.includes(`So ${alike.length === 1 ? "does" : "do"} ${alike.join(", ")}.`), row);
});

const copy = z.object({ url: z.url(), kept_until: z.iso.datetime() });

Deno.test("a copy of a run does not change, leads to no sandbox, and expires", async () => {
  await using world = await playedWorld();
  const { url, kept_until } = copy.parse(
    await json(await world.fetch("/runs/mine/keep?set=tried", { method: "POST" })),
  );
  assert.deepEqual((await json(await world.fetch("/control/report"))).clients, [], "who keeps a copy is no client");
  await play(world, "standard", "mine", "takes any state");
  await world.fetch("/s/state-wrong~mine/control/reset", { method: "POST" });
  const kept = z.looseObject({ run: z.string(), reason: z.string() }).parse(await json(await world.fetch(url)));
  assert.deepEqual([kept.run, kept.reason], ["mine", "1 of 3 scenarios failed: state-wrong"]);
  const page = await (await world.get(url, { accept: "text/html" })).text();
  assert.match(page, /<strong>fail<\/strong> 1 of 3 scenarios failed: state-wrong\./);
  assert.doesNotMatch(page, /~mine|<form|<script/);
  const left = Date.parse(kept_until) - world.nowMs();
  world.pass(left - 10_000);
  assert.equal((await world.fetch(url)).status, 200);
  world.pass(20_000);
  assert.equal((await world.fetch(url)).status, 404);
});

Deno.test("the form of a run's page leads to the copy; a page of another site cannot make one", async () => {
  await using world = await openWorld();
  const form = { method: "POST", headers: { accept: "text/html", "sec-fetch-site": "same-origin" } };
  const { status, headers } = await world.fetch("/runs/mine/keep?set=core", form);
  assert.equal(status, 303);
  assert.match(headers.get("location") ?? "", /^\/kept\/[\w-]{22}$/);
  const foreign = { method: "POST", headers: { ...form.headers, "sec-fetch-site": "cross-site" } };
  assert.equal((await world.fetch("/runs/mine/keep", foreign)).status, 403);
});

Deno.test("a copy of a run whose label is a secret does not tell the label", async () => {
  await using world = await openWorld();
  const label = "0123456789abcdef";
  await play(world, "state-wrong", label, "takes any state");
  const response = await world.fetch(`/s/standard~${label}/runs/${label}/keep?set=core`, { method: "POST" });
  const { url } = copy.parse(await json(response));
  assert.match(url, /^http:\/\/localhost:8789\/kept\//);
  for (const accept of ["text/html", "application/json"]) {
    const text = await (await world.get(url, { accept })).text();
    assert(text.includes("state-wrong") && !text.includes(label), accept);
  }
});

Deno.test("a run of all scenarios can be kept, and its copy be read", async () => {
  await using world = await openWorld();
  const { url } = copy.parse(await json(await world.fetch("/runs/mine/keep?set=all", { method: "POST" })));
  const { scenarios } = z.looseObject({ scenarios: z.array(z.unknown()) }).parse(await json(await world.fetch(url)));
  assert.equal(scenarios.length, catalogue.length);
});

Deno.test("a run has a badge that needs no other server, and a configuration for each set", async () => {
  await using world = await playedWorld();
  const badge = await world.fetch("/runs/mine/badge.svg");
  assert.equal(badge.headers.get("content-type"), "image/svg+xml");
  assert.match(await badge.text(), /aria-label="MCP client: 2 of 3 passed"/);
  const ofCore = await (await world.fetch("/runs/mine/badge.svg?set=core")).text();
  assert.match(ofCore, /aria-label="MCP client: 2 of 20 passed"/);
  assert.match(await (await world.fetch("/runs/mine")).text(), /badge\.svg\?set=core/);
  const asJson = await json(await world.fetch("/control/runs/mine?format=badge&set=core"));
  assert.equal(asJson.message, "2 of 20 passed");
  for (const path of ["badge.svg?sett=core", "mcp.json?sett=core", "mcp.json?set=nope", "badge.svg?set=nope"]) {
    const refused = await world.fetch(`/runs/mine/${path}`);
    assert.equal(refused.status, 400, path);
    assert.equal((await refused.text()).match(/\bcore\b/g)?.length ?? 0, path.includes("nope") ? 1 : 0, path);
  }
  const servers = z.object({ mcpServers: z.record(z.string(), z.object({ type: z.literal("http"), url: z.string() })) })
    .parse(await json(await world.fetch("/runs/mine/mcp.json?set=pages"))).mcpServers;
  assert.equal(servers["01-pages"]?.url, "http://localhost:8789/s/pages~mine/oauth");
});

const pub = "https://mock.example.com";
for (
  const [what, options, run, headers, status] of [
    ["on a public host nobody sees a run with a short label", {}, "short", {}, 403],
    ["on a public host who knows the label sees its run", {}, "0123456789abcdef", {}, 200],
    ["with the token everyone sees any run", { control: { token: "t" } }, "short", { authorization: "Bearer t" }, 200],
    ["on this machine anybody sees any run", { loopbackOnly: true, at: "http://localhost" }, "short", {}, 200],
    ["no page of elsewhere sees a run", {}, "0123456789abcdef", { origin: "https://evil.example" }, 403],
    ["a label has only letters, digits and hyphens", { control: "open" as const }, "A%20b", {}, 400],
  ] as const
) {
  Deno.test(`runs: ${what}`, async () => {
    const { at = pub, ...rest } = { at: undefined, ...options };
    const app = createApp({ ...rest, ...(headers && "origin" in headers ? { allowedOrigins: [] } : {}) });
    const response = await app(new Request(`${at}/control/runs/${run}`, { headers }));
    assert.equal(response.status, status, await response.clone().text());
    for (const path of [`/runs/${run}`, `/runs/${run}/badge.svg`, `/runs/${run}/mcp.json`]) {
      assert.equal((await app(new Request(at + path, { headers }))).status, status, path);
    }
  });
}

Deno.test("a misspelt parameter or set of a run is refused, with what is accepted", async () => {
  await using world = await openWorld();
  for (const query of ["sett=core", "set=cores", "format=xml", "wait=x"]) {
    const response = await world.fetch(`/control/runs/mine?${query}`);
    const { error, error_description } = z.looseObject({ error: z.string(), error_description: z.string() })
      .parse(await json(response));
    assert.deepEqual([response.status, error], [400, "invalid_request"], query);
    assert(error_description.length > 0);
  }
});

Deno.test("the sets of scenarios have only scenarios that exist, each name once", () => {
  const known = catalogue.map(({ name }) => name);
  assert.deepEqual(core.filter((name) => !known.includes(name)), []);
  assert.equal(new Set(core).size, core.length);
  assert.equal(new Set(setNames).size, setNames.length);
});
