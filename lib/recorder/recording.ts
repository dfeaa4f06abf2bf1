// Records exchanges behind the response: what went by is kept once it is complete, a stream as it goes, and no response
// waits. Nothing is handed out that was not redacted, and nothing is redacted before somebody asks: so what nobody asks
// for costs next to nothing, and what is kept in this process's memory is what passes through it anyway.
import { OpenResponse } from "../http/any_origin.ts";
import { nodeTimers } from "../runtime/node_timers.ts";
import type { StreamFacts } from "./exchange.ts";
import { type RecordedRequest, type RecordedResponse, SeenExchange } from "./seen_exchange.ts";
import type { RawBody } from "./redact/redact_body.ts";
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
}

/** Makes a recording. */
export function createRecording({ tape, now, report }: RecordingOptions): Recording {
  const pending = new Map<string, Set<Promise<void>>>();
  const underWay = createUnderWay();
  const deps = { tape, now, report, wait };
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
      await new Promise<void>((resolve) => nodeTimers().setImmediate(resolve));
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

/** What is known of a request while it is under way. */
interface Arrived {
  readonly request: Request;
  readonly arrival: RecordedRequest;
  readonly sequence: number;
  readonly receivedAtMs: number;
}

interface ExchangeDeps extends Pick<RecordingOptions, "now" | "report"> {
  readonly tape: Pick<Tape, "put">;
  /** Notes that there will be more to put on a sandbox's record. */
  readonly wait: (sandboxId: string, work: Promise<void>) => void;
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
      return record(this.#deps, this.#arrived, response, departure);
    } finally {
      this.leave();
    }
  }

  leave(): void {
    if (this.#counter) this.#counter.count--;
    this.#counter = undefined;
  }
}

/** Puts an exchange on record, now or as it goes; gives the response to send. */
function record(
  { tape, wait, ...deps }: ExchangeDeps,
  { request, arrival, sequence, receivedAtMs }: Arrived,
  response: Response,
  departure: RecordedResponse,
): Response {
  const sent = sentBody(request);
  // As exchanges do, streams end after they began, also where the system's clock is set back.
  const now = (): number => Math.max(deps.now(), receivedAtMs);
  const left = hasLeft(request, departure) ? leftAt(now()) : undefined;
  const answered = left ? UNSENT : answeredBody(response);
  // Headers that nobody has asked for by now are gone: the HTTP server takes them away with the response.
  const { method, headers: sentHeaders } = request;
  if (losesHeaders(request)) fetchAll(sentHeaders);
  const { sandboxId, url, startedAtMs, remoteAddress } = arrival;
  const { status } = response;
  const head = response instanceof OpenResponse ? response.head : { headers: response.headers };
  const put: Put = (sent, answered, isOpen, stream) =>
    // Written out, as there is one for each request, and to put objects together takes several times as long.
    tape.put(
      sandboxId,
      new SeenExchange({
        url,
        startedAtMs,
        remoteAddress,
        sequence,
        receivedAtMs,
        method,
        sentHeaders,
        sent,
        status,
        response: head,
        answered,
        departure,
        isOpen,
        stream,
      }),
    );
  if (answered === "passing") return tapResponse(response, { sent, put, now, report: deps.report });
  if (sent instanceof Promise) {
    put(undefined, answered, true);
    wait(sandboxId, sent.then((whole) => put(whole, answered, false, left)));
  } else put(sent, answered, false, left);
  return response;
}

/**
 * Whether headers that nobody has fetched throw as soon as the response has left: over HTTP/2, where there is no host, and
 * of a request to switch protocols. Those of any other can wait, and most are never asked for.
 */
function losesHeaders({ method, headers }: Request): boolean {
  return headers.get("host") === null || headers.get("upgrade") !== null || method === "CONNECT";
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

/** Unlike `get`, `has` fetches all there are. */
function fetchAll(headers: Headers): void {
  headers.has("host");
}

/** Keeps what is known of an exchange so far. */
type Put = (
  sent: RawBody | undefined,
  answered: RawBody | undefined,
  isOpen: boolean,
  stream?: StreamFacts,
) => void;

interface Tapped {
  readonly sent: RawBody | Promise<RawBody> | undefined;
  readonly put: Put;
  readonly now: () => number;
  readonly report: (error: unknown) => void;
}

/** What has to go by first is kept as soon as it begins, and again when there is more to say of it. */
function tapResponse(response: Response, { sent, put, now, report }: Tapped): Response {
  let known = sent instanceof Promise ? undefined : sent;
  let answered: RawBody | undefined;
  let stream: StreamFacts | undefined;
  const update = (isOpen = true): void => {
    try {
      put(known, answered, isOpen, stream);
    } catch (error) {
      report(error);
    }
  };
  update();
  const whole = Promise.resolve(sent).then((raw) => {
    if (known === raw) return;
    known = raw;
    update();
  });
  return tapBody(response, {
    now,
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
