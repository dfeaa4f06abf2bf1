/** MCP Inspector's command line, with the flags that the README names: they are those of another program, and may change. */
import assert from "node:assert/strict";
import { startServer } from "./program.ts";
import { documents } from "../documents/documents.ts";

/** The version that is run; the README names the first number alone. */
const INSPECTOR = "@modelcontextprotocol/inspector@2.12.0";
/** The Node that it needs, from npm: that of the machine may be older. */
const NODE = "node@22.23.3";

/** How long it may take until npm has brought it, in milliseconds. */
const PATIENCE_MS = 120_000;

/** Whether npm has it, in its cache or from its registry. */
function isThere(): boolean {
  try {
    const args = ["view", "--prefer-offline", INSPECTOR, "version"];
    return new Deno.Command("npm", { args, stdout: "null", stderr: "null" }).outputSync().success;
  } catch {
    return false;
  }
}

async function runInspector(words: readonly string[]): Promise<{ readonly code: number; readonly printed: string }> {
  const { code, stdout, stderr } = await new Deno.Command("npx", {
    args: ["-y", "-p", NODE, "-p", INSPECTOR, "mcp-inspector", ...words],
    env: { npm_config_loglevel: "error", NO_COLOR: "1" },
    stdin: "null",
    signal: AbortSignal.timeout(PATIENCE_MS),
  }).output();
  const decoder = new TextDecoder();
  return { code, printed: decoder.decode(stdout) + decoder.decode(stderr) };
}

const isHere = isThere();

Deno.test({
  name: `README: MCP Inspector's command line lists the tools with the flags that the README names (README)${
    isHere ? "" : `: ignored, since npm has no ${INSPECTOR} here`
  }`,
  ignore: !isHere,
  fn: async (t) => {
    const [command = ""] = /npx -y @modelcontextprotocol\/inspector[^`\n]*/.exec(
      documents.map(({ text }) => text).join("\n"),
    ) ?? [];
    const [npx, yes, name, ...words] = command.split(" ");
    assert.deepEqual([npx, yes, name], ["npx", "-y", INSPECTOR.slice(0, INSPECTOR.indexOf("."))]);
    await using server = await startServer(["--db", ":memory:"], { patienceMs: 2 * PATIENCE_MS });
    const own = words.map((word) => word.replace("http://127.0.0.1:8789", server.client.url));
    assert.notDeepEqual(own, words);
    await t.step("as typed", async () => {
      const { code, printed } = await runInspector(own);
      assert.equal(code, 0, printed);
      assert.match(printed, /"name": "mock_echo"/);
    });
    await t.step("without --transport http, which it cannot tell from the URL", async () => {
      const at = own.indexOf("--transport");
      const { code, printed } = await runInspector(own.toSpliced(at, 2));
      assert.notEqual(code, 0, printed);
      assert.match(printed, /transport/i);
    });
    await server.stop();
  },
});
