/**
 * What happens to a finished response on its way out. The handler never learns of it.
 *
 * @module
 */
import type { Wire } from "./plan.ts";

/**
 * Applies a wire plan to a response.
 *
 * @param response What the handler returned.
 * @param wire What is to be done to it.
 * @param sleep Waits for so many milliseconds.
 */
export async function applyWire(
  response: Response,
  wire: Wire,
  sleep: (ms: number) => Promise<void>,
): Promise<Response> {
  if (wire.delayMs > 0) await sleep(wire.delayMs);
  return response;
}
