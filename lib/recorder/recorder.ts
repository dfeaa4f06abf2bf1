/**
 * The outermost wrapper around every request: it numbers exchanges in the order they began and hands each, when its
 * response is ready, to whoever listens. It sees what the client saw and changes nothing.
 *
 * @module
 */

/** One request and its response, as far as a log shows it: no query, no header, no body, so no secret. */
export interface Exchange {
  /** Place in the order of requests, from 1. */
  readonly sequence: number;
  /** When the request came, in milliseconds since 1970 on the sandbox's clock. */
  readonly startedAtMs: number;
  /** HTTP method of the request. */
  readonly method: string;
  /** Path without the query, which may carry a password. */
  readonly path: string;
  /** HTTP status of the response. */
  readonly status: number;
  /** How long the response's head took, in milliseconds of real time. */
  readonly durationMs: number;
}

/** Opens exchanges. */
export interface Recorder {
  /**
   * Notes that a request has come.
   *
   * @returns To be called with the status of the response.
   */
  readonly open: (method: string, path: string, startedAtMs: number) => (status: number) => void;
}

/**
 * Makes a recorder.
 *
 * @param listen Called once per finished exchange.
 * @param monotonicMs A clock for durations, in milliseconds.
 */
export function createRecorder(listen: (exchange: Exchange) => void, monotonicMs: () => number): Recorder {
  let sequence = 0;
  return {
    open: (method, path, startedAtMs) => {
      const number = ++sequence;
      const openedMs = monotonicMs();
      return (status) => {
        const durationMs = monotonicMs() - openedMs;
        listen({ sequence: number, startedAtMs, method, path, status, durationMs });
      };
    },
  };
}
