/** Requests as bytes on a connection: nothing between the fuzzer and the server makes them right again. */
import type { Framing, Pair } from "./message.ts";

/** A request whose macros are replaced. */
export interface Wire {
  readonly method: string;
  /** Path and query as they are sent. */
  readonly target: string;
  readonly headers: readonly Pair[];
  readonly body: string | undefined;
  readonly framing: Framing;
}

/** What came back. */
export interface Answer {
  /** Undefined if there was no answer. */
  readonly status: number | undefined;
  /** Names in lower case. */
  readonly headers: readonly Pair[];
  readonly body: string;
  /** Until the head of the answer was there, or its sender gave up, in milliseconds. */
  readonly ms: number;
  /** How it ended: whole, cut off, none in time, no connection, or because the client left. */
  readonly end: "whole" | "cut" | "none" | "refused" | "left";
}

/** How long an answer's head may take until nobody waits for it any more, in milliseconds. */
const PATIENCE_MS = 5000;
/** A stream that says nothing for so long has said what there is to hear. */
const QUIET_MS = 120;
/** How much of a body is kept, in characters. */
const MAX_KEPT = 4 * 1024 * 1024;

/** The bytes of a request's head, and those of its body as they are sent. */
export function bytesOf(wire: Wire, address: string): { readonly head: Uint8Array; readonly body: Uint8Array } {
  const { method, target, headers, framing } = wire;
  const content = wire.body === undefined ? undefined : encode(wire.body, framing.charset);
  const named = new Set(headers.map(([name]) => name.toLowerCase()));
  const own: Pair[] = named.has("host") ? [] : [["host", address]];
  own.push(...lengthOf(content, framing));
  const written = targetOf(target, framing, address);
  const lines = [...own, ...headers].map(([name, value]) => `${name}: ${value}\r\n`).join("");
  const head = latin1OrUtf8(`${method} ${written} ${framing.version ?? "HTTP/1.1"}\r\n${lines}\r\n`);
  if (content === undefined) return { head, body: new Uint8Array() };
  const isChunked = framing.length === "chunked" || framing.length === "both";
  return { head, body: isChunked ? chunked(content) : content };
}

function targetOf(target: string, framing: Framing, address: string): string {
  switch (framing.target) {
    case "absolute":
      return `http://${address}${target}`;
    case "authority":
      return address;
    case "asterisk":
      return "*";
    default:
      return target;
  }
}

function lengthOf(content: Uint8Array | undefined, { length }: Framing): readonly Pair[] {
  if (content === undefined || length === "none") return [];
  const told = length === "short" ? Math.max(0, content.length - 1) : content.length + (length === "long" ? 100 : 0);
  const declared: Pair = ["content-length", `${told}`];
  const chunks: Pair = ["transfer-encoding", "chunked"];
  if (length === "both") return [declared, chunks];
  return length === "chunked" ? [chunks] : [declared];
}

function encode(text: string, charset: Framing["charset"]): Uint8Array {
  if (charset === "latin1") return Uint8Array.from(text, (char) => char.charCodeAt(0) & 0xff);
  if (charset === "utf-16le") return new Uint8Array(Uint16Array.from(text, (char) => char.charCodeAt(0)).buffer);
  return new TextEncoder().encode(text);
}

