// Follows shared records for those who listen: looks again and again what has come, and tells them.
import { hash } from "../../runtime/node_crypto.ts";
import { numbersFrom } from "./exchange_table.ts";
import { type GatherDeps, MAX_READ, watch, WATCH_MS } from "./gather.ts";
import type { RecordListeners } from "./listeners.ts";
import { MAX_EXCHANGES } from "./rings.ts";

interface FollowerDeps extends GatherDeps {
  readonly listeners: RecordListeners;
  /** Told what went wrong; nothing more is followed then until somebody else begins to listen. */
  readonly report: (error: unknown) => void;
}

/** How often it looks whether there is something new, in milliseconds. */
const FOLLOW_MS = 200;

interface Progress {
  /** The number given last. */
  last: number;
  /** The number given last when the record was cleared. */
  clearedTo: number;
  /** Open exchanges, by their numbers, each with a digest of what was told of it last. */
  readonly open: Map<number, string>;
}

/** Makes what follows the record of a sandbox as long as anybody listens. */
export function createFollower(deps: FollowerDeps): (sandboxId: string) => void {
  const { table, listeners, now, sleep, signal, report } = deps;
  const followed = new Set<string>();

  async function follow(sandboxId: string): Promise<void> {
    const { last, clearedTo } = await table.state(sandboxId);
    const progress: Progress = { last, clearedTo, open: new Map() };
    let watchedMs = -Infinity;
    while (listeners.has(sandboxId)) {
      if (now() >= watchedMs + WATCH_MS / 2) {
        watchedMs = now();
        await watch(deps, sandboxId);
      }
      await sleep(FOLLOW_MS, signal);
      await tellNews(deps, sandboxId, progress);
    }
  }

  return (sandboxId) => {
    if (followed.has(sandboxId)) return;
    followed.add(sandboxId);
    void follow(sandboxId)
      .catch((error) => {
        if (!signal?.aborted) report(error);
      })
      .finally(() => followed.delete(sandboxId));
  };
}

async function tellNews({ table, listeners }: FollowerDeps, sandboxId: string, progress: Progress): Promise<void> {
  const { last, clearedTo } = await table.state(sandboxId);
  if (clearedTo > progress.clearedTo) {
    progress.clearedTo = clearedTo;
    progress.open.clear();
    listeners.tell(sandboxId, ({ onClear }) => onClear());
  }
  const from = Math.max(progress.last, clearedTo, last - MAX_EXCHANGES) + 1;
  const numbers = [...progress.open.keys(), ...numbersFrom(from, last)];
  progress.last = last;
  for (let at = 0; at < numbers.length; at += MAX_READ) {
    for (const exchange of await table.get(sandboxId, numbers.slice(at, at + MAX_READ))) {
      const digest = hash("sha256", JSON.stringify(exchange), "base64url");
      if (progress.open.get(exchange.sequence) === digest) continue;
      if (exchange.isOpen) progress.open.set(exchange.sequence, digest);
      else progress.open.delete(exchange.sequence);
      listeners.tell(sandboxId, ({ onExchange }) => onExchange(exchange));
    }
  }
}
