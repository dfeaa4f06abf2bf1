// How many requests of each sandbox are under way: they are not on record before they are answered, if they ever are.

/** The requests of a sandbox that are under way. */
export interface Counter {
  count: number;
}

/** The requests that are under way. */
interface UnderWay {
  /** Where those of a sandbox are counted; whoever counts one up counts it down again. */
  readonly of: (sandboxId: string) => Counter;
  readonly count: (sandboxId: string) => number;
}

/** Above it sandboxes without a request are forgotten: to forget each at once would cost every request. */
const MAX_COUNTERS = 1000;

/** Makes a count of requests, none at first. */
export function createUnderWay(): UnderWay {
  const counters = new Map<string, Counter>();

  function add(sandboxId: string): Counter {
    if (counters.size >= MAX_COUNTERS) { for (const [id, { count }] of counters) if (count === 0) counters.delete(id); }
    const counter = { count: 0 };
    counters.set(sandboxId, counter);
    return counter;
  }

  return {
    of: (sandboxId) => counters.get(sandboxId) ?? add(sandboxId),
    count: (sandboxId) => counters.get(sandboxId)?.count ?? 0,
  };
}
