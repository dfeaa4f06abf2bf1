/**
 * One exchange on its way from what was seen to what is on record: its head, its bodies, and the redaction of all of it.
 *
 * @module
 */
import type { Exchange, HeaderPair, Message } from "./exchange.ts";
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

/** What was seen of an exchange, as it came. There are thousands of these, so they are nearly flat. */
export interface Seen extends Arrival {
  /** Its place in the order. */
  readonly sequence: number;
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

/** What a head comes to, in characters, more or less. */
const HEAD_LENGTH = 500;

/** An entry of which nothing is redacted before somebody looks, and then once. */
export class SeenEntry implements Entry {
  /** Its place in the order. */
  readonly sequence: number;
  /** What it holds, in characters. */
  readonly length: number;
  readonly #seen: Seen;
  #made: Exchange | undefined;

  /**
   * Keeps what was seen.
   *
   * @param seen What was seen.
   */
  constructor(seen: Seen) {
    const { sequence, url, sent, answered } = seen;
    this.sequence = sequence;
    this.length = HEAD_LENGTH + url.length + (sent?.text.length ?? 0) + (answered?.text.length ?? 0);
    this.#seen = seen;
  }

  /**
   * The exchange, redacted.
   *
   * @param names What secrets and senders are called.
   */
  exchange(names: Names): Exchange {
    return this.#made ??= redactExchange(this.#seen, names);
  }
}

function redactExchange(seen: Seen, { digests, peerOf }: Names): Exchange {
  const { sequence, receivedAtMs, startedAtMs, method, status } = seen;
  const { route, durationMs, shapedBy = [] } = seen.departure;
  const redactor = createRedactor(digests);
  const exchange: Exchange = {
    sequence,
    receivedAtMs,
    startedAtMs,
    ...(route === undefined ? {} : { route }),
    method,
    url: redactor.url(seen.url),
    peer: peerOf(seen.remoteAddress, seen.sentHeaders.get("user-agent") ?? ""),
    request: redactMessage(seen.sentHeaders, seen.sent, redactor),
    status,
    response: redactMessage(seen.answeredHeaders, seen.answered, redactor),
    durationMs,
    shapedBy,
    ...(seen.isOpen ? { isOpen: true } : {}),
  };
  return scrubbed(exchange, redactor);
}

function redactMessage(headers: Headers, body: RawBody | undefined, redactor: Redactor): Message {
  return {
    headers: redactHeaders(pairsOf(headers), redactor),
    ...(body ? redactBody(body, headers.get("content-type"), redactor) : { truncated: false }),
  };
}

/** An iterator takes ten times as long. */
function pairsOf(headers: Headers): readonly HeaderPair[] {
  const pairs: HeaderPair[] = [];
  headers.forEach((value, name) => void pairs.push([name, value]));
  return pairs;
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
