/** The program from the outside: what it prints, what it refuses, and how it ends. */
import assert from "node:assert/strict";
import { basename, dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { decodeProtectedHeader } from "jose";
import { z } from "zod";
import { helpText } from "../../lib/cli/help_text.ts";
import { version } from "../../lib/runtime/version.ts";
import { challenge, claimsOf, publicClient, text, verifier } from "../helpers.ts";
import {
  type Certificate,
  type Client,
  createCertificate,
  createClient,
  fetchCode,
  jsonOf,
  launch,
  makeFolder,
  redeemCode,
  registerClient,
  run,
  type Server,
  startServer,
  startTask,
  taskWords,
} from "./program.ts";

const memory = ["--db", ":memory:"] as const;

const exchangeLine = z.strictObject({
  event: z.literal("exchange"),
  sequence: z.int(),
  startedAtMs: z.int(),
  method: z.string(),
  path: z.string(),
  status: z.int(),
  durationMs: z.number().nonnegative().multipleOf(0.1),
  client: z.string().optional(),
  call: z.string().optional(),
  error: z.string().optional(),
  isOwn: z.literal(true).optional(),
});

/** A port that nobody listens on, as far as one can know. */
function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

async function isListening(port: number): Promise<boolean> {
  try {
    (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    return true;
  } catch (error) {
    assert(error instanceof Deno.errors.ConnectionRefused, String(error));
    return false;
  }
}

/** Asks until the answer is yes, for what nothing tells the outside of; not for ever. */
async function until(what: string, ask: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; !await ask(); tries++) {
    assert(tries < 200, `Waited for 5 s until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

/** Waits until a server takes no request any more: by a closed port, or in so many words. */
function untilRefusing({ fetch }: Client): Promise<void> {
  return until("requests are refused", async () => {
    try {
      const response = await fetch("/health", { headers: { connection: "close" } });
      await response.body?.cancel();
      return response.status === 503;
    } catch {
      return true;
    }
  });
}

Deno.test("--json prints one ready line and a line per exchange, without query or secret (README, options)", async () => {
  await using server = await startServer(memory);
  const { client, ready } = server;
  assert.deepEqual(ready, {
    event: "ready",
    url: client.url,
    port: Number(new URL(client.url).port),
    pid: server.pid,
    version,
    db: ":memory:",
  });
  const metadata = { ...publicClient, token_endpoint_auth_method: "client_secret_post" };
  const registered = await jsonOf(await client.postJson("/oauth/register", metadata), 201);
  const [clientId, secret] = [text(registered, "client_id"), text(registered, "client_secret")];
  const credentials = { auto_approve_email: "ada@example.com", auto_approve_password: "pass-phrase" };
  const code = await fetchCode(client, clientId, credentials);
  const tokens = await jsonOf(
    await client.postForm("/oauth/token", {
      grant_type: "authorization_code",
      client_id: clientId,
      client_secret: secret,
      code,
      redirect_uri: publicClient.redirect_uris[0] ?? "",
      code_verifier: verifier,
    }),
    200,
  );
  await (await client.fetch("/bearer?expected=expected-token")).body?.cancel();
  const { stdout } = await server.stop();

  const [first, ...lines] = stdout.trimEnd().split("\n");
  assert.deepEqual(JSON.parse(first ?? ""), ready);
  const events = lines.map((line) => JSON.parse(line));
  assert.deepEqual(events.filter(({ event }) => event !== "exchange").map(({ event, rule }) => rule ?? event), [
    "C1",
    "summary",
  ]);
  const exchanges = events.filter(({ event }) => event === "exchange").map((event) => exchangeLine.parse(event));
  assert.deepEqual(exchanges.map(({ sequence, method, path, status }) => [sequence, method, path, status]), [
    [1, "POST", "/oauth/register", 201],
    [2, "GET", "/oauth/authorize", 302],
    [3, "POST", "/oauth/token", 200],
    [4, "GET", "/bearer", 401],
  ]);
  const secrets = [secret, code, text(tokens, "access_token"), text(tokens, "refresh_token"), verifier, challenge];
  for (const told of [...secrets, "pass-phrase", "ada@example.com", "expected-token", clientId, "?"]) {
    assert(!stdout.includes(told), `${told} stands in ${stdout}`);
  }
});

Deno.test("output for people names the URL to paste, the guide and where the data is (README)", async () => {
  await using folder = await makeFolder();
  await using program = launch(["--port", "0"], { env: { MOCK_DB: `${folder.path}/kv.sqlite3` } });
  const [, port] = await program.until("stdout", /http:\/\/127\.0\.0\.1:(\d+)\/guide[^]*kv\.sqlite3\n/);
  const { url, fetch } = createClient(`http://127.0.0.1:${port}`);
  assert.equal((await (await fetch("/health")).json()).status, "healthy");
  program.kill("SIGTERM");
  const { code, stdout, stderr } = await program.ended;
  assert.deepEqual([code, stderr], [0, ""]);
  for (
    const told of [`${url}/oauth\n`, `${url}/no-auth\n`, `${url}/bearer\n`, `${url}/guide\n`, folder.path, version]
  ) {
    assert(stdout.includes(told), `${told} is missing in ${stdout}`);
  }
  for (const page of ["inspect", "scenarios"]) assert(stdout.includes(`${url}/${page}\n`), page);
  // Nobody's client asks for that; see the next test.
  assert.doesNotMatch(stdout, /\/health/);
});

Deno.test("the log says whose a request was, what it called and what came of it, and which rule it broke (README)", async (t) => {
  for (const flags of [[], ["--verbose"]]) {
    await t.step(flags.join(" ") || "without --verbose", async () => {
      await using program = launch(["--port", "0", ...memory, ...flags]);
      await program.until("stdout", /data .*\n\n/);
      const url = /http:\/\/127\.0\.0\.1:\d+/.exec(program.printed.stdout)?.[0] ?? "";
      const client = createClient(url);
      await (await client.fetch("/health")).body?.cancel();
      await (await client.postJson("/oauth/register", { ...publicClient, client_name: "Acme" })).body?.cancel();
      await (await client.postForm("/oauth/token", { grant_type: "authorization_code" })).body?.cancel();
      const session = await beginSession(client);
      await (await rpc(client, session, "tools/call", { name: "mock_echo", arguments: { message: "x" } })).text();
      await (await client.fetch("/oauth?access_token=x", { method: "POST" })).body?.cancel();
      await program.until("stdout", /✗ C23 MUST .*\n +https:\/\/\S+\n/);
      program.kill("SIGTERM");
      const { code, stdout } = await program.ended;
      assert.equal(code, 0);
      const time = "\\d\\d:\\d\\d:\\d\\d";
      for (
        const line of [
          "Acme  POST /oauth/register → 201",
          "\\S+  POST /oauth/token → 40[01] invalid_\\w+",
          "test  initialize → 200",
          "test  tools/call mock_echo → 200",
          "\\S+  POST /oauth → 40[01]( \\w+)?",
        ]
      ) assert.match(stdout, new RegExp(`^${time}  ${line}  [\\d.]+ ms$`, "m"));
      assert.equal(/GET \/health → 200/.test(stdout), flags.length > 0);
      assert.match(stdout, /^ {2}\S.*: fail: It broke .*C23/m);
      assert.match(stdout, new RegExp(`^fail: \\d clients?: ${url}/control/report\n`, "m"));
    });
  }
});

Deno.test("--quiet prints nothing (README, options)", async () => {
  const port = freePort();
  await using program = launch(["--quiet", "--port", `${port}`, ...memory]);
  await until("it listens", () => isListening(port));
  assert.equal((await (await createClient(`http://127.0.0.1:${port}`).fetch("/health")).json()).status, "healthy");
  program.kill("SIGTERM");
  assert.deepEqual(await program.ended, { code: 0, signal: null, stdout: "", stderr: "" });
});

Deno.test("--quiet with --json prints the ready line alone, for whoever started it (README, options)", async () => {
  await using server = await startServer(["--quiet", ...memory]);
  await (await server.client.fetch("/health")).body?.cancel();
  const { stdout } = await server.stop();
  assert.deepEqual(stdout, `${JSON.stringify(server.ready)}\n`);
});

Deno.test("an unexpected error is told, even with --quiet, and not to the client (README, options)", async (t) => {
  for (const flags of [[], ["--quiet"]]) {
    await t.step(flags.join(" ") || "without --quiet", async () => {
      await using folder = await makeFolder();
      const db = `${folder.path}/kv.sqlite3`;
      await using server = await startServer([...flags, "--db", db]);
      breakDatabase(db);
      const body = await jsonOf(await server.client.postJson("/oauth/register", publicClient), 500);
      assert.equal(body.error, "server_error");
      assert.doesNotMatch(text(body, "error_description"), /table|sql/i);
      server.kill("SIGTERM");
      const { code, stdout, stderr } = await server.ended;
      assert.equal(code, 0);
      assert.match(stdout + stderr, /^.*error.*no such table.*$/m);
    });
  }
});

/** Takes away what the server's database stands on, as no user would. */
function breakDatabase(path: string): void {
  const database = new DatabaseSync(path);
  const tables = z.array(z.object({ name: z.string() })).parse(
    database.prepare("select name from sqlite_master where type = 'table'").all(),
  );
  for (const { name } of tables) database.exec(`drop table if exists "${name}"`);
  database.close();
}

Deno.test("--help and --version print and end, whatever else is wrong (README, options)", async (t) => {
  const asked: readonly (readonly [flags: readonly string[], stdout: string])[] = [
    [["--help"], helpText("linux")],
    [["-h", "--port", "none"], helpText("linux")],
    [["--version"], `${version}\n`],
    [["-V"], `${version}\n`],
  ];
  for (const [flags, stdout] of asked) {
    await t.step(flags.join(" "), async () => {
      assert.deepEqual(await run(flags), { code: 0, signal: null, stdout, stderr: "" });
    });
  }
});

Deno.test("what cannot be used ends the program with code 2 and one line on stderr (README, options)", async (t) => {
  await using folder = await makeFolder();
  const noDatabase = `${folder.path}/file`;
  await Deno.writeTextFile(noDatabase, "This is a letter, and no database at all.\n".repeat(100));
  const nowhere = "http://127.0.0.1:1/";
  const { certPath, keyPath } = await writeCertificate(folder.path, createCertificate());
  const other = await writeCertificate(`${folder.path}/other`, createCertificate());
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const takenPort = `${taken.addr.port}`;
  const cases: Readonly<Record<string, readonly [args: readonly string[], env: Record<string, string>, says: RegExp]>> =
    {
      "an unknown flag": [["--nope"], {}, /'--nope'.*--help/],
      "a value with a line break": [["--port", "1\n2"], {}, /0 to 65535/],
      "a variable": [[], { PORT: "http" }, /'http'.*0 to 65535/],
      "a taken port": [[...memory, "--port", takenPort], {}, new RegExp(`${takenPort}.*taken.*--port`)],
      "a taken port in the environment": [memory, { PORT: takenPort }, new RegExp(`${takenPort}.*taken.*--port`)],
      "an address that is not this machine's": [[...memory, "--host", "192.0.2.1"], {}, /192\.0\.2\.1/],
      "a host that is no name": [[...memory, "--host", "no such host"], {}, /no such host/],
      "a file that is no database": [["--db", noDatabase], {}, /\/file .*not a database/],
      "a folder that cannot be made": [["--db", `${noDatabase}/below/kv.sqlite3`], {}, /below\/kv\.sqlite3/],
      "a folder in place of a file": [[], { MOCK_DB: folder.path }, /mock-oauth-test-/],
      "a KV server that is not there": [["--db", nowhere], { DENO_KV_ACCESS_TOKEN: "x" }, /http:\/\/127\.0\.0\.1:1\//],
      "a certificate without a key": [[...memory, "--tls-cert", certPath], {}, /--tls-key/],
      "no certificate file": [
        [...memory, ...tls(`${folder.path}/none.pem`, keyPath)],
        {},
        /--tls-cert cannot.*none\.pem/,
      ],
      "no key file": [[...memory, ...tls(certPath, `${folder.path}/none.pem`)], {}, /--tls-key cannot.*none\.pem/],
      "a certificate that is none": [[...memory, ...tls(noDatabase, keyPath)], {}, /\/file|certificate/],
      "a key that is none": [[...memory, ...tls(certPath, noDatabase)], {}, /\/file|key/],
      "another certificate's key": [[...memory, ...tls(certPath, other.keyPath)], {}, /key/i],
    };
  for (const [name, [args, env, says]] of Object.entries(cases)) {
    await t.step(name, async () => {
      const { code, stdout, stderr } = await run(args, { env: { PORT: "0", ...env } });
      assert.match(stderr, /^mock-oauth: [^\n]{10,}\n$/);
      assert.match(stderr, says);
      assert.doesNotMatch(stderr, /Uncaught|file:\/\/|\bat /);
      assert.deepEqual([code, stdout], [2, ""]);
    });
  }
});

function tls(certPath: string, keyPath: string): readonly string[] {
  return ["--tls-cert", certPath, "--tls-key", keyPath];
}

async function writeCertificate(
  folder: string,
  { cert, key }: Certificate,
): Promise<{ readonly certPath: string; readonly keyPath: string }> {
  const [certPath, keyPath] = [`${folder}/cert.pem`, `${folder}/key.pem`];
  await Deno.mkdir(folder, { recursive: true });
  await Promise.all([Deno.writeTextFile(certPath, cert), Deno.writeTextFile(keyPath, key)]);
  return { certPath, keyPath };
}

const streams = { accept: "application/json, text/event-stream" };

function rpc(client: Client, headers: Record<string, string>, method: string, params: unknown): Promise<Response> {
  return client.fetch("/no-auth", {
    method: "POST",
    headers: { ...streams, "content-type": "application/json", ...headers },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
  });
}

async function beginSession(client: Client): Promise<Record<string, string>> {
  const params = { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "test", version: "0" } };
  const response = await rpc(client, {}, "initialize", params);
  await response.text();
  return { "mcp-session-id": response.headers.get("mcp-session-id") ?? "" };
}

/** Calls a tool that takes its time: its stream begins at once, so when this is over the call is under way. */
async function beginDelay(client: Client, delayMs: number): Promise<Response> {
  const session = await beginSession(client);
  return await rpc(client, session, "tools/call", { name: "mock_delay", arguments: { delayMs, message: "done" } });
}

/** Insists that a server ended in good order: its database is closed, so that there is one file and nothing beside it. */
async function assertStopped({ ended, ready }: Server): Promise<void> {
  const { code, signal, stderr } = await ended;
  assert.deepEqual([code, signal, stderr], [0, null, ""]);
  const files = [...Deno.readDirSync(dirname(ready.db))].map(({ name }) => name);
  assert.deepEqual(files, [basename(ready.db)]);
}

/** Runs a test against a server that has a folder of its own for its database. */
async function withStored(test: (server: Server) => Promise<void>): Promise<void> {
  await using folder = await makeFolder();
  await using server = await startServer(["--db", `${folder.path}/kv.sqlite3`]);
  await test(server);
}

const signals = ["SIGTERM", "SIGINT"] as const;

Deno.test("a signal lets a tool call under way finish, and no new request in (README)", async (t) => {
  for (const signal of signals) {
    await t.step(signal, () =>
      withStored(async (server) => {
        const call = await beginDelay(server.client, 1000);
        server.kill(signal);
        await untilRefusing(server.client);
        assert.match(await call.text(), /Delayed 1000ms: done/);
        await assertStopped(server);
      }));
  }
});

Deno.test("a signal lets a request finish whose body is under way (README)", async (t) => {
  for (const signal of signals) {
    await t.step(signal, () =>
      withStored(async (server) => {
        const body = JSON.stringify(publicClient);
        using connection = await Deno.connect({ hostname: "127.0.0.1", port: server.ready.port });
        await write(
          connection,
          "POST /oauth/register HTTP/1.1\r\nhost: mock.test\r\ncontent-type: application/json\r\n" +
            `connection: close\r\nexpect: 100-continue\r\ncontent-length: ${body.length}\r\n\r\n`,
        );
        // The server's word that it waits for the body (RFC 9110 10.1.1).
        assert.match(await readSome(connection), /^HTTP\/1\.1 100 /);
        await write(connection, body.slice(0, 20));
        server.kill(signal);
        await untilRefusing(server.client);
        await write(connection, body.slice(20));
        const response = await new Response(connection.readable).text();
        assert.match(response, /^HTTP\/1\.1 201 [^]*"client_id":"client_/);
        await assertStopped(server);
      }));
  }
});

Deno.test("a client that hangs up in the middle of a body is no error of the server's (RFC 9112 8)", async (t) => {
  // In the second of them faults look at bodies before the endpoint does.
  const targets = [["/oauth/register", "application/json"], [
    "/s/entra/oauth/token",
    "application/x-www-form-urlencoded",
  ]];
  for (const framing of ["content-length: 100", "transfer-encoding: chunked"]) {
    await t.step(framing, async () => {
      await using server = await startServer(memory);
      for (const [path = "", type = ""] of targets) await hangUp(server, { path, type, framing });
      const before = performance.now();
      assert.doesNotMatch((await server.stop()).stdout, /"event":"error"/);
      assert(performance.now() - before < 4000, "a request is still under way");
    });
  }
});

/** Begins a request, and leaves in the middle of its body. */
async function hangUp(
  server: Server,
  { path, type, framing }: { readonly path: string; readonly type: string; readonly framing: string },
): Promise<void> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port: server.ready.port });
  await write(
    connection,
    `POST ${path} HTTP/1.1\r\nhost: mock.test\r\ncontent-type: ${type}\r\n` +
      `expect: 100-continue\r\n${framing}\r\n\r\n`,
  );
  assert.match(await readSome(connection), /^HTTP\/1\.1 100 /);
  await write(connection, "5\r\nabcde\r\n");
  connection.close();
  const [line] = await server.until("stdout", new RegExp(`.*"path":"${path}".*\\n`));
  assert.equal(exchangeLine.parse(JSON.parse(line)).status, 400);
}

