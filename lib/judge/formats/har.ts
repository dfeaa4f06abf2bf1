/**
 * Exchanges as an HTTP archive (HAR 1.2), which browsers' developer tools and many others open.
 *
 * @module
 */
import { pagedJsonPieces } from "../../http/pieces.ts";
import { type Exchange, headerOf, type HeaderPair, type Message } from "../../recorder/exchange.ts";
import type { RecordFacts } from "../report.ts";

/** Something with a name and a value. */
export interface HarPair {
  readonly name: string;
  readonly value: string;
}

/** One request and its response. */
export interface HarEntry {
  readonly startedDateTime: string;
  /** How long it took, in milliseconds. */
  readonly time: number;
  readonly request: Readonly<Record<string, unknown>>;
  readonly response: Readonly<Record<string, unknown>>;
  readonly cache: Readonly<Record<string, never>>;
  /** Where the time went. */
  readonly timings: { readonly send: number; readonly wait: number; readonly receive: number };
  /** Whose it is, what shaped the response, and that secrets are redacted. */
  readonly comment: string;
  /** What HAR has no members for, so that it can be judged elsewhere as it was here; absent members are false, or unknown. */
  readonly _exchange: Readonly<Record<string, unknown>>;
}

/** An archive. */
export interface Har {
  readonly log: {
    readonly version: "1.2";
    readonly creator: { readonly name: string; readonly version: string };
    /** In order. */
    readonly entries: readonly HarEntry[];
  };
}

/**
 * Builds an archive.
 *
 * @param exchanges What goes into it; secrets stay redacted.
 * @param version Of this program.
 * @see {@link http://www.softwareishard.com/blog/har-12-spec/}
 */
export function buildHar(exchanges: readonly Exchange[], version: string): Har {
  return {
    log: { version: "1.2", creator: { name: "mock oauth server", version }, entries: exchanges.map(harEntryOf) },
  };
}

/**
 * The same in pieces.
 *
 * @param pages What goes into it: {@link harEntryOf} each.
 * @param version Of this program.
 * @param record What is missing from it.
 */
export async function* harPieces(
  pages: AsyncIterable<Uint8Array>,
  version: string,
  { cut, leftOut, dropped }: RecordFacts,
): AsyncGenerator<string | Uint8Array, void> {
  const { entries: _none, ...head } = buildHar([], version).log;
  const missing = [[cut, "cut"], [leftOut, "left out"], [dropped, "no longer on record"]] as const;
  const parts = missing.flatMap(([count, what]) => count > 0 ? [`${count} ${what}`] : []);
  const comment = parts.length > 0 ? { comment: `Of all exchanges: ${parts.join(", ")}` } : {};
  yield '{"log":';
  yield* pagedJsonPieces({ ...head, ...comment }, "entries", pages);
  yield "}";
}

/** One exchange as an entry of an archive; secrets stay redacted. */
export function harEntryOf(exchange: Exchange): HarEntry {
  const { startedAtMs, method, url, request, status, response, durationMs, shapedBy, sequence, client, stream } =
    exchange;
  const common = { httpVersion: "HTTP/1.1", cookies: [], headersSize: -1, bodySize: -1 };
  const shape = shapedBy.length === 0 ? "" : `, shaped by ${shapedBy.join(", ")}`;
  // Of an event stream the rest comes for as long as it is open.
  const receive = Math.max(0, (stream?.endedAtMs ?? 0) - exchange.receivedAtMs - durationMs);
  const owner = client === undefined ? "" : ` of ${client}`;
  return {
    startedDateTime: new Date(startedAtMs).toISOString(),
    time: durationMs + receive,
    request: {
      ...common,
      method,
      url,
      headers: request.headers.map(pairOf),
      queryString: [...new URLSearchParams(url.split("?").slice(1).join("?"))].map(pairOf),
      ...(request.body === undefined
        ? {}
        : { postData: { mimeType: typeOf(request), params: [], text: request.body } }),
    },
    response: {
      ...common,
      status,
      statusText: "",
      headers: response.headers.map(pairOf),
      content: {
        size: response.body?.length ?? 0,
        mimeType: typeOf(response),
        ...(response.body === undefined ? {} : { text: response.body }),
        ...(response.truncated ? { comment: "not all of it" } : {}),
      },
      redirectURL: headerOf(response, "location") ?? "",
    },
    cache: {},
    timings: { send: 0, wait: durationMs, receive },
    comment: `exchange ${sequence}${owner}${shape}; secrets are redacted`,
    _exchange: factsOf(exchange),
  };
}

function factsOf(
  { sequence, receivedAtMs, route, peer, shapedBy, isOpen, isCut, stream, request, response }: Exchange,
): Readonly<Record<string, unknown>> {
  return {
    sequence,
    receivedAtMs,
    route,
    peer,
    shapedBy,
    isOpen,
    isCut,
    stream,
    isSentCut: request.truncated || undefined,
    isAnsweredCut: response.truncated || undefined,
  };
}

function pairOf([name, value]: HeaderPair): HarPair {
  return { name, value };
}

function typeOf(message: Message): string {
  return headerOf(message, "content-type") ?? "";
}
