/** The program on real sockets: running out of descriptors, malformed targets, broken bodies, and readers who hang. */
import assert from "node:assert/strict";
import { z } from "zod";
import { type Executable, jsonOf, startServer, startTask } from "./program.ts";

const encoder = new TextEncoder();
/** What is read of a record here. */
const recordSchema = z.object({
  exchanges: z.array(z.object({ request: z.object({ headers: z.array(z.tuple([z.string(), z.string()])) }) })),
});

/** The program with a limit on its descriptors, as a shell sets it. */
function withDescriptors(count: number): Executable {
  const { path, words } = startTask;
  return { ...startTask, path: "sh", words: ["-c", `ulimit -n ${count} && exec "$0" "$@"`, path, ...words] };
}

/** Writes bytes to a new connection; gives the connection, unless the other end has closed it already. */
async function send(port: number, bytes: string): Promise<Deno.TcpConn> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  try {
    await connection.write(encoder.encode(bytes));
  } catch (error) {
    connection.close();
    throw error;
  }
  return connection;
}

/** All that comes back until the other end closes. */
async function receive(connection: Deno.TcpConn): Promise<string> {
  return await new Response(connection.readable).text();
}

Deno.test("The program survives running out of descriptors, and serves once quiet connections are closed", async () => {
  await using server = await startServer(["--db", ":memory:"], { executable: withDescriptors(100) });
  const { port } = server.ready;
  const opened = await Promise.allSettled(
    Array.from(
      { length: 300 },
      (_, index) => send(port, ["", "GET / HT", "GET / HTTP/1.1\r\nhost: x\r\n"][index % 3] ?? ""),
    ),
  );
  await server.until("stdout", /"event":"error","message":"No connection can be accepted/);
  let status = 0;
  for (let tries = 0; tries < 50 && status !== 200; tries++) {
    status = await server.client.fetch("/health").then(async (response) => {
      await response.body?.cancel();
      return response.status;
    }, () => 0);
    if (status !== 200) await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.equal(status, 200);
  for (const outcome of opened) if (outcome.status === "fulfilled") outcome.value.close();
  await server.stop();
});

Deno.test("The program says 400 to a malformed Host or target, prints nothing, and stops at once (RFC 9112 3.2)", async () => {
  await using server = await startServer(["--db", ":memory:"]);
  const { port } = server.ready;
  const targets = ["https://a:99999/health", "http://[/x", "http://xn--/", "http://u:p@h/health", "ftp://a/b"];
  const hosts = ["[", "a b", "127.0.0.1:99999", "127.0.0.1:abc", "@", "%00", "xn--", "a<b>.localhost", "^.localhost"];
  const requests = [
    ...hosts.map((host) => `GET /health HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`),
    ...targets.map((target) => `GET ${target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`),
  ];
  for (const request of requests) {
    const answer = await receive(await send(port, request));
    assert.match(answer, /^HTTP\/1\.1 400 .*"error":"invalid_request"/s, request);
  }
  const startMs = performance.now();
  await server.stop();
  assert(performance.now() - startMs < 2000);
});

Deno.test("The program prints nothing for bodies that break off on request, and their clients notice", async () => {
  await using server = await startServer(["--db", ":memory:"]);
  const { client } = server;
  for (const edit of [{ drop: true }, { truncate_bytes: 10 }]) {
    const fault = { match: { endpoint: "server_metadata" }, life: "next", edit };
    await jsonOf(await client.postJson("/control/faults", fault), 200);
    const response = await client.fetch("/.well-known/oauth-authorization-server");
    await assert.rejects(response.text());
  }
  const { stdout } = await server.stop();
  assert.doesNotMatch(stdout, /"event":"error"/);
});

Deno.test("The program does not wait long for clients that read nothing", async () => {
  await using server = await startServer(["--db", ":memory:"]);
  const page = "GET /scenarios HTTP/1.1\r\nhost: 127.0.0.1\r\naccept: text/html\r\n\r\n";
  using connection = await send(server.ready.port, page.repeat(300));
  await connection.read(new Uint8Array(1));
  const startMs = performance.now();
  await server.stop();
  // After five seconds it ends whatever is under way.
  assert(performance.now() - startMs < 5000);
});

Deno.test("The program has a request to switch protocols on record like any other, and ends in order (RFC 9110 7.8, 9.3.6)", async () => {
  await using server = await startServer(["--db", ":memory:"]);
  const { port } = server.ready;
  const webSocket =
    "upgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
  const requests = [
    `GET /oauth HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nconnection: upgrade, close\r\n${webSocket}\r\n`,
    `GET /oauth HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nconnection: upgrade, close\r\nupgrade: other\r\n\r\n`,
    "CONNECT a.example:443 HTTP/1.1\r\nhost: a.example:443\r\nconnection: close\r\n\r\n",
  ];
  for (const request of requests) {
    assert.match(await receive(await send(port, request)), /^HTTP\/1\.1 40[15] /, request);
  }
  const { exchanges } = recordSchema.parse(await jsonOf(await server.client.fetch("/control/exchanges"), 200));
  const hosts = exchanges.map(({ request }) => request.headers.find(([name]) => name === "host")?.[1]);
  assert.deepEqual(hosts, [`127.0.0.1:${port}`, `127.0.0.1:${port}`, "a.example:443"]);
  // Its last line needs the record, too.
  const { code, stderr } = await server.stop();
  assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
});
