/** The README and its documents say what the code does: their tables are held against the code. */
import assert from "node:assert/strict";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { startMockServer } from "../../main.ts";
import { rules } from "../../lib/judge/rules/catalogue.ts";
import { catalogue } from "../../lib/scenarios/catalogue/catalogue.ts";
import { placeOf } from "../../lib/sandbox/place.ts";
import { patchNames } from "../../lib/scenarios/schema/plan_schema.ts";
import { helpText } from "../../lib/cli/help_text.ts";
import { controlEndpoints } from "../../lib/http/endpoints.ts";
import { paths, wellKnown } from "../../lib/http/urls.ts";
import { readDocument, tableOf } from "../documents/documents.ts";
import { documentTables } from "../documents/tables.ts";
import { rows as limitRows } from "../limits/rows.ts";

const document = await readDocument("README.md");
const readme = document.text;
const seedPage = await Deno.readTextFile(new URL("../../views/guide/steps.tsx", import.meta.url));

const table = (heading: string): readonly (readonly string[])[] => tableOf(document, heading);

Deno.test("README lists every endpoint that a client or person is meant to call", () => {
  const { assets: _a, style: _s, guideScript: _g, favicon: _f, ...own } = paths;
  const expected = [...Object.values(own), ...Object.values(wellKnown), wellKnown.protectedResource + paths.oauth];
  assert.deepEqual(table("endpoint").flatMap(([path = ""]) => path.split(", ")).sort(), expected.sort());
});

Deno.test("README lists every endpoint of the control API, in the order of the route table", () => {
  const rows = table("control endpoint");
  assert.deepEqual(
    rows.flatMap(([path, methods = ""]) => methods.split(", ").map((method) => `${method} ${path}`)),
    controlEndpoints.map(({ method, path }) => `${method} ${path}`),
  );
  assert.equal(new Set(rows.map(([path]) => path)).size, rows.length, "a path stands there twice");
});

Deno.test("README lists every flag and variable that --help knows, with the same words", () => {
  const help = helpText("linux").split("\n").filter((line) => line.startsWith("  --"));
  const rows = table("flag");
  assert.deepEqual(rows.map(([flag]) => flag), help.map((line) => line.trim().split(" ")[0]));
  for (const [index, [flag, variable = ""]] of rows.entries()) {
    const line = help[index] ?? "";
    assert.equal(/\b[A-Z]+(_[A-Z]+)*(?=\s+\()|\b(PUBLIC_URL|TLS_CERT|TLS_KEY)\b/.exec(line)?.[0] ?? "", variable, flag);
  }
});

for (const { path, name, rows, head } of documentTables) {
  Deno.test(`${path} lists all ${name}, in the order and words of the code`, async () => {
    const plain = rows.map((row) => row.map((cell) => cell.replaceAll("`", "")));
    assert.deepEqual(tableOf(await readDocument(path), head[0] ?? ""), plain, "deno task tables writes it anew");
    assert(rows.length > 1);
  });
}

Deno.test("README names limits that tests of its reader may meet, as their rows do", () => {
  const [said = ""] = /^## Limits\n\n(.*?)\n\n/ms.exec(readme) ?? [];
  const named = ["body, outside the MCP endpoints", "body, at the MCP endpoints", "JSON", "exchanges on record"];
  for (const what of named) {
    const row = limitRows.find((one) => one.what === what);
    assert(row !== undefined && said.includes(row.most), `${what}: ${row?.most}`);
  }
});

Deno.test("tests/matrix/README.md lists every policy of the MCP server that is about sessions, revisions, answers and lists", async () => {
  const named = tableOf(await readDocument("tests/matrix/README.md"), "in `policy`").map(([name]) => name);
  const known = patchNames.policy.filter((name) => /session|^mcp_(?!server$)/.test(name));
  assert.deepEqual(named.toSorted(), known.toSorted());
});

Deno.test("README counts scenarios and rules, and names every verdict", () => {
  assert(readme.includes(`**${catalogue.length} scenarios.**`), `there are ${catalogue.length} scenarios`);
  assert(readme.includes(`** ${rules.length} rules`) && readme.includes(`[${rules.length} rules]`));
  const ownOrigins = catalogue.filter((scenario) => placeOf(scenario, "a1", "http://127.0.0.1:8789").isOwnOrigin);
  assert(readme.includes(`Of these, ${ownOrigins.length} need an origin`), `${ownOrigins.length} need an origin`);
  assert.deepEqual(table("verdict").map(([name]) => name), ["pass", "fail", "incomplete"]);
});

Deno.test("README names a client that scenarios know, with its secret, and every tool", async () => {
  const known = catalogue.flatMap(({ clients = [] }) => clients).find((one) => one.client_id === "known-client");
  assert(readme.includes(`\`${known?.client_id}\``) && readme.includes(`\`${known?.client_secret}\``));
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

Deno.test("README has a section for what a client cannot do, with each way out that there is", () => {
  const [, section = ""] = /\n## Your client can’t….*?\n(.*?)\n## /is.exec(readme.replaceAll("can't", "can’t")) ?? [];
  const ways = [
    ...[`{"policy":{"answer":"approve"}}`, `policy: { answer: "approve" }`, "`POST /control/clients`"],
    ...["`test-tool`", "`--alg RS256`", "`--token-lifetime 3600`", "--transport http"],
    ...["`--tls-cert`", "`--tls-key`", "`/client-metadata/", "only an https URL"],
  ];
  for (const way of ways) assert(section.includes(way), way);
  // How to be alone is said where sandboxes are.
  assert.match(readme, /\/s\/[\w<>-]+~/);
});

Deno.test("README calls access tokens RFC 9068 only beside what they lack by default (RFC 9068 2.2)", () => {
  const isProse = (part: string): boolean => !part.startsWith("|") && part.includes("RFC 9068");
  const parts = readme.split(/\n\n|\n(?=- )/).filter(isProse);
  assert(parts.length > 0);
  for (const part of parts) assert.match(part.replaceAll("\n", " "), /RFC 9068, (?:but|except)\b[^.]*`exp`/);
});

Deno.test("README names the version of Deno that CI runs", async () => {
  const ci = await Deno.readTextFile(new URL("../../.ci/run", import.meta.url));
  const versions = new Set([...(readme + ci).matchAll(/deno@(\d+\.\d+\.\d+)/g)].map(([, version]) => version));
  assert.equal(versions.size, 1);
});
