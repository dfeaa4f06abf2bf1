/** The README is short, and every link in it and in the documents that it links to leads somewhere. */
import assert from "node:assert/strict";
import { anchorsOf, documentPaths, documents, linksOf, readDocument, root } from "../documents/documents.ts";

Deno.test("README is short enough to read: 480 lines, 50 kB", async () => {
  const { text } = await readDocument("README.md");
  assert(text.split("\n").length <= 480, `it has ${text.split("\n").length} lines`);
  assert(text.length <= 50_000, `it has ${text.length} characters`);
});

Deno.test("README and its documents: every link and picture leads to a file and an anchor that are there", async (t) => {
  const texts = new Map(documents.map(({ path, text }) => [new URL(path, root).href, text]));
  for (const { path, text } of documents) {
    await t.step(path, async () => {
      const targets = linksOf(text).filter((target) => !/^https?:/.test(target));
      for (const target of targets) {
        const { href, hash } = new URL(target, new URL(path, root));
        const file = href.slice(0, href.length - hash.length);
        await Deno.stat(new URL(file));
        if (hash === "") continue;
        assert(anchorsOf(texts.get(file) ?? "").has(hash.slice(1)), `${target} leads to no heading`);
      }
    });
  }
});

Deno.test("README links to every document", async () => {
  const { text } = await readDocument("README.md");
  const linked = new Set(linksOf(text).map((target) => target.split("#")[0]));
  for (const path of documentPaths) assert(path === "README.md" || linked.has(path), `${path} is not linked`);
});

Deno.test("documents in the repository are all known", async () => {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(new URL("tests/", root))) {
    const path = `tests/${name}/README.md`;
    if (isDirectory && await Deno.stat(new URL(path, root)).then(() => true, () => false)) found.push(path);
  }
  assert.deepEqual(found.sort(), documentPaths.filter((path) => path.startsWith("tests/")).sort());
});
