/** The command of the package of npm, for programs that start it by its name. */
import { arch, platform } from "node:process";

const bin = new URL("../../dist/npm/routes/node/bin.js", import.meta.url).pathname;

/** The oldest Node that is supported, for where the machine's is older still. */
const OWN_NODE = `node-${platform}-${arch}@22.23.3`;

/**
 * Puts `mock-oauth` into a folder, as an installation of the package does.
 *
 * @returns The folder, to be put on the path; undefined where the package is not made (`deno task pack`), or no Node is
 *   new enough.
 */
export async function installCommand(built: URL): Promise<string | undefined> {
  const folder = new URL("bin/", built);
  const node = await findNode(built);
  if (node === undefined || !await exists(bin)) return undefined;
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(new URL("mock-oauth", folder), `#!/bin/sh\nexec '${node}' '${bin}' "$@"\n`, { mode: 0o755 });
  return folder.pathname;
}

async function findNode(built: URL): Promise<string | undefined> {
  const said = await output("node", ["-p", "process.execPath + ' ' + process.versions.node"]);
  const [path, version = ""] = said.trim().split(" ");
  if (Number.parseInt(version) >= 22) return path;
  const own = new URL(`node/node_modules/node-${platform}-${arch}/bin/node`, built).pathname;
  if (await exists(own)) return own;
  await output("npm", ["install", "--silent", "--no-save", "--prefix", new URL("node", built).pathname, OWN_NODE]);
  return await exists(own) ? own : undefined;
}

async function output(command: string, args: readonly string[]): Promise<string> {
  try {
    const { stdout } = await new Deno.Command(command, { args: [...args], stdin: "null" }).output();
    return new TextDecoder().decode(stdout);
  } catch {
    return "";
  }
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(({ isFile }) => isFile, () => false);
}
