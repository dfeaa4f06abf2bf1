/**
 * Records exchanges behind the response: a copy of what went by is redacted and kept once it is complete, a stream as it
 * goes. Nothing is kept that was not redacted, and no response waits.
 *
 * @module
 */
import { type Exchange, MAX_BODY_LENGTH, type Message } from "./exchange.ts";
import { createDigests } from "./digests.ts";
import { createRedactor, redactHeaders, type Redactor } from "./redact.ts";
import { type CleanBody, cleanEvents, type RawBody, redactBody } from "./redact_body.ts";
import { createPeers, type Peers } from "./peers.ts";
import { createTape, type ExchangeListener, type ExchangeRange } from "./tape.ts";
import { copyBody, isStream, tapStream } from "./tap.ts";

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

/** A request under way. */
export interface OpenExchange {
  /** Its place in its sandbox's order. */
  readonly sequence: number;
  /**
   * Records how it ended.
   *
   * @returns The response to send in place of the given one.
   */
  readonly close: (response: Response, departure: Departure) => Response;
}

/** Records exchanges, and hands them out. */
export interface Recording {
  /** Begins to record a request; its body can still be read. */
  readonly open: (request: Request, arrival: Arrival) => OpenExchange;
  /** A sandbox's exchanges, those included whose response has just left. */
  readonly exchanges: (sandboxId: string, range?: ExchangeRange) => Promise<readonly Exchange[]>;
  /** Whether a sandbox's exchanges are on record from the first one on. */
  readonly isWhole: (sandboxId: string) => boolean;
  /** Listens to a sandbox; the result ends it. */
  readonly subscribe: (sandboxId: string, listener: ExchangeListener) => () => void;
  /** Forgets a sandbox's exchanges; numbers go on where they were. */
  readonly clear: (sandboxId: string) => void;
  /** Forgets a sandbox altogether. */
  readonly drop: (sandboxId: string) => void;
}

/** An exchange that lacks nothing but its bodies. */
type Head = Omit<Exchange, "request" | "response"> & {
  readonly requestHeaders: Message["headers"];
  readonly responseHeaders: Message["headers"];
};

/** What a recording is made with. */
export interface RecordingOptions {
  /** Random bytes that digests of guessable secrets are keyed with. */
  readonly key: Uint8Array;
  /** Told what went wrong; the exchange is then not on record, and its client notices nothing. */
  readonly report: (error: unknown) => void;
}

/**
 * Makes a recording.
 *
 * @param options What it is made with.
 */
export function createRecording({ key, report }: RecordingOptions): Recording {
  const tape = createTape();
  const peerOf = createPeers(key);
  const digests = createDigests(key);
  const pending = new Map<string, Set<Promise<void>>>();

  function wait(sandboxId: string, work: Promise<void>): void {
    const all = pending.get(sandboxId) ?? new Set();
    pending.set(sandboxId, all.add(work));
    void work.catch(report).finally(() => {
      all.delete(work);
      if (all.size === 0) pending.delete(sandboxId);
    });
  }

  function open(request: Request, arrival: Arrival): OpenExchange {
    const { sandboxId } = arrival;
    const sequence = tape.number(sandboxId);
    const requestBody = copyBody(request);
    return {
      sequence,
      close: (response, departure) => {
        const redactor = createRedactor(digests);
        const put = (exchange: Exchange): void => tape.put(sandboxId, scrubbed(exchange, redactor));
        // The HTTP server takes a request's head away when the response has left.
        const head = headOf({ request, response, arrival, departure, sequence, redactor, peerOf });
        if (isStream(response)) return tapResponse(response, { head, requestBody, redactor, put, report });
        const sentType = request.headers.get("content-type");
        const responseBody = copyBody(response);
        wait(
          sandboxId,
          Promise.all([requestBody, responseBody]).then(([sent, answered]) => {
            put(exchangeOf(head, {
              sent: bodyOf(sent, sentType, redactor),
              answered: bodyOf(answered, response.headers.get("content-type"), redactor),
            }));
          }),
        );
        return response;
      },
    };
  }

  return {
    open,
    exchanges: async (sandboxId, range) => {
      await Promise.allSettled(pending.get(sandboxId) ?? []);
      return tape.read(sandboxId, range);
    },
    isWhole: tape.isWhole,
    subscribe: tape.subscribe,
    clear: tape.clear,
    drop: tape.drop,
  };
}

interface Parts {
  readonly request: Pick<Request, "method" | "headers">;
  readonly response: Response;
  readonly arrival: Arrival;
  readonly departure: Departure;
  readonly sequence: number;
  readonly redactor: Redactor;
  readonly peerOf: Peers;
}

function headOf({ request, response, arrival, departure, sequence, redactor, peerOf }: Parts): Head {
  return {
    sequence,
    startedAtMs: arrival.startedAtMs,
    ...(departure.route === undefined ? {} : { route: departure.route }),
    method: request.method,
    url: redactor.url(arrival.url),
    peer: peerOf(arrival.remoteAddress, request.headers.get("user-agent") ?? ""),
    requestHeaders: redactHeaders(request.headers, redactor),
    status: response.status,
    responseHeaders: redactHeaders(response.headers, redactor),
    durationMs: departure.durationMs,
    shapedBy: departure.shapedBy ?? [],
  };
}

interface Bodies {
  readonly sent: CleanBody;
  readonly answered: CleanBody;
  readonly isOpen?: boolean;
}

function exchangeOf(head: Head, { sent, answered, isOpen = false }: Bodies): Exchange {
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

interface Tapped {
  readonly head: Head;
  readonly requestBody: Promise<RawBody> | undefined;
  readonly redactor: Redactor;
  readonly put: (exchange: Exchange) => void;
  readonly report: (error: unknown) => void;
}

/** A stream is kept as soon as it begins, and again when it has said something new. */
function tapResponse(response: Response, { head, requestBody, redactor, put, report }: Tapped): Response {
  let sent: CleanBody = { truncated: false };
  let answered: CleanBody = { truncated: false };
  let isOpen = true;
  const update = (): void => {
    try {
      put(exchangeOf(head, { sent, answered, isOpen }));
    } catch (error) {
      report(error);
    }
  };
  update();
  const contentType = head.requestHeaders.find(([name]) => name === "content-type")?.[1] ?? null;
  void requestBody?.then((raw) => {
    sent = redactBody(raw, contentType, redactor);
    update();
  }).catch(report);
  return tapStream(response, {
    onText: ({ text, isComplete }) => {
      const body = (answered.body ?? "") + cleanEvents(text, redactor);
      answered = { body: body.slice(0, MAX_BODY_LENGTH), truncated: !isComplete || body.length > MAX_BODY_LENGTH };
      update();
    },
    onEnd: () => {
      isOpen = false;
      update();
    },
  });
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
