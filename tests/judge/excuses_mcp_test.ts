/**
 * No rule is broken by a client that does right, however little of it is on record: the beginning is missing, the rest has
 * not come yet, an answer was lost, or another process of the same client works beside it.
 */
import assert from "node:assert/strict";
import { buildReport, type ReportOptions } from "../../lib/judge/report.ts";
import { type Revision, revisions } from "../../lib/judge/settled.ts";
import type { Exchange } from "../../lib/recorder/exchange.ts";
import { cacheScenarios } from "../../lib/scenarios/catalogue/mcp/caches.ts";
import { changeScenarios } from "../../lib/scenarios/catalogue/mcp/changes.ts";
import { roundScenarios } from "../../lib/scenarios/catalogue/mcp/rounds.ts";
import { hostileTextScenarios } from "../../lib/scenarios/catalogue/mcp/hostile_text.ts";
import { schemaScenarios } from "../../lib/scenarios/catalogue/mcp/schemas.ts";
import { skillScenarios } from "../../lib/scenarios/catalogue/mcp/skills.ts";
import { toolScenarios } from "../../lib/scenarios/catalogue/mcp/tools.ts";
import { driverOf } from "../../lib/scenarios/driver.ts";
import type { Scenario } from "../../lib/scenarios/scenario.ts";
import { fitOf } from "../../lib/judge/schema_fit.ts";
import { externalRefs, isHeavy, isHeavyText, leadsOut, weightOf } from "../../lib/judge/schemas.ts";
import { answersOf, type Catalogue } from "../../lib/scenarios/mcp_catalogue.ts";
import { likenessOfExchange } from "../../lib/recorder/tape/likeness.ts";
import { control } from "../control/helpers.ts";
import { type DoubleOptions, runDouble, type Slip } from "../interop/double/double.ts";
import { origin, startMs } from "../helpers.ts";
import { recordedApp } from "../recorder/recorded_app.ts";
import { createLimit } from "./scenario_world.ts";

/** A server, and the clients that come to it at the same time. */
interface Scene {
  readonly faults?: readonly unknown[];
  readonly clients: readonly Partial<DoubleOptions>[];
  readonly catalogue?: Catalogue;
  /** The revisions that have it; all if not given. */
  readonly revisions?: readonly Revision[];
}

const isOf = (rpc_method: string): Readonly<Record<string, unknown>> => ({ endpoint: "mcp", rpc_method });
const gone = { jsonrpc: "2.0", id: "{rpc_id}", error: { code: -32001, message: "Session not found" } };
const usual = { tools: ["mock_echo", "mock_create_note"], listens: true } as const;

/** Tools in four pages. */
const inPages = [1, 2, 3, 4].map((number) => ({
  match: { ...isOf("tools/list"), message: { "params.cursor": number === 1 ? null : `${number}` } },
  life: "always",
  edit: {
    json: {
      set: {
        result: {
          resultType: "complete",
          tools: [{ name: `mock_${number}`, inputSchema: { type: "object" } }],
          ...(number < 4 ? { nextCursor: `${number + 1}` } : {}),
        },
      },
    },
  },
}));

const says = (message: unknown): unknown => ({ message });
const unasked = {
  match: isOf("tools/call"),
  life: "always",
  edit: {
    stream: {
      before: [
        says({ jsonrpc: "2.0", id: "ping-1", method: "ping", params: { _meta: { progressToken: "p" } } }),
        says({ jsonrpc: "2.0", id: 0, method: "x/unknown" }),
        says({ jsonrpc: "2.0", method: "notifications/x-unknown" }),
        says({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: "ping-1" } }),
      ],
    },
  },
};

/** A scenario of caches, and so many processes that do there what is to be done. */
function inCacheScenario(name: string, processes: number, slip?: Slip): Scene {
  return { ...inScenario(cacheScenarios, name, processes, slip), revisions: ["2026-07-28"] };
}

/** Some scenarios of calls in rounds, or of changes, in each of which two processes do what is to be done. */
function scenesOf(scenarios: readonly Scenario[], ...names: readonly string[]): Readonly<Record<string, Scene>> {
  const declares = { elicitation: { form: {} }, roots: {} };
  return Object.fromEntries(names.map((name) => {
    const scene = inScenario(scenarios, name, 2);
    const clients = scene.clients.map((client) => ({ ...client, declares }));
    return [`that plays ${name} in two processes`, { ...scene, clients }];
  }));
}

