/** The bundle that the binary and the package of npm are cut from. */
import { fileURLToPath } from "node:url";

/** The repository's root. */
export const root = new URL("../", import.meta.url);

/** Runs a command, and insists that it succeeds. */
export async function run(command: readonly string[], cwd: URL = root): Promise<void> {
  const [path = "", ...args] = command;
  const { code, stdout, stderr } = await new Deno.Command(path, { args, cwd, stdin: "null" }).output();
  if (code === 0) return;
  const said = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  throw new Error(`${command.join(" ")} ended with ${code}:\n${said}`);
}

/** Where the bundle begins: for Deno, and for the package of npm, which has a server and a database of Node's instead. */
export const entries = { deno: "main.ts", module: "routes/node/module.ts", command: "routes/node/bin.ts" } as const;

/** What an entry is called in the bundle. */
export function bundled(entry: string): string {
  return entry.replace(/\.ts$/, ".js");
}

/** All files in a folder. */
export async function* files(folder: URL): AsyncGenerator<URL> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const url = new URL(isDirectory ? `${name}/` : name, folder);
    if (isDirectory) yield* files(url);
    else yield url;
  }
}

/**
 * Bundles the program with its source maps, in parts: what a start has no use for is not loaded. The parts are the same for
 * the binary and the package, as both are cut from one bundle.
 *
 * @param output The folder to write to.
 * @param from The entries whose parts are kept.
 */
export async function bundle(output: URL, from: readonly string[]): Promise<void> {
  const flags = ["--quiet", "--frozen", "--platform", "deno", "--minify", "--code-splitting", "--sourcemap=linked"];
  await run([Deno.execPath(), "bundle", ...flags, "--outdir", fileURLToPath(output), ...Object.values(entries)]);
  const reached = await reachedFrom(from.map((entry) => new URL(bundled(entry), output)));
  for await (const { href } of files(output)) {
    const isPart = /\.js(\.map)?$/.test(href);
    if (isPart && !reached.has(href.replace(/\.map$/, ""))) await Deno.remove(new URL(href));
  }
}

/** The parts that entries import, at once or later, and the entries. */
async function reachedFrom(entries: readonly URL[]): Promise<ReadonlySet<string>> {
  const reached = new Set(entries.map(({ href }) => href));
  for (const part of reached) {
    const text = await Deno.readTextFile(new URL(part));
    for (const [, path = ""] of text.matchAll(/\b(?:from|import\(?)\s*"(\.{1,2}\/[\w./-]+\.js)"/g)) {
      const { href } = new URL(path, part);
      // Pages have scripts of their own, which are text here.
      if (await Deno.stat(new URL(href)).then(() => true, () => false)) reached.add(href);
    }
  }
  return reached;
}
