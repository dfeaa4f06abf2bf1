/** The program as one file: compiled, and run where there is nothing else. */
import { Client as McpClient, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import assert from "node:assert/strict";
import { paths, wellKnown } from "../../lib/http/urls.ts";
import { everyAsset } from "../../views/assets.ts";
import manifest from "../../deno.json" with { type: "json" };
import { authorizeQuery, claimsOf, redirectOf, text } from "../helpers.ts";
import {
  callStatus,
  type Client,
  createClient,
  type Executable,
  fetchCode,
  jsonOf,
  redeemCode,
  registerClient,
  root,
  run,
  type Server,
  signInStatus,
  startServer,
} from "./program.ts";

/** The first time, the compiler's own parts may have to be fetched. */
const COMPILE_PATIENCE_MS = 300_000;

/** The user that owns nothing, by the number it has everywhere. */
const NOBODY = 65_534;

/** What the compiler says where its runtime cannot be downloaded. */
const OUT_OF_REACH = /dl\.deno\.land|error sending request/;

/**
 * Another command that compiles, for where Deno's own cannot download its runtime: what `COMPILE` says, or a script that
 * lies beside the checkout. It takes the file to make and then the flags of `deno compile`.
 */
async function findCompiler(): Promise<readonly string[] | undefined> {
  const named = Deno.env.get("COMPILE")?.split(" ");
  if (named) return named;
  const parent = new URL("../", root);
  for await (const { name } of Deno.readDir(parent)) {
    const script = new URL(`${name}/tools/compile-offline.sh`, parent);
    if (await Deno.stat(script).then(({ isFile }) => isFile, () => false)) {
      return ["bash", script.pathname];
    }
  }
  return undefined;
}

/**
 * Runs the task `compile`, as a release does.
 *
 * @returns The file it made; undefined only where no compiler can be had at all.
 */
async function compile(): Promise<string | undefined> {
  const compiler = await findCompiler();
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", "compile"],
    cwd: root,
    env: { NO_COLOR: "1", COMPILE: compiler?.join(" ") ?? "" },
    stdin: "null",
    signal: AbortSignal.timeout(COMPILE_PATIENCE_MS),
  }).output();
  const complaint = new TextDecoder().decode(stderr);
  if (!compiler && Deno.env.get("CI") !== "true" && OUT_OF_REACH.test(complaint)) return undefined;
  assert.equal(code, 0, `deno task compile: ${complaint}`);
  return new URL("dist/mock-oauth", root).pathname;
}

const folder = await Deno.makeTempDir({ prefix: "mock-oauth-binary-" });
const path = `${folder}/mock-oauth`;
const made = await compile();
const ignore = made === undefined;
// Away from everything it was made of.
if (made !== undefined) await Deno.copyFile(made, path);
else {
  await Deno.remove(folder, { recursive: true });
  const warning =
    "SKIPPED: the binary is not tested, since the runtime that deno compile needs cannot be downloaded here\n";
  await Deno.stderr.write(new TextEncoder().encode(warning));
}

Deno.test({
  name: "the compiled binary is the whole server, alone in an empty folder (README, one file)",
  ignore,
  fn: testBinary,
});

