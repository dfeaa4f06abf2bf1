/** Every block of code in the README: each is run, or held against the code, or says of what it is an excerpt. */
import assert from "node:assert/strict";
import { parseScenariosFile } from "../../lib/control/scenario_schema.ts";
import { quotaOf, rates, RETENTION_MS } from "../../lib/public/limits.ts";
import { parseUsersFile } from "../../lib/users_file.ts";
import { makeFolder, root, startServer, taskWords } from "./program.ts";

const readme = await Deno.readTextFile(new URL("README.md", root));

interface Block {
  /** What stands behind the fence, such as `ts` or `js ignore`. */
  readonly info: string;
  readonly code: string;
  /** The comment before it, such as `run: node`. */
  readonly mark: string;
}

/** All fenced blocks, in order. */
function blocksOf(text: string): readonly Block[] {
  return [...text.matchAll(/(?:<!-- ([^\n]*?) -->\n+)?```([^\n]*)\n(.*?)\n```/gs)]
    .map(([, mark = "", info = "", code = ""]) => ({ info, code, mark }));
}

const blocks = blocksOf(readme);

/** The one block with a mark. */
function blockOf(mark: string): string {
  const found = blocks.filter((block) => block.mark === mark);
  assert.equal(found.length, 1, `${found.length} blocks are marked ${mark}`);
  return found[0]?.code ?? "";
}

/** Runs a command with the program as `mock-oauth` on its path; gives what it printed. */
async function runExample(
  command: readonly [string, ...string[]],
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
  const known = new Set(["run: node", "run: python", "run: sh", "run: sh against a server"]);
  const checks = new Set(["check: the keys of the ready line", "check: a file of users", "check: a file of scenarios"]);
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

Deno.test("README: the example for Node runs (README)", async () => {
  assert.match(await runExample(["node", "--test"], "client.test.mjs", blockOf("run: node")), /pass 1\b/);
});

Deno.test("README: the example for Python runs (README)", async () => {
  const printed = await runExample(["python3", "-m", "unittest"], "client_test.py", blockOf("run: python"));
  assert.match(printed, /Ran 1 test.*\n\nOK/s);
  assert.doesNotMatch(printed, /ResourceWarning/);
});

Deno.test("README: the example for a shell shows the report, and fails unless the verdict is pass (README)", async (t) => {
  const client = (method: string): string => {
    const words = ["run", "--quiet", "--frozen", "--no-prompt", "--allow-net=127.0.0.1", "--config"];
    const args = [...words, `${root.pathname}tests/deno.json`, `${root.pathname}tests/host/double_program.ts`];
    return `#!/bin/sh\nexec ${[Deno.execPath(), ...args].map((word) => `'${word}'`).join(" ")} "$1" ${method}\n`;
  };
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

Deno.test("README: the ready line has the keys that it has (README)", async () => {
  await using server = await startServer(["--db", ":memory:"]);
  assert.deepEqual(Object.keys(JSON.parse(blockOf("check: the keys of the ready line"))), Object.keys(server.ready));
  await server.stop();
});

Deno.test("README: the files of users and scenarios can be read (README)", () => {
  assert.equal(parseUsersFile(blockOf("check: a file of users")).length, 1);
  assert.equal(parseScenariosFile(blockOf("check: a file of scenarios")).length, 1);
});

Deno.test("README names the limits of --public as they are (README)", () => {
  const of = (sandbox: string, table: string): number => quotaOf(sandbox, table)?.rows ?? 0;
  const { address, beginnings, allBeginnings, labelled, shared } = rates;
  for (
    const said of [
      `${address.burst} requests at once and ${address.perSecond} a second; else 429`,
      `${beginnings.burst} sandboxes at once and one a minute; all addresses ${allBeginnings.burst}, and one a second`,
      `${labelled.burst} requests at once and ${labelled.perSecond} a second; ${of("s~a", "client")} clients, ` +
      `${of("s~a", "user")} users, ${of("s~a", "session")} sessions, ${of("s~a", "note")} notes; else 507`,
      `gone after ${RETENTION_MS / 3_600_000} hours`,
    ]
  ) assert(readme.includes(said), said);
  assert.deepEqual([beginnings.perSecond * 60, shared.burst / labelled.burst, shared.perSecond / labelled.perSecond], [
    1,
    10,
    10,
  ]);
  assert.equal(of("main", "client") / of("s~a", "client"), 5);
});
