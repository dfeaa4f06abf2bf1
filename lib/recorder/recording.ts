// Records exchanges behind the response: what went by is kept once it is complete, a stream as it goes, and no response
// waits. Nothing is handed out that was not redacted, and nothing is redacted before somebody asks: so what nobody asks
// for costs next to nothing, and what is kept in this process's memory is what passes through it anyway.
import { OpenResponse } from "../http/any_origin.ts";
import { nextTurn } from "../runtime/node_timers.ts";
import type { SeenHeaders, StreamFacts } from "./exchange.ts";
import type { RecordedRequest, RecordedResponse, Seen } from "./seen_exchange.ts";
import type { RawBody } from "./redact/redact_body.ts";
import { createHeaderReader } from "./sent_headers.ts";
import { createSpares, type Spares } from "./spares.ts";
import { answeredBody, sentBody, tapBody } from "./tap.ts";
import type { Recorded, Tape } from "./tape/tape.ts";
import { type Counter, createUnderWay } from "./under_way.ts";

/** Turns of the event loop that a reader waits for bodies under way. */
const MAX_TURNS = 20;

/** A request under way. */
export interface OpenExchange {
  readonly sequence: number;
  /**
   * Records how it ended.
   *
   * @returns The response to send instead of the given one.
   */
  readonly close: (response: Response, departure: RecordedResponse) => Response;
  /** It has ended, and is not recorded. */
  readonly leave: () => void;
}

/** What is on record, and what is not yet. */
export interface RecordedSoFar extends Recorded {
  /** How many requests this process has got that may come on record, and are not answered yet. */
  readonly underWay: number;
}

/** Records exchanges, and hands them out. */
export interface Recording
  extends Pick<Tape, "nameOf" | "read" | "gather" | "get" | "page" | "subscribe" | "clear" | "drop"> {
  /** Begins to record a request that came at a time, in milliseconds since 1970 of real time; its body can still be read. */
  readonly open: (request: Request, arrival: RecordedRequest, nowMs: number) => OpenExchange;
  /** All that is on record by now; undefined if the record still has the given version. */
  readonly readNew: (sandboxId: string, version: string | undefined) => Promise<RecordedSoFar | undefined>;
}

interface RecordingOptions {
  readonly tape: Tape;
  /** Real time, in milliseconds since 1970, by the clock that tells when requests came. */
  readonly now: () => number;
  /** Told what went wrong; the exchange is then not on record, and its client notices nothing. */
  readonly report: (error: unknown) => void;
  /** Where the tape gives back what it has forgotten, if it does. */
  readonly spares?: Spares;
}

/** Makes a recording. */
export function createRecording({ tape, now, report, spares = createSpares() }: RecordingOptions): Recording {
  const pending = new Map<string, Set<Promise<void>>>();
  const underWay = createUnderWay();
  const deps = { tape, now, report, spares, wait, readHeaders: createHeaderReader() };
  let lastMs = 0;

  function wait(sandboxId: string, work: Promise<void>): void {
    const all = pending.get(sandboxId) ?? new Set();
    pending.set(sandboxId, all.add(work));
    void work.catch(report).finally(() => {
      if (all.delete(work) && all.size === 0) pending.delete(sandboxId);
    });
  }

  function open(request: Request, arrival: RecordedRequest, nowMs: number): OpenExchange {
    const { sandboxId, isAside = false } = arrival;
    // Exchanges are ordered by it, also where the system's clock is set back.
    lastMs = Math.max(lastMs, nowMs);
    const seen = { request, arrival, sequence: tape.number(sandboxId), receivedAtMs: lastMs };
    return new OpenedExchange(deps, seen, isAside ? undefined : underWay.of(sandboxId));
  }

  /** A body under way mostly comes at once; one whose client has hung up never does, and must not delay the reader. */
  async function settle(sandboxId: string): Promise<void> {
    for (let turn = 0; turn < MAX_TURNS && pending.has(sandboxId); turn++) {
      await nextTurn();
    }
  }

  return {
    ...tape,
    open,
    read: async (sandboxId, after) => {
      await settle(sandboxId);
      return await tape.read(sandboxId, after);
    },
    gather: async (sandboxId) => {
      await settle(sandboxId);
      await tape.gather(sandboxId);
    },
    readNew: async (sandboxId, version) => {
      // What is answered meanwhile may have missed the reading.
      const before = underWay.count(sandboxId);
      const recorded = await tape.readNew(sandboxId, version);
      return recorded && { ...recorded, underWay: Math.max(before, underWay.count(sandboxId)) };
    },
  };
}

interface ExchangeDeps extends Pick<RecordingOptions, "now" | "report"> {
  readonly tape: Pick<Tape, "put">;
  readonly spares: Spares;
  /** Notes that there will be more to put on a sandbox's record. */
  readonly wait: (sandboxId: string, work: Promise<void>) => void;
  readonly readHeaders: ReturnType<typeof createHeaderReader>;
}

/** What is known of a request while it is under way. */
interface Arrived {
  readonly request: Request;
  readonly arrival: RecordedRequest;
  readonly sequence: number;
  readonly receivedAtMs: number;
}

