/** Every way to start the program that the README names works as typed, in an empty folder, with Node and git alone. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import process from "node:process";
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { z } from "zod";
import { startMockServer } from "../../main.ts";
import { runDouble } from "../interop/double/double.ts";
import { TextLineStream } from "../matrix/lines.ts";
import { blockOf, clients } from "./readme_blocks.ts";
import { type Executable, launch, makeFolder, root, run, startServer, startTask } from "./program.ts";

/** How long a command may take, in milliseconds: npx looks up Deno first. */
const PATIENCE_MS = 60_000;
/** How long a server may outlive the process that started it, in milliseconds. */
const ORPHAN_MS = 10_000;

/** Whether a command is on this machine; what needs one that is not is counted as ignored. */
function isThere(name: string): boolean {
  try {
    return new Deno.Command(name, { args: ["--version"], stdout: "null", stderr: "null" }).outputSync().success;
  } catch {
    return false;
  }
}

const hasNode = isThere("npx") && isThere("git");

/** A port that nobody listens on, as far as one can know. */
function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** The README's commands, with this checkout in place of the published one. */
function asTyped(script: string): string {
  return script.replace("https://github.com/iterate/mock-oauth", `--quiet ${root.pathname} mock-oauth`);
}

interface Typed extends AsyncDisposable {
  /** Resolves with all that was printed once that matches; rejects if it ends before. */
  readonly until: (pattern: RegExp) => Promise<string>;
}

/** Types commands into a shell; ends all that they have started. */
function type(script: string, cwd: string): Typed {
  const child = spawn("sh", ["-e"], {
    cwd,
    detached: true,
    env: { ...Deno.env.toObject(), PORT: "0", MOCK_DB: ":memory:", NO_COLOR: "1" },
  });
  child.stdin.end(script);
  let printed = "";
  const watchers = new Set<() => void>();
  const hear = (chunk: unknown): void => {
    printed += String(chunk);
    for (const look of watchers) look();
  };
  child.stdout.on("data", hear);
  child.stderr.on("data", hear);
  const ended = new Promise<void>((resolve) => child.on("close", () => resolve()));
  const patience = setTimeout(() => child.kill("SIGKILL"), PATIENCE_MS);
  return {
    until: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => void (pattern.test(printed) && resolve(printed));
        watchers.add(look);
        look();
        void ended.then(() => reject(new Error(`It ended after:\n${printed}`)));
      }),
    [Symbol.asyncDispose]: async () => {
      clearTimeout(patience);
      try {
        // The group of the shell, so npx and Deno, too.
        if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
      } catch {
        // It has ended.
      }
      await ended;
    },
  };
}

/** Insists that a URL to paste is printed, and that an MCP endpoint is there. */
async function assertPasted(typed: Typed): Promise<string> {
  const printed = await typed.until(/paste into your MCP client +\S+\n[^]*data .*\n/);
  const [, url = ""] = /paste into your MCP client +(\S+)\n/.exec(printed) ?? [];
  assert.match(url, /^http:\/\/127\.0\.0\.1:\d+\/oauth$/);
  const response = await fetch(url, { method: "POST" });
  await response.body?.cancel();
  assert.equal(response.status, 401);
  return printed;
}

Deno.test({
  name: "README: from an empty folder, each command to run the server or a test works as typed (README)",
  ignore: !hasNode,
  fn: async (t) => {
    await using folder = await makeFolder();
    const clone = `${folder.path}/mock-oauth`;
    await t.step("clone, and run", async () => {
      await using typed = type(asTyped(blockOf("run: from an empty folder")), folder.path);
      const printed = await assertPasted(typed);
      for (const line of printed.split("\n")) assert(line.length < 120, `too long to read: ${line}`);
    });
    for (const line of blockOf("run: in the clone").split("\n")) {
      await t.step(line, async () => {
        await using typed = type(line.replace("8789", `${freePort()}`), clone);
        await assertPasted(typed);
      });
    }
    await t.step("the test in Deno", async () => {
      await Deno.writeTextFile(`${clone}/client_test.ts`, blockOf("run: deno"));
      await Deno.writeTextFile(`${clone}/my_client.ts`, clients.right["my_client.ts"]);
      await using typed = type(blockOf("run: the test in Deno"), clone);
      await typed.until(/1 passed/);
    });
    await t.step("the test in Deno, of a client that does nothing", async () => {
      await Deno.writeTextFile(`${clone}/my_client.ts`, clients.idle["my_client.ts"]);
      await using typed = type(blockOf("run: the test in Deno"), clone);
      await typed.until(/incomplete[^]*1 failed/);
    });
  },
});

/** Deno without a permission, in a checkout. */
const bare: Executable = { ...startTask, words: [] };

