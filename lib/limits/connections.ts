// The connections of a server that anyone can reach, as far as limits go: how many there may be, in all and of one
// address, and how long each may keep the server waiting. Where there is no room, the greediest address makes some, so
// that a newcomer always gets in.
import { type ConnectionEvents, createDeadlines, type DeadlineLimits, type Deadlines } from "./deadlines.ts";
import { createTally } from "./tally.ts";

/** What connections there may be, and how long each may keep the server waiting. */
export interface ConnectionLimits extends DeadlineLimits {
  /** Of all addresses together. */
  readonly inAll: number;
  /** Of one address; a proxy of one's own has as many as there are in all. */
  readonly perAddress: number;
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
export interface Connection extends ConnectionEvents {
  readonly remove: () => void;
}

/** All connections there are. */
export interface Connections {
  /**
   * Takes a connection in, for which another one may have to go.
   *
   * @param address Whose it is; undefined for one's own proxy, whose connections are of many.
   * @param close Closes it; called at most once, and not after `remove`.
   * @returns Undefined where it cannot be taken in: its address has as many under way as it may have.
   */
  readonly admit: (address: string | undefined, close: () => void) => Connection | undefined;
  /** Closes those that have kept the server waiting for too long. */
  readonly sweep: () => void;
  /** Closes so many of those without a request under way, the quietest first. */
  readonly release: (count: number) => void;
  readonly size: () => number;
}

interface Entry {
  readonly address: string | undefined;
  readonly close: () => void;
  readonly deadlines: Deadlines;
}

/** Makes a table of connections. */
export function createConnections(limits: ConnectionLimits, monotonicMs: () => number): Connections {
  /** In the order of the last change, the longest ago first. */
  const entries = new Set<Entry>();
  const counts = createTally<string | undefined>();

  function remove(entry: Entry): void {
    if (entries.delete(entry)) counts.remove(entry.address);
  }

  function close(entry: Entry): void {
    remove(entry);
    entry.close();
  }

  /** The one to go: a quiet one before any other, then one of the address with the most, then the first. */
  function victim(): Entry | undefined {
    const most = counts.most();
    let found: Entry | undefined;
    for (const entry of entries) {
      if (entry.deadlines.isQuiet() && counts.of(entry.address) === most) return entry;
      if (!found || goesBefore(entry, found)) found = entry;
    }
    return found;
  }

  function goesBefore(one: Entry, other: Entry): boolean {
    const isQuiet = one.deadlines.isQuiet();
    if (isQuiet !== other.deadlines.isQuiet()) return isQuiet;
    return counts.of(one.address) > counts.of(other.address);
  }

  function makeRoom(address: string | undefined): boolean {
    if (address !== undefined && counts.of(address) >= limits.perAddress) {
      const own = entries.values().find((entry) => entry.address === address && entry.deadlines.isQuiet());
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
      const entry = { address, close: closeIt, deadlines: createDeadlines(limits, monotonicMs) };
      entries.add(entry);
      counts.add(address);
      return connectionOf(entry, entries, () => remove(entry));
    },
    sweep: () => {
      const nowMs = monotonicMs();
      for (const entry of entries) if (entry.deadlines.isOverdue(nowMs)) close(entry);
    },
    release: (count) =>
      entries.values().filter(({ deadlines }) => deadlines.isQuiet()).take(count).toArray().forEach(close),
    size: () => entries.size,
  };
}

/** What is told of a connection, which stands last among all once it has begun or ended a request. */
function connectionOf(entry: Entry, entries: Set<Entry>, remove: () => void): Connection {
  const { deadlines } = entry;
  const touch = (): void => {
    if (entries.delete(entry)) entries.add(entry);
  };
  return {
    ...deadlines,
    began: () => {
      deadlines.began();
      touch();
    },
    ended: () => {
      deadlines.ended();
      if (deadlines.isQuiet()) touch();
    },
    remove,
  };
}
