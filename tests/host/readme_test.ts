/** The README says what the code does: its tables are held against the code. */
import assert from "node:assert/strict";
import { helpText } from "../../lib/config.ts";
import { paths, wellKnown } from "../../lib/urls.ts";

const readme = await Deno.readTextFile(new URL("../../README.md", import.meta.url));
const seedPage = await Deno.readTextFile(new URL("../../views/guide_steps.tsx", import.meta.url));

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

Deno.test("README lists every flag and variable that --help knows, with the same words", () => {
  const help = helpText.split("\n").filter((line) => line.startsWith("  --"));
  const rows = table("flag");
  assert.deepEqual(rows.map(([flag]) => flag), help.map((line) => line.trim().split(" ")[0]));
  for (const [index, [flag, variable = ""]] of rows.entries()) {
    const line = help[index] ?? "";
    assert.equal(/\b[A-Z]+(_[A-Z]+)*(?=\s+\()|\b(PUBLIC_URL|TLS_CERT|TLS_KEY)\b/.exec(line)?.[0] ?? "", variable, flag);
  }
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

Deno.test("README names a test for every paragraph it claims, and each of them exists", async () => {
  const folder = new URL("../", import.meta.url);
  let tests = "";
  for await (const { name } of Deno.readDir(folder)) {
    if (name.endsWith("_test.ts")) tests += await Deno.readTextFile(new URL(name, folder));
  }
  const missing = table("RFC").filter(([, , name = ""]) => !tests.includes(`Deno.test("${name}"`));
  assert.deepEqual(missing, []);
});
