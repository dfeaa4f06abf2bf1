// One exchange on its way from what was seen to what is on record: its head, its bodies, and the redaction of all of it.
import { redactFaultNames } from "./redact/fault_names.ts";
import type { Exchange, HeaderPair, Message, SeenHeaders, StreamFacts } from "./exchange.ts";
import { fitExchange } from "./fit.ts";
import { likenessOf, likenessOfExchange } from "./tape/likeness.ts";
import type { Pseudonyms } from "./redact/pseudonyms.ts";
import { createRedactor, redactHeaders, type Redactor } from "./redact/redact.ts";
import { type RawBody, redactBody } from "./redact/redact_body.ts";
import type { HeldExchange } from "./tape/ring.ts";
import { exchangeBytes, headersBytes, streamBytes, textBytes } from "./sizes.ts";

/** What is known of a request when it comes. */
export interface RecordedRequest {
  readonly sandboxId: string;
  /** Its URL as the client knows it. */
  readonly url: string;
  /** When it came, in milliseconds since 1970 on the sandbox's clock. */
  readonly startedAtMs: number;
  readonly remoteAddress: string;
  /** True for requests that are never recorded, such as those for the record itself. */
  readonly isAside?: boolean;
}

/** What is known of a response when it leaves. */
export interface RecordedResponse {
  readonly route?: string | undefined;
  readonly durationMs: number;
  readonly shapedBy?: readonly string[] | undefined;
}

/** What was seen of an exchange, as it came. There are thousands of these, so they are nearly flat. */
export interface Seen extends Omit<RecordedRequest, "sandboxId" | "isAside"> {
  readonly sequence: number;
  /** When it came, in milliseconds since 1970 of real time. */
  readonly receivedAtMs: number;
  readonly method: string;
  readonly sentHeaders: SeenHeaders;
  readonly sent: RawBody | undefined;
  readonly status: number;
  /** What has, or had, the headers of the answer: to ask a response for them before it has left would cost. */
  readonly response: { readonly headers: SeenHeaders };
  readonly answered: RawBody | undefined;
  readonly departure: RecordedResponse;
  readonly isOpen: boolean;
  readonly stream: StreamFacts | undefined;
}

/** What a head is taken for before it is measured, in bytes; measuring all of them would cost more than keeping them. */
const HEAD_BYTES = 1500;
/** What an exchange takes beside its head and its bodies, in bytes. */
const SEEN_BYTES = 500;

function guessedBytes({ url, sent, answered, stream }: Seen): number {
  return SEEN_BYTES + HEAD_BYTES + textBytes(url) + textBytes(sent?.text ?? "") + textBytes(answered?.text ?? "") +
    streamBytes(stream);
}

const NO_HEADERS: SeenHeaders = { get: () => null, forEach: () => {} };
const NOTHING_ANSWERED: Seen["response"] = { headers: NO_HEADERS };

type Writable<T> = { -readonly [Name in keyof T]: T[Name] };

/** What was seen, in an object that can be filled again and again. */
interface Slot extends Writable<Omit<Seen, "departure">> {
  readonly departure: Writable<RecordedResponse>;
}

/**
 * An exchange that is redacted once, when it is first read: then what was seen is forgotten, and only what is shown is kept.
 */
export class SeenExchange implements HeldExchange {
  #sequence: number;
  #bytes: number;
  #isMeasured = false;
  #isHeld = false;
  #seen: Slot | undefined;
  #made: Exchange | undefined;

  constructor(seen: Seen) {
    this.#sequence = seen.sequence;
    this.#bytes = guessedBytes(seen);
    this.#seen = { ...seen, departure: { ...seen.departure } };
  }

  /** Makes it another exchange: one that was emptied, or is new. */
  fill(seen: Seen): void {
    const own = this.#seen;
    if (!own) throw new Error("An entry was filled that holds another exchange");
    this.#sequence = seen.sequence;
    this.#bytes = guessedBytes(seen);
    this.#isMeasured = false;
    // One by one: an object made for each would outlive its request.
    own.url = seen.url;
    own.startedAtMs = seen.startedAtMs;
    own.remoteAddress = seen.remoteAddress;
    own.sequence = seen.sequence;
    own.receivedAtMs = seen.receivedAtMs;
    own.method = seen.method;
    own.sentHeaders = seen.sentHeaders;
    own.sent = seen.sent;
    own.status = seen.status;
    own.response = seen.response;
    own.answered = seen.answered;
    own.departure.route = seen.departure.route;
    own.departure.durationMs = seen.departure.durationMs;
    own.departure.shapedBy = seen.departure.shapedBy;
    own.isOpen = seen.isOpen;
    own.stream = seen.stream;
  }

