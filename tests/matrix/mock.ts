/** The server that drivers work against: a process of its own, as clients have it. */
import { z } from "zod";
import { TextLineStream } from "./lines.ts";

/** A server that listens. */
export interface Mock extends AsyncDisposable {
  readonly origin: string;
}

const readyShape = z.object({ event: z.literal("ready"), port: z.number() });

/** Starts a server on a free port. */
export async function startMock(args: readonly string[] = []): Promise<Mock> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-P", "--quiet", "--frozen", "--no-prompt", "main.ts", "start"],
      ...["--port", "0", "--db", ":memory:", "--json", "--exit-with-parent", ...args],
    ],
    cwd: new URL("../../", import.meta.url),
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const lines = child.stdout.pipeThrough(new TextLineStream()).getReader();
  const { value = "" } = await lines.read();
  const { port } = readyShape.parse(JSON.parse(value));
  // What it logs is read, lest it wait for a reader.
  const reading = (async () => {
    while (!(await lines.read()).done);
  })();
  return {
    origin: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGTERM");
      await child.stdin.close().catch(() => {});
      await child.status;
      await reading;
    },
  };
}
