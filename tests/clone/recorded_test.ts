/** Clones from recordings: what a client did at another server is what the clone answers. */
import assert from "node:assert/strict";
import { ConfigError } from "../../lib/cli/config_values.ts";
import { parseScenariosFile } from "../../lib/scenarios/schema/scenario_schema.ts";
import type { CloneOptions } from "../../lib/cli/clone_options.ts";
import { parseJudgeOptions } from "../../lib/cli/judge_options.ts";
import { runClone } from "../../routes/clone.ts";
import { runJudge } from "../../routes/judge.ts";
import { entry, har } from "../archive/hars.ts";
import { callOauth, getTokens, json, origin, register, type TestApp, testApp, text } from "../helpers.ts";

const there = "https://mcp.example.com";

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly told: string;
}

/** Runs the command on the text of a recording. */
async function run(
  recording: string,
  options: Partial<CloneOptions> = {},
  files: Record<string, string> = {},
): Promise<Ran> {
  const written = { out: "", told: "" };
  const code = await runClone({ from: "session.har", register: false, ...options }, {
    fetch: () => assert.fail("nothing is asked"),
    resolveDns: () => assert.fail("nothing is looked up"),
    sleep: () => Promise.resolve(),
    readText: (path) => Promise.resolve(files[path] ?? ""),
    readBytes: async function* (): AsyncGenerator<Uint8Array, void> {
      await Promise.resolve();
      yield new TextEncoder().encode(recording);
    },
    randomBytes: (length) => new Uint8Array(length),
    out: (said) => void (written.out += said),
    tell: (said) => void (written.told += said),
  });
  return { code, ...written };
}

/** Runs the other command on the text of a recording, and that of a scenario. */
async function judgeAgainst(recording: string, scenario: string, args: readonly string[] = []): Promise<Ran> {
  let out = "";
  const options = parseJudgeOptions(["session.har", "--against", "s.json", ...args]);
  assert(options);
  const code = await runJudge(options, {
    readText: () => Promise.resolve(scenario),
    readBytes: async function* (): AsyncGenerator<Uint8Array, void> {
      await Promise.resolve();
      yield new TextEncoder().encode(recording);
    },
    randomBytes: (length) => new Uint8Array(length),
    out: (said) => void (out += said),
    isColoured: false,
  });
  return { code, out, told: "" };
}

/** Begins a session, and gives what its requests are sent with. */
async function begin(test: TestApp, token: string): Promise<Record<string, string>> {
  const opened = await callOauth(test, token);
  await opened.body?.cancel();
  return { authorization: `Bearer ${token}`, "mcp-session-id": opened.headers.get("mcp-session-id") ?? "" };
}

/** A message to the MCP endpoint; the answer's result or error. */
async function send(test: TestApp, session: Record<string, string>, message: object): Promise<unknown> {
  const response = await test.fetch("/oauth", {
    method: "POST",
    headers: {
      ...session,
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
    },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, ...message }),
  });
  const { result, error } = await json(response);
  return result ?? error;
}

const call = (name: string, args: object): object => ({ method: "tools/call", params: { name, arguments: args } });

/** A session of a client that registers, logs in, lists and calls. */
async function record(): Promise<string> {
  await using test = await testApp({ tokenLifetimeSeconds: 900 });
  await (await test.postJson("/oauth", {})).body?.cancel();
  for (const path of ["/.well-known/oauth-protected-resource/oauth", "/.well-known/oauth-authorization-server"]) {
    await (await test.get(path)).body?.cancel();
  }
  const { clientId } = await register(test);
  const token = text(await getTokens(test, clientId, { scope: "mcp:read" }), "access_token");
  const session = await begin(test, token);
  await send(test, session, { method: "tools/list" });
  for (const message of ["x", "y", "x"]) await send(test, session, call("mock_echo", { message }));
  for (let turn = 0; turn < 2; turn++) {
    await send(test, session, call("mock_counter", {}));
    test.clock.nowMs += 7;
  }
  await send(test, session, call("nothing_of_the_kind", {}));
  const recording = await (await test.get("/control/exchanges?format=har")).text();
  return recording.replaceAll(origin, there);
}

Deno.test("a clone of a recording answers calls as they were answered: by arguments, and the same ones in turn", async () => {
  const recording = await record();
  const { code, out, told } = await run(recording);
  assert.equal(code, 0);
  assert.match(told, /^All \d+ answers compared are alike\.$/m);
  const [scenario] = parseScenariosFile(out);
  assert(scenario);
  assert.equal(scenario.name, "mcp-example-com");
  assert.deepEqual(scenario.plan.mint, { accessTokenTtlSeconds: 900 });
  await using clone = await testApp({ scenario });
  const session = await begin(clone, text(await json(await clone.postJson("/control/tokens", {})), "access_token"));
  const said = async (name: string, args: object): Promise<string> =>
    JSON.stringify(await send(clone, session, call(name, args)));
  assert.match(await said("mock_echo", { message: "y" }), /Echo: y/);
  assert.match(await said("mock_echo", { message: "x" }), /Echo: x/);
  assert.match(await said("mock_echo", { message: "never sent" }), /Echo: [xy]/);
  const turns = [await said("mock_counter", {}), await said("mock_counter", {}), await said("mock_counter", {})];
  assert.notEqual(turns[0], turns[1]);
  assert.equal(turns[1], turns[2]);
});

Deno.test("a scenario is compared with a recording, and the command ends with 1 where they differ", async () => {
  const recording = await record();
  const { out } = await run(recording);
  assert.deepEqual((await run(recording, { check: "s.json" }, { "s.json": out })).code, 0);
  const other = JSON.stringify({ ...JSON.parse(out), plan: { policy: { registration: "off" } } });
  const compared = await run(recording, { check: "s.json" }, { "s.json": other });
  assert.equal(compared.code, 1);
  assert.match(
    compared.out,
    /oauth-authorization-server\n {4}member registration_endpoint: ".*" there, nothing here$/m,
  );
});

Deno.test("judge --against makes the same comparison, as text or JSON, and says what cannot be compared", async () => {
  const recording = await record();
  const { out } = await run(recording);
  const other = JSON.stringify({ ...JSON.parse(out), plan: { policy: { registration: "off" } } });
  const compared = await judgeAgainst(recording, other);
  assert.deepEqual(compared, await run(recording, { check: "s.json" }, { "s.json": other }));
  assert.equal((await judgeAgainst(recording, out)).code, 0);
  const { code, out: text } = await judgeAgainst(recording, other, ["--format", "json"]);
  assert.equal(code, 1);
  const { compared: count, differences } = JSON.parse(text);
  assert(count > differences.length && differences.length > 0);
  await assert.rejects(judgeAgainst(har([entry()]), out), { name: "ConfigError", message: /There is no MCP server/ });
  await assert.rejects(judgeAgainst(recording, "{}"), {
    name: "ConfigError",
    message: /^The scenarios of s\.json cannot/,
  });
});

Deno.test("a recording that holds no server is refused, in one line", async () => {
  await assert.rejects(run("{"), ConfigError);
  await assert.rejects(run(har([entry()])), (error) => {
    assert(error instanceof ConfigError);
    assert.match(error.message, /There is no MCP server in it/);
    return true;
  });
});
