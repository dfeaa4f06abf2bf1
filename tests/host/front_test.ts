/** `--public` on real sockets: connections are counted, closed when they keep the server waiting, and others don't notice. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { openFront } from "../../lib/cli/front.ts";
import { keepListening, type Listener } from "../../lib/cli/listener.ts";
import { type ConnectionLimits, connectionLimits, createConnections } from "../../lib/limits/connections.ts";
import { sleepOnTimer } from "../../lib/runtime/sleep.ts";
import { type App, createApp } from "../../main.ts";
import { createCertificate, createClient, makeFolder, startServer, startTask } from "./program.ts";

const encoder = new TextEncoder();
const headers = "GET /health HTTP/1.1\r\nhost: 127.0.0.1\r\n";

/** A front in this process, with limits of its own. */
interface Front extends AsyncDisposable {
  readonly listener: Listener;
  readonly open: (bytes: string) => Promise<Deno.TcpConn>;
  readonly reports: string[];
}

async function startFront(limits: Partial<ConnectionLimits>, wrap = (app: App): App => app): Promise<Front> {
  const kv = await Deno.openKv(":memory:");
  const reports: string[] = [];
  const stop = new AbortController();
  const monotonicMs = (): number => performance.now();
  const deps = { monotonicMs, sleep: sleepOnTimer, report: (message: string): void => void reports.push(message) };
  const listener = openFront({ hostname: "127.0.0.1", port: 0 }, {
    ...deps,
    app: wrap(createApp({ kv, public: true, signal: stop.signal })),
    connections: createConnections({ ...connectionLimits, ...limits }, monotonicMs),
    sweepMs: 20,
    serve: (handler) =>
      keepListening(0, {
        ...deps,
        probe: () => {},
        open: (port) => Deno.serve({ port, hostname: "127.0.0.1", onListen: () => {} }, handler),
      }),
  });
  const { port } = listener.addr;
  return {
    listener,
    reports,
    open: async (bytes) => {
      const connection = await Deno.connect({ hostname: "127.0.0.1", port });
      await connection.write(encoder.encode(bytes));
      return connection;
    },
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await listener.close();
      kv.close();
    },
  };
}

/** No test waits longer than this for the other end to close, in milliseconds. */
const PATIENCE_MS = 4000;

/** How long it takes until the other end closes, in milliseconds, and what came before. */
async function untilClosed(connection: Deno.TcpConn): Promise<{ readonly text: string; readonly ms: number }> {
  const startMs = performance.now();
  const patience = setTimeout(() => connection.closeWrite().catch(() => {}), PATIENCE_MS);
  let text = "";
  const buffer = new Uint8Array(4096);
  const decoder = new TextDecoder();
  try {
    for (let length = await connection.read(buffer); length !== null; length = await connection.read(buffer)) {
      text += decoder.decode(buffer.subarray(0, length));
    }
  } catch {
    // Reset.
  }
  clearTimeout(patience);
  connection.close();
  return { text, ms: performance.now() - startMs };
}

Deno.test("a connection that keeps the server waiting is closed: nothing, half the headers, half a body, or rest", async () => {
  await using front = await startFront({ headersMs: 150, answerMs: 300, idleMs: 450 });
  const post = "POST /oauth/token HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-www-form-urlencoded\r\n";
  const [silent, headerless, bodyless, chunkless, idle] = await Promise.all([
    front.open(""),
    front.open(headers),
    front.open(`${post}content-length: 100\r\n\r\na=`),
    front.open(`${post}transfer-encoding: chunked\r\n\r\n2\r\na=\r\n`),
    front.open(`${headers}\r\n`),
  ].map(async (connection) => await untilClosed(await connection)));
  const shortest = [[silent, 150], [headerless, 150], [bodyless, 300], [chunkless, 300], [idle, 450]] as const;
  for (const [end, limitMs] of shortest) {
    assert(end && end.ms >= limitMs - 60 && end.ms < limitMs + 1000, `${end?.ms} ms of ${limitMs}`);
  }
  assert.match(idle?.text ?? "", /^HTTP\/1\.1 200 /);
});