Deno.test("without -P it says in one line what to type, and asks nothing (README)", async (t) => {
  const cases: Readonly<Record<string, readonly [args: readonly string[], says: RegExp]>> = {
    "run": [["run", "main.ts"], /the environment variable \w+; run deno run -P main\.ts\n$/],
    "run with a flag": [["run", "main.ts", "--port", "0"], /the environment variable \w+; run deno run -P main\.ts\n$/],
    "serve": [
      ["serve", "--port", "0", "main.ts"],
      /the environment variable \w+; run deno serve -P --host 127\.0\.0\.1 main\.ts\n$/,
    ],
    "run, with the environment alone": [
      ["run", "--allow-env", "main.ts", "--port", "0", "--db", ":memory:"],
      /to listen on 127\.0\.0\.1:0; run/,
    ],
    "run, without files": [
      ["run", "--allow-env", "--allow-net", "main.ts", "--db", "/tmp/mock-oauth-none.sqlite3"],
      /to read \/tmp\/mock-oauth-none\.sqlite3; run/,
    ],
    "run, without the file of users": [["run", "--allow-env", "main.ts", "--users", "users.json"], /users\.json; run/],
  };
  for (const [name, [args, says]] of Object.entries(cases)) {
    await t.step(name, async () => {
      const { code, stdout, stderr } = await run(args, { executable: bare });
      assert.match(stderr, says);
      // Deno warns of an export that it takes for something to serve.
      assert.match(stderr.replace(/^warning: .*\n/, ""), /^mock-oauth: [^\n]+\n$/);
      assert.deepEqual([code, stdout], [2, ""]);
    });
  }
});

Deno.test("deno serve says where it listens if that is every address of the machine (README)", async () => {
  await using program = launch(["serve", "-P", "--port", "0", "main.ts"], {
    executable: bare,
    env: { MOCK_DB: ":memory:" },
  });
  await program.until(
    "stdout",
    /http:\/\/localhost:\d+\/oauth\n[^]*every address of this machine; --host 127\.0\.0\.1 /,
  );
});

