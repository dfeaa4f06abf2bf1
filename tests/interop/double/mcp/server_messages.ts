/** What the test client does with what the server says unasked. */
import type { Setting } from "../options.ts";
import type { Document } from "../readings.ts";
import { objectIn } from "./inbox.ts";
import type { Link, Sent } from "./link.ts";
import type { Outcome } from "./questions.ts";
import { tied } from "./tasks.ts";

/** What it does wrong with that. */
export type ServerMessageSlip =
  | "answers notifications"
  | "answers no request"
  | "answers another id"
  | "answers with a result and an error"
  | "answers what was cancelled"
  | "answers pings late"
  | "answers pings with more"
  | "reports progress backwards"
  | "reports progress afterwards";

/** Longer than messages are on their way, in milliseconds. */
const LONG_MS = 5000;

/**
 * Answers the server's requests, where servers have some; what is a notification gets no answer.
 *
 * @param send Sends an answer, and reads what comes back.
 * @param answer Finds the answer to what only some clients can be asked.
 */
export async function answerServer(
  { id, method, params }: Document,
  { slip, wait }: Setting,
  { link, send, answer }: {
    readonly link: Link;
    readonly send: (start: () => Sent) => Promise<void>;
    readonly answer: (question: Document) => Promise<Outcome>;
  },
): Promise<void> {
  if (link.isModern()) return;
  if (id === undefined) {
    if (slip === "answers notifications") await send(() => link.respond(null, { result: {} }));
    return;
  }
  if (slip === "answers no request") return;
  const right = method === "ping"
    ? pong(slip)
    : tied(objectIn({ params }, "params"), await answer({ method, params }), slip);
  const error = { code: -32603, message: "Internal error" };
  const outcome = slip === "answers with a result and an error" ? { result: {}, error } : right;
  const progressToken = objectIn(objectIn({ params }, "params"), "_meta")?.progressToken;
  const report = async (progress: number): Promise<void> => {
    if (progressToken !== undefined) await send(() => link.post("notifications/progress", { progressToken, progress }));
  };
  await report(slip === "reports progress backwards" ? 2 : 0.5);
  await report(1);
  if (slip === "answers what was cancelled" || slip === "answers pings late") await wait(LONG_MS);
  await send(() => link.respond(slip === "answers another id" ? `${id}` + "0" : id, { ...outcome }));
  if (slip !== "reports progress afterwards") return;
  await wait(LONG_MS);
  await report(2);
}

function pong(slip: string | undefined): Outcome {
  return { result: slip === "answers pings with more" ? { pong: true } : {} };
}
