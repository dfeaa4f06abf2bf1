/**
 * One exchange on its way from what was seen to what is on record: its head, its bodies, and the redaction of all of it.
 *
 * @module
 */
import type { Exchange, Message } from "./exchange.ts";
import type { Names } from "./names.ts";
import { createRedactor, redactHeaders, type Redactor } from "./redact.ts";
import { type RawBody, redactBody } from "./redact_body.ts";
import type { Entry } from "./rings.ts";

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
  readonly route?: string | undefined;
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

/** What was seen of an exchange, as it came. There are thousands of these, so they are flat. */
export interface Seen {
  /** Its place in the order. */
  readonly sequence: number;
  /** How the request came. */
  readonly arrival: Arrival;
  /** When it came, in milliseconds since 1970 of real time. */
  readonly receivedAtMs: number;
  /** HTTP method of the request. */
  readonly method: string;
  /** Headers of the request. */
  readonly sentHeaders: Headers;
  /** Body of the request. */
  readonly sent: RawBody | undefined;
  /** HTTP status of the response. */
  readonly status: number;
  /** Headers of the response. */
  readonly answeredHeaders: Headers;
  /** Body of the response. */
  readonly answered: RawBody | undefined;
  /** How the response left. */
  readonly departure: Departure;
  /** Whether the response is a stream that goes on. */
  readonly isOpen: boolean;
}

/**
 * An entry of which nothing is redacted before somebody looks, and then once.
 *
 * @param seen What was seen.
 */
export function lazyEntry(seen: Seen): Entry {
  const { sequence, arrival, sent, answered } = seen;
  const length = HEAD_LENGTH + arrival.url.length + (sent?.text.length ?? 0) + (answered?.text.length ?? 0);
  let made: Exchange | undefined;
  return { sequence, length, exchange: (names) => made ??= redactExchange(seen, names) };
}

/** What a head comes to, in characters, more or less. */
const HEAD_LENGTH = 500;

function redactExchange(seen: Seen, { digests, peerOf }: Names): Exchange {
  const { sequence, arrival, receivedAtMs, method, sentHeaders, sent, status, answeredHeaders, answered } = seen;
  const { route, durationMs, shapedBy = [] } = seen.departure;
  const redactor = createRedactor(digests);
  const exchange: Exchange = {
    sequence,
    receivedAtMs,
    startedAtMs: arrival.startedAtMs,
    ...(route === undefined ? {} : { route }),
    method,
    url: redactor.url(arrival.url),
    peer: peerOf(arrival.remoteAddress, sentHeaders.get("user-agent") ?? ""),
    request: redactMessage(sentHeaders, sent, redactor),
    status,
    response: redactMessage(answeredHeaders, answered, redactor),
    durationMs,
    shapedBy,
    ...(seen.isOpen ? { isOpen: true } : {}),
  };
  return scrubbed(exchange, redactor);
}

function redactMessage(headers: Headers, body: RawBody | undefined, redactor: Redactor): Message {
  return {
    headers: redactHeaders([...headers], redactor),
    ...(body ? redactBody(body, headers.get("content-type"), redactor) : { truncated: false }),
  };
}

/** The last pass: what was found to be a secret in one part stands perhaps in another, where no name tells. */
function scrubbed(exchange: Exchange, { scrub }: Redactor): Exchange {
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
