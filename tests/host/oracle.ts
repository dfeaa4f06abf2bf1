/**
 * The official suite's own fake servers, all of them kept running by one process of the suite: the client that it starts
 * for each scenario notes down where it was sent and waits for the end.
 */
import assert from "node:assert/strict";
import { z } from "zod";
import manifest from "../deno.json" with { type: "json" };

/** A fake server, and what its client is told beside its URL. */
export interface FakeServer {
  readonly mcpUrl: string;
  readonly context: Readonly<Record<string, unknown>>;
}

/** The fake servers by the names of their scenarios. */
export interface Oracle extends AsyncDisposable {
  readonly servers: ReadonlyMap<string, FakeServer>;
}

/** No fake server outlives this. */
const PATIENCE_MS = 55_000;
const POLL_MS = 25;

/** A line of what the clients note down. */
const line = /^(\S+) (\S+) (.*)$/gm;

/** What the suite starts as its client. It waits for its input to end, and that ends with the suite. */
function clientScript(notes: string): string {
  return `printf '%s %s %s\\n' "$MCP_CONFORMANCE_SCENARIO" "$1" "$MCP_CONFORMANCE_CONTEXT" >>'${notes}'\nread -r _\n`;
}

/** Starts them. */
export async function startOracle(): Promise<Oracle> {
  const folder = await Deno.makeTempDir({ prefix: "oracle-" });
  const notes = `${folder}/notes`;
  await Deno.writeTextFile(notes, "");
  await Deno.writeTextFile(`${folder}/client.sh`, clientScript(notes));
  const suite = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      ...["--config", "tests/deno.json", "--quiet", "--frozen", "--no-prompt"],
      // Its servers listen on ports of the system's choice.
      ...["--allow-net", "--allow-read", "--allow-env", "--allow-run"],
      manifest.imports["@modelcontextprotocol/conformance"],
      ...["client", "--suite", "all", "--timeout", String(PATIENCE_MS), "--command", `sh ${folder}/client.sh`],
    ],
    cwd: new URL("../../", import.meta.url),
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const stop = async (): Promise<void> => {
    await suite[Symbol.asyncDispose]();
    await suite.stdout.cancel();
    await Deno.remove(folder, { recursive: true });
  };
  try {
    const expected = await countOf(suite.stdout);
    return { servers: await readNotes(notes, expected), [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** How many scenarios the suite says it runs. */
async function countOf(stdout: ReadableStream<Uint8Array>): Promise<number> {
  const reader = stdout.getReader();
  let text = "";
  try {
    for (;;) {
      const count = /\((\d+) scenarios\)/.exec(text)?.[1];
      if (count !== undefined) return Number(count);
      const { done, value } = await reader.read();
      assert(!done, `the suite ended early: ${text}`);
      text += new TextDecoder().decode(value);
    }
  } finally {
    reader.releaseLock();
  }
}

async function readNotes(path: string, expected: number): Promise<ReadonlyMap<string, FakeServer>> {
  for (let waitedMs = 0; waitedMs < PATIENCE_MS; waitedMs += POLL_MS) {
    const found = [...(await Deno.readTextFile(path)).matchAll(line)];
    if (found.length === expected) {
      return new Map(found.map(([, scenario = "", mcpUrl = "", context = ""]) => [
        scenario,
        { mcpUrl, context: z.record(z.string(), z.unknown()).parse(JSON.parse(context || "{}")) },
      ]));
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw new Error("The suite has not started all its servers in time");
}
