/**
 * The connections of a server that anyone can reach, as far as limits go: how many there may be, in all and of one
 * address, and how long each may keep the server waiting. Where there is no room, the greediest address makes some, so
 * that a newcomer always gets in.
 *
 * @module
 */

/** What connections there may be, and how long each may keep the server waiting. */
export interface ConnectionLimits {
  /** Of all addresses together. */
  readonly inAll: number;
  /** Of one address; a proxy of one's own has as many as there are in all. */
  readonly perAddress: number;
  /** Until the headers of a request are there, from its first byte or from the connection, in milliseconds. */
  readonly headersMs: number;
  /** Until a request is answered, which waits for its body, in milliseconds. */
  readonly answerMs: number;
  /** Until the client takes what is sent to it, in milliseconds. */
  readonly sendMs: number;
  /** Between two requests, in milliseconds; proxies usually give up after 60 s, and must not be met by a closed door. */
  readonly idleMs: number;
}

/** What connections there may be; each takes three descriptors. */
export const connectionLimits: ConnectionLimits = {
  inAll: 1000,
  perAddress: 100,
  headersMs: 15_000,
  answerMs: 120_000,
  sendMs: 60_000,
  idleMs: 75_000,
};

/** A connection, and what is told of it. */
export interface Connection {
  /** Bytes have come from the client. */
  readonly heard: () => void;
  /** A request has come in whole, but for its body. */
  readonly began: () => void;
  /** Its handler has answered, so that nothing of it is awaited any more. */
  readonly answered: () => void;
  /** Its response is sent. */
  readonly ended: () => void;
  /** Bytes are on their way to the client, or have been taken by it. */
  readonly sending: (isUnderWay: boolean) => void;
  /** It is closed. */
  readonly remove: () => void;
}

/** All connections there are. */
export interface Connections {
  /**
   * Takes a connection in, for which another one may have to go.
   *
   * @param address Whose it is; undefined for one's own proxy, whose connections are of many.
   * @param close Closes it; called at the most once, and not after `remove`.
   * @returns Undefined where it cannot be taken in: its address has as many under way as it may have.
   */
  readonly admit: (address: string | undefined, close: () => void) => Connection | undefined;
  /** Closes those that have kept the server waiting for too long. */
  readonly sweep: () => void;
  /** Closes so many of those without a request under way, the quietest first. */
  readonly release: (count: number) => void;
  /** How many there are. */
  readonly size: () => number;
}

interface Entry {
  readonly address: string | undefined;
  readonly close: () => void;
  /** When it has kept the server waiting for too long. */
  dueMs: number;
  /** When its rest between two requests has been too long; before the first request there is none. */
  restDueMs: number | undefined;
  sendDueMs: number;
  underWay: number;
  unanswered: number;
  isHeard: boolean;
}

/**
 * Makes a table of connections.
 *
 * @param limits What there may be.
 * @param monotonicMs A clock for durations, in milliseconds.
 */
export function createConnections(limits: ConnectionLimits, monotonicMs: () => number): Connections {
  /** In the order of the last change, the longest ago first. */
  const entries = new Set<Entry>();
  const counts = new Map<string | undefined, number>();

  function remove(entry: Entry): void {
    if (!entries.delete(entry)) return;
    const left = (counts.get(entry.address) ?? 1) - 1;
    if (left === 0) counts.delete(entry.address);
    else counts.set(entry.address, left);
  }

  function close(entry: Entry): void {
    remove(entry);
    entry.close();
  }

  /** Has a connection stand last: it has been as it is for the shortest time. */
  function touch(entry: Entry): void {
    if (entries.delete(entry)) entries.add(entry);
  }

  /** The one to go: a quiet one before any other, then one of the address with the most, then the first. */
  function victim(): Entry | undefined {
    const most = Math.max(...counts.values());
    let found: Entry | undefined;
    for (const entry of entries) {
      if (entry.underWay === 0 && counts.get(entry.address) === most) return entry;
      if (!found || goesBefore(entry, found)) found = entry;
    }
    return found;
  }

  function goesBefore(one: Entry, other: Entry): boolean {
    const [isQuiet, isOtherQuiet] = [one.underWay === 0, other.underWay === 0];
    if (isQuiet !== isOtherQuiet) return isQuiet;
    return (counts.get(one.address) ?? 0) > (counts.get(other.address) ?? 0);
  }

  function makeRoom(address: string | undefined): boolean {
    if (address !== undefined && (counts.get(address) ?? 0) >= limits.perAddress) {
      const own = entries.values().find((entry) => entry.address === address && entry.underWay === 0);
      if (!own) return false;
      close(own);
    }
    const other = entries.size >= limits.inAll ? victim() : undefined;
    if (other) close(other);
    return true;
  }

  return {
    admit: (address, closeIt) => {
      if (!makeRoom(address)) return undefined;
      const entry: Entry = {
        address,
        close: closeIt,
        dueMs: monotonicMs() + limits.headersMs,
        restDueMs: undefined,
        sendDueMs: Infinity,
        underWay: 0,
        unanswered: 0,
        isHeard: true,
      };
      entries.add(entry);
      counts.set(address, (counts.get(address) ?? 0) + 1);
      return tell(entry);
    },
    sweep: () => {
      const nowMs = monotonicMs();
      for (const entry of entries) if (Math.min(entry.dueMs, entry.sendDueMs) <= nowMs) close(entry);
    },
    release: (count) => {
      const quiet = entries.values().filter(({ underWay }) => underWay === 0).take(count).toArray();
      quiet.forEach(close);
    },
    size: () => entries.size,
  };

  function tell(entry: Entry): Connection {
    return {
      heard: () => {
        if (entry.isHeard || entry.underWay > 0) return;
        entry.isHeard = true;
        entry.dueMs = monotonicMs() + limits.headersMs;
      },
      began: () => {
        entry.underWay++;
        entry.unanswered++;
        entry.dueMs = monotonicMs() + limits.answerMs;
        touch(entry);
      },
      answered: () => {
        if (--entry.unanswered === 0) entry.dueMs = Infinity;
      },
      ended: () => {
        if (--entry.underWay > 0) return;
        entry.isHeard = false;
        entry.restDueMs = monotonicMs() + limits.idleMs;
        entry.dueMs = entry.restDueMs;
        touch(entry);
      },
      sending: (isUnderWay) => {
        // What is answered with no request under way began none: a ping of HTTP/2, say. The rest goes on.
        if (isUnderWay && entry.underWay === 0 && entry.isHeard && entry.restDueMs !== undefined) {
          entry.isHeard = false;
          entry.dueMs = entry.restDueMs;
        }
        entry.sendDueMs = isUnderWay ? monotonicMs() + limits.sendMs : Infinity;
      },
      remove: () => remove(entry),
    };
  }
}