/** The same of other scenarios, in the revisions that they are for. */
function inScenario(scenarios: readonly Scenario[], name: string, processes: number, slip?: Slip): Scene {
  const scenario = scenarios.find((one) => one.name === name);
  assert(scenario?.catalogue, name);
  const driver = driverOf(scenario);
  const faults = scenario.plan.faults?.map(({ times, ...fault }) => ({
    ...fault,
    life: times === undefined ? "always" : { times },
  }));
  return {
    clients: Array.from({ length: processes }, () => ({ driver, slip })),
    catalogue: scenario.catalogue,
    revisions: revisions.filter((revision) => scenario.revisions?.includes(revision) ?? true),
    ...(faults ? { faults } : {}),
  };
}

/** A server whose `SKILL.md` is what was listed only when it is read again, and a client that then loads the skill. */
function mendedSkill(): Scene {
  const { catalogue = {}, ...scene } = inScenario(skillScenarios, "skills-verify-digest", 1);
  const text = goodSkill(catalogue);
  const [first, ...others] = catalogue.resourceTemplates ?? [];
  assert(first);
  const answer = [...answersOf(first.answer), { contents: [{ text }] }];
  const load = { do: "load_skill", uri: first.uriTemplate } as const;
  return {
    ...scene,
    catalogue: { ...catalogue, resourceTemplates: [{ ...first, answer }, ...others] },
    clients: [{ driver: [{ do: "connect" }, { do: "list_skills" }, load, load, { do: "end" }] }],
  };
}

/** What the entry of the skill is made of. */
function goodSkill({ resourceTemplates = [] }: Catalogue): string {
  const [content] = answersOf(resourceTemplates[0]?.answer)[0]?.contents ?? [];
  return content && "text" in content ? content.text.replace("Post", "Read") : "";
}

const scenes: Readonly<Record<string, Scene>> = {
  "that listens and refreshes its token": { clients: [{ ...usual, refresh: true }] },
  "that is answered in streams": {
    faults: [{ match: { endpoint: "mcp" }, life: "always", edit: { stream: { form: "events" } } }],
    clients: [usual],
  },
  "whose answers are long": {
    faults: [{
      match: isOf("tools/call"),
      life: "always",
      edit: {
        json: { set: { result: { resultType: "complete", content: [{ type: "text", text: "m".repeat(40_000) }] } } },
        stream: { form: "events", before: [{ id: "e0", retry_ms: 10, data: "" }] },
      },
    }],
    clients: [usual],
  },
  "whose stream ends too early": {
    faults: [{
      match: isOf("tools/list"),
      edit: {
        stream: {
          form: "events",
          before: [{ id: "e1", retry_ms: 500, data: "" }],
          end: { after_events: 1, how: "close" },
        },
      },
    }],
    clients: [usual],
  },
  "that lists pages": {
    faults: inPages,
    clients: [usual],
  },
  "whose call breaks off": { faults: [{ match: isOf("tools/call"), edit: { drop: true } }], clients: [usual] },
  "whose session is lost": {
    faults: [{ match: isOf("tools/call"), answer: { status: 404, body: gone } }],
    clients: [usual],
  },
  "that gives up a call": {
    faults: [{ match: isOf("tools/call"), edit: { hold: true } }],
    clients: [{ ...usual, timeLimitMs: 60_000 }],
  },
  ...scenesOf(roundScenarios, "rounds-three", "questions-without-state", "one-of-two-asks", "state-without-questions"),
  ...scenesOf(changeScenarios, "tools-change", "listening-breaks-off", "listening-ends", "listening-cut-down"),
  "that works in two processes": { clients: [usual, usual] },
  "that lists pages in two processes": { faults: inPages, clients: [usual, usual] },
  "that is asked and told things by the server": { faults: [unasked], clients: [usual, usual] },
  "that keeps what it reads in two processes": inCacheScenario("cache-fresh", 2),
  "that fetches what has run out, in two processes": inCacheScenario("cache-short", 2),
  "that keeps what it reads for each person": inCacheScenario("cache-two-users", 1),
  "that keeps for all what is public": {
    ...inCacheScenario("cache-two-users", 1, "keeps one cache for all logins"),
    catalogue: { ...inCacheScenario("cache-two-users", 1).catalogue, cacheScope: "public" },
  },
  "that keeps two resources": inCacheScenario("cache-two-resources", 1),
  "that does not keep what it had to ask twice for": inCacheScenario("cache-answered", 1),
  "that is told of a change": inCacheScenario("cache-changed", 1),
  "whose cursor is refused, in two processes": inCacheScenario("cache-cursor-refused", 2),
  "that is given content of any type, in two processes": inScenario(toolScenarios, "content-of-any-type", 2),
  "that takes no content of a type that no revision has, as no SDK does": inScenario(
    toolScenarios,
    "content-of-any-type",
    1,
    "fails at content of no revision",
  ),
  "that is given structured content of any kind": inScenario(toolScenarios, "structured-content-any", 1),
  "that reads missing resources, in two processes": inScenario(toolScenarios, "resource-missing", 2),
  "that is shown dialects which there are not": inScenario(schemaScenarios, "schema-dialects", 1),
  "that is shown a reference to nowhere": inScenario(schemaScenarios, "schema-unresolved-ref", 1),
  "that hands a schema back": inScenario(schemaScenarios, "schema-keywords", 1),
  "that is shown names which are alike": inScenario(hostileTextScenarios, "names-alike", 1),
  "that shows icons": {
    ...inScenario(hostileTextScenarios, "icons-elsewhere", 1),
    clients: [{ ...usual, extras: ["shows icons"] }],
  },
  "that loads no skill": inScenario(skillScenarios, "skills-no-prefetch", 1),
  "that checks a digest, in two processes": inScenario(skillScenarios, "skills-verify-digest", 2),
  "that loads a skill once it is as it was listed": mendedSkill(),
  "that asks for progress": {
    clients: [{ ...usual, extras: ["asks for progress"] }],
  },
};

