/**
 * Tests that need more of a machine than Deno and Chromium. Where it is not there they are ignored, and say so in their
 * names. `TOOLCHAIN_LOG` names a file that each adds a line to, of which CI prints at the end what ran and what did not.
 */

/** A command that has to work for a test to be run. */
export type Command = readonly [path: string, ...args: string[]];

/** Whether a command works on this machine. */
export function works([path, ...args]: Command): boolean {
  try {
    return new Deno.Command(path, { args, stdin: "null", stdout: "null", stderr: "null" }).outputSync().success;
  } catch {
    return false;
  }
}

/** A test that needs something that is not on every machine. */
export interface ToolchainTest {
  readonly name: string;
  /** What it needs, in a word or two, such as `Go 1.26`. */
  readonly needs: string;
  readonly isThere: boolean;
  readonly fn: (t: Deno.TestContext) => Promise<void>;
}

/** Runs a test where what it needs is there. */
export function testWithToolchain({ name, needs, isThere, fn }: ToolchainTest): void {
  const log = Deno.env.get("TOOLCHAIN_LOG");
  if (log) Deno.writeTextFileSync(log, `${isThere ? "ran" : "skipped"}\t${needs}\t${name}\n`, { append: true });
  Deno.test({
    name: isThere ? name : `${name}: ignored, since this machine has no ${needs}`,
    ignore: !isThere,
    fn,
  });
}
