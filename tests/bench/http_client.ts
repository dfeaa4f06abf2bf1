/**
 * A client of HTTP/1.1 that costs a fraction of what `fetch` does, so that it is the server that is measured. It knows as
 * much of HTTP as the servers here speak, and throws at the rest.
 */

/** What can be asked for. */
export interface Init {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly redirect?: "manual";
}

/** Sends a request without following redirects. */
export type Send = (url: string, init?: Init) => Promise<Response>;

/** A client of one server. */
export interface Client extends Disposable {
  readonly send: Send;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const HEAD_END = encoder.encode("\r\n\r\n");
const LINE_END = encoder.encode("\r\n");

/**
 * Creates a client that keeps its connections: as many as there were requests at once.
 *
 * @param origin What all its URLs begin with.
 */
export function createClient(origin: string): Client {
  const { host, hostname, port } = new URL(origin);
  const all: Deno.TcpConn[] = [];
  const idle: Connection[] = [];
  const connect = async (): Promise<Connection> => {
    const connection = await Deno.connect({ hostname, port: Number(port) });
    connection.setNoDelay(true);
    all.push(connection);
    return new Connection(connection);
  };
  return {
    send: async (url, init = {}) => {
      const connection = idle.pop() ?? await connect();
      const response = await connection.ask(encodeRequest(host, url.slice(origin.length) || "/", init));
      idle.push(connection);
      return response;
    },
    [Symbol.dispose]: () => all.forEach((connection) => connection.close()),
  };
}

function encodeRequest(host: string, path: string, { method = "GET", headers = {}, body = "" }: Init): Uint8Array {
  const length = method === "GET" ? {} : { "content-length": encoder.encode(body).length };
  const lines = Object.entries({ host, ...headers, ...length }).map(([name, value]) => `${name}: ${value}\r\n`);
  return encoder.encode(`${method} ${path} HTTP/1.1\r\n${lines.join("")}\r\n${body}`);
}

class Connection {
  readonly #connection: Deno.TcpConn;
  readonly #chunk = new Uint8Array(65_536);
  /** What has come and is not read yet. */
  #rest = new Uint8Array();

  constructor(connection: Deno.TcpConn) {
    this.#connection = connection;
  }

  async ask(request: Uint8Array): Promise<Response> {
    for (let sent = 0; sent < request.length;) sent += await this.#connection.write(request.subarray(sent));
    const [first = "", ...lines] = (await this.#readUntil(HEAD_END)).split("\r\n");
    const headers = lines.map((line): [string, string] => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    });
    const known = new Map(headers);
    const isChunked = known.get("transfer-encoding") === "chunked";
    const body = isChunked ? await this.#readChunks() : await this.#read(Number(known.get("content-length") ?? 0));
    return new Response(body.length > 0 ? body : null, { status: Number(first.split(" ")[1]), headers });
  }

  async #readChunks(): Promise<Uint8Array<ArrayBuffer>> {
    let all = new Uint8Array();
    for (;;) {
      const length = Number.parseInt(await this.#readUntil(LINE_END), 16);
      const chunk = await this.#read(length);
      await this.#readUntil(LINE_END);
      if (length === 0) return all;
      all = all.length === 0 ? chunk : join(all, chunk);
    }
  }

  async #readUntil(end: Uint8Array): Promise<string> {
    let at = indexOf(this.#rest, end);
    for (; at === -1; at = indexOf(this.#rest, end)) await this.#receive();
    const text = decoder.decode(this.#rest.subarray(0, at));
    this.#rest = this.#rest.subarray(at + end.length);
    return text;
  }

  async #read(length: number): Promise<Uint8Array<ArrayBuffer>> {
    while (this.#rest.length < length) await this.#receive();
    const bytes = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(length);
    return bytes;
  }

  async #receive(): Promise<void> {
    const count = await this.#connection.read(this.#chunk);
    if (count === null) throw new Error("The server closed the connection before its answer was whole");
    this.#rest = join(this.#rest, this.#chunk.subarray(0, count));
  }
}

function indexOf(bytes: Uint8Array, sought: Uint8Array): number {
  const [first = 0] = sought;
  for (let at = bytes.indexOf(first); at !== -1; at = bytes.indexOf(first, at + 1)) {
    if (sought.every((byte, index) => bytes[at + index] === byte)) return at;
  }
  return -1;
}

function join(one: Uint8Array, other: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
}