async function testBinary(t: Deno.TestContext): Promise<void> {
  await using _ = {
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
  const [cwd, home] = [`${folder}/empty`, `${folder}/home`];
  await Promise.all([Deno.mkdir(cwd), Deno.mkdir(home)]);
  const elsewhere = `${folder}/elsewhere`;
  const executable: Executable = { path, words: [], cwd, clearEnv: true };
  const start = (): Promise<Server> => startServer([], { executable, env: { HOME: home } });

  await t.step(
    "it keeps its data below the home directory, and nothing elsewhere",
    async () => {
      await using server = await start();
      assert(server.ready.db.startsWith(`${home}/`), server.ready.db);
      await server.stop();
      assert((await Deno.stat(server.ready.db)).isFile);
      assert.deepEqual([...Deno.readDirSync(cwd)], []);
    },
  );
  await t.step("it knows its version and the day it was made", async () => {
    const { code, stdout } = await run(["--version"], { executable });
    assert.equal(code, 0);
    assert.match(stdout, /^\d+\.\d+\.\d+ \(built \d{4}-\d\d-\d\d\)\n$/);
    assert(stdout.startsWith(`${manifest.version} `), stdout);
  });
  await t.step("it answers its first request; how soon is told, not judged", async () => {
    const startMs = performance.now();
    await using server = await start();
    await jsonOf(await server.client.fetch(paths.health), 200);
    const [ms, { size }] = [Math.round(performance.now() - startMs), await Deno.stat(path)];
    await server.stop();
    const [, told = ""] = /\b(\d+) MB, with the pages/.exec(await Deno.readTextFile(new URL("README.md", root))) ?? [];
    assert(Math.abs(size / 1e6 - Number(told)) < 5, `The README says ${told} MB, but there are ${size} bytes`);
    const line = `The binary has ${
      Math.round(size / 1e6)
    } MB and gave its first answer ${ms} ms after it was started\n`;
    await Deno.stderr.write(new TextEncoder().encode(line));
  });
  await t.step("it goes through the whole flow", async () => {
    await using server = await start();
    await goThroughFlow(server.client);
    await server.stop();
  });
  await t.step("it serves scenarios as sandboxes", async () => {
    await using server = await start();
    await assertScenario(server.client);
    await server.stop();
  });
  await t.step("it works in a folder that is read-only, with its data elsewhere", async () => {
    await Deno.mkdir(elsewhere);
    // Nothing is read-only to root.
    const uid = Deno.uid() === 0 ? NOBODY : undefined;
    for (const [path, mode] of [[folder, 0o755], [cwd, 0o555], [elsewhere, 0o777]] as const) {
      await Deno.chmod(path, mode);
    }
    const readOnly: Executable = { ...executable, ...(uid === undefined ? {} : { uid }) };
    const touched = await run(["-c", "touch file"], { executable: { ...readOnly, path: "/bin/sh" } });
    assert.notEqual(touched.code, 0, "the folder can be written to");
    await using server = await startServer(["--db", `${elsewhere}/kv.sqlite3`], { executable: readOnly });
    await goThroughFlow(server.client);
    await server.stop();
    assert.deepEqual([...Deno.readDirSync(cwd)], []);
    assert((await Deno.stat(`${elsewhere}/kv.sqlite3`)).isFile);
  });
  await t.step("it has every page and every file they ask for", async () => {
    await using server = await start();
    await assertPages(server.client);
    await server.stop();
  });
  await t.step(
    "it knows clients, users and codes after a restart",
    async () => {
      const ada = { email: "ada@example.com", password: "first" };
      await using server = await start();
      const clientId = await registerClient(server.client);
      const userId = await userIdOf(server.client, clientId, ada);
      await server.stop();
      await using next = await start();
      assert.equal(
        await signInStatus(next.client, clientId, {
          ...ada,
          password: "second",
        }),
        401,
      );
      assert.equal(await userIdOf(next.client, clientId, ada), userId);
      await next.stop();
    },
  );
  await t.step("it says in one line what it cannot use", async () => {
    const { code, stdout, stderr } = await run(["--port", "none"], {
      executable,
      env: { HOME: home },
    });
    assert.deepEqual([code, stdout], [2, ""]);
    assert.match(stderr, /^mock-oauth: [^\n]*'none'[^\n]*\n$/);
  });
}

/** In one sandbox the server forgets its `iss`, as that scenario has it; beside it, it does not. */
async function assertScenario(client: Client): Promise<void> {
  const issOf = async ({ fetch, ...rest }: Client): Promise<string | null> => {
    const clientId = await registerClient({ fetch, ...rest });
    const response = await fetch(authorizeQuery(clientId, { auto_approve: "true" }));
    await response.body?.cancel();
    return redirectOf(response).searchParams.get("iss");
  };
  const sandbox = createClient(`${client.url}/s/iss-supported-missing~binary`);
  assert.equal(await issOf(sandbox), null);
  assert.equal(await issOf(client), client.url);
  const clientId = await registerClient(sandbox);
  const tokens = await jsonOf(await redeemCode(sandbox, clientId, await fetchCode(sandbox, clientId)), 200);
  assert.equal(await callStatus(sandbox, text(tokens, "access_token")), 200);
  assert.equal(await callStatus(client, text(tokens, "access_token")), 401, "a token of a sandbox is good elsewhere");
}

async function userIdOf(
  client: Client,
  clientId: string,
  { email, password }: { readonly email: string; readonly password: string },
): Promise<string> {
  const code = await fetchCode(client, clientId, {
    auto_approve_email: email,
    auto_approve_password: password,
  });
  const tokens = await jsonOf(await redeemCode(client, clientId, code), 200);
  return text(claimsOf(text(tokens, "access_token")), "sub");
}

/** What a client does that knows nothing but the URL it was given. */
async function goThroughFlow(client: Client): Promise<void> {
  const { url, fetch } = client;
  const refused = await fetch("/oauth", { method: "POST" });
  await refused.body?.cancel();
  const challenge = /resource_metadata="([^"]+)"/.exec(
    refused.headers.get("www-authenticate") ?? "",
  );
  const resource = await jsonOf(await fetch(below(url, challenge?.[1])), 200);
  assert.deepEqual(resource.authorization_servers, [url]);
  const metadata = await jsonOf(
    await fetch(wellKnown.authorizationServer),
    200,
  );
  assert.equal(below(url, metadata.registration_endpoint), paths.register);
  assert.equal(below(url, metadata.authorization_endpoint), paths.authorize);
  assert.equal(below(url, metadata.token_endpoint), paths.token);
  const { keys } = await jsonOf(
    await fetch(below(url, metadata.jwks_uri)),
    200,
  );
  assert(Array.isArray(keys) && keys.length === 2);

  const clientId = await registerClient(client);
  const code = await fetchCode(client, clientId);
  const tokens = await jsonOf(await redeemCode(client, clientId, code), 200);
  const token = text(tokens, "access_token");
  for (const mode of ["auto", "legacy"] as const) {
    await callTools(`${url}/oauth`, token, mode);
  }
}