/** A request under way. There is one for each, so it is an object that shares its functions with the others. */
class OpenedExchange implements OpenExchange {
  readonly #deps: ExchangeDeps;
  readonly #arrived: Arrived;
  #counter: Counter | undefined;

  constructor(deps: ExchangeDeps, arrived: Arrived, counter: Counter | undefined) {
    this.#deps = deps;
    this.#arrived = arrived;
    this.#counter = counter;
    if (counter) counter.count++;
  }

  get sequence(): number {
    return this.#arrived.sequence;
  }

  close(response: Response, departure: RecordedResponse): Response {
    try {
      return record(new LeavingExchange(this.#deps, this.#arrived, response, departure), response);
    } finally {
      this.leave();
    }
  }

  leave(): void {
    if (this.#counter) this.#counter.count--;
    this.#counter = undefined;
  }
}

/** An exchange whose answer is about to leave: what is known of it, and what there may be to add. */
class LeavingExchange {
  readonly deps: ExchangeDeps;
  readonly arrived: Arrived;
  readonly departure: RecordedResponse;
  readonly #method: string;
  readonly #status: number;
  readonly #sentHeaders: SeenHeaders;
  readonly #head: Seen["response"];

  constructor(deps: ExchangeDeps, arrived: Arrived, response: Response, departure: RecordedResponse) {
    this.deps = deps;
    this.arrived = arrived;
    this.departure = departure;
    this.#method = arrived.request.method;
    this.#status = response.status;
    this.#sentHeaders = headersOf(arrived.request, deps);
    this.#head = response instanceof OpenResponse ? response.head : { headers: response.headers };
  }

  /** Real time; as exchanges do, streams end after they began, also where the system's clock is set back. */
  nowMs(): number {
    return Math.max(this.deps.now(), this.arrived.receivedAtMs);
  }

  /** Keeps what is known of it so far. */
  put(sent: RawBody | undefined, answered: RawBody | undefined, isOpen: boolean, stream?: StreamFacts): void {
    const { sequence, receivedAtMs, arrival: { sandboxId, url, startedAtMs, remoteAddress } } = this.arrived;
    this.deps.tape.put(
      sandboxId,
      // Written out, as there is one for each request, and to put objects together takes several times as long.
      this.deps.spares.fill({
        url,
        startedAtMs,
        remoteAddress,
        sequence,
        receivedAtMs,
        method: this.#method,
        sentHeaders: this.#sentHeaders,
        sent,
        status: this.#status,
        response: this.#head,
        answered,
        departure: this.departure,
        isOpen,
        stream,
      }),
    );
  }
}

/** Headers of a request, read now, as the HTTP server may take them away with the response. */
function headersOf({ headers }: Request, { readHeaders }: ExchangeDeps): SeenHeaders {
  try {
    return readHeaders(headers);
  } catch {
    // They are gone already: the exchange is left out when it is looked at, and its client notices nothing.
    return headers;
  }
}

/** Puts an exchange on record, now or as it goes; gives the response to send. */
function record(exchange: LeavingExchange, response: Response): Response {
  const { arrived: { request, arrival: { sandboxId } }, deps, departure } = exchange;
  const sent = sentBody(request);
  const left = hasLeft(request, departure) ? leftAt(exchange.nowMs()) : undefined;
  const answered = left ? UNSENT : answeredBody(response);
  if (answered === "passing") return tapResponse(response, sent, exchange);
  if (sent instanceof Promise) {
    exchange.put(undefined, answered, true);
    deps.wait(sandboxId, sent.then((whole) => exchange.put(whole, answered, false, left)));
  } else exchange.put(sent, answered, false, left);
  return response;
}

/** What has reached a client that left before: nothing of what there may be. */
const UNSENT: RawBody = { text: "", isComplete: false };

/** That a client left before any answer had begun. */
function leftAt(endedAtMs: number): StreamFacts {
  return { eventsAtMs: [], endedAtMs, endedBy: "client" };
}

/**
 * Whether its client closed the connection before the answer left. Only a fault holds answers back for so long, and to ask a
 * request for its signal is not free.
 */
function hasLeft(request: Request, { shapedBy = [] }: RecordedResponse): boolean {
  return shapedBy.length > 0 && request.signal.aborted;
}

/** What has to go by first is kept as soon as it begins, and again when there is more to say of it. */
function tapResponse(
  response: Response,
  sent: RawBody | Promise<RawBody> | undefined,
  exchange: LeavingExchange,
): Response {
  let known = sent instanceof Promise ? undefined : sent;
  let answered: RawBody | undefined;
  let stream: StreamFacts | undefined;
  const update = (isOpen = true): void => {
    try {
      exchange.put(known, answered, isOpen, stream);
    } catch (error) {
      exchange.deps.report(error);
    }
  };
  update();
  const whole = Promise.resolve(sent).then((raw) => {
    if (known === raw) return;
    known = raw;
    update();
  });
  return tapBody(response, {
    now: () => exchange.nowMs(),
    onText: (raw, facts) => {
      answered = raw;
      stream = facts;
      update();
    },
    // What comes last has it all.
    onEnd: (facts) => {
      stream = facts;
      void whole.then(() => update(false));
    },
  });
}
