/**
 * Makes the binaries, one for this machine or with `--all` one for each system there is a release for. The program is
 * bundled first: a seventh less to download, and a quicker start. Permissions are those of `deno.json`.
 *
 * `COMPILE` names a command that stands in for `deno compile`, for where the runtime that goes into a binary cannot be
 * downloaded: it is given the file to make and the flags, in a folder with the bundle, which begins with `main.ts`.
 */
import { fileURLToPath } from "node:url";
import manifest from "../deno.json" with { type: "json" };
import { bundle, bundled, entries, files, root, run } from "./bundle.ts";

/** What a release has, by the names of its files. */
const targets = {
  "mock-oauth-linux-x64": "x86_64-unknown-linux-gnu",
  "mock-oauth-linux-arm64": "aarch64-unknown-linux-gnu",
  "mock-oauth-macos-x64": "x86_64-apple-darwin",
  "mock-oauth-macos-arm64": "aarch64-apple-darwin",
  "mock-oauth-windows-x64.exe": "x86_64-pc-windows-msvc",
} as const;

const output = new URL("dist/", root);
const folder = new URL("bundle/", output);

/** The program in a few files, which know the day, beside what `deno compile` reads of the manifest. */
async function makeBundle(): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  await bundle(folder, [entries.deno]);
  for await (const file of files(folder)) {
    if (file.pathname.endsWith(".map")) await Deno.remove(file);
  }
  const day = new Date().toISOString().slice(0, 10);
  await Deno.writeTextFile(new URL("built.js", folder), `globalThis.mockOauthBuilt="${day}";`);
  // What a file imports runs first, in this order.
  const main = await Deno.readTextFile(new URL(bundled(entries.deno), folder));
  await Deno.writeTextFile(new URL(entries.deno, folder), `import "./built.js";${main}`);
  const { nodeModulesDir, unstable } = manifest;
  await Deno.writeTextFile(new URL("deno.json", folder), JSON.stringify({ unstable, nodeModulesDir }));
}

async function compile(name: string, target: string): Promise<void> {
  const permissions = Object.entries(manifest.permissions.default)
    .map(([name, what]) => what === true ? `--allow-${name}` : `--allow-${name}=${String(what)}`);
  const flags = ["--quiet", "--no-check", "--no-lock", "--no-prompt", ...permissions];
  const file = fileURLToPath(new URL(name, output));
  const standIn = Deno.env.get("COMPILE");
  const command = standIn
    ? [...standIn.split(" "), file, ...flags]
    : [Deno.execPath(), "compile", ...flags, "--target", target, "--output", file, entries.deno];
  await run(command, folder);
}

try {
  await makeBundle();
  const own = Deno.build.os === "windows" ? "mock-oauth.exe" : "mock-oauth";
  const wanted = Deno.args.includes("--all") ? Object.entries(targets) : [[own, Deno.build.target] as const];
  for (const [name, target] of wanted) await compile(name, target);
  // A compiler that has the wrong runtime at hand makes a file that does not start, and is content.
  if (wanted.length === 1) await run([fileURLToPath(new URL(own, output)), "--version"], root);
} finally {
  await Deno.remove(folder, { recursive: true });
}
