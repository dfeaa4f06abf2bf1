/** The server that drivers work against: a process of its own, as clients have it. */
import { z } from "zod";
import { startMockServer } from "../../main.ts";
import { TextLineStream } from "./lines.ts";

/** A server that listens. */
export interface Mock extends AsyncDisposable {
  readonly origin: string;
}

const readyShape = z.object({ event: z.literal("ready"), port: z.number() });

/** Starts a server within this process, which plays a scenario at the root of its origin: a process each takes too long. */
export async function startMockFor(scenario: string): Promise<Mock> {
  const server = await startMockServer({ scenario, port: 0 });
  return {
    origin: `http://127.0.0.1:${new URL(server.url).port}`,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** Starts a server on a free port. */
export async function startMock(): Promise<Mock> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-P", "--quiet", "--frozen", "--no-prompt", "main.ts", "start"],
      ...["--port", "0", "--db", ":memory:", "--json", "--exit-with-parent"],
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
