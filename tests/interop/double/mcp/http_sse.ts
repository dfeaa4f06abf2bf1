/** HTTP+SSE, the transport of 2024-11-05, which the test client tries where a server knows no other. */
import { type Setting, Stop } from "../options.ts";
import { type Inbox, isEventStream } from "./inbox.ts";
import type { Link, Sent } from "./link.ts";
import type { Listening } from "./listen.ts";

/** What it does wrong there. */
export type HttpSseSlip = "takes any endpoint" | "posts to the stream's URL";

/**
 * Opens the stream, and learns where messages go; undefined, if the server has no such stream.
 *
 * @param reach Sends a request until it is let through or refused for good.
 */
export async function openHttpSse(
  link: Link,
  { slip, mcpUrl }: Setting,
  { inbox, reach }: { readonly inbox: Inbox; readonly reach: (start: () => Sent) => Promise<Response> },
): Promise<Listening | undefined> {
  const response = await reach(() => link.get());
  if (!response.ok || !isEventStream(response)) {
    await response.body?.cancel();
    return undefined;
  }
  const named = Promise.withResolvers<string | undefined>();
  const over = inbox.read(response, {
    onEvent: ({ event, data }) => event === "endpoint" ? named.resolve(data) : undefined,
  });
  const place = await Promise.race([named.promise, over.then(() => undefined)]);
  if (place === undefined) return undefined;
  const url = new URL(place, mcpUrl);
  if (url.origin !== new URL(mcpUrl).origin && slip !== "takes any endpoint") {
    await inbox.close();
    throw new Stop();
  }
  link.era = "http+sse";
  if (slip !== "posts to the stream's URL") link.messagesUrl = url.href;
  return { over: over.then(() => {}), stop: () => {} };
}
