/** `--scenario`, `--scenarios` and `--control-token` from the outside. */
import assert from "node:assert/strict";
import { makeFolder, run, startServer } from "./program.ts";

const memory = ["--db", ":memory:"] as const;
const mine = { name: "short", plan: { policy: { code_ttl_seconds: 7 } } };

async function codeTtl(url: string, init: RequestInit = {}): Promise<unknown> {
  const response = await fetch(`${url}/control/plan`, init);
  const { plan } = await response.json();
  return plan?.policy.code_ttl_seconds ?? response.status;
}

Deno.test("--scenarios brings scenarios along, and --scenario makes one the server's own (README, options)", async (t) => {
  await using folder = await makeFolder();
  const file = `${folder.path}/scenarios.json`;
  await Deno.writeTextFile(file, JSON.stringify([mine]));
  for (const [args, env] of [[["--scenarios", file], {}], [[], { MOCK_SCENARIOS: file }]] as const) {
    await t.step(args.length > 0 ? "--scenarios" : "MOCK_SCENARIOS", async () => {
      await using server = await startServer([...memory, ...args], { env });
      assert.deepEqual([await codeTtl(server.ready.url), await codeTtl(`${server.ready.url}/s/short`)], [600, 7]);
      await server.stop();
    });
  }
  await using server = await startServer([...memory, "--scenarios", file, "--scenario", "short"]);
  assert.equal(await codeTtl(server.ready.url), 7);
  await server.stop();
});

Deno.test("a scenario that is unknown or wrong ends the program with code 2 and one line (README, options)", async (t) => {
  await using folder = await makeFolder();
  const file = `${folder.path}/scenarios.json`;
  await Deno.writeTextFile(file, JSON.stringify({ ...mine, plan: { police: {} } }));
  const broken = `${folder.path}/broken.json`;
  await Deno.writeTextFile(broken, '{\n  "name": "mine",\n}');
  const cases = [
    [["--scenarios", broken], /^mock-oauth: The scenarios of .*: the file is not JSON: see line 3, column 1 on$/m],
    [
      ["--scenarios", file],
      /^mock-oauth: The scenarios of .*plan\.police is not a known member.*\(did you mean policy\?\)$/m,
    ],
    [["--scenarios", `${file}.not`], /^mock-oauth: The scenarios of .*No such file/i],
    [["--scenario", "nothing"], /^mock-oauth: There is no scenario nothing; \/scenarios of a running server lists all/],
  ] as const;
  for (const [args, says] of cases) {
    await t.step(args.join(" "), async () => {
      const { code, stdout, stderr } = await run(["--port", "0", ...memory, ...args]);
      assert.deepEqual([code, stdout], [2, ""]);
      assert.match(stderr, says);
      assert.equal(stderr.split("\n").length, 2);
    });
  }
});

Deno.test("--control-token is asked for, and never printed (README, control it from a test)", async () => {
  await using server = await startServer([...memory, "--control-token", "s3cret-token"]);
  const headers = { authorization: "Bearer s3cret-token" };
  assert.deepEqual([await codeTtl(server.ready.url), await codeTtl(server.ready.url, { headers })], [401, 600]);
  const { stdout } = await server.stop();
  assert(!stdout.includes("s3cret"), stdout);
});
