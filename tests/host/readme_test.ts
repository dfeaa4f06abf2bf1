/** The README says what the code does: its tables are held against the code. */
import assert from "node:assert/strict";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { startMockServer } from "../../main.ts";
import { rules } from "../../lib/judge/rules/catalogue.ts";
import { ALWAYS } from "../../lib/judge/rules/rule.ts";
import { catalogue } from "../../lib/scenarios/catalogue/catalogue.ts";
import { helpText } from "../../lib/cli/help_text.ts";
import { controlEndpoints } from "../../lib/http/endpoints.ts";
import { paths, wellKnown } from "../../lib/http/urls.ts";
import { rows as limitRows } from "../limits/rows.ts";

const readme = await Deno.readTextFile(new URL("../../README.md", import.meta.url));
const seedPage = await Deno.readTextFile(new URL("../../views/guide/steps.tsx", import.meta.url));

/** The cells of the table whose first heading is `heading`, without code marks. */
function table(heading: string): readonly (readonly string[])[] {
  const lines = readme.split("\n");
  const start = lines.findIndex((line) => line.startsWith(`| ${heading} `));
  assert(start >= 0, `the README has no table that begins with ${heading}`);
  const end = lines.findIndex((line, index) => index > start && !line.startsWith("|"));
  return lines.slice(start + 2, end).map((line) =>
    line.split("|").slice(1, -1).map((cell) => cell.trim().replaceAll("`", ""))
  );
}

Deno.test("README lists every endpoint that a client or person is meant to call", () => {
  const { assets: _a, style: _s, guideScript: _g, favicon: _f, ...own } = paths;
  const expected = [...Object.values(own), ...Object.values(wellKnown), wellKnown.protectedResource + paths.oauth];
  assert.deepEqual(table("endpoint").map(([path]) => path).sort(), expected.sort());
});

Deno.test("README lists every endpoint of the control API, in the order of the route table", () => {
  const expected = controlEndpoints.map(({ method, path }) => `${method} ${path}`);
  assert.deepEqual(table("control endpoint").map(([endpoint]) => endpoint), expected);
});

