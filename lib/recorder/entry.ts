/**
 * One exchange on its way from what was seen to what is kept: its head, its bodies, and the redaction of all of it.
 *
 * @module
 */
import type { Digests } from "./digests.ts";
import type { Exchange, HeaderPair, Message } from "./exchange.ts";
import type { Peers } from "./peers.ts";
import { createRedactor, redactHeaders, type Redactor } from "./redact.ts";
import { type CleanBody, type RawBody, redactBody } from "./redact_body.ts";
import { createEntry, type Entry } from "./tape.ts";

/** What is known of a request when it comes. */
export interface Arrival {
  /** Whose log it belongs to. */
  readonly sandboxId: string;
  /** Its URL as the client knows it. */
  readonly url: string;
  /** When it came, in milliseconds since 1970 on the sandbox's clock. */
  readonly startedAtMs: number;
  /** Where it came from. */
  readonly remoteAddress: string;
}

/** What is known of a response when it leaves. */
export interface Departure {
  /** Name of the route that answered. */
  readonly route?: string;
  /** How long it took, in milliseconds. */
  readonly durationMs: number;
  /** Names of the faults and overrides that shaped it. */
  readonly shapedBy?: readonly string[];
}

/** An exchange that lacks nothing but its bodies. */
export type Head = Omit<Exchange, "request" | "response"> & {
  /** Headers of the request, redacted. */
  readonly requestHeaders: Message["headers"];
  /** Headers of the response, redacted. */
  readonly responseHeaders: Message["headers"];
};

/** What was seen of an exchange, less its bodies. */
export interface Parts {
  /** The request's head. */
  readonly request: { readonly method: string; readonly headers: readonly HeaderPair[] };
  /** The response's head. */
  readonly response: { readonly status: number; readonly headers: Headers };
  /** How the request came. */
  readonly arrival: Arrival;
  /** How the response left. */
  readonly departure: Departure;
  /** Its place in the order. */
  readonly sequence: number;
  /** Tells senders apart. */
  readonly peerOf: Peers;
}

/**
 * An entry of which nothing is redacted before somebody looks.
 *
 * @param parts Its head.
 * @param bodies What was sent, and what was answered.
 * @param digests Makes digests of secrets.
 */
export function lazyEntry(
  parts: Parts,
  { sent, answered }: { readonly sent: RawBody | undefined; readonly answered: RawBody | undefined },
  digests: Digests,
): Entry {
  const { sequence, request, response, arrival } = parts;
  return createEntry({
    sequence,
    length: lengthOf(arrival.url, sent?.text, answered?.text),
    exchange: () => {
      const redactor = createRedactor(digests);
      const bodies = {
        sent: bodyOf(sent, valueOf(request.headers, "content-type"), redactor),
        answered: bodyOf(answered, response.headers.get("content-type"), redactor),
      };
      return scrubbed(exchangeOf(headOf(parts, redactor), bodies), redactor);
    },
  });
}

/** An entry of an exchange that was redacted already. */
export function entryOf(exchange: Exchange): Entry {
  const { sequence, url, request, response } = exchange;
  return { sequence, length: lengthOf(url, request.body, response.body), exchange: () => exchange };
}

function lengthOf(...texts: readonly (string | undefined)[]): number {
  return texts.reduce((sum, text) => sum + (text?.length ?? 0), 500);
}

/** The value of a header, if it was sent. */
export function valueOf(headers: readonly HeaderPair[], name: string): string | null {
  return headers.find(([sent]) => sent === name)?.[1] ?? null;
}

/** The head of an exchange, redacted. */
export function headOf({ request, response, arrival, departure, sequence, peerOf }: Parts, redactor: Redactor): Head {
  return {
    sequence,
    startedAtMs: arrival.startedAtMs,
    ...(departure.route === undefined ? {} : { route: departure.route }),
    method: request.method,
    url: redactor.url(arrival.url),
    peer: peerOf(arrival.remoteAddress, valueOf(request.headers, "user-agent") ?? ""),
    requestHeaders: redactHeaders(request.headers, redactor),
    status: response.status,
    responseHeaders: redactHeaders([...response.headers], redactor),
    durationMs: departure.durationMs,
    shapedBy: departure.shapedBy ?? [],
  };
}

/** The bodies of an exchange, redacted. */
export interface Bodies {
  /** What was sent. */
  readonly sent: CleanBody;
  /** What was answered. */
  readonly answered: CleanBody;
  /** Whether the answer goes on. */
  readonly isOpen?: boolean;
}

/** Puts head and bodies together. */
export function exchangeOf(head: Head, { sent, answered, isOpen = false }: Bodies): Exchange {
  const { requestHeaders, responseHeaders, ...rest } = head;
  return {
    ...rest,
    request: { headers: requestHeaders, ...sent },
    response: { headers: responseHeaders, ...answered },
    ...(isOpen ? { isOpen } : {}),
  };
}

function bodyOf(raw: RawBody | undefined, contentType: string | null, redactor: Redactor): CleanBody {
  return raw ? redactBody(raw, contentType, redactor) : { truncated: false };
}

/** The last pass: what was found to be a secret in one part stands perhaps in another, where no name tells. */
export function scrubbed(exchange: Exchange, { scrub }: Redactor): Exchange {
  const clean = (message: Message): Message => ({
    ...message,
    headers: message.headers.map(([name, value]) => [name, scrub(value)]),
    ...(message.body === undefined ? {} : { body: scrub(message.body) }),
  });
  return {
    ...exchange,
    url: scrub(exchange.url),
    request: clean(exchange.request),
    response: clean(exchange.response),
  };
}
