/** The bundle that the binary and the package of npm are made of: the same sources and flags, and entries of their own. */
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

/**
 * Bundles the program, in parts: what a start has no use for is not loaded.
 *
 * @param output The folder to write to.
 * @param entries Where it begins: `main.ts` for Deno, which has a server and a database of its own, or what does the same
 *   with those of Node.
 */
export async function bundle(output: URL, entries: readonly string[], flags: readonly string[] = []): Promise<void> {
  const all = ["--quiet", "--frozen", "--platform", "deno", "--minify", "--code-splitting", ...flags];
  await run([Deno.execPath(), "bundle", ...all, "--outdir", fileURLToPath(output), ...entries]);
}
