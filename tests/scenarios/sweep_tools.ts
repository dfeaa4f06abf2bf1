/** Probes of the scenarios of tools, of their schemas, and of what these return. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { hash } from "node:crypto";
import { NEXT_STEP } from "../../lib/scenarios/guide.ts";
import type { Probe, ProbeSandbox } from "./sweep_probe.ts";
import { askModern } from "./sweep_pages.ts";
import { appOf, logIn } from "./sweep_steps.ts";

type Document = Readonly<Record<string, unknown>>;

function documentOf(value: unknown): Document {
  return Object(value);
}

/** Speaks to a sandbox with a token of its own. */
async function speak(at: ProbeSandbox): Promise<(method: string, params?: Document) => Promise<Document>> {
  const { access } = await logIn(appOf(at));
  return async (method, params = {}) => {
    const { name = params.uri } = params;
    const plain = typeof name === "string" && /^[\x21-\x7e]+$/.test(name);
    const header = plain ? String(name) : `=?base64?${Buffer.from(String(name)).toString("base64")}?=`;
    const headers: Record<string, string> = name === undefined ? {} : { "mcp-name": header };
    return documentOf(await (await askModern(at, access, { method, params, headers })).json());
  };
}

async function toolsAt(at: ProbeSandbox, cursor?: string): Promise<readonly Document[]> {
  const ask = await speak(at);
  const { tools } = documentOf((await ask("tools/list", cursor === undefined ? {} : { cursor })).result);
  return Array.isArray(tools) ? tools.map(documentOf) : [];
}

/** Insists that the names of the tools are these. */
function lists(...names: readonly string[]): Probe {
  return async (at) => {
    const all = (await toolsAt(at)).map(({ name }) => name);
    assert.deepEqual(all.filter((name) => name !== NEXT_STEP), names);
  };
}

/** Insists on something in the JSON of a schema. */
function hasSchema(tool: string, holds: (json: string, at: ProbeSandbox) => boolean, cursor?: string): Probe {
  return async (at) => {
    const found = (await toolsAt(at, cursor)).find(({ name }) => name === tool);
    assert(found, tool);
    assert(holds(JSON.stringify(found), at));
  };
}

/** Insists on something in the result of a call. */
function returns(tool: string, args: Document, check: (result: Document) => void): Probe {
  return async (at) => {
    const ask = await speak(at);
    check(documentOf((await ask("tools/call", { name: tool, arguments: args })).result));
  };
}

function all(...probes: readonly Probe[]): Probe {
  return async (at) => {
    for (const probe of probes) await probe(at);
  };
}

/** How deep a JSON text nests. */
function levelsOf(json: string): number {
  let [level, levels] = [0, 0];
  for (const [bracket] of json.matchAll(/[{}]/g)) levels = Math.max(levels, level += bracket === "{" ? 1 : -1);
  return levels;
}

/** Insists that a canary that the tools name is there, and answers with this. */
function hasCanary(path: string, type: string): Probe {
  return async (at) => {
    const base = `${at.origin}${at.prefix}/canary`;
    assert(JSON.stringify(await toolsAt(at)).includes(`${base}/${path}`), path);
    const response = await at.fetch(`${base}/${path}`);
    assert.deepEqual([response.status, response.headers.get("content-type")], [200, type]);
    await response.body?.cancel();
  };
}

/** Insists on a skill whose `SKILL.md` is not what its entry says in just this, and whose other file is. */
function hasSkill(named: string, wrong: readonly string[]): Probe {
  return async (at) => {
    const ask = await speak(at);
    const { capabilities } = documentOf((await ask("server/discover")).result);
    assert.deepEqual(documentOf(documentOf(capabilities).extensions), { "io.modelcontextprotocol/skills": {} });
    const skill = documentOf([documentOf((await ask("skills/list")).result).skills].flat()[0]);
    assert.deepEqual((await ask("skills/get", { uri: skill.uri })).result, {
      resultType: "complete",
      skill,
      ttlMs: 0,
      cacheScope: "private",
      _meta: documentOf((await ask("skills/list")).result)._meta,
    });
    const { name, description } = documentOf(skill.frontmatter);
    assert.equal(name, named);
    const found = await Promise.all(
      [skill.resources].flat().map(documentOf).map(async ({ uri, digest, size }) => {
        const { contents } = documentOf((await ask("resources/read", { uri })).result);
        const text = String(documentOf([contents].flat()[0]).text);
        return [
          size === Buffer.byteLength(text) ? "" : "size",
          digest === `sha256:${hash("sha256", text)}` ? "" : "digest",
          uri !== skill.uri || text.includes(`\ndescription: ${description}\n`) ? "" : "description",
        ].filter(Boolean);
      }),
    );
    assert.deepEqual(found, [wrong, []]);
    const { resources } = documentOf((await ask("resources/list")).result);
    assert.deepEqual(resources, []);
    assert.equal(documentOf((await ask("skills/get", { uri: "skill://nothing/SKILL.md" })).error).code, -32602);
  };
}

const text = (result: Document): string => String(documentOf([result.content].flat()[0]).text);

