/**
 * Records exchanges behind the response: what went by is kept once it is complete, a stream as it goes, and no response
 * waits. Nothing is handed out that was not redacted, and nothing is redacted before somebody asks: so what nobody asks
 * for costs next to nothing, and what is kept in this process's memory is what passes through it anyway.
 *
 * @module
 */
import { type Arrival, type Departure, lazyEntry } from "./entry.ts";
import type { RawBody } from "./redact_body.ts";
import { copyBody, isStream, tapStream } from "./tap.ts";
import type { Recorded, Tape } from "./tape.ts";

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
export interface Recording extends Pick<Tape, "nameOf" | "read" | "subscribe" | "clear" | "drop"> {
  /** Begins to record a request; its body can still be read. */
  readonly open: (request: Request, arrival: Arrival) => OpenExchange;
}

/** What a recording is made with. */
export interface RecordingOptions {
  /** Where exchanges are kept. */
  readonly tape: Tape;
  /** Real time, in milliseconds since 1970. */
  readonly now: () => number;
  /** Told what went wrong; the exchange is then not on record, and its client notices nothing. */
  readonly report: (error: unknown) => void;
}

/**
 * Makes a recording.
 *
 * @param options What it is made with.
 */
export function createRecording({ tape, now, report }: RecordingOptions): Recording {
  const pending = new Map<string, Set<Promise<void>>>();
  let lastMs = 0;

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
    // Exchanges are ordered by it, also where the system's clock is set back.
    const receivedAtMs = lastMs = Math.max(lastMs, now());

    function close(response: Response, departure: Departure): Response {
      const requestBody = copyBody(request);
      // Whoever has not asked for a request's headers by now gets none: the HTTP server takes them away with the response.
      const { method, headers: sentHeaders } = request;
      const { status, headers: answeredHeaders } = response;
      const put = (sent: RawBody | undefined, answered: RawBody | undefined, isOpen: boolean): void => {
        const head = { sequence, arrival, receivedAtMs, method, sentHeaders, sent };
        tape.put(sandboxId, lazyEntry({ ...head, status, answeredHeaders, answered, departure, isOpen }));
      };
      if (isStream(response)) return tapResponse(response, { requestBody, put, report });
      const responseBody = copyBody(response);
      if (requestBody instanceof Promise || responseBody instanceof Promise) {
        const both = Promise.all([requestBody, responseBody]);
        wait(sandboxId, both.then(([sent, answered]) => put(sent, answered, false)));
      } else put(requestBody, responseBody, false);
      return response;
    }

    return { sequence, close };
  }

  async function read(...[sandboxId, range]: Parameters<Tape["read"]>): Promise<Recorded> {
    await Promise.allSettled(pending.get(sandboxId) ?? []);
    return await tape.read(sandboxId, range);
  }

  return { ...tape, open, read };
}

interface Tapped {
  readonly requestBody: RawBody | Promise<RawBody> | undefined;
  readonly put: (sent: RawBody | undefined, answered: RawBody | undefined, isOpen: boolean) => void;
  readonly report: (error: unknown) => void;
}

/** A stream is kept as soon as it begins, and again when it has said something new. */
function tapResponse(response: Response, { requestBody, put, report }: Tapped): Response {
  let sent = requestBody instanceof Promise ? undefined : requestBody;
  let answered: RawBody | undefined;
  const update = (isOpen = true): void => {
    try {
      put(sent, answered, isOpen);
    } catch (error) {
      report(error);
    }
  };
  update();
  const whole = Promise.resolve(requestBody).then((raw) => {
    if (sent === raw) return;
    sent = raw;
    update();
  });
  return tapStream(response, {
    onText: ({ text, isComplete }) => {
      answered = { text: (answered?.text ?? "") + text, isComplete };
      update();
    },
    // What comes last has it all.
    onEnd: () => void whole.then(() => update(false)),
  });
}
