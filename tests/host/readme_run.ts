/** Runs blocks of code of the documents, with the program on their path. */
import assert from "node:assert/strict";
import { makeFolder, root, taskWords } from "./program.ts";
import type { Command } from "./toolchains.ts";

/** Runs a command with the program as `mock-oauth` on its path; gives what it printed. */
export async function runExample(
  command: Command,
  file: string,
  code: string,
  more: Readonly<Record<string, string>> = {},
): Promise<string> {
  await using folder = await makeFolder();
  const words = [Deno.execPath(), ...taskWords("start")].map((word) => `'${word}'`).join(" ");
  const program = `#!/bin/sh\ncd '${root.pathname}' && exec ${words} "$@"\n`;
  await Deno.writeTextFile(`${folder.path}/mock-oauth`, program, { mode: 0o755 });
  await Deno.writeTextFile(`${folder.path}/${file}`, `${code}\n`);
  for (const [name, text] of Object.entries(more)) {
    await Deno.writeTextFile(`${folder.path}/${name}`, text, { mode: 0o755 });
  }
  const [path, ...args] = command;
  const { code: status, stdout, stderr } = await new Deno.Command(path, {
    args: [...args, file],
    cwd: folder.path,
    env: { PATH: `${folder.path}:${Deno.env.get("PATH")}`, NO_COLOR: "1" },
    stdin: "null",
    signal: AbortSignal.timeout(60_000),
  }).output();
  const printed = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  assert.equal(status, 0, printed);
  return printed;
}
