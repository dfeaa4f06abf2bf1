/** Every block of code in the README: each is run, or held against the code, or says of what it is an excerpt. */
import assert from "node:assert/strict";
import { parseScenariosFile } from "../../lib/scenarios/schema/scenario_schema.ts";
import { RETENTION_MS } from "../../lib/limits/limits.ts";
import { exchangesAnswer, reportAnswer } from "../../lib/control/report_schema.ts";
import { parseUsersFile } from "../../lib/cli/users_file.ts";
import { makeFolder, root, startServer, taskWords } from "./program.ts";
import { blockOf, blocks, clients, doubleCommand, readme } from "./readme_blocks.ts";

/** Runs a command with the program as `mock-oauth` on its path; gives what it printed. */
async function runExample(
  command: readonly [path: string, ...args: string[]],
  file: string,
  code: string,
  more: Readonly<Record<string, string>> = {},
): Promise<string> {
  await using folder = await makeFolder();
  const words = [Deno.execPath(), ...taskWords("start")].map((word) => `'${word}'`).join(" ");
  const program = `#!/bin/sh\ncd '${root.pathname}' && exec ${words} "$@"\n`;
  await Deno.writeTextFile(`${folder.path}/mock-oauth`, program, { mode: 0o755 });
  await Deno.writeTextFile(`${folder.path}/${file}`, `${code}\n`);
  for (const [name, text] of Object.entries(more)) {
    await Deno.writeTextFile(`${folder.path}/${name}`, text, { mode: 0o755 });
  }
  const [path, ...args] = command;
  const { code: status, stdout, stderr } = await new Deno.Command(path, {
    args: [...args, file],
    cwd: folder.path,
    env: { PATH: `${folder.path}:${Deno.env.get("PATH")}`, NO_COLOR: "1" },
    stdin: "null",
    signal: AbortSignal.timeout(60_000),
  }).output();
  const printed = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  assert.equal(status, 0, printed);
  return printed;
}

