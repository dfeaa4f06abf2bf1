// Node's timers, which every runtime has and can let go of, loaded with the first that is set. Those of the global scope would
// be the test's own where somebody's test has taken hold of time.
import type * as NodeTimers from "node:timers";
import type { Awaitable } from "./awaitable.ts";
import { late } from "./late.ts";

let loaded: typeof NodeTimers | undefined;

const loading = late(async () => loaded = await import("node:timers"));

/** The module `node:timers`. */
export function nodeTimers(): Awaitable<typeof NodeTimers> {
  return loaded ?? loading();
}

/** Resolves in the next turn of the event loop. */
export async function nextTurn(): Promise<void> {
  const { setImmediate } = await nodeTimers();
  await new Promise<void>((resolve) => setImmediate(resolve));
}
