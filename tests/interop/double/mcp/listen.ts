/** The stream that the test client opens for what the server says unasked, where there are sessions. */
import type { Setting } from "../options.ts";
import type { Document } from "../readings.ts";
import { type BodyEnd, type Inbox, isEventStream } from "./inbox.ts";
import type { Link, Sent } from "./link.ts";
import { comeBack, isResumable, MAX_RESUMED } from "./resume.ts";

/** What it does wrong with that stream. */
export type ListenSlip = "asks for its stream again and again";

/** It listens, or has stopped to. */
export interface Listening {
  /** Resolves when there is no stream any more. */
  readonly over: Promise<void>;
  readonly stop: () => void;
  /** Says that it stops, where a client has that to say; it has not. */
  readonly cancel?: (notify: (params: Document) => Promise<unknown>) => Promise<void>;
}

/**
 * Opens the stream, and reads it in the background; a server that has none says 405.
 *
 * @param reach Sends a request until it is let through or refused for good.
 */
export async function listen(
  link: Link,
  setting: Setting,
  { inbox, reach }: { readonly inbox: Inbox; readonly reach: (start: () => Sent) => Promise<Response> },
): Promise<Listening> {
  const stopped = new AbortController();
  const { signal } = stopped;
  const { slip } = setting;

  async function open(start: () => Sent): Promise<Response | undefined> {
    const response = await reach(start);
    if (response.ok && isEventStream(response)) return response;
    await response.body?.cancel();
    return undefined;
  }

  async function readOn(first: Response): Promise<void> {
    let end: BodyEnd = await inbox.read(first, { signal });
    for (let round = 0; round < MAX_RESUMED && isResumable(end, link, setting) && !signal.aborted; round++) {
      const response = await open(await comeBack(end, link, { setting, ids: inbox.ids }));
      if (!response) return;
      end = await inbox.read(response, { signal, before: end });
    }
  }

  const first = await open(() => link.get());
  for (let again = 0; !first && slip === "asks for its stream again and again" && again < 3; again++) {
    await open(() => link.get());
  }
  return {
    // That it was refused in the end is found out by its next message, too.
    over: first ? readOn(first).catch(() => {}) : Promise.resolve(),
    stop: () => stopped.abort(),
  };
}
