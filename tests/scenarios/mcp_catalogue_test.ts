/** Catalogues as they are written: what is refused, and by which member, and what their templates stand for. */
import assert from "node:assert/strict";
import { uriMatcher } from "../../lib/scenarios/uri_template.ts";
import { OAuthError } from "../../lib/http/errors.ts";
import { argumentTemplatesIn, fillArguments, fillData } from "../../lib/scenarios/argument_templates.ts";
import { parseCatalogue, parseCatalogueFile } from "../../lib/scenarios/schema/catalogue_schema.ts";
import { parseScenario } from "../../lib/scenarios/schema/scenario_schema.ts";
import { sampleOf } from "../../lib/scenarios/sample.ts";
import { fromJsonSchema } from "@modelcontextprotocol/server";

const inputSchema = { type: "object", properties: { city: { type: "string" } } };
const tool = { name: "a", inputSchema };

function answering(answer: unknown): unknown {
  return { tools: [{ ...tool, answer }] };
}

function says(text: string): unknown {
  return answering({ content: [{ type: "text", text }] });
}

const roots = { r: { method: "roots/list" } };
const onPage = { method: "elicitation/create", params: { mode: "url", message: "Pay" } };
const asksUrl = (url: string): unknown =>
  answering({ inputRequests: { p: { ...onPage, params: { ...onPage.params, url } } } });
const asking = { status: "input_required", inputRequests: roots };

function asTask(states: readonly unknown[]): unknown {
  return answering({ task: { states } });
}

const skill = { uri: "skill://a/SKILL.md", frontmatter: { name: "a", description: "b" }, resources: [] };

