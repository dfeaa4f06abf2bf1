/** The server with everything, of the authors of MCP, as a process of its own: streamable HTTP without a login. */
import manifest from "../deno.json" with { type: "json" };
import { root } from "./program.ts";
import type { Original } from "./clone_v1_server.ts";

const words = ["run", "--config", "tests/deno.json", "--quiet", "--frozen", "--no-prompt", "--allow-all"];

/** Starts one. Its environment is what it tells who asks, and it takes no port 0. */
export async function startEverything(): Promise<Original> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const child = new Deno.Command(Deno.execPath(), {
    args: [...words, manifest.imports["@modelcontextprotocol/server-everything"], "streamableHttp"],
    cwd: root,
    env: { PORT: `${port}` },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const reader = child.stderr.pipeThrough(new TextDecoderStream()).getReader();
  for (let said = ""; !said.includes(`listening on port ${port}`);) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`The server with everything has ended: ${said}`);
    said += value;
  }
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGKILL");
      await reader.cancel();
      await child.status;
    },
  };
}