function latin1OrUtf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Four chunks at most: it is not their number that is tried. */
function chunked(content: Uint8Array): Uint8Array {
  const size = Math.max(1, Math.ceil(content.length / 4));
  const parts: Uint8Array[] = [];
  for (let at = 0; at < content.length; at += size) {
    const part = content.subarray(at, at + size);
    parts.push(new TextEncoder().encode(`${part.length.toString(16)}\r\n`), part, new TextEncoder().encode("\r\n"));
  }
  return joined([...parts, new TextEncoder().encode("0\r\n\r\n")]);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Sends a request on a connection of its own and reads what comes back. */
export async function send(wire: Wire, port: number): Promise<Answer> {
  const startMs = performance.now();
  const nothing = { status: undefined, headers: [], body: "" } as const;
  let connection: Deno.TcpConn;
  try {
    connection = await Deno.connect({ hostname: "127.0.0.1", port });
  } catch {
    return { ...nothing, ms: performance.now() - startMs, end: "refused" };
  }
  try {
    const { head, body } = bytesOf(wire, `127.0.0.1:${port}`);
    const { leaveAfter, pipelined = 0 } = wire.framing;
    const isLeaving = leaveAfter !== undefined;
    const once = joined([head, isLeaving ? body.subarray(0, leaveAfter) : body]);
    const writing = write(connection, joined(Array(pipelined + 1).fill(once)), wire.framing.pauseMs);
    if (isLeaving) {
      await writing;
      await pause(20);
      return { ...nothing, ms: 0, end: "left" };
    }
    // A server may answer before it has read everything, and then reads no further.
    void writing;
    return await readAnswer(connection, wire.method, startMs);
  } finally {
    connection.close();
  }
}

async function write(connection: Deno.TcpConn, bytes: Uint8Array, pauseMs = 0): Promise<void> {
  const size = pauseMs > 0 ? Math.max(1, Math.ceil(bytes.length / 5)) : bytes.length;
  try {
    for (let at = 0; at < bytes.length;) {
      at += await connection.write(bytes.subarray(at, at + size));
      if (pauseMs > 0) await pause(pauseMs);
    }
  } catch {
    // The server has closed the connection; what it said before that is read all the same.
  }
}

/** Waits. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** What is promised if it comes in time, else undefined. */
export async function within<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
  const stop = new AbortController();
  const late = new Promise<undefined>((resolve) => {
    const timer = setTimeout(() => resolve(undefined), ms);
    stop.signal.addEventListener("abort", () => clearTimeout(timer));
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    stop.abort();
  }
}

interface Head {
  readonly status: number;
  readonly headers: readonly Pair[];
  readonly length: number;
}

async function readAnswer(connection: Deno.TcpConn, method: string, startMs: number): Promise<Answer> {
  const reader = createReader(connection);
  let head: Head | undefined;
  do {
    head = await readHead(reader, startMs);
  } while (head !== undefined && head.status < 200);
  const ms = performance.now() - startMs;
  if (head === undefined) {
    return { status: undefined, headers: [], body: "", ms, end: reader.isClosed() ? "cut" : "none" };
  }
  const { status, headers } = head;
  if (method === "HEAD" || status === 204 || status === 304) return { status, headers, body: "", ms, end: "whole" };
  return { status, headers, ms, ...await readContent(reader, headers) };
}

interface Reader {
  /** What has come and was not taken. */
  readonly held: () => Uint8Array;
  readonly skip: (length: number) => void;
  /** Waits for more; false if there is none, or none in time. */
  readonly more: (patienceMs: number) => Promise<boolean>;
  readonly isClosed: () => boolean;
}

function createReader(connection: Deno.TcpConn): Reader {
  let held = new Uint8Array();
  let isClosed = false;
  const buffer = new Uint8Array(65_536);
  return {
    held: () => held,
    skip: (length) => held = held.slice(length),
    isClosed: () => isClosed,
    more: async (patienceMs) => {
      try {
        const count = await within(connection.read(buffer), patienceMs);
        if (count === undefined) return false;
        isClosed = count === null;
        if (count !== null) held = new Uint8Array(joined([held, buffer.subarray(0, count)]));
        return count !== null;
      } catch {
        isClosed = true;
        return false;
      }
    },
  };
}

async function readHead(reader: Reader, startMs: number): Promise<Head | undefined> {
  for (;;) {
    const text = new TextDecoder("latin1").decode(reader.held());
    const end = text.indexOf("\r\n\r\n");
    if (end >= 0) {
      reader.skip(end + 4);
      const [first = "", ...lines] = text.slice(0, end).split("\r\n");
      const headers = lines.map((line): Pair => {
        const colon = line.indexOf(":");
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
      });
      return { status: Number(first.split(" ")[1]), headers, length: end };
    }
    const left = PATIENCE_MS - (performance.now() - startMs);
    if (left <= 0 || !await reader.more(left)) return undefined;
  }
}

async function readContent(
  reader: Reader,
  headers: readonly Pair[],
): Promise<{ readonly body: string; readonly end: Answer["end"] }> {
  const valueOf = (name: string): string => headers.find(([other]) => other === name)?.[1] ?? "";
  const isStream = valueOf("content-type").startsWith("text/event-stream");
  const patienceMs = isStream ? QUIET_MS : PATIENCE_MS;
  const isChunked = /chunked/i.test(valueOf("transfer-encoding"));
  const length = isChunked || valueOf("content-length") === "" ? Infinity : Number(valueOf("content-length"));
  const parts: Uint8Array[] = [];
  let kept = 0;
  let end: Answer["end"] | undefined;
  while (end === undefined) {
    const part = isChunked ? takeChunk(reader) : takeAll(reader);
    if (part !== undefined) {
      kept += part.length;
      if (kept <= MAX_KEPT) parts.push(part);
    }
    if (kept >= length || (isChunked && part?.length === 0)) end = "whole";
    else if (part === undefined || part.length === 0) {
      if (!await reader.more(patienceMs)) {
        end = endOf(reader, { isStream, isDelimited: isChunked || length < Infinity });
      }
    }
  }
  return { body: new TextDecoder().decode(joined(parts)), end };
}

/** How a body ends that comes no further. */
function endOf(
  reader: Reader,
  { isStream, isDelimited }: { readonly isStream: boolean; readonly isDelimited: boolean },
): Answer["end"] {
  if (reader.isClosed()) return isDelimited ? "cut" : "whole";
  return isStream ? "left" : "none";
}

function takeAll(reader: Reader): Uint8Array {
  const all = reader.held();
  reader.skip(all.length);
  return all;
}

/** The next chunk if it is there whole; an empty one is the last. */
function takeChunk(reader: Reader): Uint8Array | undefined {
  const held = reader.held();
  const line = new TextDecoder("latin1").decode(held.subarray(0, 20));
  const end = line.indexOf("\r\n");
  if (end < 0) return undefined;
  const size = Number.parseInt(line.slice(0, end), 16);
  if (held.length < end + 2 + size + 2) return undefined;
  const part = held.slice(end + 2, end + 2 + size);
  reader.skip(end + 2 + size + 2);
  return part;
}