  /** Forgets what it has seen, to be filled again; false if somebody may still read it. */
  empty(): boolean {
    const own = this.#seen;
    if (this.#isHeld || !own) return false;
    own.url = "";
    own.sentHeaders = NO_HEADERS;
    own.sent = undefined;
    own.response = NOTHING_ANSWERED;
    own.answered = undefined;
    own.stream = undefined;
    return true;
  }

  hold(): void {
    this.#isHeld = true;
  }

  get sequence(): number {
    return this.#sequence;
  }

  /** What it takes, in bytes; its headers by a guess until it is measured. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Measures its headers, unless that was done. */
  measure(): number {
    if (!this.#isMeasured && this.#seen) {
      const { sentHeaders, response } = this.#seen;
      const bytes = ifReadable(() => headersBytes(sentHeaders) + headersBytes(response.headers));
      this.#bytes += (bytes ?? HEAD_BYTES) - HEAD_BYTES;
    }
    this.#isMeasured = true;
    return this.#bytes;
  }

  /** The exchange, redacted. */
  exchange(pseudonyms: Pseudonyms): Exchange {
    if (this.#seen) {
      this.#made = fitExchange(redactExchange(this.#seen, pseudonyms));
      this.#seen = undefined;
      this.#isMeasured = true;
      this.#bytes = exchangeBytes(this.#made);
    }
    if (!this.#made) throw new Error("An entry was never filled");
    return this.#made;
  }

  /** What it is like; undefined if it is like no other. */
  likeness(): string | undefined {
    const seen = this.#seen;
    return seen ? ifReadable(() => likenessOfSeen(seen)) : this.#made && likenessOfExchange(this.#made);
  }
}

/**
 * What can be told of headers, where the HTTP server has not taken them away: an exchange whose headers are gone is left out
 * when it is redacted, and until then must not fail what is done with all.
 */
function ifReadable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** The same of what was not redacted yet. */
function likenessOfSeen({ method, url, status, departure, sentHeaders, sent }: Seen): string | undefined {
  const { route } = departure;
  const headers = { source: sentHeaders, sent: (name: string): string | null => sentHeaders.get(name) };
  return likenessOf({ method, url, status, route, ...headers, body: sent?.text });
}

/**
 * Takes the secrets out of what was seen.
 *
 * @param maxBodyLength How much is kept of a body, in characters; as much as the recorder keeps if not given.
 */
export function redactExchange(seen: Seen, { digests, peerOf }: Pseudonyms, maxBodyLength?: number): Exchange {
  const { sequence, receivedAtMs, startedAtMs, method, status } = seen;
  const { route, durationMs, shapedBy = [] } = seen.departure;
  const redactor = createRedactor(digests);
  const exchange: Exchange = {
    sequence,
    receivedAtMs,
    startedAtMs,
    ...(route === undefined ? {} : { route }),
    method: redactor.text(method),
    url: redactor.url(seen.url),
    peer: peerOf(seen.remoteAddress, seen.sentHeaders.get("user-agent") ?? ""),
    request: redactMessage(seen.sentHeaders, seen.sent, redactor, maxBodyLength),
    status,
    response: redactMessage(seen.response.headers, seen.answered, redactor, maxBodyLength),
    durationMs,
    shapedBy: redactFaultNames(shapedBy, redactor.text),
    ...(seen.isOpen ? { isOpen: true } : {}),
    ...(seen.stream ? { stream: seen.stream } : {}),
  };
  return scrubbed(exchange, redactor);
}

function redactMessage(
  headers: SeenHeaders,
  body: RawBody | undefined,
  redactor: Redactor,
  maxBodyLength: number | undefined,
): Message {
  return {
    headers: redactHeaders(pairsOf(headers), redactor),
    ...(body ? redactBody(body, headers.get("content-type"), redactor, maxBodyLength) : { truncated: false }),
  };
}

/** An iterator takes ten times as long. */
function pairsOf(headers: SeenHeaders): readonly HeaderPair[] {
  const pairs: HeaderPair[] = [];
  headers.forEach((value, name) => void pairs.push([name, value]));
  return pairs;
}

/** The last pass: what was found to be a secret in one part stands perhaps in another, where no name tells. */
function scrubbed(exchange: Exchange, { scrub, isOverfull }: Redactor): Exchange {
  const clean = ({ headers, body, truncated }: Message): Message => ({
    headers: headers.map(([name, value]) => [name, scrub(value)]),
    ...(body === undefined || isOverfull() ? {} : { body: scrub(body) }),
    truncated: truncated || isOverfull(),
  });
  return {
    ...exchange,
    url: scrub(exchange.url),
    request: clean(exchange.request),
    response: clean(exchange.response),
  };
}
