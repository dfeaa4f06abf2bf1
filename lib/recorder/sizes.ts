// What recorded things take in memory, in bytes: budgets are kept by it, so it may err, but not by much.
import type { Exchange } from "./exchange.ts";

/** What a string, or a pair, takes beside its characters. */
const STRING_BYTES = 24;
/** What an exchange takes beside its texts. */
const OBJECT_BYTES = 600;

/** What a text takes: one byte a character, two as soon as one of them lies beyond Latin-1. */
export function textBytes(text: string): number {
  return STRING_BYTES + text.length * (/[^\0-\xff]/.test(text) ? 2 : 1);
}

/** What headers take. */
export function headersBytes(headers: Headers): number {
  let bytes = 0;
  // An iterator takes ten times as long.
  headers.forEach((value, name) => void (bytes += textBytes(value) + textBytes(name)));
  return bytes;
}

/** What an exchange takes once it is redacted. */
export function exchangeBytes({ url, method, peer, shapedBy, request, response }: Exchange): number {
  let bytes = OBJECT_BYTES + textBytes(url) + textBytes(method) + textBytes(peer);
  for (const name of shapedBy) bytes += textBytes(name);
  for (const { headers, body = "" } of [request, response]) {
    bytes += textBytes(body);
    for (const [name, value] of headers) bytes += textBytes(name) + textBytes(value);
  }
  return bytes;
}
