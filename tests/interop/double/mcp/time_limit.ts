/** How long the test client waits for an answer, and how it says that it waits no longer. */
import type { Setting } from "../options.ts";
import type { Document } from "../readings.ts";
import type { Link, Sent } from "./link.ts";

/** An answer did not come in time. */
export class TimeUp extends Error {
  readonly sent: Sent;

  constructor(sent: Sent) {
    super("An answer did not come in time");
    this.sent = sent;
  }
}

/** The time for one answer. */
export interface Timer {
  /** Fails with {@link TimeUp} when it is over; never, if there is no limit. It begins when this is called first. */
  readonly timeUp: () => Promise<never>;
  /** Waits no longer. */
  readonly stop: () => void;
}

/** The time in which an answer has to come. */
export function createTimer({ options: { timeLimitMs }, slip, wait }: Setting, sentOf: () => Sent): Timer {
  if (timeLimitMs === undefined || slip === "waits for ever") {
    return { timeUp: () => new Promise(() => {}), stop: () => {} };
  }
  const stopped = new AbortController();
  let isOver: Promise<never> | undefined;
  const start = (): Promise<never> => {
    const timer = wait(timeLimitMs, stopped.signal).then(() => {
      if (!stopped.signal.aborted) throw new TimeUp(sentOf());
      return new Promise<never>(() => {});
    });
    // Most answers come in time, and nobody asks then what became of the timer.
    timer.catch(() => {});
    return timer;
  };
  return { timeUp: () => isOver ??= start(), stop: () => stopped.abort() };
}

/** What it does wrong when an answer does not come in time. */
export type TimeSlip =
  | "waits for ever"
  | "cancels initialize"
  | "goes away without cancelling"
  | "cancels with a notification";

/**
 * Gives a request up: where there are sessions it says so, and a late answer is nobody's; without, it goes away.
 *
 * @param notify Sends a notification.
 */
export async function giveUp(
  { method, id, abort }: Sent,
  { slip }: Setting,
  { link, notify }: { readonly link: Link; readonly notify: (method: string, params: Document) => Promise<void> },
): Promise<void> {
  const isFirst = method === "initialize";
  const isSilent = link.isModern() ? slip !== "cancels with a notification" : slip === "goes away without cancelling";
  const isTold = !isSilent && (!isFirst || slip === "cancels initialize");
  if (isTold && id !== undefined) {
    await notify("notifications/cancelled", { requestId: JSON.parse(id), reason: "No answer in time" });
  }
  if (!isTold || link.isModern()) abort();
}