async function write(connection: Deno.Conn, text: string): Promise<void> {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
}

async function readSome(connection: Deno.Conn): Promise<string> {
  const bytes = new Uint8Array(1024);
  return new TextDecoder().decode(bytes.subarray(0, await connection.read(bytes) ?? 0));
}

const standingStreams: Readonly<Record<string, (client: Client) => Promise<Response>>> = {
  "a GET of a session": async (client) =>
    client.fetch("/no-auth", { headers: { ...streams, ...await beginSession(client) } }),
  "subscriptions/listen (MCP 2026-07-28 subscriptions)": ({ fetch }) => {
    const _meta = {
      "io.modelcontextprotocol/protocolVersion": "2026-07-28",
      "io.modelcontextprotocol/clientInfo": { name: "test", version: "0" },
      "io.modelcontextprotocol/clientCapabilities": {},
    };
    const method = "subscriptions/listen";
    const params = { notifications: { toolsListChanged: true }, _meta };
    return fetch("/conformance", {
      method: "POST",
      headers: {
        ...streams,
        "content-type": "application/json",
        "mcp-protocol-version": "2026-07-28",
        "mcp-method": method,
      },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
    });
  },
};

Deno.test("a signal does not wait for open event streams (README)", async (t) => {
  for (const [name, listen] of Object.entries(standingStreams)) {
    await t.step(name, () =>
      withStored(async (server) => {
        const stream = await listen(server.client);
        assert.equal(stream.status, 200);
        assert.equal(stream.headers.get("content-type"), "text/event-stream");
        const before = performance.now();
        server.kill("SIGTERM");
        await stream.text();
        await assertStopped(server);
        assert(performance.now() - before < 4000, "it waited for the stream");
      }));
  }
});

