/**
 * Records exchanges behind the response: what went by is kept once it is complete, a stream as it goes, and no response
 * waits. Nothing is handed out that was not redacted, and nothing is redacted before somebody asks: so what nobody asks
 * for costs next to nothing, and what is kept in this process's memory is what passes through it anyway.
 *
 * @module
 */
import { type Exchange, MAX_BODY_LENGTH } from "./exchange.ts";
import { createDigests } from "./digests.ts";
import {
  type Arrival,
  type Departure,
  entryOf,
  exchangeOf,
  headOf,
  lazyEntry,
  type Parts,
  scrubbed,
  valueOf,
} from "./entry.ts";
import { createRedactor, type Redactor } from "./redact.ts";
import { type CleanBody, cleanEvents, type RawBody, redactBody } from "./redact_body.ts";
import { createPeers } from "./peers.ts";
import { createTape, type ExchangeListener, type ExchangeRange } from "./tape.ts";
import { copyBody, isStream, tapStream } from "./tap.ts";

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

    function close(response: Response, departure: Departure): Response {
      const requestBody = copyBody(request);
      // The HTTP server takes a request's head away when the response has left.
      const parts: Parts = {
        ...{ arrival, departure, sequence, peerOf },
        request: { method: request.method, headers: [...request.headers] },
        response: { status: response.status, headers: response.headers },
      };
      if (isStream(response)) {
        const put = (exchange: Exchange): void => tape.put(sandboxId, entryOf(exchange));
        return tapResponse(response, { parts, requestBody, redactor: createRedactor(digests), put, report });
      }
      const put = (sent: RawBody | undefined, answered: RawBody | undefined): void =>
        tape.put(sandboxId, lazyEntry(parts, { sent, answered }, digests));
      const responseBody = copyBody(response);
      if (requestBody instanceof Promise || responseBody instanceof Promise) {
        wait(sandboxId, Promise.all([requestBody, responseBody]).then((bodies) => put(...bodies)));
      } else put(requestBody, responseBody);
      return response;
    }

    return { sequence, close };
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

interface Tapped {
  readonly parts: Parts;
  readonly requestBody: RawBody | Promise<RawBody> | undefined;
  readonly redactor: Redactor;
  readonly put: (exchange: Exchange) => void;
  readonly report: (error: unknown) => void;
}

/** A stream is kept as soon as it begins, and again when it has said something new. */
function tapResponse(response: Response, { parts, requestBody, redactor, put, report }: Tapped): Response {
  const head = headOf(parts, redactor);
  let sent: CleanBody = { truncated: false };
  let answered: CleanBody = { truncated: false };
  let isOpen = true;
  const update = (): void => {
    try {
      put(scrubbed(exchangeOf(head, { sent, answered, isOpen }), redactor));
    } catch (error) {
      report(error);
    }
  };
  update();
  const contentType = valueOf(parts.request.headers, "content-type");
  void Promise.resolve(requestBody).then((raw) => {
    if (!raw) return;
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
