/** Builds the drivers into `dist/drivers`, and says which it skips for want of a toolchain: `deno task drivers`. */
import { builds, built } from "./builds.ts";
import { drivenClients } from "./clients.ts";

const asked = Deno.args;
await Deno.mkdir(built, { recursive: true });
let failed = false;
for (const folder of new Set(drivenClients.map(({ folder }) => folder))) {
  if (asked.length > 0 && !asked.includes(folder)) continue;
  const { needs, library, commands } = builds[folder];
  if (!await isThere(needs)) {
    say(`${folder}: skipped, ${needs} is not installed`);
    continue;
  }
  if (library && await runAll(folder, [library.isThere]) !== undefined) {
    say(`${folder}: skipped, the registry has no ${library.name}`);
    continue;
  }
  const startedMs = performance.now();
  const problem = await runAll(folder, commands);
  failed ||= problem !== undefined;
  say(`${folder}: ${problem ?? `built in ${Math.round((performance.now() - startedMs) / 1000)} s`}`);
}
Deno.exit(failed ? 1 : 0);

async function runAll(folder: string, commands: readonly (readonly string[])[]): Promise<string | undefined> {
  for (const [command = "", ...args] of commands) {
    const { code, stderr } = await new Deno.Command(command, {
      args: [...args],
      cwd: new URL(`drivers/${folder}/`, import.meta.url),
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).output();
    if (code !== 0) return `${command} failed\n${new TextDecoder().decode(stderr).slice(-2000)}`;
  }
  return undefined;
}

async function isThere(command: string): Promise<boolean> {
  const { code } = await new Deno.Command("sh", { args: ["-c", `command -v "${command}"`], stdout: "null" }).output();
  return code === 0;
}

function say(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
}