async function record({ faults, clients, catalogue }: Scene, version: Revision): Promise<readonly Exchange[]> {
  let elapsedMs = 0;
  await using recorded = await recordedApp(undefined, catalogue ? { catalogue } : {});
  if (faults) await control(recorded.test, "POST /control/faults", faults);
  const limit = createLimit(recorded.test, origin);
  const wait = async (ms: number, signal?: AbortSignal): Promise<void> => {
    if (signal) await limit(signal);
    elapsedMs += ms;
    await recorded.wait(ms);
  };
  const nowMs = (): number => startMs + elapsedMs;
  await Promise.all(clients.map((client) => runDouble({ send: recorded.send, wait, nowMs, version, ...client })));
  const { exchanges } = await recorded.recording.read("main");
  return exchanges;
}

/** The rules that are broken, and why. */
function brokenIn(exchanges: readonly Exchange[], options: Partial<ReportOptions> = {}): readonly string[] {
  const { clients } = buildReport(exchanges, { sandbox: "main", hasOrigin: true, isWhole: true, ...options });
  return clients.flatMap(({ findings }) =>
    findings.filter(({ status }) => status === "broken").map(({ rule, detail }) => `${rule}: ${detail}`)
  );
}

function isOfMcp(exchange: Exchange | undefined): boolean {
  return /^oauth_(post|get|delete)$/.test(exchange?.route ?? "");
}

/** The same exchange, its answer lost on the way. */
function lost({ response: { headers }, stream, ...exchange }: Exchange): Exchange {
  const endedAtMs = exchange.receivedAtMs + exchange.durationMs;
  return {
    ...exchange,
    response: { headers, truncated: true },
    shapedBy: ["lost"],
    ...(stream ? { stream: { eventsAtMs: [], endedAtMs, endedBy: "cut" } } : {}),
  };
}

/** The same exchange, its answer kept only in part, as it was long. */
function halved({ response, ...exchange }: Exchange): Exchange {
  const { body = "" } = response;
  return { ...exchange, response: { ...response, body: body.slice(0, body.length / 2), truncated: true } };
}

/**
 * What is left of a record when its beginning has fallen off, all but the first of exchanges that are alike: that much is
 * kept to judge by, and more.
 */
function thinned(all: readonly Exchange[], count: number): readonly Exchange[] {
  const alike = new Set<string>();
  return all.filter((exchange, at) => {
    const likeness = at < count ? likenessOfExchange(exchange) : undefined;
    if (likeness === undefined) alike.clear();
    const isKept = likeness === undefined || !alike.has(likeness);
    if (likeness !== undefined) alike.add(likeness);
    return isKept;
  });
}

