/** HTTP archives for tests, and reading them. */
import { type Archive, type HarOptions, readHar } from "../../lib/archive/read_har.ts";

const encoder = new TextEncoder();

/** The least that an entry needs; the rest is what a tool adds. */
export function entry(
  { method = "GET", url = "https://mcp.example/mcp", status = 200, request = {}, response = {}, ...more }: {
    readonly method?: string;
    readonly url?: string;
    readonly status?: number;
    readonly request?: Record<string, unknown>;
    readonly response?: Record<string, unknown>;
    readonly [member: string]: unknown;
  } = {},
): Record<string, unknown> {
  return {
    startedDateTime: "2026-01-02T03:04:05.678Z",
    time: 12,
    request: { method, url, httpVersion: "HTTP/1.1", headers: [], ...request },
    response: { status, headers: [], content: { size: 0, mimeType: "" }, ...response },
    timings: { send: 0, wait: 10, receive: 2 },
    ...more,
  };
}

/** An archive of entries. */
export function har(entries: readonly unknown[], log: Record<string, unknown> = {}): string {
  return JSON.stringify({ log: { version: "1.2", creator: { name: "test", version: "1" }, ...log, entries } });
}

/** Reads a text as an archive, in pieces of some bytes. */
export async function read(
  text: string,
  { piece = 1000, ...options }: Partial<HarOptions> & { readonly piece?: number } = {},
): Promise<Archive> {
  return await readHar(piecesOf(encoder.encode(text), piece), { key: new Uint8Array(32), ...options });
}

async function* piecesOf(bytes: Uint8Array, length: number): AsyncGenerator<Uint8Array> {
  await Promise.resolve();
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

/** An entry of an archive that is made from another. */
export interface HarEntry extends Record<string, unknown> {
  readonly request: Record<string, unknown> & { readonly url: string; readonly method: string };
  readonly response: Record<string, unknown> & { readonly content: Record<string, unknown> };
}

/** A copy of an archive in which each entry is another, or several. */
export function altered(
  text: string,
  alter: (entry: HarEntry) => Record<string, unknown> | readonly Record<string, unknown>[],
): string {
  const { log } = JSON.parse(text);
  return JSON.stringify({ log: { ...log, entries: log.entries.flatMap(alter) } });
}
