// How many requests of each sandbox are under way: they are not on record before they are answered, if they ever are.

/** The requests that are under way. */
interface UnderWay {
  /** Counts one; the result says that it is over, once however often it is called. */
  readonly begin: (sandboxId: string) => () => void;
  readonly count: (sandboxId: string) => number;
}

/** Makes a count of requests, none at first. */
export function createUnderWay(): UnderWay {
  const counts = new Map<string, number>();
  return {
    begin: (sandboxId) => {
      counts.set(sandboxId, (counts.get(sandboxId) ?? 0) + 1);
      let isOver = false;
      return () => {
        if (isOver) return;
        isOver = true;
        const left = (counts.get(sandboxId) ?? 1) - 1;
        if (left > 0) counts.set(sandboxId, left);
        else counts.delete(sandboxId);
      };
    },
    count: (sandboxId) => counts.get(sandboxId) ?? 0,
  };
}