for (const [what, scene] of Object.entries(scenes)) {
  for (const version of scene.revisions ?? revisions) {
    Deno.test(`a client of ${version} ${what} breaks no rule, whatever is missing on record`, async () => {
      const all = await record(scene, version);
      assert.deepEqual(brokenIn(all), [], "all of it");
      for (const [at, { method, url }] of all.entries()) {
        // All log in alike, so that the requests for it are missing in one scene for all.
        if (!isOfMcp(all[at]) && what !== Object.keys(scenes)[0]) continue;
        const place = `${at} (${method} ${url})`;
        assert.deepEqual(brokenIn(all.slice(0, at)), [], `nothing from ${place} on has come yet`);
        assert.deepEqual(brokenIn(all.slice(at), { isWhole: false }), [], `what came before ${place} is missing`);
        const cut = all.map((exchange, other) => other === at ? { ...exchange, isCut: true } : exchange);
        assert.deepEqual(brokenIn(cut), [], `${place} was too large to be kept whole`);
        const thin = thinned(all, at);
        assert.deepEqual(
          brokenIn(thin, { isWhole: false, isComplete: true }),
          [],
          `much before ${place} has fallen off`,
        );
        const short = all.map((exchange, other) => other === at ? halved(exchange) : exchange);
        if (isOfMcp(all[at])) assert.deepEqual(brokenIn(short), [], `the answer to ${place} was kept only in part`);
        // A client that goes on with what an answer gave, a token or an event id, has not lost it.
        if (!isOfMcp(all[at]) || /^id:/m.test(all[at]?.response.body ?? "")) continue;
        const without = all.map((exchange, other) => other === at ? lost(exchange) : exchange);
        assert.deepEqual(brokenIn(without), [], `the answer to ${place} was lost`);
      }
    });
  }
}

for (
  const [name, slip, rule] of [
    ["cache-fresh", undefined, "M132"],
    ["cache-fresh", "fetches what is fresh", "M131"],
  ] as const
) {
  Deno.test(`${rule} is not broken by a client that ${slip ?? "keeps what is fresh"} by its own clock, where the sandbox's was moved`, async () => {
    const all = await record(inCacheScenario(name, 1, slip), "2026-07-28");
    let movedMs = 0;
    const moved = all.map((exchange) => {
      const startedAtMs = exchange.startedAtMs + movedMs;
      if (exchange.request.body?.includes('"times":1')) movedMs += 61_000;
      return { ...exchange, startedAtMs };
    });
    assert(movedMs > 0);
    assert.deepEqual(brokenIn(moved), []);
    assert.equal(brokenIn(all).length, slip ? 1 : 0);
  });
}

