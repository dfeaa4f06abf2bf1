/** What is in use of the heap of this isolate, for tests that tell what stays from what only lies about. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const collect: unknown = runInNewContext("gc");
const MAX_TIMES = 5;

/**
 * Bytes that are in use once nothing else can be collected.
 *
 * @param enough Once there are no more than these, nothing else is collected, which takes its time.
 */
export async function heapBytes(enough = 0): Promise<number> {
  if (typeof collect !== "function") throw new Error("V8 does not let its garbage be collected");
  let bytes = Infinity;
  for (let times = 0; times < MAX_TIMES && bytes > enough; times++) {
    // What is waited for by nobody goes with the turn.
    await new Promise((resolve) => setTimeout(resolve));
    collect();
    bytes = Deno.memoryUsage().heapUsed;
  }
  return bytes;
}
