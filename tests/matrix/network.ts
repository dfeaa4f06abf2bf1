/** What lies between a client and an app of the same process: as over a network, who gives up gets nothing more. */
import type { App } from "../../main.ts";
import type { VirtualTime } from "./virtual_time.ts";

/**
 * Sends a request.
 *
 * @returns The response; rejects when the request is aborted, and so does then the reading of its body.
 */
export async function sendOver(
  app: App,
  request: Request,
  { stir }: Pick<VirtualTime, "stir">,
): Promise<Response> {
  const { signal } = request;
  stir();
  if (signal.aborted) throw signal.reason;
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  // Nobody may be there to be told.
  aborted.catch(() => {});
  signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  const response = await Promise.race([app(request), aborted]);
  stir();
  if (!response.body) return response;
  const { status, statusText, headers } = response;
  return new Response(carried(response.body, aborted, stir), { status, statusText, headers });
}

function carried(
  body: ReadableStream<Uint8Array>,
  aborted: Promise<never>,
  stir: () => void,
): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  return new ReadableStream({
    pull: async (controller) => {
      try {
        const { done, value } = await Promise.race([reader.read(), aborted]);
        stir();
        if (done) controller.close();
        else controller.enqueue(value);
      } catch (error) {
        controller.error(error);
        await reader.cancel(error).catch(() => {});
      }
    },
    cancel: (reason) => reader.cancel(reason),
  }, { highWaterMark: 0 });
}
