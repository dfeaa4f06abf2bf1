/** Every block of code in the README and its documents: each is run, or held against the code, or says of what it is an excerpt. */
import assert from "node:assert/strict";
import { parse as parseYaml } from "yaml";
import { z } from "zod";
import { requireShape } from "../../lib/http/json_body.ts";
import { faultRequestSchema } from "../../lib/scenarios/schema/fault_schema.ts";
import { parseCatalogueFile } from "../../lib/scenarios/schema/catalogue_schema.ts";
import { parseScenariosFile } from "../../lib/scenarios/schema/scenario_schema.ts";
import { rules } from "../../lib/judge/rules/catalogue.ts";
import { RETENTION_MS } from "../../lib/limits/limits.ts";
import { operations } from "../../lib/control/operations.ts";
import { parseConfig } from "../../lib/cli/config.ts";
import { parseUsersFile } from "../../lib/cli/users_file.ts";
import { runDouble } from "../interop/double/double.ts";
import { makeFolder, root, startServer } from "./program.ts";
import { documents } from "../documents/documents.ts";
import { blockOf, blocks, clients, denoClient, doubleCommand } from "./readme_blocks.ts";
import { runExample } from "./readme_run.ts";

Deno.test("README and its documents run every block of code, hold it against the code, or say of what it is an excerpt", () => {
  const started = ["run: from an empty folder", "run: in the clone", "run: deno", "run: the test in Deno"];
  const known = new Set([
    ...["run: sh", "run: sh against a server"],
    // tests/examples runs these.
    ...["run: node", "run: vitest", "run: python", "run: go", "run: java", "run: rust"],
    ...["run: sh against a server, with a port", "run: deno, a lost session", "run: steps of a job"],
    ...started,
  ]);
  const checks = new Set([
    ...["check: the keys of the ready line", "check: a file of users", "check: a file of scenarios"],
    ...["check: a catalogue", "check: a catalogue with a task"],
    ...["check: how an agent starts the binary", "check: how an agent starts a clone"],
    ...["check: a fault that looks into a message", "check: a fault with templates", "check: a fault of a stream"],
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
  assert.equal(blocks.length, documents.flatMap(({ text }) => text.match(/^```/gm) ?? []).length / 2);
});

Deno.test("README: the test of a lost session passes with a client that begins another one, and with no other (README)", async (t) => {
  const config = ["--config", `${root.pathname}tests/deno.json`, "--no-lock"];
  const command = [Deno.execPath(), "test", "--quiet", "--no-check", "--allow-all", ...config] as const;
  const run = (client: string): Promise<string> =>
    runExample(command, "client_test.ts", blockOf("run: deno, a lost session"), {
      "main.ts": `export * from ${JSON.stringify(new URL("main.ts", root).href)};`,
      "my_client.ts": client,
    });
  const session = { version: "2025-11-25" };
  await t.step("one that begins another", async () => {
    assert.match(await run(denoClient(session)), /1 passed/);
  });
  await t.step("one that goes on with the session that it has lost", async () => {
    await assert.rejects(run(denoClient({ ...session, slip: "keeps its lost session" })), /1 failed/);
  });
  await t.step("one that has no sessions, as in 2026-07-28", async () => {
    await assert.rejects(run(denoClient()), /1 failed/);
  });
  await t.step("one that does nothing", async () => {
    await assert.rejects(run(clients.idle["my_client.ts"]), /1 failed/);
  });
});

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

const actionShape = z.object({
  inputs: z.record(z.string(), z.object({ default: z.string() })),
  runs: z.object({
    using: z.literal("composite"),
    steps: z.array(z.object({
      id: z.string(),
      if: z.string(),
      shell: z.literal("bash"),
      env: z.record(z.string(), z.string()),
      run: z.string(),
    })),
  }),
});

/** Runs the steps of our action as a runner does; gives its exit code and what it printed. */
async function runAction(
  given: Readonly<Record<string, string>>,
  { path, env }: { readonly path: string; readonly env: Readonly<Record<string, string>> },
): Promise<{ readonly code: number; readonly printed: string }> {
  const text = await Deno.readTextFile(new URL(".github/actions/mock-oauth/action.yml", root));
  const { inputs, runs: { steps } } = actionShape.parse(parseYaml(text));
  for (const name of Object.keys(given)) assert(name in inputs, `${name} is not an input`);
  const valueOf = (name = ""): string => given[name] ?? inputs[name]?.default ?? assert.fail(`no input ${name}`);
  const fill = (text: string): string =>
    text.replace(/\$\{\{ inputs\.([\w-]+) \}\}/, (_, name) => valueOf(name))
      .replace("${{ github.action_path }}", new URL(".github/actions/mock-oauth", root).pathname);
  const chosen = steps.find((step) => step.if === `inputs.mode == '${valueOf("mode")}'`);
  assert(chosen, "no step is for this mode");
  await Deno.writeTextFile(`${path}/step.sh`, chosen.run);
  const { code, stdout, stderr } = await new Deno.Command("bash", {
    args: ["--noprofile", "--norc", "-eo", "pipefail", "step.sh"],
    cwd: path,
    env: { ...env, ...Object.fromEntries(Object.entries(chosen.env).map(([name, value]) => [name, fill(value)])) },
  }).output();
  return { code, printed: new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr) };
}

Deno.test("the GitHub Action starts the server, writes the report into the job's summary, and fails as it is told (README)", async (t) => {
  await using folder = await makeFolder();
  const { path } = folder;
  const files = { GITHUB_OUTPUT: `${path}/output`, GITHUB_ENV: `${path}/env`, GITHUB_STEP_SUMMARY: `${path}/summary` };
  const stepShape = z.array(
    z.object({ uses: z.string().optional(), with: z.record(z.string(), z.string()).optional() }),
  );
  const [start, , report] = stepShape.parse(parseYaml(blockOf("run: steps of a job")));
  assert.match(start?.uses ?? "", /\/\.github\/actions\/mock-oauth@/);
  const npx = `#!/bin/sh\n[ "$1 $2" = "-y deno@${Deno.version.deno}" ] && shift 2 && exec '${Deno.execPath()}' "$@"\n`;
  await Deno.mkdir(`${path}/bin`);
  await Deno.writeTextFile(`${path}/bin/npx`, npx, { mode: 0o755 });
  const env = { RUNNER_TEMP: path, PATH: `${path}/bin:${Deno.env.get("PATH")}`, ...files };
  const failed = await runAction({ command: "sh -c 'exit(1)'" }, { path, env });
  assert.deepEqual([failed.code, failed.printed.includes("::error::mock-oauth did not start: ")], [1, true]);
  const started = await runAction({ ...start?.with }, { path, env });
  assert.equal(started.code, 0, started.printed);
  const [, url = ""] = /^MOCK_OAUTH_URL=(.+)$/m.exec(await Deno.readTextFile(files.GITHUB_ENV)) ?? [];
  const { pid } = z.object({ pid: z.number() }).parse(JSON.parse(await Deno.readTextFile(`${path}/mock-oauth.json`)));
  try {
    assert.equal(await Deno.readTextFile(files.GITHUB_OUTPUT), `url=${url}\n`);
    const send = (request: Request): Promise<Response> => fetch(request);
    await runDouble({ base: `${url}/s/standard~right`, send });
    await runDouble({ base: `${url}/s/standard~ci`, send });
    await runDouble({ base: `${url}/s/state-wrong~ci`, send, slip: "takes any state" });
    const job = { path, env: { ...env, MOCK_OAUTH_URL: url } };
    const given = { ...report?.with, wait: "0" };
    const cases: Readonly<Record<string, readonly [given: Record<string, string>, code: number, says: RegExp]>> = {
      "the steps of the README": [given, 1, /::error::mock-oauth: fail; the summary of the job says why/],
      "a client that passes": [{ ...given, run: "right" }, 0, /mock-oauth: pass/],
      "a set that was not tried": [{ ...given, run: "right", set: "core" }, 1, /::error::mock-oauth: incomplete/],
      "an incomplete run that does not fail": [
        { ...given, run: "right", set: "core", "fail-on": "fail" },
        0,
        /mock-oauth: incomplete/,
      ],
      "a run that nobody came to": [{ ...given, run: "nobody" }, 1, /::error::mock-oauth: incomplete/],
      "a set without a run": [{ ...given, run: "", set: "core" }, 1, /::error::set is of a run/],
      "a file in a folder that there is not": [{ ...given, run: "right", junit: "a/b.xml" }, 0, /mock-oauth: pass/],
      "a file where none can be": [{ ...given, run: "right", junit: "bin" }, 1, /::error::mock-oauth gave no JUnit/],
      "a run that never fails": [{ ...given, "fail-on": "never" }, 0, /mock-oauth: fail/],
      "the server's root": [{ ...given, run: "" }, 1, /::error::mock-oauth: incomplete/],
      "a set that there is not": [{ ...given, set: "cores" }, 1, /::error::mock-oauth gave no report: .*cores/],
      "a policy that there is not": [
        { ...given, "fail-on": "pass" },
        1,
        /::error::fail-on is fail, incomplete or never/,
      ],
    };
    for (const [name, [given, code, says]] of Object.entries(cases)) {
      await t.step(name, async () => {
        const ended = await runAction(given, job);
        assert.match(ended.printed, says);
        assert.equal(ended.code, code);
      });
    }
    assert.match(
      await Deno.readTextFile(files.GITHUB_STEP_SUMMARY),
      /^# fail: ci$[^]*^# pass: right$[^]*^# incomplete: main$/m,
    );
    assert.match(await Deno.readTextFile(files.GITHUB_OUTPUT), /^verdict=fail$/m);
    assert.match(await Deno.readTextFile(`${path}/report.xml`), /<testsuites name="mock-oauth/);
    assert.match(await Deno.readTextFile(`${path}/a/b.xml`), /<testsuites name="mock-oauth/);
    assert.equal((await runAction(given, { path, env: { ...env, MOCK_OAUTH_URL: "" } })).code, 1);
    const gone = await runAction(given, { path, env: { ...env, MOCK_OAUTH_URL: "http://127.0.0.1:1" } });
    assert.match(gone.printed, /::error::mock-oauth gave no report: nothing listens at http:\/\/127\.0\.0\.1:1/);
  } finally {
    Deno.kill(pid, "SIGTERM");
  }
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

Deno.test("README: what an agent is told to start is a program that serves it on standard input (README)", () => {
  const file = z.object({ mcpServers: z.object({ "mock-oauth": z.object({ args: z.array(z.string()) }) }) });
  for (const mark of ["check: how an agent starts the binary", "check: how an agent starts a clone"]) {
    const { args } = file.parse(JSON.parse(blockOf(mark))).mcpServers["mock-oauth"];
    const command = parseConfig(args.slice(args.findIndex((word) => word.endsWith("main.ts")) + 1), () => {}, "linux");
    assert(command.kind === "serve" && command.config.stdio, mark);
  }
});

Deno.test("README: a report and a list of exchanges have the shapes that the API has (README)", () => {
  for (
    const [mark, { answer }] of [
      ["check: a report", operations.control_report],
      ["check: a list of exchanges", operations.control_exchanges],
    ] as const
  ) {
    assert.equal(answer.safeParse(JSON.parse(blockOf(mark))).error?.message, undefined, mark);
  }
});

Deno.test("README: what a report shows of a rule is what the rule says (README)", () => {
  const findings = z.object({
    rule: z.string(),
    name: z.string(),
    title: z.string(),
    level: z.string(),
    link: z.string(),
  });
  const report = z.object({ clients: z.array(z.object({ findings: z.array(findings) })) });
  for (const { findings } of report.parse(JSON.parse(blockOf("check: a report"))).clients) {
    assert(findings.length > 0);
    for (const { rule: id, ...shown } of findings) {
      assert.partialDeepStrictEqual(rules.find((one) => one.id === id), shown);
    }
  }
});

Deno.test("README: the files of users and scenarios can be read (README)", () => {
  assert.equal(parseUsersFile(blockOf("check: a file of users")).length, 1);
  assert.equal(parseScenariosFile(blockOf("check: a file of scenarios")).length, 1);
  assert.equal(parseCatalogueFile(blockOf("check: a catalogue")).prompts?.length, 1);
  assert.equal(parseCatalogueFile(blockOf("check: a catalogue with a task")).tools?.length, 1);
});

Deno.test("README: the faults that look into a message and that hold templates can be set (README)", () => {
  const marks = ["a fault that looks into a message", "a fault with templates", "a fault of a stream"];
  for (const mark of marks.map((mark) => `check: ${mark}`)) {
    requireShape(JSON.parse(blockOf(mark)), faultRequestSchema);
  }
});

Deno.test("README says how long what is kept with --public is there (README)", () => {
  for (const { text } of documents.filter(({ path }) => ["README.md", "tests/limits/README.md"].includes(path))) {
    assert(text.replaceAll(/\s+/g, " ").includes(`gone after ${RETENTION_MS / 3_600_000} hours`));
  }
});