Deno.test("a signal waits 5 s for a request, then closes the database all the same (README)", () =>
  withStored(async (server) => {
    const call = await beginDelay(server.client, 10_000);
    const before = performance.now();
    server.kill("SIGTERM");
    await Promise.all([assertStopped(server), Promise.allSettled([call.text()])]);
    const waitedMs = performance.now() - before;
    assert(waitedMs > 4500 && waitedMs < 6500, `it waited for ${waitedMs} ms`);
  }));

Deno.test("a signal waits 1 s for the rest of a body (README)", async (t) => {
  for (const framing of ["content-length: 100", "transfer-encoding: chunked"]) {
    await t.step(framing, () =>
      withStored(async (server) => {
        using connection = await Deno.connect({ hostname: "127.0.0.1", port: server.ready.port });
        await write(
          connection,
          "POST /oauth/token HTTP/1.1\r\nhost: mock.test\r\ncontent-type: application/x-www-form-urlencoded\r\n" +
            `expect: 100-continue\r\n${framing}\r\n\r\n`,
        );
        assert.match(await readSome(connection), /^HTTP\/1\.1 100 /);
        await write(connection, "4\r\na=b&\r\n");
        const before = performance.now();
        server.kill("SIGTERM");
        await assertStopped(server);
        const waitedMs = performance.now() - before;
        assert(waitedMs > 900 && waitedMs < 3000, `it waited for ${waitedMs} ms`);
      }));
  }
});

