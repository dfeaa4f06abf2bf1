/**
 * The official suite, with clients that live in this process: what it starts as its client notes down where it was sent,
 * and ends when the client here is done. So the suite drives and judges as ever, and no program is started thirty times.
 */
import { z } from "zod";
import manifest from "../deno.json" with { type: "json" };
import { playedNames } from "./played.ts";

/** What the suite gives to a client. */
export interface Assignment {
  /** The scenario's name in the suite. */
  readonly scenario: string;
  /** The URL of the MCP server. */
  readonly url: string;
  /** What it is told beside that. */
  readonly context: Readonly<Record<string, unknown>>;
}

const checkShape = z.array(z.object({
  id: z.string(),
  status: z.enum(["SUCCESS", "FAILURE", "WARNING", "INFO", "SKIPPED"]),
  errorMessage: z.string().optional(),
}));

/** One thing that the suite has looked at. */
export type Check = z.infer<typeof checkShape>[number];

/** No client is waited for longer than this, if nothing is said. */
const PATIENCE_MS = 55_000;
const POLL_MS = 25;

/** A line of what the clients note down. */
const line = /^(\S+) (\d+) (\S+) (.*)$/gm;

/** What the suite starts as its client: it waits at a pipe of its own until it is told to end, or has nothing to do. */
function clientScript(folder: string): string {
  return `case "$MCP_CONFORMANCE_SCENARIO" in ${playedNames.join("|")}) ;; *) exit 0 ;; esac
mkfifo '${folder}'/$$
printf '%s %s %s %s\\n' "$MCP_CONFORMANCE_SCENARIO" $$ "$1" "$MCP_CONFORMANCE_CONTEXT" >>'${folder}/notes'
read -r _ <'${folder}'/$$
`;
}

/**
 * Runs all scenarios of the suite at once; those that we have too, with the client.
 *
 * @param client Does the work of the client, and always ends.
 * @param patienceMs How long the suite waits for it.
 * @returns The checks of each of these.
 */
export async function runSuite(
  client: (assignment: Assignment) => Promise<void>,
  patienceMs: number = PATIENCE_MS,
): Promise<ReadonlyMap<string, readonly Check[]>> {
  const folder = await Deno.makeTempDir({ prefix: "agreement-" });
  try {
    await Deno.writeTextFile(`${folder}/notes`, "");
    await Deno.writeTextFile(`${folder}/client.sh`, clientScript(folder));
    await using suite = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        ...["--config", "tests/deno.json", "--quiet", "--frozen", "--no-prompt"],
        // Its servers listen on ports of the system's choice.
        ...["--allow-net", "--allow-read", "--allow-env", "--allow-run", `--allow-write=${folder}`],
        manifest.imports["@modelcontextprotocol/conformance"],
        ...["client", "--suite", "all", "--timeout", String(patienceMs), "-o", `${folder}/results`],
        ...["--command", `sh ${folder}/client.sh`],
      ],
      cwd: new URL("../../", import.meta.url),
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    const ended = { yet: false };
    const end = suite.status.then(() => void (ended.yet = true));
    await serve(folder, client, ended);
    await end;
    const checks = new Map<string, readonly Check[]>();
    await readResults(`${folder}/results`, "", checks);
    await readResults(`${folder}/results/auth`, "auth/", checks);
    return checks;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Lets a client work for each that the suite starts, until the suite ends. */
async function serve(
  folder: string,
  client: (assignment: Assignment) => Promise<void>,
  ended: { readonly yet: boolean },
): Promise<void> {
  const work = new Map<string, Promise<void>>();
  while (!ended.yet) {
    for (
      const [, scenario = "", pid = "", url = "", context] of (await Deno.readTextFile(`${folder}/notes`)).matchAll(
        line,
      )
    ) {
      if (work.has(pid)) continue;
      const assignment = {
        scenario,
        url,
        context: z.record(z.string(), z.unknown()).parse(JSON.parse(context || "{}")),
      };
      work.set(pid, client(assignment).then(() => Deno.writeTextFile(`${folder}/${pid}`, "\n")));
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  await Promise.all(work.values());
}

/** Each scenario has left a folder with its name and the time. */
async function readResults(folder: string, prefix: string, checks: Map<string, readonly Check[]>): Promise<void> {
  for await (const { name } of Deno.readDir(folder)) {
    const scenario = prefix + name.replace(/-\d{4}-\d\d-\d\dT[\d-]+Z$/, "");
    if (!playedNames.includes(scenario)) continue;
    checks.set(scenario, checkShape.parse(JSON.parse(await Deno.readTextFile(`${folder}/${name}/checks.json`))));
  }
}