Deno.test("--exit-with-parent ends the server when its standard input closes, in good order (README)", async () => {
  const child = new Deno.Command(startTask.path, {
    args: [...startTask.words, "--port", "0", "--db", ":memory:", "--json", "--exit-with-parent"],
    cwd: startTask.cwd,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const patience = setTimeout(() => child.kill("SIGKILL"), PATIENCE_MS);
  const reader = child.stdout.getReader();
  const ready = JSON.parse(new TextDecoder().decode((await reader.read()).value));
  assert.equal((await (await fetch(`${ready.url}/health`)).json()).status, "healthy");
  await child.stdin.close();
  const { code, signal } = await child.status;
  clearTimeout(patience);
  await reader.cancel();
  await child.stderr.cancel();
  assert.deepEqual([code, signal], [0, null]);
});

Deno.test("a server whose test was killed ends with --exit-with-parent (README)", async () => {
  const flags = ["--port", "0", "--db", ":memory:", "--json", "--exit-with-parent"];
  const words = JSON.stringify([...startTask.words, ...flags]);
  const code = `const child = new Deno.Command(Deno.execPath(), { args: ${words}, stdin: "piped" }).spawn();
    await child.status;`;
  const parent = launch(["eval", code], { executable: bare });
  const [line] = await parent.until("stdout", /^\{.*\n/);
  const { port, pid } = JSON.parse(line);
  // A server that outlives its parent would outlive this test, too, which would wait for it.
  let isLeft = false;
  const patience = setTimeout(() => {
    isLeft = true;
    Deno.kill(pid, "SIGKILL");
  }, ORPHAN_MS);
  parent.kill("SIGKILL");
  // The pipe of its output is closed when the server, too, has ended.
  await parent.ended;
  clearTimeout(patience);
  assert(!isLeft, `it was still there ${ORPHAN_MS} ms after its parent`);
  await assert.rejects(Deno.connect({ hostname: "127.0.0.1", port }), Deno.errors.ConnectionRefused);
});

Deno.test("without --exit-with-parent a closed standard input says nothing (README)", async () => {
  await using server = await startServer(["--db", ":memory:"]);
  assert.equal((await (await server.client.fetch("/health")).json()).status, "healthy");
  await server.stop();
});

/** What an agent reads of the answers of tools. */
const answers = {
  run: z.object({ verdict: z.string(), reason: z.string(), scenarios: z.array(z.object({ url: z.url() })).min(1) }),
  report: z.object({ clients: z.array(z.object({ failures: z.array(z.string()) })).min(1) }),
  clock: z.object({ now_ms: z.number() }),
};

Deno.test({
  name:
    "an agent that starts the server with --stdio breaks it, moves its clock, and finds the rule that a client broke (README)",
  // The SDK leaves a timer behind that would kill a server that does not end.
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async () => {
    const agent = new Client({ name: "agent", version: "1" }, { versionNegotiation: { mode: "auto" } });
    const { path: command, words } = startTask;
    const args = [...words, "--stdio", "--quiet"];
    await agent.connect(new StdioClientTransport({ command, args, cwd: root.pathname }));
    const call = async (name: string, given: Record<string, unknown>): Promise<unknown> => {
      const { isError, structuredContent, content } = await agent.callTool({ name, arguments: given });
      assert.notEqual(isError, true, JSON.stringify(content));
      return structuredContent;
    };
    assert.equal(agent.getNegotiatedProtocolVersion(), "2026-07-28");
    const sandbox = "state-wrong~mine";
    await call("add_faults", { sandbox, input: { match: { endpoint: "jwks" }, answer: { status: 503 } } });
    const before = answers.clock.parse(await call("read_clock", { sandbox }));
    const after = answers.clock.parse(await call("move_clock", { sandbox, input: { advance_seconds: 60 } }));
    assert(after.now_ms - before.now_ms >= 60_000);
    const { scenarios } = answers.run.parse(await call("run", { run: "mine", set: "all" }));
    const url = scenarios.find(({ url }) => url.includes(sandbox))?.url ?? "";
    const base = url.replace(/\/oauth$/, "");
    const keys = await fetch(`${base}/oauth/jwks`);
    await keys.body?.cancel();
    assert.equal(keys.status, 503);
    await runDouble({ base, slip: "takes any state", send: (request) => fetch(request) });
    const { verdict, reason } = answers.run.parse(await call("run", { run: "mine" }));
    assert.deepEqual([verdict, reason], ["fail", "1 of 1 scenario failed: state-wrong"]);
    const { clients } = answers.report.parse(await call("report", { sandbox }));
    assert.deepEqual(clients.flatMap(({ failures }) => failures), ["C15"]);
    const { contents } = await agent.readResource({ uri: "mock://rules/C15" });
    assert.match(JSON.stringify(contents), /# C15 .+modelcontextprotocol\.io/);
    await agent.close();
    await assert.rejects(fetch(url), TypeError);
  },
});

Deno.test("with --stdio standard output holds messages alone, of the earlier revisions too, and its end ends the server (README)", async () => {
  const child = new Deno.Command(startTask.path, {
    args: [...startTask.words, "--stdio", "--json"],
    cwd: startTask.cwd,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const patience = setTimeout(() => child.kill("SIGKILL"), PATIENCE_MS);
  const input = child.stdin.getWriter();
  const output = child.stdout.pipeThrough(new TextLineStream()).getReader();
  const said = new Response(child.stderr).text();
  const send = (line: string): Promise<void> => input.write(new TextEncoder().encode(`${line}\n`));
  const ask = async (id: number, method: string, params: unknown): Promise<string> => {
    await send(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
    const { value = "" } = await output.read();
    assert.equal(JSON.parse(value).id, id, value);
    return value;
  };
  const clientInfo = { name: "agent", version: "1" };
  const hello = await ask(1, "initialize", { protocolVersion: "2025-06-18", capabilities: {}, clientInfo });
  assert.match(hello, /"protocolVersion":"2025-06-18".+Controls a mock OAuth/);
  await send(JSON.stringify({ jsonrpc: "2.0", method: "notifications/initialized" }));
  await send("{}");
  const listed = await ask(2, "tools/call", { name: "list_scenarios", arguments: { q: "iss-missing" } });
  const { url } = JSON.parse(listed).result.structuredContent;
  const response = await fetch(url.replace("<name>~<label>", "iss-missing~mine"), { method: "POST" });
  await response.body?.cancel();
  assert.equal(response.status, 401);
  await input.close();
  const { code, signal } = await child.status;
  clearTimeout(patience);
  assert.deepEqual([code, signal, (await output.read()).done], [0, null, true]);
  const [ready, ...events] = (await said).trim().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual([ready.event, ready.db, url.startsWith(`${ready.url}/s/`)], ["ready", ":memory:", true]);
  assert(
    events.some(({ event, message }) =>
      event === "error" && /^On standard input: A line is JSON, but not a message/.test(message)
    ),
  );
});

Deno.test("startMockServer names a port that is taken (README)", async () => {
  await using first = await startMockServer({ port: 0 });
  const port = Number(new URL(first.url).port);
  await assert.rejects(startMockServer({ port }), new RegExp(`startMockServer: cannot listen on port ${port} of 127`));
});