/** Arguments that a schema allows, or may allow, as those know who read it with more care. */
const allowed: Readonly<Record<string, readonly [value: unknown, schema: unknown]>> = {
  "without what is optional": [{ a: "x" }, {
    type: "object",
    properties: { a: {}, b: { type: "string" } },
    required: ["a"],
  }],
  "with null where that is the default": [{ a: null }, { properties: { a: { type: "string", default: null } } }],
  "with null where a text may be null": [{ a: null }, {
    properties: { a: { anyOf: [{ type: "string" }, { type: "null" }], default: null } },
  }],
  "with null where OpenAPI allows it": [{ a: null }, { properties: { a: { type: "string", nullable: true } } }],
  "with members that nothing is said of": [{ a: 1, b: 2 }, { type: "object", properties: { a: { type: "integer" } } }],
  "with a whole number that is written as a fraction": [{ a: 5.0 }, { properties: { a: { type: "integer" } } }],
  "with a text that a pattern may refuse": [{ a: "x" }, { properties: { a: { type: "string", pattern: "^(a+)+$" } } }],
  "in a dialect of its own": [{ a: 1 }, {
    $schema: "https://dialects.example/1",
    properties: { a: { type: "string" } },
  }],
  "by a draft in which nothing counts beside a reference": [{ a: 1 }, {
    $schema: "http://json-schema.org/draft-07/schema#",
    definitions: { a: { type: "integer" } },
    properties: { a: { $ref: "#/definitions/a", type: "string" } },
  }],
  "by a reference to elsewhere": [{ a: 1 }, { properties: { a: { $ref: "https://schemas.example/a.json" } } }],
  "by a reference that leads round in a circle": [{ a: 1 }, { properties: { a: { $ref: "#/properties/a" } } }],
  "by a condition": [{ a: 1 }, { if: { required: ["a"] }, then: { required: ["b"] } }],
  "by alternatives without end": [{ a: 1 }, {
    $defs: { a: { anyOf: [{ $ref: "#/$defs/a" }, { $ref: "#/$defs/a" }] } },
    properties: { a: { $ref: "#/$defs/a" } },
  }],
  "by a reference that begins at the nearest $id": [{ a: { b: 1 } }, {
    $id: "https://schemas.example/root.json",
    $defs: { b: { type: "string" } },
    properties: {
      a: { $id: "a.json", $defs: { b: { type: "integer" } }, properties: { b: { $ref: "#/$defs/b" } } },
    },
  }],
  "by a reference that leads through an $id": [{ a: 1 }, {
    $defs: { a: { $id: "https://schemas.example/a.json", $defs: { b: { type: "string" } } } },
    properties: { a: { $ref: "#/$defs/a/$defs/b" } },
  }],
  "by a reference beside an $id": [{ a: 1 }, {
    $schema: "http://json-schema.org/draft-07/schema#",
    definitions: { b: { type: "integer" } },
    properties: { a: { $id: "https://schemas.example/a.json", $ref: "#/definitions/b", definitions: { b: false } } },
  }],
  "by what depends on another member": [{ a: 1 }, { dependentRequired: { a: ["b"] } }],
  "by what depends on another member, in older drafts": [{ a: 1 }, { dependencies: { a: ["b"] } }],
  "that are a multiple, but for rounding": [{ a: 0.3 }, { properties: { a: { multipleOf: 0.1 } } }],
  "of which each may have been redacted": [{ a: ["sk-…", "sk-…"] }, { properties: { a: { uniqueItems: true } } }],
  "of which a part was redacted": [{ a: { b: "sk-…" } }, { properties: { a: { enum: [{ b: "sk-1" }] } } }],
  "that was redacted": [{ a: "sk-…" }, { properties: { a: { enum: ["sk-1"] } } }],
};

for (const [what, [value, schema]] of Object.entries(allowed)) {
  Deno.test(`arguments ${what} are not said to misfit (JSON Schema 2020-12, validation)`, () => {
    assert.notEqual(typeof fitOf(value, schema), "string", String(fitOf(value, schema)));
  });
}

/** Arguments that fit, that do not, or of which that is not looked at. */
const held: readonly (readonly [value: unknown, schema: unknown, fit: string | null | undefined])[] = [
  [{}, { minProperties: 1 }, "it does not keep minProperties 1"],
  [{ a: 1 }, { minProperties: 1, maxProperties: 1 }, null],
  [{ a: 1, b: 2 }, { maxProperties: 1 }, "it does not keep maxProperties 1"],
  [7, { multipleOf: 5 }, "it does not keep multipleOf 5"],
  [10, { multipleOf: 5 }, null],
  [0.3, { multipleOf: 0.1 }, undefined],
  [[1, 2, 1], { uniqueItems: true }, "it has a value twice"],
  [[1, "1", true], { uniqueItems: true }, null],
  [[1, 1], { uniqueItems: false }, null],
  [[{ a: 1 }, { a: 1 }], { uniqueItems: true }, undefined],
  [{ a: 1 }, { dependentRequired: { a: ["b"] } }, undefined],
  [[1], { prefixItems: [{ type: "string" }] }, undefined],
  [1, { not: { type: "integer" } }, undefined],
  [
    { b: 1 },
    { $id: "https://schemas.example/a", $defs: { b: { type: "string" } }, properties: { b: { $ref: "#/$defs/b" } } },
    "b is a number, and has to be of type string",
  ],
  ["v7", { enum: Array.from({ length: 20_000 }, (_, at) => `v${at}`) }, null],
  [
    Array.from({ length: 100 }, () => "v"),
    { items: { enum: Array.from({ length: 20_000 }, (_, at) => `v${at}`) } },
    "[0] is none of the values that it can have",
  ],
  [
    Array.from({ length: 100 }, () => "v7"),
    { items: { enum: Array.from({ length: 20_000 }, (_, at) => `v${at}`) } },
    undefined,
  ],
];

for (const [value, schema, fit] of held) {
  const [shown, by] = [value, schema].map((json) => JSON.stringify(json).slice(0, 60));
  Deno.test(`${shown} is held against ${by} (JSON Schema 2020-12, validation)`, () => {
    assert.equal(fitOf(value, schema), fit);
  });
}