/** Each catalogue with the member that is wrong, and words of what is expected there. */
const wrong: readonly (readonly [catalogue: unknown, path: string, expected: RegExp])[] = [
  ["text", "the body", /an object/],
  [{ tool: [] }, "tool", /did you mean tools/],
  [{ tools: {} }, "tools", /a list/],
  [{ tools: [tool, {}] }, "tools.1.name", /a string/],
  [[tool, {}], "tools.1.name", /a string/],
  [{ jsonrpc: "2.0", id: 1, result: { tools: [7] } }, "tools.0", /an object/],
  [{ tools: [{ name: "a" }] }, "tools.0.inputSchema", /an object/],
  [{ tools: [{ ...tool, inputSchema: { type: "array" } }] }, "tools.0.inputSchema.type", /object/],
  [
    { tools: [{ ...tool, inputSchema: { type: "object", properties: [] } }] },
    "tools.0.inputSchema.properties",
    /object/,
  ],
  [
    { tools: [{ ...tool, inputSchema: { type: "object", properties: { a: "string" } } }] },
    "tools.0.inputSchema.properties.a",
    /a JSON Schema/,
  ],
  [{ tools: [{ ...tool, inputSchema: { type: "object", required: "a" } }] }, "tools.0.inputSchema.required", /a list/],
  [{ tools: [{ ...tool, input_schema: {} }] }, "tools.0.input_schema", /did you mean inputSchema/],
  [{ tools: [{ ...tool, icons: [{ source: "x" }] }] }, "tools.0.icons.0.src", /a string/],
  [{ tools: [tool, { ...tool, title: "again" }] }, "tools.1.name", /another name: tools\.0 has this one/],
  [{ resources: [{ uri: "a:b" }] }, "resources.0.name", /a string/],
  [{ resources: [{ uri: "a:b", name: "x" }, { uri: "a:b", name: "y" }] }, "resources.1.uri", /resources\.0/],
  [{ skills: [skill, skill] }, "skills.1.uri", /skills\.0/],
  [{ skills: [{ ...skill, frontmatter: { name: "a" } }] }, "skills.0.frontmatter.description", /a string/],
  [{ skills: [{ ...skill, resources: "later" }] }, "skills.0.resources", /dynamic/],
  [{ resourceTemplates: [{ uriTemplate: "", name: "x" }] }, "resourceTemplates.0.uriTemplate", /at least 1/],
  [
    { resourceTemplates: [{ uriTemplate: `a:${"{b}-".repeat(11)}`, name: "x" }] },
    "resourceTemplates.0.uriTemplate",
    /at most 10 variables/,
  ],
  [{ resourceTemplates: [{ uriTemplate: "a://{b", name: "x" }] }, "resourceTemplates.0.uriTemplate", /closed/],
  [
    { resourceTemplates: [{ uriTemplate: `a:${"b".repeat(2048)}`, name: "x" }] },
    "resourceTemplates.0.uriTemplate",
    /at most 2048 characters/,
  ],
  [asksUrl("{canary}/page"), "tools.0.answer.inputRequests.p.params.url", /a URL/],
  [{ prompts: [{ name: "a", arguments: [{}] }] }, "prompts.0.arguments.0.name", /a string/],
  [answering({ content: [{ type: "txt", text: "x" }] }), "tools.0.answer.content.0.type", /one of text, image/],
  [answering([{}, { contents: [] }]), "tools.0.answer.1.contents", /did you mean content/],
  [answering([]), "tools.0.answer", /at least 1/],
  [answering({ never: false }), "tools.0.answer.never", /true/],
  [answering({ never: true, content: [] }), "tools.0.answer.content", /no such member beside never/],
  [answering({ error: { code: 1, message: "m" }, isError: true }), "tools.0.answer.isError", /beside error/],
  [answering({ error: { code: 1, message: "m" }, never: true }), "tools.0.answer.never", /beside error/],
  [answering({ error: { code: "1", message: "m" } }), "tools.0.answer.error.code", /number/],
  [answering({ delay_ms: -1 }), "tools.0.answer.delay_ms", /at least 0/],
  [asTask([{ status: "done" }]), "tools.0.answer.task.states.0.status", /one of working, input_required, cancelled/],
  [asTask([{ status: "working" }, { status: "working" }]), "tools.0.answer.task.states.0.for_ms", /another one/],
  [answering({ url_required: true }), "tools.0.answer.url_required", /unless a question has the mode url/],
  [asTask([{ status: "input_required", inputRequests: { p: onPage } }]), "tools.0.answer.task.states.0", /no pages/],
  [asTask([{ status: "input_required" }]), "tools.0.answer.task.states.0.inputRequests", /questions where/],
  [asTask([{ status: "working", inputRequests: roots }]), "tools.0.answer.task.states.0.inputRequests", /only there/],
  [asTask([asking, asking]), "tools.0.answer.task.states.1.inputRequests.r", /no earlier question/],
  [asTask([{ status: "cancelled" }, asking]), "tools.0.answer.task.states.0.status", /only as the last state/],
  [answering({ task: { poll_interval: 1 } }), "tools.0.answer.task.poll_interval", /did you mean poll_interval_ms/],
  [answering({ task: { ttl_ms: 0 } }), "tools.0.answer.task.ttl_ms", /at least 1/],
  [
    answering({ inputRequests: { a: { method: "elicit" } } }),
    "tools.0.answer.inputRequests.a.method",
    /elicitation\/create/,
  ],
  [says("{arguments.town}"), "tools.0.answer.content.0.text", /\{arguments\.town\}.*they are city/],
  [says("{arguments.ciy}"), "tools.0.answer.content.0.text", /did you mean city/],
  [says("{inputResponses.who.action}"), "tools.0.answer.content.0.text", /a question.*there are none/],
  [
    { prompts: [{ name: "p", answer: { description: "{arguments.what}" } }] },
    "prompts.0.answer.description",
    /there are none/,
  ],
  [
    {
      resourceTemplates: [{
        uriTemplate: "a://{id}{?q}",
        name: "t",
        answer: [{ contents: [{ text: "{arguments.i}" }] }],
      }],
    },
    "resourceTemplates.0.answer.0.contents.0.text",
    /they are id, q/,
  ],
  [{ page_sizes: [1.5] }, "page_sizes.0", /a whole number/],
  [{ pages: { tools: { page_sizes: [1.5] } } }, "pages.tools.page_sizes.0", /a whole number/],
  [{ page_size: 0 }, "page_size", /at least 1/],
  [{ ttlMs: "1" }, "ttlMs", /a number/],
  [{ cacheScope: "all" }, "cacheScope", /public, private/],
];

