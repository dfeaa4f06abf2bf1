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

/** What all requests of a recorder have in common. */
interface Shared extends Omit<RecorderOptions, "fineNow"> {
  readonly gistOf: ReturnType<typeof createGists>;
  /** Numbers of what is not recorded, whichever sandbox it would belong to. */
  count: number;
}

/** Makes a recorder. */
export function createRecorder({ fineNow, ...options }: RecorderOptions): Recorder {
  const shared: Shared = { ...options, gistOf: createGists(), count: 0 };
  return {
    open: (request, path, nowMs) => new Opened(shared, { request, path, nowMs, receivedAtMs: fineNow?.() ?? nowMs }),
  };
}

interface Arrived {
  readonly request: Request;
  readonly path: string;
  readonly nowMs: number;
  readonly receivedAtMs: number;
}

/** A request under way. There is one for each, so it is an object that shares its functions with the others. */
class Opened implements OpenRequest {
  readonly #shared: Shared;
  readonly #arrived: Arrived;
  readonly #openedMs: number;
  #startedAtMs: number;
  #exchange: OpenExchange | undefined;

  constructor(shared: Shared, arrived: Arrived) {
    this.#shared = shared;
    this.#arrived = arrived;
    this.#openedMs = shared.monotonicMs();
    this.#startedAtMs = arrived.nowMs;
  }

  enter(arrival: RecordedRequest): void {
    const { request, receivedAtMs } = this.#arrived;
    this.#startedAtMs = arrival.startedAtMs;
    this.#exchange = this.#shared.recording?.open(request, arrival, receivedAtMs);
  }

  close(finished: FinishedRequest, isRecorded: boolean): Response {
    const durationMs = Math.round((this.#shared.monotonicMs() - this.#openedMs) * 10) / 10;
    if (this.#shared.listen) this.#tell(this.#shared.listen, finished, durationMs, isRecorded);
    const { response, route, shapedBy } = finished;
    const exchange = this.#exchange;
    if (exchange && isRecorded) return exchange.close(response, { route, durationMs, shapedBy });
    exchange?.leave();
    return response;
  }

  #tell(
    listen: (summary: ExchangeSummary) => void,
    { response, shapedBy }: FinishedRequest,
    durationMs: number,
    isRecorded: boolean,
  ): void {
    const { request, path: sentPath } = this.#arrived;
    const sequence = this.#exchange?.sequence ?? ++this.#shared.count;
    const [method, path] = [redactLine(request.method), redactLine(sentPath)];
    const gist = isRecorded ? this.#shared.gistOf(request, response) : { isOwn: true };
    const shape = shapedBy.length === 0 ? {} : { shapedBy: redactFaultNames(shapedBy, redactLine) };
    const startedAtMs = this.#startedAtMs;
    listen({ sequence, startedAtMs, method, path, status: response.status, durationMs, ...gist, ...shape });
  }
}
