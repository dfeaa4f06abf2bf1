// Answers as streams of events, where a plan wants all of them so.
import { writeEvent } from "../http/event_text.ts";
import type { FastRequest } from "./fast_path.ts";
import type { Profile } from "./profile.ts";

/** Whether an answer may be on a stream that can be resumed: an error on one has some clients resume it forever. */
export function canBeResumed(fast: FastRequest, { tools }: Profile): boolean {
  return fast.method !== "unknown" && fast.method !== "tasks" && (fast.method !== "tools/call" || tools.has(fast.name));
}

/** An answer in JSON as a stream of one event. */
export async function inEvents(response: Response): Promise<Response> {
  const { status, headers } = response;
  if (status !== 200 || headers.get("content-type") !== "application/json") return response;
  const streamed = new Response(writeEvent({ event: "message", data: await response.text() }), { headers });
  streamed.headers.set("content-type", "text/event-stream");
  return streamed;
}
