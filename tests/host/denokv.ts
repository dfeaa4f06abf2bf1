/** Deno's own KV server, `denokv`: the one of `DENOKV`, or on the path. */
import assert from "node:assert/strict";
import { works } from "./toolchains.ts";
import { makeFolder } from "./program.ts";

const program = Deno.env.get("DENOKV") ?? "denokv";

/** Whether there is one. */
export const hasDenokv: boolean = works([program, "--help"]);

/** What callers of it have to show. */
export const ACCESS_TOKEN = "a-token-for-tests-of-denokv";

/** One that runs, on a file of its own. */
export interface KvServer extends AsyncDisposable {
  readonly url: string;
  /** Kills it as `kill -9` does. */
  readonly kill: () => Promise<void>;
  /** Starts it again, on the same file and port. */
  readonly start: () => Promise<void>;
}

/** Starts one on a free port. */
export async function startKvServer(): Promise<KvServer> {
  const folder = await makeFolder();
  using probe = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const address = `127.0.0.1:${probe.addr.port}`;
  probe.close();
  let child: Deno.ChildProcess | undefined;
  const start = async (): Promise<void> => {
    child = new Deno.Command(program, {
      args: ["--sqlite-path", `${folder.path}/kv.sqlite3`, "serve", "--addr", address, "--access-token", ACCESS_TOKEN],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    for (let tries = 0; tries < 200; tries++) {
      const isUp = await fetch(`http://${address}/`, { method: "POST" }).then(
        async ({ body }) => (await body?.cancel(), true),
        () => false,
      );
      if (isUp) return;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    assert.fail("denokv does not answer within 5 s");
  };
  const kill = async (): Promise<void> => {
    const killed = child;
    child = undefined;
    killed?.kill("SIGKILL");
    await killed?.status;
  };
  await start();
  return {
    url: `http://${address}`,
    kill,
    start,
    [Symbol.asyncDispose]: async () => {
      await kill();
      await folder[Symbol.asyncDispose]();
    },
  };
}
