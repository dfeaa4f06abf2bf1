/**
 * One entry of an HTTP archive as what a recorder would have seen. Tools differ in what they write: every member may be
 * missing, or be of another type.
 *
 * @see {@link http://www.softwareishard.com/blog/har-12-spec/}
 * @module
 */
import type { JsonObject } from "../http/json.ts";
import type { SeenHeaders } from "../recorder/exchange.ts";
import type { Seen } from "../recorder/seen_exchange.ts";
import { cutText } from "../runtime/own_text.ts";
import { answeredIn, sentIn } from "./bodies.ts";
import { forgottenStatus } from "./forgotten_status.ts";
import { areOfWire, headersIn } from "./headers.ts";
import { numberIn, objectIn, textIn } from "./members.ts";
import { type OwnFacts, readOwnFacts } from "./own_facts.ts";
import { isWellKnown } from "./servers.ts";
import { streamIn } from "./streams.ts";
import { urlIn } from "./urls.ts";

/** What came of an entry. */
export type ReadEntry =
  | {
    readonly kind: "exchange";
    readonly seen: Seen;
    readonly own: OwnFacts | undefined;
    /** Whether a browser had the answer, so that nothing was sent. */
    readonly isCached: boolean;
    /** Whether its request's headers are those that were sent. */
    readonly isOfWire: boolean;
  }
  /** Nothing that a client has sent to a server, or read: a part of a page, a picture in a browser's cache, a WebSocket. */
  | { readonly kind: "aside" }
  /** Something that may have been of interest, and cannot be read. */
  | { readonly kind: "unreadable" };

/** What pages are made of, and no client of MCP asks for. */
const OF_PAGES = /^(?:text\/css|(?:text|application)\/(?:x-)?javascript|application\/wasm|font\/|video\/|audio\/)/i;
/** What is in the answer to a message, a registration, or a request for a token. */
const TAKEN = /"(?:jsonrpc|access_token|client_id|request_uri)"/;
/** The most that is read of an address, in characters. */
const MAX_TEXT = 16 * 1024;

/**
 * Reads an entry.
 *
 * @param sequence The number that its exchange gets.
 */
export function readEntry(entry: JsonObject, sequence: number): ReadEntry {
  const request = objectIn(entry, "request");
  const response = objectIn(entry, "response");
  const [content, postData] = [objectIn(response, "content"), objectIn(request, "postData")];
  const method = textIn(request, "method")?.toUpperCase() ?? "GET";
  const url = urlIn(request);
  const isOfPage = method === "GET" && OF_PAGES.test(textIn(content, "mimeType") ?? "");
  // Proxies list the tunnels that they were asked for as well.
  const isTunnel = method === "CONNECT";
  if ((url !== "" && !/^https?:\/\/[^/\s]/i.test(url)) || isOfPage || isTunnel) return { kind: "aside" };
  const isCached = typeof entry._fromCache === "string" || /cache/i.test(textIn(entry, "_fetchType") ?? "");
  // What a service worker sent has an entry of its own. Metadata from a cache was read all the same.
  if (response?._fetchedViaServiceWorker === true || (isCached && !isWellKnown(url))) return { kind: "aside" };
  const startedAtMs = Date.parse(textIn(entry, "startedDateTime") ?? "");
  if (url === "" || Number.isNaN(startedAtMs)) return { kind: "unreadable" };
  const answeredHeaders = headersIn(response, textIn(content, "mimeType"));
  // Zero, or a negative number, stands for no answer. Without one to its preflight, nothing else was sent.
  const status = numberIn(response, "status") || forgottenStatus(answeredHeaders, textIn(content, "text"));
  if (!(status >= 100 && status < 600)) return { kind: method === "OPTIONS" ? "aside" : "unreadable" };
  const sentHeaders = headersIn(request, textIn(postData, "mimeType"));
  const own = readOwnFacts(entry);
  const { headMs, receivingMs } = timesOf(entry);
  const receivedAtMs = own?.receivedAtMs ?? startedAtMs;
  const isEvents = /^text\/event-stream\b/i.test(answeredHeaders.get("content-type") ?? "");
  const lengthIn = (headers: SeenHeaders): number => own ? 0 : Number(headers.get("content-length") ?? 0);
  const answered = method === "HEAD"
    ? undefined
    : answeredIn({ response, entry, isEvents, length: lengthIn(answeredHeaders) });
  const span = { headAtMs: receivedAtMs + headMs, endedAtMs: receivedAtMs + headMs + receivingMs };
  const isTaken = method === "POST" && !own && (status === 201 || status === 202 || TAKEN.test(answered?.text ?? ""));
  const isJson = !own && status !== 400;
  const sent = sentIn({ request, length: lengthIn(sentHeaders), isTaken, isJson });
  const stream = isEvents && !own ? streamIn(answered?.text ?? "", entry, span) : undefined;
  const seen: Seen = {
    sequence,
    receivedAtMs,
    startedAtMs,
    method: cutText(method, 64),
    url: cutText(url, MAX_TEXT),
    remoteAddress: "",
    sentHeaders,
    sent: own?.isSentCut ? { text: sent?.text ?? "", isComplete: false } : sent,
    // Where the text is there, it is what the client had, and what its HTTP library gave it.
    status: status === 304 && answered?.text && !own ? 200 : status,
    response: { headers: answeredHeaders },
    answered: own ? { text: answered?.text ?? "", isComplete: !own.isAnsweredCut } : answered,
    departure: { route: own?.route, durationMs: headMs, shapedBy: own?.shapedBy ?? [] },
    isOpen: own?.isOpen ?? (isEvents && stream?.endedBy === undefined),
    stream: own ? own.stream : stream,
  };
  return { kind: "exchange", seen, own, isCached, isOfWire: areOfWire(request) };
}

/** How long the head of the answer took, and the rest of it, in milliseconds; -1 stands for what does not apply. */
function timesOf(entry: JsonObject): { readonly headMs: number; readonly receivingMs: number } {
  const timings = objectIn(entry, "timings");
  const took = (name: string): number => Math.max(0, numberIn(timings, name) ?? 0);
  // What TLS takes is part of connecting.
  const headMs = ["blocked", "dns", "connect", "send", "wait"].reduce((sum, name) => sum + took(name), 0);
  const receivingMs = took("receive");
  const allMs = Math.max(0, numberIn(entry, "time") ?? 0);
  return timings ? { headMs: rounded(headMs), receivingMs } : { headMs: rounded(allMs), receivingMs: 0 };
}

function rounded(ms: number): number {
  return Math.round(ms * 10) / 10;
}
