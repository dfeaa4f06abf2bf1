/** What the test client does about a stream that ended before the answer. */
import type { Setting } from "../options.ts";
import type { Document } from "../readings.ts";
import type { BodyEnd } from "./inbox.ts";
import type { Link, Sent } from "./link.ts";
import { isBlind } from "./reading.ts";

/** What it does wrong then. */
export type ResumeSlip =
  | "does not come back to a stream"
  | "does not wait as the stream says"
  | "comes back without the event id"
  | "comes back with another event id"
  | "comes back with the event id of another stream"
  | "asks again instead of coming back"
  | "asks again under the same id"
  | "asks never again";

/** How often it takes one stream up again. */
export const MAX_RESUMED = 3;
/** How often it asks anew for one thing. */
export const MAX_ASKED = 3;
/** How long it waits before that, where the stream does not say. */
const RETRY_MS = 1000;

/** Whether the rest of a stream can be asked for. */
export function isResumable({ lastId }: Pick<BodyEnd, "lastId">, link: Link, { slip }: Setting): boolean {
  return lastId !== undefined && !link.isModern() && !isBlind(slip) && slip !== "does not come back to a stream" &&
    slip !== "asks again instead of coming back";
}

/**
 * Waits as long as the stream has asked for, and asks for its rest.
 *
 * @param ids The ids of all events that have come.
 */
export async function comeBack(
  { lastId = "", retryMs = RETRY_MS }: BodyEnd,
  link: Link,
  { setting: { slip, wait }, ids }: { readonly setting: Setting; readonly ids: readonly string[] },
): Promise<() => Sent> {
  if (slip !== "does not wait as the stream says") await wait(retryMs);
  const other = slip === "comes back with the event id of another stream"
    ? ids.findLast((id) => id !== lastId)
    : lastId;
  const sentId = slip === "comes back with another event id" ? `${lastId}0` : other ?? lastId;
  return () => link.get(slip === "comes back without the event id" ? undefined : sentId);
}

/**
 * Whether a request whose answer was lost is sent anew, under another id: only since 2026-07-28, and no tool that may have
 * done already what it does.
 */
export function isAskedAnew(
  method: string,
  { name }: Document,
  { link, setting: { slip }, safeTools }: {
    readonly link: Link;
    readonly setting: Setting;
    readonly safeTools: ReadonlySet<unknown>;
  },
): boolean {
  if (slip === "asks again instead of coming back" || isBlind(slip)) return true;
  if (!link.isModern() || slip === "asks never again") return false;
  return method !== "tools/call" || safeTools.has(name);
}