Deno.test("a catalogue with a mistake is refused with the path of the member (README, catalogues)", () => {
  for (const [catalogue, path, expected] of wrong) {
    assert.throws(() => parseCatalogue(catalogue), (error) => {
      assert(error instanceof OAuthError);
      assert.deepEqual([error.detail.parameter, JSON.stringify(catalogue)], [path, JSON.stringify(catalogue)]);
      assert.match(error.detail.expected ?? "", expected, path);
      return true;
    });
  }
});

Deno.test("a scenario's catalogue is checked as one of its own is", () => {
  const scenario = { name: "mine", plan: {}, catalogue: { tools: [tool, tool] } };
  assert.throws(
    () => parseScenario(scenario),
    (error) => error instanceof OAuthError && error.detail.parameter === "catalogue.tools.1.name",
  );
  assert.deepEqual(parseScenario({ ...scenario, catalogue: { tools: [tool] } }).catalogue, { tools: [tool] });
});

Deno.test("what a server may well say is taken as it is: other members of a schema, braces, members of a result", () => {
  const schemas = [
    { type: "object", properties: { a: true }, $defs: { b: {} }, "x-mcp-header": 1 },
    { type: "object", allOf: [{ $ref: "#/$defs/b" }], additionalProperties: { type: "string" } },
  ];
  for (const inputSchema of schemas) parseCatalogue({ tools: [{ name: "", inputSchema }] });
  for (const text of ["{", "function () {return}", "{{user.name}}", "{a.b}", "{arguments}", "{{arguments.none}}"]) {
    assert.deepEqual(parseCatalogue(says(text)), says(text));
  }
  // Where a schema lets in more than it lists, nobody can tell what is missing.
  const open = {
    ...tool,
    inputSchema: { type: "object" },
    answer: { content: [{ type: "text", text: "{arguments.x}" }] },
  };
  parseCatalogue([open]);
});

Deno.test("the file of --catalogue is JSON, nested no deeper than other JSON is", () => {
  assert.throws(() => parseCatalogueFile("{"), /is not JSON/);
  const deep = `[{"name":"a","inputSchema":{"type":"object","x":${"[".repeat(100)}${"]".repeat(100)}}}]`;
  assert.throws(() => parseCatalogueFile(deep), /nested deeper/);
});

Deno.test("templates stand for arguments and for what the client was asked, and for nothing else", () => {
  const values = {
    arguments: { city: "Bonn", days: 3, list: [{ a: null }], "odd name": 1 },
    inputResponses: { who: { content: { name: "Ada" } } },
  };
  const cases = [
    ["{arguments.city}!", "Bonn!", "Bonn!"],
    ["{arguments.days}", "3", 3],
    ["{arguments.list}", '[{"a":null}]', [{ a: null }]],
    ["{arguments.list.0.a}", "null", null],
    ["{arguments.none}", "", null],
    ["{arguments.toString}", "", null],
    ["{{arguments.city}}", "{arguments.city}", "{arguments.city}"],
    ["{inputResponses.who.content.name}", "Ada", "Ada"],
    ["{city} {$} {", "{city} {$} {", "{city} {$} {"],
  ] as const;
  for (const [text, filled, data] of cases) {
    assert.deepEqual([fillArguments(text, values), fillData({ a: [text] }, values)], [filled, { a: [data] }], text);
  }
  assert.deepEqual(
    argumentTemplatesIn([{ a: "{arguments.x.y} {inputResponses.z}" }]).map((
      { path, root, name },
    ) => [path, root, name]),
    [
      [[0, "a"], "arguments", "x"],
      [[0, "a"], "inputResponses", "z"],
    ],
  );
});