Deno.test("README runs every block of code, holds it against the code, or says of what it is an excerpt", () => {
  const started = ["run: from an empty folder", "run: in the clone", "run: deno", "run: the test in Deno"];
  const known = new Set([
    ...["run: node", "run: vitest", "run: python", "run: sh", "run: sh against a server"],
    "run: sh against a server, with a port",
    ...started,
  ]);
  const checks = new Set([
    ...["check: the keys of the ready line", "check: a file of users", "check: a file of scenarios"],
    ...["check: a report", "check: a list of exchanges"],
  ]);
  for (const { info, code, mark } of blocks) {
    // `deno test --doc` runs those in TypeScript, as long as they do not say that it shall not.
    const isRun = info === "ts" || known.has(mark);
    assert(isRun || checks.has(mark) || /^excerpt: ./.test(mark), `Nobody runs this block:\n${code}`);
  }
  assert.deepEqual(
    blocks.map(({ mark }) => mark).filter((mark) => known.has(mark) || checks.has(mark)).sort(),
    [...known, ...checks].sort(),
  );
  assert(blocks.some(({ info }) => info === "ts"));
  assert.equal(blocks.length, (readme.match(/^```/gm)?.length ?? 0) / 2);
});

/** Examples that are given a client in a file of its own: how each is run, and what says that it passed. */
const examples = [
  {
    mark: "run: node",
    command: ["node", "--test"],
    file: "client.test.mjs",
    client: "my-client.mjs",
    passed: /pass 1\b/,
  },
  {
    mark: "run: vitest",
    command: ["npx", "-y", "vitest@3.2.4", "run", "--root", "."],
    file: "client.test.mjs",
    client: "my-client.mjs",
    passed: /1 passed/,
  },
  {
    mark: "run: python",
    command: ["python3", "-m", "unittest"],
    file: "client_test.py",
    client: "my_client.py",
    passed: /Ran 1 test.*\n\nOK/s,
  },
] as const;

for (const { mark, command, file, client, passed } of examples) {
  Deno.test({
    name: `README: the example for ${
      mark.slice(5)
    } passes with a client that is right, and not with one that is idle (README)`,
    ignore: !isThere(command[0]),
    fn: async () => {
      const printed = await runExample(command, file, blockOf(mark), { [client]: clients.right[client] });
      assert.match(printed, passed);
      assert.doesNotMatch(printed, /ResourceWarning/);
      await assert.rejects(runExample(command, file, blockOf(mark), { [client]: clients.idle[client] }), /incomplete/);
    },
  });
}

/** Whether a command is on this machine; where it is not, its example is counted as ignored. */
function isThere(name: string): boolean {
  try {
    return new Deno.Command(name, { args: ["--version"], stdout: "null", stderr: "null" }).outputSync().success;
  } catch {
    return false;
  }
}

Deno.test("README: the example for a shell shows the report, and fails unless the verdict is pass (README)", async (t) => {
  const client = (method: string): string =>
    `#!/bin/sh\nexec ${doubleCommand.map((word) => `'${word}'`).join(" ")} "$1" ${method}\n`;
  const around = 'sh -e client.sh || echo "it failed with $?"\ncat report.xml';
  const judge = (method: string): Promise<string> =>
    runExample(["sh"], "around.sh", around, { "client.sh": blockOf("run: sh"), "my-client": client(method) });
  await t.step("a client that does everything right", async () => {
    const printed = await judge("");
    assert.match(printed, /^# pass: main$/m);
    assert.match(printed, /^<\?xml [^]*<testsuite [^>]*failures="0" errors="0"/m);
    assert.doesNotMatch(printed, /it failed/);
  });
  await t.step("a client that knows no better challenge than plain", async () => {
    const printed = await judge("plain");
    assert.match(printed, /^# fail: main$/m);
    assert.match(printed, /^it failed with 22$/m);
    assert.match(printed, /<testcase [^>]*C12[^>]*>\s*<failure/);
  });
});

Deno.test("README: the calls of the control API do what they say (README)", async () => {
  await using server = await startServer(["--db", ":memory:"]);
  const code = blockOf("run: sh against a server").replaceAll("http://127.0.0.1:8789", server.client.url);
  const printed = await runExample(["sh", "-e"], "control.sh", code);
  assert.doesNotMatch(printed, /"error"/);
  for (const said of [`"offset_seconds":3600`, `"access_token"`, `"times":2`, `"rotate_refresh_tokens":"never"`]) {
    assert(printed.includes(said), `${said} is missing in ${printed}`);
  }
  await server.stop();
});

Deno.test("README: a scenario that needs an origin gets a port (README)", async () => {
  await using server = await startServer(["--db", ":memory:"]);
  const code = blockOf("run: sh against a server, with a port").replaceAll("http://127.0.0.1:8789", server.client.url);
  const { origin, mcp_url: mcpUrl } = JSON.parse(await runExample(["sh", "-e"], "port.sh", code));
  const response = await fetch(mcpUrl, { method: "POST" });
  await response.body?.cancel();
  assert.deepEqual([response.status, mcpUrl], [401, `${origin}/oauth`]);
  await server.stop();
});

Deno.test("README: the ready line has the keys that it has (README)", async () => {
  await using server = await startServer(["--db", ":memory:"]);
  assert.deepEqual(Object.keys(JSON.parse(blockOf("check: the keys of the ready line"))), Object.keys(server.ready));
  await server.stop();
});

Deno.test("README: a report and a list of exchanges have the shapes that the API has (README)", () => {
  for (
    const [mark, shape] of [["check: a report", reportAnswer], ["check: a list of exchanges", exchangesAnswer]] as const
  ) {
    assert.equal(shape.safeParse(JSON.parse(blockOf(mark))).error?.message, undefined, mark);
  }
});

Deno.test("README: the files of users and scenarios can be read (README)", () => {
  assert.equal(parseUsersFile(blockOf("check: a file of users")).length, 1);
  assert.equal(parseScenariosFile(blockOf("check: a file of scenarios")).length, 1);
});

Deno.test("README says how long what is kept with --public is there (README)", () => {
  assert(readme.includes(`gone after ${RETENTION_MS / 3_600_000} hours`));
});
