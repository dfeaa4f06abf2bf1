/** The page of specifications says what the tests show: each of its paragraphs is held against the names of tests. */
import assert from "node:assert/strict";
import { paragraphGroups } from "../../views/specifications/paragraphs.ts";

const tests = new URL("../", import.meta.url);
const rows = paragraphGroups.flatMap(({ paragraphs }) => paragraphs);

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

Deno.test("/specifications names a file of tests for every paragraph it supports, and a test in it names the paragraph", async () => {
  assert(rows.length > 50);
  for (const [paragraph, , name] of rows) {
    const file = `tests/${name}_test.ts`;
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

Deno.test("/specifications has a row for every RFC that a test in process is named after, but those of HTTP and addresses", async () => {
  const known = new Set(rows.map(([paragraph]) => /^RFC \d+/.exec(paragraph)?.[0]));
  const elsewhere = new Set(["RFC 4291", "RFC 6761", "RFC 6890", "RFC 9110", "RFC 9111", "RFC 9112", "RFC 9113"]);
  let seen = 0;
  for (const name of await testsInProcess()) {
    for (const citation of await citationsOf(`tests/${name}`)) {
      const [rfc] = /^RFC \d+/.exec(citation) ?? [];
      if (rfc === undefined || elsewhere.has(rfc)) continue;
      assert(known.has(rfc), `${name} has a test of ${rfc}, of which the page says nothing`);
      seen++;
    }
  }
  assert(seen > 100, "the names of the tests were read");
});
