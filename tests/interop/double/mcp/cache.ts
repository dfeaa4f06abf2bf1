/** What the test client keeps of what it was answered (2026-07-28), and for how long. */
import type { Setting } from "../options.ts";
import type { Document } from "../readings.ts";
import type { Mcp } from "./client.ts";
import type { Answer } from "./inbox.ts";

/** What it does wrong with what it has kept. */
export type CacheSlip =
  | "fetches what is fresh"
  | "keeps what has run out"
  | "keeps what is never fresh"
  | "keeps results by method alone"
  | "keeps what depends on its answers"
  | "keeps one cache for all logins"
  | "keeps what has changed"
  | "fetches whenever the time runs out";

/** Reads through its cache. */
export interface Cache {
  /** The answer to a request, which is sent only where there is none that is fresh. */
  readonly read: (method: string, params?: Document) => Promise<Answer | undefined>;
  /** Is told that something has changed. */
  readonly drop: (method: string) => void;
  /** Does nothing for a while. */
  readonly idle: (ms: number) => Promise<void>;
}

interface Entry {
  readonly answer: Answer;
  readonly ttlMs: number;
  readonly receivedMs: number;
}

/** @param token The token that it has now. */
export function createCache(
  { link, call }: Pick<Mcp, "link" | "call">,
  { slip, nowMs, wait }: Setting,
  token: () => string | undefined,
): Cache {
  const entries = new Map<string, Entry>();

  function keyOf(method: string, { uri, cursor }: Document): string {
    const part = slip === "keeps results by method alone" ? "" : uri ?? cursor;
    return JSON.stringify([method, part, slip === "keeps one cache for all logins" ? "" : token()]);
  }

  function isFresh({ ttlMs, receivedMs }: Entry): boolean {
    if (slip === "fetches what is fresh") return false;
    if (ttlMs <= 0) return slip === "keeps what is never fresh";
    return slip === "keeps what has run out" || nowMs() < receivedMs + ttlMs;
  }

  return {
    read: async (method, params = {}) => {
      const key = keyOf(method, params);
      const known = entries.get(key);
      if (known && link.isModern() && isFresh(known)) return known.answer;
      entries.delete(key);
      const answer = await call(method, params);
      if (answer?.result && (!answer.isRetried || slip === "keeps what depends on its answers")) {
        const { ttlMs } = answer.result;
        entries.set(key, { answer, ttlMs: typeof ttlMs === "number" ? ttlMs : 0, receivedMs: nowMs() });
      }
      return answer;
    },
    drop: (method) => {
      if (slip === "keeps what has changed") return;
      for (const key of entries.keys()) if (key.startsWith(`["${method}"`)) entries.delete(key);
    },
    idle: async (ms) => {
      const { ttlMs = 0 } = entries.values().next().value ?? {};
      const isPolling = slip === "fetches whenever the time runs out" && ttlMs > 0;
      for (let waited = ttlMs; isPolling && waited <= ms; waited += ttlMs) {
        await wait(ttlMs);
        await call("tools/list");
      }
      if (!isPolling) await wait(ms);
    },
  };
}
