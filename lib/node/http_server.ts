// An HTTP server of Node, which Bun and Deno have as well, in front of a function from request to response.
import { createServer, type IncomingMessage, type ServerOptions, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { isIPv6 } from "node:net";
import { setImmediate } from "node:timers";
import { PlannedBreak } from "../faults/broken_body.ts";
import { sleepAside } from "../runtime/sleep.ts";

/** What is known of a request's connection. */
interface Peer {
  readonly remoteAddr: { readonly transport: string; readonly hostname: string; readonly port: number };
}

/** Answers requests. */
export type Handler = (request: Request, info: Peer) => Promise<Response>;

/** What a server is told. */
export interface HttpServerOptions {
  /** 0 for any free one. */
  readonly port: number;
  readonly hostname: string;
  /** Certificate and key in PEM, for https. */
  readonly tls?: { readonly cert: string; readonly key: string } | undefined;
  /** Told of a response that broke off, unless it was meant to. */
  readonly report: (message: string) => void;
}

/** A server that listens. */
export interface HttpServer {
  readonly addr: { readonly hostname: string; readonly port: number };
  /** Listens no more; resolves when the last response is sent. A request that does not come in whole gets none. */
  readonly close: () => Promise<void>;
}

/** How long the rest of a request may take once the server closes, in milliseconds: it is on its way, or never comes. */
const REST_MS = 250;

/** As many bytes of URL and headers as `Deno.serve` takes. */
const MAX_HEADER_BYTES = 64 * 1024;

/** Connections stay open, and bodies may take their time: what a server is to give up is for its faults to say. */
const options: ServerOptions = {
  maxHeaderSize: MAX_HEADER_BYTES,
  keepAliveTimeout: 0,
  requestTimeout: 0,
  requireHostHeader: false,
};

/**
 * Starts a server; resolves when it listens.
 *
 * @throws What the system says of an address at which it cannot listen.
 */
export async function serveHttp(
  { port, hostname, tls, report }: HttpServerOptions,
  handler: Handler,
): Promise<HttpServer> {
  let isClosing = false;
  const underWay = new Set<IncomingMessage>();
  // A connection that stays open would keep a server that was closed. One that has asked for nothing yet, as clients open
  // them in reserve, is not idle to Node.
  const letGo = (): void => underWay.size === 0 ? server.closeAllConnections() : server.closeIdleConnections();
  const protocol = tls ? "https" : "http";
  const listener = (message: IncomingMessage, out: ServerResponse): void => {
    underWay.add(message);
    out.once("close", () => {
      underWay.delete(message);
      if (isClosing) setImmediate(letGo);
    });
    // There is nobody to tell: the client is gone.
    out.on("error", () => {});
    answer({ protocol, message, out }, handler).catch((error: unknown) => {
      if (!(error instanceof PlannedBreak)) report(`A response broke off: ${error}`);
      // Half an answer must not look like a whole one.
      out.destroy();
    });
  };
  const server = tls ? createTlsServer({ ...options, ...tls }, listener) : createServer(options, listener);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, hostname, () => {
      server.off("error", reject);
      resolve();
    });
  });
  const address = server.address();
  return {
    addr: { hostname, port: typeof address === "object" ? address?.port ?? port : port },
    close: () =>
      new Promise((resolve) => {
        isClosing = true;
        const closed = new AbortController();
        const giveUp = (): void => {
          for (const message of underWay) if (!message.complete) message.destroy();
        };
        sleepAside(REST_MS, closed.signal).then(giveUp, () => {});
        server.close(() => {
          closed.abort();
          resolve();
        });
        letGo();
      }),
  };
}

interface Exchange {
  readonly protocol: string;
  readonly message: IncomingMessage;
  readonly out: ServerResponse;
}

async function answer({ protocol, message, out }: Exchange, handler: Handler): Promise<void> {
  const left = new AbortController();
  out.once("close", () => {
    if (!out.writableFinished) left.abort();
  });
  const request = requestOf(protocol, message, left.signal);
  const { remoteAddress = "", remotePort = 0 } = message.socket;
  const response = await handler(request, {
    remoteAddr: { transport: "tcp", hostname: remoteAddress, port: remotePort },
  });
  await send(response, message.method === "HEAD", out);
}