Deno.test("README lists every flag and variable that --help knows, with the same words", () => {
  const help = helpText.split("\n").filter((line) => line.startsWith("  --"));
  const rows = table("flag");
  assert.deepEqual(rows.map(([flag]) => flag), help.map((line) => line.trim().split(" ")[0]));
  for (const [index, [flag, variable = ""]] of rows.entries()) {
    const line = help[index] ?? "";
    assert.equal(/\b[A-Z]+(_[A-Z]+)*(?=\s+\()|\b(PUBLIC_URL|TLS_CERT|TLS_KEY)\b/.exec(line)?.[0] ?? "", variable, flag);
  }
});

Deno.test("README lists every limit that a test fills, in the same order and words", () => {
  const expected = limitRows.map((row) => [row.what, row.each, row.most, row.beyond, row.isPublicOnly ? "public" : ""]);
  assert.deepEqual(table("limit"), expected);
});

Deno.test("README lists every rule, with its level, its words, its link and its revisions", () => {
  assert.deepEqual(
    table("rule id"),
    rules.map(({ id, level, title, link, revisions }) => [
      id,
      level,
      `[${title}](${link})`,
      revisions.length === ALWAYS.length ? "all" : revisions.join(", "),
    ]),
  );
  assert(readme.includes(`by ${rules.length} rules`));
  for (const verdict of ["pass", "fail", "incomplete"]) assert(table("verdict").some(([name]) => name === verdict));
});

Deno.test("README names every client that a scenario knows, with its secret, and every tool", async () => {
  for (const { name, clients = [] } of catalogue) {
    for (const { client_id, client_secret } of clients) {
      // The identity provider's client is not one that a person is given.
      if (client_id === "conformance-test-idp-client") continue;
      for (const word of [name, client_id, ...(client_secret === undefined ? [] : [client_secret])]) {
        assert(readme.includes(`\`${word}\``), `${word} of ${name}`);
      }
    }
  }
  await using mock = await startMockServer({ policy: { answer: "approve" } });
  const authorization = `Bearer ${await mock.token({ scope: "mcp:admin" })}`;
  const client = new Client({ name: "test", version: "0" });
  await client.connect(
    new StreamableHTTPClientTransport(new URL(mock.mcpUrl), {
      fetch: mock.fetch,
      requestInit: { headers: { authorization } },
    }),
  );
  const { tools } = await client.listTools();
  assert(tools.length > 15);
  for (const { name } of tools) assert(readme.includes(`\`${name}\``), name);
  await client.close();
});

Deno.test("README and guide describe the seed's parameters and fields in the same words", () => {
  for (const [name = "", description = ""] of table("query parameter")) {
    assert(seedPage.includes(name), name);
    assert(seedPage.includes(description), description);
  }
  for (const [name = "", description = ""] of table("form field").slice(0, 3)) {
    assert(seedPage.includes(name), name);
    assert(seedPage.includes(description.split("; ")[0] ?? ""), description);
  }
});

Deno.test("README names the version of Deno that CI runs", async () => {
  const ci = await Deno.readTextFile(new URL("../../.ci/run", import.meta.url));
  const versions = new Set([...(readme + ci).matchAll(/deno@(\d+\.\d+\.\d+)/g)].map(([, version]) => version));
  assert.equal(versions.size, 1);
});

/** The paragraphs that the tests of a file name, such as `RFC 9449 7.1` and `RFC 9449 7.2` for `RFC 9449 7.1, 7.2`. */
async function citationsOf(path: string): Promise<ReadonlySet<string>> {
  const code = await Deno.readTextFile(new URL(`../../${path}`, import.meta.url));
  const names = [...code.matchAll(/\b(?:Deno\.test|browserTest)\(\s*(["`])(.*?)\1/g)].map(([, , name = ""]) => name);
  const sources = names.flatMap((name) => /\(([^()]*)\)$/.exec(name)?.[1] ?? []);
  const cited = new Set<string>();
  let document = "";
  for (const part of sources.flatMap((source) => source.split(", "))) {
    const [, own, section = ""] = /^(.*?) ?(\d+(?:\.\d+)*)?$/.exec(part) ?? [];
    // `RFC 9449` alone ends in a number, too.
    const isWhole = /^(?:RFC|SEP-?)$/.test(own ?? "");
    document = isWhole ? part : own || document;
    cited.add(isWhole ? part : `${document} ${section}`.trim());
    cited.add(document);
  }
  return cited;
}

Deno.test("README names a file of tests for every paragraph it supports, and a test in it names the paragraph", async () => {
  const rows = table("RFC");
  assert(rows.length > 50);
  for (const [paragraph = "", , file = ""] of rows) {
    const cited = await citationsOf(file);
    assert(cited.has(paragraph), `no test of ${file} is named after ${paragraph}, but after ${[...cited].join("; ")}`);
  }
  const keys = rows.map(([paragraph, , file]) => `${paragraph} ${file}`);
  assert.equal(new Set(keys).size, keys.length, "a row stands there twice");
});

/** Files of tests that need no permission, by their path below `tests/`. */
async function testsInProcess(): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const { name: folder, isDirectory } of Deno.readDir(tests)) {
    if (!isDirectory || ["host", "browser", "bench"].includes(folder)) continue;
    for await (const { name } of Deno.readDir(new URL(folder, tests))) {
      if (name.endsWith("_test.ts")) found.push(`${folder}/${name}`);
    }
  }
  return found;
}

const tests = new URL("../", import.meta.url);

Deno.test("README has a row for every RFC that a test in process is named after, but those of HTTP and addresses", async () => {
  const rows = new Set(table("RFC").map(([paragraph = ""]) => /^RFC \d+/.exec(paragraph)?.[0]));
  const elsewhere = new Set(["RFC 4291", "RFC 6761", "RFC 6890", "RFC 9110", "RFC 9111", "RFC 9112", "RFC 9113"]);
  let seen = 0;
  for (const name of await testsInProcess()) {
    for (const citation of await citationsOf(`tests/${name}`)) {
      const [rfc] = /^RFC \d+/.exec(citation) ?? [];
      if (rfc === undefined || elsewhere.has(rfc)) continue;
      assert(rows.has(rfc), `${name} has a test of ${rfc}, of which the README says nothing`);
      seen++;
    }
  }
  assert(seen > 100, "the names of the tests were read");
});