Deno.test("what is made up for an outputSchema fits it, as the SDK's validator has it (JSON Schema 2020-12)", () => {
  const schemas = [
    {
      type: "object",
      properties: { a: { type: ["null", "string"] }, b: { type: "integer", minimum: 3 } },
      required: ["a", "b"],
    },
    {
      type: "object",
      properties: { a: { type: "string", minLength: 9 }, b: { type: "array", items: {}, minItems: 2 } },
    },
    { type: "object", properties: { a: { const: 7 }, b: { enum: ["x"] }, c: { type: "string", format: "email" } } },
    { type: "object", properties: { a: { $ref: "#/$defs/b" } }, $defs: { b: { type: "number", exclusiveMinimum: 1 } } },
    {
      type: "object",
      properties: { a: { anyOf: [{ type: "boolean" }, { type: "string" }] }, b: { default: { c: 1 } } },
    },
    {
      type: "object",
      allOf: [{ properties: { a: { type: "string" } }, required: ["a"] }, { required: ["b"] }],
      properties: { b: {} },
    },
    { type: "object", properties: { next: { $ref: "#" } } },
  ];
  for (const schema of schemas) {
    const sample = sampleOf(schema);
    const checked = fromJsonSchema(JSON.parse(JSON.stringify(schema)))["~standard"].validate(sample);
    assert(!(checked instanceof Promise) && !checked.issues, `${JSON.stringify(schema)}: ${JSON.stringify(sample)}`);
  }
});

Deno.test("a URL that a client is asked to open may be a canary's (README, catalogues)", () => {
  for (const url of ["{canary_url}/page", "{other_canary_url}/page", "https://example.com/pay"]) {
    assert.doesNotThrow(() => parseCatalogue(asksUrl(url)), url);
  }
});

/** What the variables of a template are in a URI. */
const matched: readonly (readonly [template: string, uri: string, values: unknown])[] = [
  ["mem://users/{id}/log", "mem://users/ada/log", { id: "ada" }],
  ["mem://users/{id}/log", "mem://users//log", undefined],
  ["mem://users/{id}/log", "mem://users/ada/log/1", undefined],
  ["mem://users/{id}/log", "mem://users/a/b/log", undefined],
  ["a.b/{x}", "aXb/1", undefined],
  ["a://{x}", "a://%E2%82%AC%20", { x: "%E2%82%AC%20" }],
  ["a://{x}-{y}", "a://1-2-3", { x: "1", y: "2-3" }],
  ["a://{+x}-{y}", "a://1/2-3/4-5", { x: "1/2-3/4", y: "5" }],
  ["a://{x}{y}", "a://12", { x: "1", y: "2" }],
  ["a://{x}{y}", "a://1", undefined],
  ["a://{x,y}", "a://1,2", { x: "1", y: "2" }],
  ["a://{x*}", "a://1,2,3", { x: ["1", "2", "3"] }],
  ["a://{x*}", "a://1", { x: "1" }],
  ["a://b{/x,y}", "a://b/1/2", { x: "1", y: "2" }],
  ["a://b{/x*}", "a://b/1/2", { x: ["1", "2"] }],
  ["a://b{.x}", "a://b.txt", { x: "txt" }],
  ["a://b{;x}", "a://b;x=1", { x: "1" }],
  ["a://b{#x}", "a://b#1/2", { x: "1/2" }],
  ["a://b{?x,y}", "a://b?x=1&y=2/3", { x: "1", y: "2/3" }],
  ["a://b?z{&x:3}", "a://b?z&x=1", { x: "1" }],
  ["a://b", "a://b", {}],
  ["{+all}", "a://b/c", { all: "a://b/c" }],
  ["a://{__proto__}", "a://b", JSON.parse('{"__proto__":"b"}')],
  ["a://{x}", `a://${"b".repeat(2048)}`, undefined],
];

for (const [template, uri, values] of matched) {
  Deno.test(`of ${template}, ${uri.slice(0, 30)} has ${JSON.stringify(values) ?? "nothing"} (MCP resources, resource templates)`, () => {
    assert.deepEqual(uriMatcher(template)(uri), values);
  });
}

Deno.test("a hostile template takes steps as the length of the URI, not as a power of it (MCP resources, resource templates)", () => {
  const match = uriMatcher(`a://${"{a}-".repeat(10)}z`);
  const before = performance.now();
  for (let times = 0; times < 10; times++) assert.equal(match(`a://${"a-".repeat(1000)}!z`), undefined);
  assert(performance.now() - before < 1000);
});