Deno.test("where there is no room the quietest connection goes, and a newcomer is served", async () => {
  await using front = await startFront({ inAll: 5 });
  const opened = [];
  for (let count = 0; count < 20; count++) opened.push(await front.open(headers));
  const { text } = await untilClosed(await front.open(`${headers}connection: close\r\n\r\n`));
  assert.match(text, /^HTTP\/1\.1 200 /);
  const ends = await Promise.all(opened.slice(0, 15).map(untilClosed));
  assert(ends.every(({ ms }) => ms < 1000));
  for (const connection of opened.slice(15)) connection.close();
});

Deno.test("connections that are reset before they are accepted close no others, and nobody waits for them", async () => {
  await using server = await startServer(["--db", ":memory:", "--public"]);
  const { port } = server.ready;
  const open = async (): Promise<Deno.TcpConn> => {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port });
    await connection.write(encoder.encode(`${headers}connection: close\r\n\r\n`));
    return connection;
  };
  const reset = async (): Promise<void> => {
    const socket = connect(port, "127.0.0.1");
    await once(socket, "connect");
    socket.resetAndDestroy();
  };
  const quiet = await Deno.connect({ hostname: "127.0.0.1", port });
  await quiet.write(encoder.encode(`${headers}\r\n`));
  await quiet.read(new Uint8Array(4096));
  // A process that is stopped accepts nothing, so that all of them are gone when it does.
  server.kill("SIGSTOP");
  await Promise.all(Array.from({ length: 60 }, reset));
  server.kill("SIGCONT");
  const { text, ms } = await untilClosed(await open());
  assert.match(text, /^HTTP\/1\.1 200 /);
  assert(ms < 1000, `${ms} ms`);
  await quiet.write(encoder.encode(`${headers}connection: close\r\n\r\n`));
  assert.match((await untilClosed(quiet)).text, /^HTTP\/1\.1 200 /);
  assert.doesNotMatch(server.printed.stdout, /No connection can be accepted/);
});

Deno.test("what a client sends and gets is the same through the front: large bodies, streams, addresses", async () => {
  const seen: unknown[] = [];
  await using front = await startFront({}, (app) => async (request, info) => {
    if (!request.url.endsWith("/echo")) return await app(request, info);
    seen.push(info?.remoteAddr);
    return new Response(request.body);
  });
  const client = createClient(`http://127.0.0.1:${front.listener.addr.port}`);
  const body = crypto.getRandomValues(new Uint8Array(65_536));
  const large = new Uint8Array(2_000_000).map((_, index) => body[index % body.length] ?? 0);
  const response = await client.fetch("/echo", { method: "POST", body: large });
  assert.deepEqual(new Uint8Array(await response.arrayBuffer()), large);
  const connection = await front.open("GET /echo HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
  const { port } = connection.localAddr;
  await untilClosed(connection);
  assert.deepEqual({ ...Object(seen.at(-1)) }, { transport: "tcp", hostname: "127.0.0.1", port });
});

Deno.test("--public survives running out of descriptors, serves TLS, and stops at once", async () => {
  await using folder = await makeFolder();
  const { cert, key } = createCertificate();
  await Deno.writeTextFile(`${folder.path}/cert.pem`, cert);
  await Deno.writeTextFile(`${folder.path}/key.pem`, key);
  const { path, words } = startTask;
  const executable = { ...startTask, path: "sh", words: ["-c", 'ulimit -n 120 && exec "$0" "$@"', path, ...words] };
  const tls = ["--tls-cert", `${folder.path}/cert.pem`, "--tls-key", `${folder.path}/key.pem`];
  await using server = await startServer(["--db", ":memory:", "--public", ...tls], { executable });
  const { port } = server.ready;
  const opened = await Promise.allSettled(
    Array.from({ length: 300 }, () => Deno.connect({ hostname: "127.0.0.1", port })),
  );
  await server.until("stdout", /"event":"error","message":"No connection can be accepted/);
  using http = Deno.createHttpClient({ caCerts: [cert] });
  const { fetch: ask } = createClient(`https://127.0.0.1:${port}`, http);
  let status = 0;
  for (let tries = 0; tries < 50 && status !== 200; tries++) {
    status = await ask("/health").then(async (response) => {
      await response.body?.cancel();
      return response.status;
    }, () => 0);
    if (status !== 200) await sleepOnTimer(50);
  }
  assert.equal(status, 200);
  for (const outcome of opened) if (outcome.status === "fulfilled") outcome.value.close();
  const startMs = performance.now();
  await server.stop();
  assert(performance.now() - startMs < 2000);
});
