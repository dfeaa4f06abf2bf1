/** Recordings of clients at servers elsewhere, and the commands that read them. */
import assert from "node:assert/strict";
import type { CloneOptions } from "../../lib/cli/clone_options.ts";
import { parseJudgeOptions } from "../../lib/cli/judge_options.ts";
import { runClone } from "../../routes/clone.ts";
import { runJudge } from "../../routes/judge.ts";
import { callOauth, getTokens, json, origin, register, type TestApp, testApp, text } from "../helpers.ts";

/** Where the server is. */
export const there = "https://mcp.example.com";

/** What a command did. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly told: string;
}

/** Runs the command on the text of a recording. */
export async function run(
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

/** Runs the command on a server. */
export async function ask(
  fetch: (request: Request) => Promise<Response>,
  url: string = `${there}/mcp`,
): Promise<number> {
  return await runClone({ url, register: false }, {
    fetch,
    resolveDns: () => Promise.resolve(["93.184.215.14"]),
    sleep: () => new Promise(() => {}),
    readText: () => assert.fail("there is no file"),
    readBytes: () => assert.fail("there is no file"),
    randomBytes: (length) => new Uint8Array(length),
    out: () => {},
    tell: () => {},
  });
}

/** Runs the other command on the text of a recording, and that of a scenario. */
export async function judgeAgainst(recording: string, scenario: string, args: readonly string[] = []): Promise<Ran> {
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
export async function begin(test: TestApp, token: string): Promise<Record<string, string>> {
  const opened = await callOauth(test, token);
  await opened.body?.cancel();
  return { authorization: `Bearer ${token}`, "mcp-session-id": opened.headers.get("mcp-session-id") ?? "" };
}

/** A message to the MCP endpoint; the answer's result or error. */
export async function send(test: TestApp, session: Record<string, string>, message: object): Promise<unknown> {
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

/** A call of a tool. */
export const call = (name: string, args: object): object => ({
  method: "tools/call",
  params: { name, arguments: args },
});

/** A session of a client that registers, logs in, lists and calls. */
export async function record(): Promise<string> {
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

/** A recording of two servers that have the same authorization server, and a tool of another name each. */
export async function recordTwo(): Promise<string> {
  const first = JSON.parse(await record());
  const of = (text: string): unknown => JSON.parse(text).log.entries;
  const other = JSON.stringify(first).replaceAll(there, "https://other.example").replaceAll("mock_echo", "other_echo");
  first.log.entries = [first.log.entries, of(other)].flat();
  return JSON.stringify(first);
}
