/** A request on a connection of its own, and what comes back on it, whatever that is. */
import type { Pair } from "./message.ts";
import { type Answer, bytesOf, joined, type Wire } from "./wire.ts";

/** How long an answer's head may take until nobody waits for it any more, in milliseconds. */
const PATIENCE_MS = 5000;
/** A stream that says nothing for so long has said what there is to hear. */
const QUIET_MS = 120;
/** How much of a body is kept, in characters. */
const MAX_KEPT = 4 * 1024 * 1024;

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

/** Writes bytes, as many as the other end takes. */
export async function write(connection: Deno.TcpConn, bytes: Uint8Array, pauseMs = 0): Promise<void> {
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
