// The outermost wrapper around every request: it numbers exchanges in the order in which each sandbox's began, hands a
// line on each to a log, and has them recorded. It sees what the client saw and changes nothing.
import { redactFaultNames } from "./redact/fault_names.ts";
import type { RecordedRequest } from "./seen_exchange.ts";
import type { OpenExchange, Recording } from "./recording.ts";
import { redactLine } from "./redact/redact.ts";
import { createGists, type Gist } from "./summary.ts";

/** One request and its response, as far as a log shows it: no query, no header, no body; what looks like a secret is redacted. */
export interface ExchangeSummary extends Gist {
  /** Place in the order in which this process was asked for the sandbox, from 1. */
  readonly sequence: number;
  /** When the request came, in milliseconds since 1970 on the sandbox's clock. */
  readonly startedAtMs: number;
  readonly method: string;
  /** Path without the query, secrets redacted. */
  readonly path: string;
  readonly status: number;
  /** How long the response's head took, in milliseconds of real time, to a tenth. */
  readonly durationMs: number;
  /** True for requests that are not a client's: to the server's own pages, and the control API. */
  readonly isOwn?: boolean;
  /** Names of the faults that shaped the response; absent where none did. */
  readonly shapedBy?: readonly string[];
}

interface FinishedRequest {
  readonly response: Response;
  readonly route: string | undefined;
  readonly shapedBy: readonly string[];
}

interface OpenRequest {
  /** Notes which sandbox it belongs to; its body must be unread. */
  readonly enter: (arrival: RecordedRequest) => void;
  /**
   * Notes how it ended.
   *
   * @param isRecorded Whether it is recorded: what a person or a test does beside the flow is not.
   */
  readonly close: (finished: FinishedRequest, isRecorded: boolean) => Response;
}

/** Opens exchanges. */
export interface Recorder {
  /** Notes that a request has come, and when, in milliseconds since 1970 of real time. */
  readonly open: (request: Request, path: string, nowMs: number) => OpenRequest;
}

/** What a recorder is made of; it needs a listener or a recording to be of use. */
interface RecorderOptions {
  /** Called once per finished exchange. */
  readonly listen?: ((summary: ExchangeSummary) => void) | undefined;
  readonly recording?: Recording | undefined;
  readonly monotonicMs: () => number;
  /** Real time as exactly as several processes need it to order exchanges; if not given, the request's own time. */
  readonly fineNow?: (() => number) | undefined;
}

/** Makes a recorder. */
export function createRecorder({ listen, recording, monotonicMs, fineNow }: RecorderOptions): Recorder {
  const gistOf = createGists();
  // Numbers of what is not recorded, whichever sandbox it would belong to.
  let count = 0;
  return {
    open: (request, path, nowMs) => {
      const openedMs = monotonicMs();
      const receivedAtMs = fineNow?.() ?? nowMs;
      let exchange: OpenExchange | undefined;
      let startedAtMs = nowMs;
      return {
        enter: (arrival) => {
          startedAtMs = arrival.startedAtMs;
          exchange = recording?.open(request, arrival, receivedAtMs);
        },
        close: ({ response, route, shapedBy }, isRecorded) => {
          const durationMs = Math.round((monotonicMs() - openedMs) * 10) / 10;
          const sequence = exchange?.sequence ?? ++count;
          if (listen) {
            const [method, shownPath] = [redactLine(request.method), redactLine(path)];
            const { status } = response;
            const gist = isRecorded ? gistOf(request, response) : { isOwn: true };
            const shape = shapedBy.length === 0 ? {} : { shapedBy: redactFaultNames(shapedBy, redactLine) };
            listen({ sequence, startedAtMs, method, path: shownPath, status, durationMs, ...gist, ...shape });
          }
          if (!isRecorded) exchange?.leave();
          if (!exchange || !isRecorded) return response;
          return exchange.close(response, { route, durationMs, shapedBy });
        },
      };
    },
  };
}