function requestOf(protocol: string, message: IncomingMessage, signal: AbortSignal): Request {
  const { method = "GET", url = "/", rawHeaders } = message;
  const headers = new Headers();
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) headers.append(rawHeaders[at] ?? "", rawHeaders[at + 1] ?? "");
  const { localAddress = "", localPort } = message.socket;
  const host = message.headers.host ?? `${isIPv6(localAddress) ? `[${localAddress}]` : localAddress}:${localPort}`;
  const path = url.startsWith("/") ? url : `/${url}`;
  const target = /^https?:\/\//i.test(url) ? url : `${protocol}://${host}${path}`;
  const body = method === "GET" || method === "HEAD" || !hasBody(message) ? null : bodyOf(message);
  const init: RequestInit & { readonly duplex: "half" } = { headers, body, signal, duplex: "half" };
  if (URL.canParse(target) && !FORBIDDEN.has(method)) return new Request(target, { ...init, method });
  // No object can be made for it (Fetch standard, forbidden method), but who answers says what is wrong with it.
  return Object.defineProperties(new Request("http://localhost/", { ...init, method: body ? "POST" : "GET" }), {
    url: { value: target },
    method: { value: method },
  });
}

const FORBIDDEN: ReadonlySet<string> = new Set(["CONNECT", "TRACE", "TRACK"]);

function hasBody({ headers }: IncomingMessage): boolean {
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}

/** A body that is read only as fast as it is asked for; one that nobody wants is let go by, as the answer is still to come. */
function bodyOf(message: IncomingMessage): ReadableStream<Uint8Array> {
  let isOver = false;
  return new ReadableStream({
    start: (controller) => {
      const end = (finish: () => void): void => {
        if (isOver) return;
        isOver = true;
        finish();
      };
      message.on("data", (chunk: Uint8Array) => {
        if (isOver) return;
        controller.enqueue(new Uint8Array(chunk));
        message.pause();
      });
      message.on("end", () => end(() => controller.close()));
      message.on("error", (error) => end(() => controller.error(error)));
      message.on("close", () => end(() => controller.error(new Error("The client closed the connection"))));
      message.pause();
    },
    pull: () => void message.resume(),
    cancel: () => {
      isOver = true;
      message.resume();
    },
  });
}

/** Sends a response: with its length if all of it is there at once, else its headers first and each part as it comes. */
async function send({ status, headers, body }: Response, isHead: boolean, out: ServerResponse): Promise<void> {
  for (const [name, value] of headers) if (name !== "set-cookie") out.setHeader(name, value);
  const cookies = headers.getSetCookie();
  if (cookies.length > 0) out.setHeader("set-cookie", cookies);
  out.statusCode = status;
  if (!body || isHead) {
    out.end();
    return await body?.cancel();
  }
  const reader = body.getReader();
  out.once("close", () => void reader.cancel(new Error("The client closed the connection")).catch(() => {}));
  const reading = reader.read();
  if (!await inThisTurn(reading)) out.flushHeaders();
  let part = await reading;
  let rest: typeof reading | undefined = part.done ? undefined : reader.read();
  if (rest && (await inThisTurn(rest))?.done) out.setHeader("content-length", part.value?.length ?? 0);
  while (!part.done && !out.destroyed) {
    await write(out, part.value);
    part = await (rest ?? reader.read());
    rest = undefined;
  }
  out.end();
}

/** What a promise resolves to before the event loop turns; undefined if it takes longer, or rejects. */
async function inThisTurn<T>(promise: Promise<T>): Promise<T | undefined> {
  const turn = new Promise<undefined>((resolve) => setImmediate(() => resolve(undefined)));
  return await Promise.race([promise.catch(() => undefined), turn]);
}

/** Sends a part; resolves when the system has taken it, or the client has left. */
function write(out: ServerResponse, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    out.write(bytes, () => resolve());
  });
}
