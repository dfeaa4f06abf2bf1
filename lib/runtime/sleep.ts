// Waiting as an option: tests hand in their own.
import { nodeTimers } from "./node_timers.ts";

/** Waits for so many milliseconds; rejects as soon as the signal aborts, with no timer left behind. */
export type Sleep = (ms: number, signal?: AbortSignal) => Promise<void>;

/** Waits on a timer of the runtime. */
export function sleepOnTimer(ms: number, signal?: AbortSignal): Promise<void> {
  return wait(ms, signal, true);
}

/** The same for what goes on beside the requests: a process that is to end does not wait for it. */
export function sleepAside(ms: number, signal?: AbortSignal): Promise<void> {
  return wait(ms, signal, false);
}

async function wait(ms: number, signal: AbortSignal | undefined, isAwaited: boolean): Promise<void> {
  const { clearTimeout, setTimeout } = await nodeTimers();
  await new Promise<void>((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, ms);
    signal?.addEventListener("abort", stop, { once: true });
    if (!isAwaited) timer.unref();
  });
}