Deno.test("two signals do what one does (README)", () =>
  withStored(async (server) => {
    const call = await beginDelay(server.client, 500);
    server.kill("SIGINT");
    server.kill("SIGINT");
    assert.match(await call.text(), /Delayed 500ms: done/);
    await assertStopped(server);
  }));

Deno.test("a reader who leaves after the ready line does not bring the server down (README, options)", async () => {
  await using server = await startServer(memory);
  await server.leave();
  for (let count = 0; count < 3; count++) {
    assert.equal((await (await server.client.fetch("/health")).json()).status, "healthy");
    // Log lines are written some time after the answer: each has its chance to fail before the next request.
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await server.stop();
});

Deno.test("a reader who reads no more than the ready line does not bring it to a halt (README, options)", async () => {
  await using server = await startServer(memory);
  server.neglect();
  // A pipe holds 64 KiB, which is some 500 lines.
  for (let count = 0; count < 1500; count++) {
    await (await server.client.fetch("/health", { signal: AbortSignal.timeout(3000) })).body?.cancel();
  }
  await server.stop();
});

Deno.test("--tls-cert and --tls-key serve https, and the issuer says so (README, options)", async () => {
  await using folder = await makeFolder();
  const certificate = createCertificate();
  const { certPath, keyPath } = await writeCertificate(folder.path, certificate);
  await using server = await startServer([...memory, ...tls(certPath, keyPath)]);
  const { url, port } = server.ready;
  assert.equal(url, `https://127.0.0.1:${port}`);
  using http = Deno.createHttpClient({ caCerts: [certificate.cert] });
  for (const host of ["127.0.0.1", "localhost"]) {
    const client = createClient(`https://${host}:${port}`, http);
    assert.equal(await issuerAt(client), `https://${host}:${port}`);
    assert.equal((await jsonOf(await client.fetch("/control/report"), 200)).sandbox, "main");
    // A client_id that is a URL must be https, and its document may be the server's own.
    const [redirectUri = ""] = publicClient.redirect_uris;
    const document = `${client.url}/client-metadata/mine.json?redirect_uri=${encodeURIComponent(redirectUri)}`;
    assert.match(await fetchCode(client, document), /^code_/);
  }
  await server.stop();
});

async function issuerAt({ fetch }: Client): Promise<string> {
  return text(await jsonOf(await fetch("/.well-known/oauth-authorization-server"), 200), "issuer");
}

Deno.test("--public-url is the issuer and the URL to paste, whatever the request's own (README, options)", async () => {
  const publicUrl = "https://mock.example";
  await using server = await startServer([...memory, "--public-url", `${publicUrl}/`]);
  assert.equal(server.ready.url, publicUrl);
  assert.equal(await issuerAt(server.client), publicUrl);
  const challenge = await server.client.fetch("/oauth", { method: "POST" });
  await challenge.body?.cancel();
  assert.match(challenge.headers.get("www-authenticate") ?? "", /"https:\/\/mock\.example\/\.well-known\//);
  await server.stop();
});

Deno.test("--host chooses the address, and the URL names one that can be called (README, options)", async (t) => {
  for (const [host, name] of [["localhost", "localhost"], ["0.0.0.0", "localhost"], ["", "127.0.0.1"]]) {
    await t.step(host || "none", async () => {
      await using server = await startServer(memory, { env: { HOST: host ?? "" } });
      const { url, port } = server.ready;
      assert.equal(url, `http://${name}:${port}`);
      assert.equal(await issuerAt(createClient(url)), url);
      await server.stop();
    });
  }
});

Deno.test("deno serve runs it, says where, and it opens no port of its own (README)", async (t) => {
  for (const mode of [[], ["--parallel"]]) {
    await t.step(["deno serve", ...mode].join(" "), () => assertServed(mode));
  }
});

async function assertServed(mode: readonly string[]): Promise<void> {
  const [port, ownPort] = [freePort(), freePort()];
  const flags = taskWords("start").filter((word) => word.startsWith("-") && word !== "--quiet");
  const executable = { ...startTask, words: ["serve", ...mode, ...flags] };
  // A file, since workers of one process share nothing else.
  await using folder = await makeFolder();
  const ada = { email: "ada@example.com", password: "pass-phrase", roles: ["admin"] };
  const [db, users] = [`${folder.path}/kv.sqlite3`, `${folder.path}/users.json`];
  await Deno.writeTextFile(users, JSON.stringify([ada]));
  const env = {
    MOCK_DB: db,
    PORT: `${ownPort}`,
    MOCK_ALG: "ES256",
    MOCK_TOKEN_LIFETIME: "3600",
    MOCK_PUBLIC: "true",
    MOCK_USERS: users,
    MOCK_RECORD: "0",
  };
  await using program = launch(["--host", "127.0.0.1", "--port", `${port}`, "main.ts"], { executable, env });
  await until("it listens", () => isListening(port));
  const client = createClient(`http://127.0.0.1:${port}`);
  assert.equal(await issuerAt(client), client.url);
  const home = await (await client.fetch("/", { headers: { accept: "text/html" } })).text();
  assert.match(home, /class="public-notice"/);
  const clientId = await registerClient(client);
  const login = { auto_approve_email: ada.email, auto_approve_password: ada.password };
  const code = await fetchCode(client, clientId, login);
  const token = text(await jsonOf(await redeemCode(client, clientId, code), 200), "access_token");
  assert.equal(decodeProtectedHeader(token).alg, "ES256");
  assert.deepEqual(claimsOf(token).roles, ada.roles);
  assert.equal(Number(claimsOf(token).exp) - Number(claimsOf(token).iat), 3600);
  assert.equal(await isListening(ownPort), false);
  const report = await client.fetch("/s/standard~as-long-as-it-takes/control/report");
  assert.match(text(await jsonOf(report, 404), "error_description"), /^Nothing is recorded/);
  const { stdout, stderr } = program.printed;
  assert((stdout + stderr).includes(client.url), `${client.url} is not told`);
  const startMs = performance.now();
  program.kill("SIGTERM");
  await program.ended;
  assert(performance.now() - startMs < 2000, "it ends with nothing under way");
}

Deno.test("POST /control/origins opens a port for a sandbox, with TLS where the server has it (README)", async (t) => {
  await using folder = await makeFolder();
  const certificate = createCertificate();
  const { certPath, keyPath } = await writeCertificate(folder.path, certificate);
  using http = Deno.createHttpClient({ caCerts: [certificate.cert] });
  for (const flags of [[], tls(certPath, keyPath)]) {
    await t.step(flags[0] ?? "http", async () => {
      await using server = await startServer([...memory, ...flags]);
      const { url } = server.ready;
      const asked = { scenario: "no-prm", label: "mine" };
      const { origin } = await jsonOf(await createClient(url, http).postJson("/control/origins", asked), 200);
      const own = createClient(String(origin), http);
      assert.notEqual(own.url, url);
      assert.equal(await issuerAt(own), own.url);
      assert.equal((await jsonOf(await own.fetch("/control/report"), 200)).sandbox, "no-prm~mine");
      await server.stop();
    });
  }
});
