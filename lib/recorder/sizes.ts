// What recorded things take in memory, in bytes: budgets are kept by it, so it may err, but not by much.
import type { Exchange, SeenHeaders, StreamFacts } from "./exchange.ts";

/** What a string, or a pair, takes beside its characters. */
const STRING_BYTES = 24;
/** What an exchange takes beside its texts. */
const OBJECT_BYTES = 600;
/** What is known of an event stream takes, beside its times. */
const STREAM_BYTES = 80;
const NUMBER_BYTES = 8;

/** What a text takes: one byte a character, two as soon as one of them lies beyond Latin-1. */
export function textBytes(text: string): number {
  return STRING_BYTES + text.length * (/[^\0-\xff]/.test(text) ? 2 : 1);
}

/** What headers take. */
export function headersBytes(headers: Pick<SeenHeaders, "forEach">): number {
  let bytes = 0;
  // An iterator takes ten times as long.
  headers.forEach((value, name) => void (bytes += textBytes(value) + textBytes(name)));
  return bytes;
}

/** What is known of an event stream takes. */
export function streamBytes(stream: StreamFacts | undefined): number {
  return stream === undefined ? 0 : STREAM_BYTES + stream.eventsAtMs.length * NUMBER_BYTES;
}

/** What an exchange takes once it is redacted. */
export function exchangeBytes({ url, method, peer, shapedBy, request, response, stream }: Exchange): number {
  let bytes = OBJECT_BYTES + textBytes(url) + textBytes(method) + textBytes(peer) + streamBytes(stream);
  for (const name of shapedBy) bytes += textBytes(name);
  for (const { headers, body = "" } of [request, response]) {
    bytes += textBytes(body);
    for (const [name, value] of headers) bytes += textBytes(name) + textBytes(value);
  }
  return bytes;
}
