/** How the test client ends its session, and what it does when it has lost it. */
import type { Setting } from "../options.ts";
import type { Link } from "./link.ts";

/** What it does wrong with its session. */
export type SessionSlip =
  | "keeps its lost session"
  | "leaves its session open"
  | "goes on after it has ended its session";

/** After this nobody can say that a request had been on its way before. */
export const LONG_ENOUGH_MS = 2000;

/** Whether an answer says that the session is gone; whatever else it says, no other status does. */
export function isSessionLost({ status }: Response, { session }: Link): boolean {
  return status === 404 && session !== undefined;
}

/** Ends the session with DELETE; a server may not allow that. */
export async function endSession(link: Link, { slip, wait }: Setting): Promise<void> {
  if (link.session === undefined || slip === "leaves its session open") return;
  await (await link.remove().response).body?.cancel();
  if (slip === "goes on after it has ended its session") {
    await wait(LONG_ENOUGH_MS);
    await (await link.post("tools/list", {}).response).body?.cancel();
  }
  link.session = undefined;
}
