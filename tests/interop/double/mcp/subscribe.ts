/** The stream that the test client listens on in 2026-07-28: it asks to be told of changes, and asks again if that breaks off. */
import type { Setting } from "../options.ts";
import type { Document } from "../readings.ts";
import { type Inbox, isEventStream } from "./inbox.ts";
import type { Link, Sent } from "./link.ts";
import type { Listening } from "./listen.ts";

/** What it does wrong with that stream. */
export type SubscribeSlip =
  | "asks for more again and again"
  | "listens again at once"
  | "listens again under the same id"
  | "cancels its subscription";

/** All that there is to be told of, besides single resources. */
const ALL = { toolsListChanged: true, promptsListChanged: true, resourcesListChanged: true } as const;
/** How long it waits before it listens again; longer each time. */
const PAUSE_MS = 1000;
const MAX_AGAIN = 5;

interface SubscribeDeps {
  readonly inbox: Inbox;
  /** Sends a request until it is let through or refused for good. */
  readonly reach: (start: () => Sent) => Promise<Response>;
}

/** Opens the stream, and reads it in the background. */
export async function subscribe(
  link: Link,
  setting: Setting,
  { inbox, reach }: SubscribeDeps,
  notifications: Document = ALL,
): Promise<Listening> {
  const stopped = new AbortController();
  const { signal } = stopped;
  const { slip, wait } = setting;
  let last: Sent | undefined;

  async function ask(id?: number): Promise<Response | undefined> {
    const how = id === undefined ? {} : { id };
    const response = await reach(() => last = link.post("subscriptions/listen", { notifications }, how));
    // There is no answer to wait for.
    last?.timer.stop();
    if (response.ok && isEventStream(response)) return response;
    await response.body?.cancel();
    return undefined;
  }

  async function readOn(first: Response): Promise<void> {
    let response: Response | undefined = first;
    for (let again = 0; response && again < MAX_AGAIN; again++) {
      const answered = inbox.expect(last?.id ?? "").then(() => true);
      await inbox.read(response, { signal });
      const isGraceful = await Promise.race([answered, Promise.resolve(false)]);
      const isHasty = slip === "listens again at once";
      if (signal.aborted || (isGraceful && !isHasty)) return;
      if (!isHasty) await wait(PAUSE_MS * 2 ** again);
      if (signal.aborted) return;
      response = await ask(slip === "listens again under the same id" ? Number(last?.id) : undefined);
    }
  }

  const first = await ask();
  const over = first ? readOn(first).catch(() => {}) : Promise.resolve();
  for (let more = 0; first && slip === "asks for more again and again" && more < MAX_AGAIN; more++) {
    const other = await ask();
    if (other) void inbox.read(other, { signal });
  }
  return {
    over,
    stop: () => stopped.abort(),
    cancel: async (notify) => {
      if (slip === "cancels its subscription" && last?.id !== undefined) {
        await notify({ requestId: JSON.parse(last.id) });
      }
    },
  };
}

/** Which list a notification says has changed; undefined for any other. */
export function changedList({ method }: Document): string | undefined {
  return /^notifications\/(\w+)\/list_changed$/.exec(String(method))?.[1];
}