/** Probes by the name of the scenario. */
export const toolProbes: Readonly<Record<string, Probe>> = {
  "custom-headers": all(
    lists("test_custom_headers", "test_custom_headers_null"),
    hasSchema("test_custom_headers", (json) => json.split('"x-mcp-header":').length === 15),
  ),
  "invalid-tool-headers": async (at) => {
    const [valid, ...invalid] = (await toolsAt(at)).map(({ name }) => name);
    assert.equal(valid, "valid_tool");
    assert.deepEqual([invalid.length, invalid.every((name) => String(name).startsWith("invalid_"))], [10, true]);
  },
  "skills-no-prefetch": hasSkill("never-loaded", []),
  "skills-verify-digest": hasSkill("pdf-processing", ["digest"]),
  "skills-verify-size": hasSkill("pdf-processing", ["size", "digest"]),
  "skills-verify-frontmatter": hasSkill("pdf-processing", ["description"]),
  "tools-20000": async (at) => {
    const ask = await speak(at);
    const [first, last] = await Promise.all([{}, { cursor: "page-100" }].map((params) => ask("tools/list", params)));
    const [begun, ended] = [documentOf(first?.result), documentOf(last?.result)];
    assert.equal(begun.nextCursor, "page-2");
    assert.equal(ended.nextCursor, undefined);
    assert.equal(documentOf([ended.tools].flat().at(-1)).name, "tool-20000");
  },
  "result-10-mib": returns("dump", {}, (result) => assert.equal(text(result).length, 10_485_760)),
  "structured-content-misfit": returns("read_thermometer", {}, ({ structuredContent }) => {
    assert.deepEqual(structuredContent, { celsius: "warm" });
  }),
  "structured-content-any": all(
    returns("list_days", {}, (result) => assert.deepEqual(result.structuredContent, ["Monday", "Tuesday"])),
    returns("name_day", {}, (result) => assert.equal(result.structuredContent, "Monday")),
    returns("find_nothing", {}, (result) => assert.equal(result.structuredContent, null)),
  ),
  "content-of-any-type": async (at) => {
    const ask = await speak(at);
    const contentOf = async (name: string): Promise<readonly Readonly<Record<string, unknown>>[]> =>
      [documentOf((await ask("tools/call", { name, arguments: {} })).result).content].flat().map(documentOf);
    const parts = await contentOf("gather");
    assert.deepEqual(parts.map(({ type }) => type), ["audio", "resource", "resource_link"]);
    assert.deepEqual((await contentOf("project")).map(({ type }) => type), ["hologram"]);
    const { result } = await ask("resources/read", { uri: String(parts[2]?.uri) });
    assert.match(JSON.stringify(result), /What is at note:/);
    const { resources } = documentOf((await ask("resources/list")).result);
    assert(!JSON.stringify(resources).includes("note:"));
  },
  "tool-error-with-hint": returns("book_table", {}, (result) => {
    assert.equal(result.isError, true);
    assert.match(text(result), /2099-01-01/);
  }),
  "resource-missing": async (at) => {
    const ask = await speak(at);
    const codes = await Promise.all(
      ["note:///gone", "note:///gone-before"].map(async (uri) =>
        documentOf((await ask("resources/read", { uri })).error).code
      ),
    );
    assert.deepEqual(codes, [-32602, -32002]);
  },
  "schema-dialects": all(
    lists("of_draft_04", "of_own_dialect", "of_default_dialect"),
    hasSchema("of_own_dialect", (json) => json.includes('"$schema":"https://example.com/')),
  ),
  "schema-network-ref": all(
    hasSchema("lookup_user", (json, { origin, prefix }) => json.includes(`"$ref":"${origin}${prefix}/canary/`)),
    hasCanary("profile-schema.json", "application/schema+json"),
  ),
  "schema-ref-elsewhere": all(
    hasSchema("refers", (json, { prefix }) => json.includes(`"$ref":"http://127.0.0.1:8789${prefix}/canary/part.json`)),
    hasCanary("output.json", "application/schema+json"),
  ),
  "schema-unresolved-ref": hasSchema("needs_common", (json) => json.includes('"$ref":"common.json#/$defs/of"')),
  "schema-keywords": all(
    lists("json_schema_2020_12_tool", "json_schema_echo"),
    hasSchema(
      "json_schema_2020_12_tool",
      (json) =>
        ["$defs", "$anchor", "allOf", "anyOf", "if", "then", "else"].every((name) => json.includes(`"${name}":`)),
    ),
  ),
  "schema-deep": hasSchema("heavy_tool", (json) => levelsOf(json) > 500, "page-2"),
  "schema-wide": hasSchema("heavy_tool", (json) => json.split('"const":').length === 20_001, "page-2"),
  "schema-hostile-pattern": hasSchema("heavy_tool", (json) => json.includes('"^(a+)+$"'), "page-2"),
  "names-alike": lists("search-web", "Search-Web", "s\u0435arch-web", "search\u2010web"),
  "names-equal": lists("fetch_page", "fetch_page", "count_pages"),
  "text-with-instructions": all(
    lists("get_weather", "collect_secrets"),
    returns("get_weather", { city: "Bonn" }, (result) => assert.match(text(result), /collect_secrets/)),
  ),
  "text-with-controls": all(
    hasSchema("clean_up", (json) => json.includes("\\u001b[2J") && json.includes("\u202e")),
    returns("clean_up", {}, (result) => assert(text(result).includes("\u001b]8;;"))),
  ),
  "text-unseen": lists("list_files", "list\u200b_files", "list_folders"),
  "icons-elsewhere": all(
    hasCanary("here.svg", "image/svg+xml"),
    hasSchema("show_elsewhere", (json) => json.includes("http://127.0.0.1:8789/s/icons-elsewhere")),
  ),
};
