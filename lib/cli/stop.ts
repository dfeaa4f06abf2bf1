// The end of the process in good order.
import type { Sleep } from "../runtime/sleep.ts";

/** How long requests under way may take once the process was told to stop, in milliseconds. */
const SHUTDOWN_MS = 5000;

/**
 * Makes what ends the process, once, however often it is called.
 *
 * @param finish Finishes what is under way, for as long as that may take.
 * @param end Ends the process; called in any case, and at most twice.
 */
export function stopOnce(finish: () => Promise<void>, end: () => Promise<void>, sleep: Sleep): () => Promise<void> {
  let isStopping = false;
  return async () => {
    if (isStopping) return;
    isStopping = true;
    void sleep(SHUTDOWN_MS).then(end);
    try {
      await finish();
    } finally {
      await end();
    }
  };
}