Deno.test("a $ref that the schema itself answers, or that every validator has, leads nowhere else (JSON Schema 2020-12 8.2)", () => {
  const $id = "https://schemas.example/root.json";
  const answered = [
    { $ref: "#/$defs/a" },
    { $ref: "#anchor" },
    { $ref: "https://json-schema.org/draft/2020-12/schema" },
    { $id, $defs: { a: { $id: "other.json" } }, $ref: "other.json#/b" },
    { $id, $defs: { a: { $id: "other.json" } }, $ref: "https://schemas.example/other.json" },
    { $id, $ref: "root.json#/$defs/a" },
  ];
  for (const schema of answered) assert.deepEqual(externalRefs(schema), [], JSON.stringify(schema));
  assert.deepEqual(externalRefs({ $id, allOf: [{ $ref: "elsewhere.json" }] }), ["elsewhere.json"]);
});

Deno.test("what is heavy is told in steps as the length of it, however hostile (MCP basic, resource use of schemas)", () => {
  const patterned = (pattern: string): boolean => isHeavy(weightOf({ type: "string", pattern }));
  for (const pattern of ["^(a+)+$", "(a*b){2}", "((a+)*)", "x(a+|b)+"]) assert(patterned(pattern), pattern);
  for (const pattern of ["(a+)", "(ab)+", "a+(b)+", "((a+)b)+", "(a+", "a+)+"]) assert(!patterned(pattern), pattern);
  const listed = (schema: unknown): string => `{"tools":[{"name":"t","inputSchema":${JSON.stringify(schema)}`;
  assert(isHeavyText(listed({ anyOf: Array.from({ length: 151 }, () => ({})) })));
  assert(!isHeavyText(listed({ description: "{".repeat(500), title: `\\"${"{".repeat(500)}` })));
  const doubled = Array.from({ length: 30 }, (_, at): [string, unknown] => {
    const next = { $ref: `#/$defs/d${at + 1}` };
    return [`d${at}`, { allOf: [next, { ...next }] }];
  });
  const before = performance.now();
  for (const text of ["(", "(+", "(a+)", "+"]) patterned(text.repeat(15_000));
  assert(!isHeavyText(listed({}) + '"'.repeat(100_000)));
  assert(!isHeavyText(listed({ description: '"'.repeat(100_000) })));
  assert(!leadsOut({ $ref: "#/$defs/d0" }, { $defs: Object.fromEntries(doubled) }));
  assert(performance.now() - before < 1000);
});

Deno.test("M127 is not broken where a person opens the URL of a $ref in a browser (Fetch Metadata 2.2)", async () => {
  const all = await record(inScenario(schemaScenarios, "schema-network-ref", 1, "fetches references"), "2026-07-28");
  assert.equal(brokenIn(all).length, 1);
  const opened = all.map((exchange): Exchange => {
    const { request } = exchange;
    if (!exchange.url.includes("/canary/")) return exchange;
    return { ...exchange, request: { ...request, headers: [...request.headers, ["sec-fetch-mode", "navigate"]] } };
  });
  assert.deepEqual(brokenIn(opened), []);
});

Deno.test("M160 is not broken by who reads all files of a skill at once, or where what was read is hidden (SEP-2640)", async () => {
  const all = await record(
    inScenario(skillScenarios, "skills-verify-digest", 1, "loads skills unchecked"),
    "2026-07-28",
  );
  assert.match(brokenIn(all).join(), /^M160: [^,]*FORMS\.md/);
  const isOf = ({ request: { body = "" } }: Exchange, file: string): boolean =>
    body.includes('"resources/read"') && body.includes(`/${file}"`);
  const atOnce = all.map((exchange) => isOf(exchange, "SKILL.md") ? { ...exchange, durationMs: 60_000 } : exchange);
  assert.deepEqual(brokenIn(atOnce), []);
  const hidden = all.map((exchange): Exchange => {
    const { response } = exchange;
    if (!isOf(exchange, "SKILL.md")) return exchange;
    return { ...exchange, response: { ...response, body: response.body?.replace("Post", "Po…") ?? "" } };
  });
  assert.deepEqual(brokenIn(hidden), []);
  assert.deepEqual(brokenIn(all.slice(1), { isWhole: false }), []);
});
