/**
 * The examples in comments run. `deno test --doc` would do the same, and load each into an isolate of its own, which takes
 * ten times as long as all of them in one.
 */
import assert from "node:assert/strict";

const root = new URL("../../", import.meta.url);

async function* walk(path: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(new URL(path, root))) {
    if (isDirectory) yield* walk(`${path}/${name}`);
    else if (/\.tsx?$/.test(name)) yield `${path}/${name}`;
  }
}

/** The examples in the comments of a module. */
function examplesIn(text: string): readonly string[] {
  return [...text.matchAll(/^ *\* ```ts\n(.*?)^ *\* ```$/gms)].map(([, lines = ""]) =>
    lines.replaceAll(/^ *\* ?/gm, "")
  );
}

/** An example as a module that stands nowhere: with what its own module exports, and with the addresses of all others. */
function moduleOf(example: string, own: URL, exported: readonly string[]): string {
  const used = exported.filter((name) =>
    new RegExp(String.raw`\b${name}\b`).test(example) && !new RegExp(String.raw`\bimport .*\b${name}\b`).test(example)
  );
  const others = example.replaceAll(/(?<=from ")\.[^"]+/g, (path) => new URL(path, own).href);
  return `import { ${used.join(", ")} } from "${own.href}";\n${others}`;
}

Deno.test("every example in a comment runs (TypeScript, TSDoc)", async (t) => {
  let count = 0;
  for (const room of ["lib", "routes", "views"]) {
    for await (const path of walk(room)) {
      const own = new URL(path, root);
      const examples = examplesIn(await Deno.readTextFile(own));
      if (examples.length === 0) continue;
      const exported = Object.keys(await import(own.href));
      for (const [index, example] of examples.entries()) {
        await t.step(`${path}, ${index + 1}`, async () => {
          const text = moduleOf(example, own, exported);
          await import(`data:application/typescript,${encodeURIComponent(`${text}\n// ${path} ${index}`)}`);
        });
        count++;
      }
    }
  }
  assert(count > 80, `${count} examples were run`);
});
