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

/** Several parts as one. */
export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
