/**
 * Makes the package of npm in `dist/npm/`: the bundle for Node, Bun and Deno, which needs no other package, its source map,
 * the types with what is said of them, the command, and the licenses of what the bundle contains.
 */
import manifest from "../deno.json" with { type: "json" };
import { bundle, bundled, entries, files, root, run } from "./bundle.ts";

const output = new URL("dist/npm/", root);
const typed = new URL("dist/types/", root);

/** Name of the package and of its command; the other part is the scope that JSR asks for. */
const name = manifest.name.replace(/^@.*\//, "");
const repository = "https://github.com/iterate/mock-oauth";
const SDK = "@modelcontextprotocol/server";

interface SourceMap {
  sources: string[];
  sourcesContent: (string | null)[];
}

async function write(url: URL, text: string): Promise<void> {
  await Deno.mkdir(new URL(".", url), { recursive: true });
  await Deno.writeTextFile(url, text);
}

/** The bundle with its source map. Returns the folder that the packages in it came from. */
async function bundlePackage(): Promise<URL | undefined> {
  await bundle(output, [entries.module, entries.command]);
  let registry: URL | undefined;
  for await (const file of files(output)) {
    if (!file.pathname.endsWith(".map")) continue;
    const map: SourceMap = JSON.parse(await Deno.readTextFile(file));
    map.sources = map.sources.map((source, index) => {
      const { href } = new URL(source, file);
      const [, folder, path] = /^(.*\/npm\/[^/]+\/)(.*)$/.exec(href) ?? [];
      if (folder === undefined) return `${name}/${href.slice(root.href.length)}`;
      registry = new URL(folder);
      // A stack trace is to lead into our sources, not into copies of them.
      map.sourcesContent[index] = null;
      return `node_modules/${path}`;
    });
    await Deno.writeTextFile(file, JSON.stringify(map));
  }
  return registry;
}

/** The types of what is exported, as `deno pack` writes them: one file for each of ours, with its comments. */
async function writeTypes(): Promise<void> {
  for (const folder of ["lib/", "routes/", "views/"]) {
    for await (const file of files(new URL(folder, root))) {
      await write(new URL(file.href.slice(root.href.length), typed), await Deno.readTextFile(file));
    }
  }
  await Deno.copyFile(new URL("deno.lock", root), new URL("deno.lock", typed));
  await write(new URL("deno.json", typed), JSON.stringify({ ...manifest, exports: `./${entries.module}` }));
  await run([Deno.execPath(), "pack", "--quiet", "--allow-dirty", "--no-source-maps", "--output", "types.tgz"], typed);
  await run(["tar", "-xzf", "types.tgz"], typed);
  const packed = new URL("package/", typed);
  for await (const file of files(packed)) {
    if (!file.pathname.endsWith(".d.ts")) continue;
    const text = (await Deno.readTextFile(file)).replaceAll(/from "(?:\.\.\/)+main\.ts"/g, `from "${name}"`);
    await write(new URL(`types/${file.href.slice(packed.href.length)}`, output), forAnyProject(text));
  }
}

/** Types that compile in a project that checks those of its packages, too, and has neither the SDK nor the types of Node. */
function forAnyProject(text: string): string {
  const disposable = text.includes("AsyncDisposable") ? '/// <reference lib="esnext.disposable" />\n' : "";
  return disposable +
    text.replaceAll(new RegExp(`^import type .* from "${SDK}";$`, "gm"), "// @ts-ignore: optional\n$&");
}

async function licenses(registry: URL): Promise<string> {
  const texts: string[] = [];
  const lock: { readonly npm: object } = JSON.parse(await Deno.readTextFile(new URL("deno.lock", root)));
  for (const locked of Object.keys(lock.npm).sort()) {
    const [, packageName = "", version = ""] = /^(@?[^@]+)@([^_]+)/.exec(locked) ?? [];
    const folder = new URL(`${packageName}/${version}/`, registry);
    const file = [...Deno.readDirSync(folder)].find(({ name }) => /^licen[cs]e/i.test(name));
    if (!file) throw new Error(`${packageName} has no license`);
    const text = await Deno.readTextFile(new URL(file.name, folder));
    texts.push(`${packageName} ${version}\n\n${text.trim()}\n`);
  }
  return `The bundle contains these packages.\n\n${texts.join(`\n${"-".repeat(80)}\n\n`)}`;
}

function packageJson(): unknown {
  const main = `./${bundled(entries.module)}`;
  const types = `./types/${entries.module.replace(".ts", ".d.ts")}`;
  return {
    name,
    version: manifest.version,
    description: "A mock OAuth 2.1 authorization server and MCP server, for people who build MCP clients",
    keywords: ["mcp", "model context protocol", "oauth", "oidc", "mock", "test", "fixture"],
    license: manifest.license,
    repository: { type: "git", url: `git+${repository}.git` },
    type: "module",
    engines: { node: ">=22" },
    // Types alone: what a catalogue declares is written in the words of the SDK; without it those members are unchecked.
    peerDependencies: { [SDK]: manifest.imports[SDK].replace(/^.*@/, "^") },
    peerDependenciesMeta: { [SDK]: { optional: true } },
    // For TypeScript 5 with `module: commonjs`, and other tools that do not read `exports`.
    main,
    types,
    bin: { [name]: `./${bundled(entries.command)}` },
    exports: {
      ".": { types, default: main },
      "./package.json": "./package.json",
    },
  };
}

/** What the package's users read first; its links lead to the repository. */
async function readme(): Promise<string> {
  const text = await Deno.readTextFile(new URL("tests/package/README.md", root));
  return text.replaceAll("](../../", `](${repository}/blob/HEAD/`);
}

for (const folder of [output, typed]) {
  await Deno.remove(folder, { recursive: true }).catch(() => {});
  await Deno.mkdir(folder, { recursive: true });
}
const [registry] = await Promise.all([bundlePackage(), writeTypes()]);
await write(new URL("package.json", output), `${JSON.stringify(packageJson(), null, 2)}\n`);
await write(new URL("README.md", output), await readme());
await Deno.copyFile(new URL("LICENSE", root), new URL("LICENSE", output));
if (registry) await write(new URL("LICENSES.txt", output), await licenses(registry));
await Deno.remove(typed, { recursive: true });
