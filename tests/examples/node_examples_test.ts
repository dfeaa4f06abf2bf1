/** The README's examples for node:test and vitest, with a client in a file of its own; with one that does nothing, none passes. */
import assert from "node:assert/strict";
import { blockOf, clients } from "../host/readme_blocks.ts";
import { runExample } from "../host/readme_run.ts";
import { type Command, testWithToolchain, works } from "../host/toolchains.ts";

/** An example that is given a client in a file of its own. */
interface Example {
  readonly mark: string;
  /** What has to work for it to be run here; where it does not, the example is counted as ignored. */
  readonly needs: Command;
  readonly command: Command;
  readonly file: string;
  readonly client: keyof typeof clients.right;
  /** What says that it passed. */
  readonly passed: RegExp;
}

const examples: readonly Example[] = [
  {
    mark: "run: node",
    needs: ["node", "--version"],
    command: ["node", "--test"],
    file: "client.test.mjs",
    client: "my-client.mjs",
    passed: /pass 1\b/,
  },
  {
    mark: "run: vitest",
    needs: ["npx", "--version"],
    // The reader's machine is not as busy as one that runs tests, for which five seconds are too few.
    command: ["npx", "-y", "vitest@3.2.4", "run", "--root", ".", "--testTimeout", "60000"],
    file: "client.test.mjs",
    client: "my-client.mjs",
    passed: /1 passed/,
  },
];

for (const { mark, needs, command, file, client, passed } of examples) {
  const run = (code: string): Promise<string> => runExample(command, file, blockOf(mark), { [client]: code });
  testWithToolchain({
    name: `README: the example for ${
      mark.slice(5)
    } passes with a client that is right, and not with one that is idle (README)`,
    needs: needs[0],
    isThere: works(needs),
    fn: async () => {
      assert.match(await run(clients.right[client]), passed);
      await assert.rejects(run(clients.idle[client]), /incomplete/);
    },
  });
}
