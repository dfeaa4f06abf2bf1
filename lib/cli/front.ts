// The sockets in front of a server that anyone can reach. `Deno.serve` gives no hold on a connection: it neither counts
// nor closes any, however long it waits for headers. So connections end here, where they can be closed, and their bytes
// go back and forth between them and a `Deno.serve` on a port of this machine, TLS included.
import type { Listener } from "./listener.ts";
import { reasonOf } from "./start_files.ts";
import type { Connection, Connections } from "../limits/connections.ts";
import { addressOf } from "../limits/peer.ts";
import type { Sleep } from "../runtime/sleep.ts";

/** What is known of a request. */
interface BehindInfo {
  /** The other end: the server behind sees the front, and the app is told of the client. */
  readonly remoteAddr: Deno.Addr;
  /** Settles when the response is sent, or cannot be. */
  readonly completed: Promise<void>;
}

/** What the HTTP server behind calls. */
export type BehindHandler = (request: Request, info: BehindInfo) => Promise<Response>;

type FrontApp = (request: Request, info: BehindInfo) => Promise<Response>;

interface FrontDeps {
  /** Starts the server behind, on any free port of 127.0.0.1. */
  readonly serve: (handler: BehindHandler) => Listener;
  readonly app: FrontApp;
  readonly connections: Connections;
  readonly sleep: Sleep;
  readonly report: (message: string) => void;
  readonly sweepMs?: number;
}

/** How often connections are looked at unless said otherwise, in milliseconds. */
const SWEEP_MS = 1000;
/** How long no connection is accepted after one could not be, in milliseconds. */
const PAUSE_MS = 50;
/** Quiet connections that are closed where descriptors have run out; each gives back three. */
const RELEASED = 20;
/** What `accept` throws for one connection, but not because descriptors have run out. */
const gone = [Deno.errors.NotConnected, Deno.errors.ConnectionAborted, Deno.errors.ConnectionReset] as const;
const MIN_BUFFER_BYTES = 1024;
const MAX_BUFFER_BYTES = 64 * 1024;

/** A connection of a client, and what is told of it. */
interface Client {
  readonly remoteAddr: Deno.Addr;
  readonly connection: Connection;
}

/**
 * Listens in front of a server.
 *
 * @throws What `Deno.listen` throws.
 */
export function openFront(address: Deno.ListenOptions, deps: FrontDeps): Listener {
  const { serve, app, connections } = deps;
  const stop = new AbortController();
  const listener = Deno.listen(address);
  const clients: Clients = new Map();
  const behind = serve((request, info) => {
    const client = info.remoteAddr.transport === "tcp" ? clients.get(info.remoteAddr.port) : undefined;
    return client ? answer(client, app, request, info) : Promise.resolve(new Response(null, { status: 403 }));
  });
  const take = (outer: Deno.TcpConn): Promise<void> =>
    carry(outer, { connections, clients, behindPort: behind.addr.port });
  void acceptAll(listener, take, { ...deps, signal: stop.signal });
  void sweepAll({ ...deps, signal: stop.signal });
  return {
    addr: listener.addr,
    close: async () => {
      stop.abort();
      listener.close();
      await behind.close();
    },
  };
}

/** By the port that the front's own end of a connection has. */
type Clients = Map<number, Client>;

async function answer(
  { connection, remoteAddr }: Client,
  app: FrontApp,
  request: Request,
  { completed }: BehindInfo,
): Promise<Response> {
  connection.began();
  completed.then(connection.ended, connection.ended);
  try {
    return await app(request, { remoteAddr, completed });
  } finally {
    connection.answered();
  }
}

/** Carries a connection to the server behind, until either end closes it. */
async function carry(
  outer: Deno.TcpConn,
  { connections, clients, behindPort }: {
    readonly connections: Connections;
    readonly clients: Clients;
    readonly behindPort: number;
  },
): Promise<void> {
  using sockets = new DisposableStack();
  sockets.defer(() => closeQuietly(outer));
  const connection = connections.admit(addressOf(outer.remoteAddr.hostname), () => closeQuietly(outer));
  if (!connection) return;
  sockets.defer(connection.remove);
  outer.setNoDelay(true);
  const incoming = read(outer);
  const first = await incoming.next();
  // Nothing is opened behind for a connection that sends nothing.
  if (first.done) return;
  const inner = await Deno.connect({ hostname: "127.0.0.1", port: behindPort });
  sockets.defer(() => closeQuietly(inner));
  inner.setNoDelay(true);
  const { port } = inner.localAddr;
  clients.set(port, { remoteAddr: outer.remoteAddr, connection });
  sockets.defer(() => clients.delete(port));
  await writeAll(inner, first.value);
  const back = carryBack(inner, outer, connection);
  await Promise.race([carryIn(incoming, inner, connection).then(() => back), back]);
}

/** Accepts connections until the signal aborts, past those that cannot be accepted. */
async function acceptAll(
  listener: Deno.TcpListener,
  take: (connection: Deno.TcpConn) => Promise<void>,
  { connections, sleep, report, signal }: FrontDeps & { readonly signal: AbortSignal },
): Promise<void> {
  let isOutage = false;
  while (!signal.aborted) {
    try {
      // What ends a connection ends no more than that, and there is nobody to tell.
      void take(await listener.accept()).catch(() => {});
      isOutage = false;
    } catch (error) {
      if (signal.aborted) return;
      // Its client left before it was accepted; nobody else has to wait for that.
      if (gone.some((type) => error instanceof type)) continue;
      if (!isOutage) report(`No connection can be accepted (${reasonOf(error)}); idle ones are closed to continue`);
      isOutage = true;
      connections.release(RELEASED);
      await sleep(PAUSE_MS, signal).catch(() => {});
    }
  }
}

async function sweepAll(
  { connections, sleep, sweepMs = SWEEP_MS, signal }: FrontDeps & { readonly signal: AbortSignal },
): Promise<void> {
  while (!signal.aborted) {
    await sleep(sweepMs, signal).catch(() => {});
    connections.sweep();
  }
}

/** Carries what a client sends, until it sends no more. */
async function carryIn(
  incoming: AsyncIterable<Uint8Array>,
  to: Deno.TcpConn,
  connection: Connection,
): Promise<void> {
  for await (const bytes of incoming) {
    connection.heard();
    await writeAll(to, bytes);
  }
  await to.closeWrite();
}

/** Carries what the server sends, until it sends no more. */
async function carryBack(from: Deno.TcpConn, to: Deno.TcpConn, connection: Connection): Promise<void> {
  for await (const bytes of read(from)) {
    connection.sending(true);
    await writeAll(to, bytes);
    connection.sending(false);
  }
}

/** Reads into a buffer that is small while a connection is quiet, and grows with what is sent. */
async function* read(from: Deno.TcpConn): AsyncGenerator<Uint8Array> {
  let buffer = new Uint8Array(MIN_BUFFER_BYTES);
  for (let length = await from.read(buffer); length !== null; length = await from.read(buffer)) {
    yield buffer.subarray(0, length);
    if (length === buffer.length && length < MAX_BUFFER_BYTES) buffer = new Uint8Array(length * 4);
  }
}

async function writeAll(to: Deno.TcpConn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await to.write(bytes.subarray(at));
}

/** Closing twice is an error to Deno; here both ends and the limits may close. */
function closeQuietly(connection: Deno.TcpConn): void {
  try {
    connection.close();
  } catch {
    // It is closed.
  }
}
