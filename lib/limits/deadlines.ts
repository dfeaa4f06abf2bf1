// How long one connection may keep the server waiting: for headers, for a body, for a client that does not read, and between
// two requests.

/** How long a connection may keep the server waiting. */
export interface DeadlineLimits {
  /** For the headers of a request, from its first byte or from the connection, in milliseconds. */
  readonly headersMs: number;
  /** Until a request is answered, which waits for its body, in milliseconds. */
  readonly answerMs: number;
  /** Until the client takes what is sent to it, in milliseconds. */
  readonly sendMs: number;
  /** Between two requests, in milliseconds; proxies usually give up after 60 s, and must not meet a closed connection. */
  readonly idleMs: number;
}

/** What is told of a connection. */
export interface ConnectionEvents {
  /** Bytes have come from the client. */
  readonly heard: () => void;
  /** All of a request has come but for its body. */
  readonly began: () => void;
  /** Its handler has answered, so that nothing of it is awaited any longer. */
  readonly answered: () => void;
  /** Its response is sent. */
  readonly ended: () => void;
  /** Bytes are on their way to the client, or have been taken by it. */
  readonly sending: (isUnderWay: boolean) => void;
}

/** A connection's deadlines. */
export interface Deadlines extends ConnectionEvents {
  /** Whether no request is under way. */
  readonly isQuiet: () => boolean;
  /** Whether it has kept the server waiting for too long. */
  readonly isOverdue: (nowMs: number) => boolean;
}

/** Begins to wait for the first request of a connection. */
export function createDeadlines(limits: DeadlineLimits, monotonicMs: () => number): Deadlines {
  const after = (ms: number): number => monotonicMs() + ms;
  let dueMs = after(limits.headersMs);
  /** When the rest between two requests has been too long; before the first request there is none. */
  let restDueMs: number | undefined;
  let sendDueMs = Infinity;
  let underWay = 0;
  let unanswered = 0;
  let isHeard = true;

  return {
    isQuiet: () => underWay === 0,
    isOverdue: (nowMs) => Math.min(dueMs, sendDueMs) <= nowMs,
    heard: () => {
      if (isHeard || underWay > 0) return;
      isHeard = true;
      dueMs = after(limits.headersMs);
    },
    began: () => {
      underWay++;
      unanswered++;
      dueMs = after(limits.answerMs);
    },
    answered: () => {
      if (--unanswered === 0) dueMs = Infinity;
    },
    ended: () => {
      if (--underWay > 0) return;
      isHeard = false;
      restDueMs = dueMs = after(limits.idleMs);
    },
    sending: (isUnderWay) => {
      // What is answered with no request under way began none: a ping of HTTP/2, say. The rest goes on.
      if (isUnderWay && underWay === 0 && isHeard && restDueMs !== undefined) {
        isHeard = false;
        dueMs = restDueMs;
      }
      sendDueMs = isUnderWay ? after(limits.sendMs) : Infinity;
    },
  };
}