/** The path of a URL that must be one of this server's. */
function below(url: string, absolute: unknown): string {
  assert(
    typeof absolute === "string" && absolute.startsWith(`${url}/`),
    String(absolute),
  );
  return absolute.slice(url.length);
}

/** The official client at work, in the protocol's era with sessions and in the one without. */
async function callTools(
  url: string,
  token: string,
  mode: "auto" | "legacy",
): Promise<void> {
  const mcp = new McpClient({ name: "test", version: "0" }, {
    versionNegotiation: { mode },
  });
  const headers = { authorization: `Bearer ${token}` };
  await mcp.connect(
    new StreamableHTTPClientTransport(new URL(url), {
      requestInit: { headers },
    }),
  );
  const names = new Set((await mcp.listTools()).tools.map(({ name }) => name));
  for (
    const name of [
      "mock_echo",
      "mock_delay",
      "mock_clear_all_notes",
      "userInfo",
      "greet",
      "adminAction",
    ]
  ) {
    assert(names.has(name), name);
  }
  const echo = await mcp.callTool({
    name: "mock_echo",
    arguments: { message: "hello" },
  });
  assert.deepEqual(echo.content, [{ type: "text", text: "Echo: hello" }]);
  const user = await mcp.callTool({ name: "userInfo", arguments: {} });
  assert.match(
    JSON.stringify(user.content),
    new RegExp(`${claimsOf(token).email}`),
  );
  await mcp.close();
}

async function assertPages({ fetch, ...client }: Client): Promise<void> {
  const html = { headers: { accept: "text/html" } };
  const clientId = await registerClient({ fetch, ...client });
  const pages: readonly (readonly [path: string, status: number])[] = [
    [paths.home, 200],
    [paths.guide, 200],
    [paths.inspect, 200],
    [paths.scenarios, 200],
    [authorizeQuery(clientId), 200],
    [authorizeQuery("unknown"), 400],
    ["/nowhere", 404],
  ];
  for (const [path, status] of pages) {
    const response = await fetch(path, html);
    assert.match(
      await response.text(),
      /^<!doctype html>[^]*<\/html>\s*$/i,
      path,
    );
    assert.equal(response.status, status, path);
  }
  assert.equal(
    (await jsonOf(await fetch(paths.health), 200)).status,
    "healthy",
  );
  for (const asset of everyAsset()) {
    const path = asset.fileName === "favicon.ico" ? paths.favicon : paths.assets + asset.fileName;
    const response = await fetch(path);
    assert.equal(await response.text(), asset.body, path);
    assert.deepEqual([response.status, response.headers.get("content-type")], [
      200,
      asset.contentType,
    ], path);
  }
}
