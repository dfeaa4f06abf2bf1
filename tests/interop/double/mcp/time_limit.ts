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

/** Fails with {@link TimeUp} when the time for an answer is over; never, if no limit is set. */
export function startTimer({ options: { timeLimitMs }, wait }: Setting, sentOf: () => Sent): Promise<never> {
  if (timeLimitMs === undefined) return new Promise(() => {});
  const timer = wait(timeLimitMs).then(() => Promise.reject(new TimeUp(sentOf())));
  // Most answers come in time, and nobody asks then what became of the timer.
  timer.catch(() => {});
  return timer;
}

/** What it does wrong when an answer does not come in time. */
export type TimeSlip =
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
