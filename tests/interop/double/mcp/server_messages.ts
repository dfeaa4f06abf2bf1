/** What the test client does with what the server says unasked. */
import type { Setting } from "../options.ts";
import type { Document } from "../readings.ts";
import type { Link, Sent } from "./link.ts";

/** What it does wrong with that. */
export type ServerMessageSlip =
  | "answers notifications"
  | "answers no request"
  | "answers another id"
  | "answers with a result and an error";

const METHOD_NOT_FOUND = -32601;

/**
 * Answers the server's requests, where servers have some; what is a notification gets no answer.
 *
 * @param send Sends an answer, and reads what comes back.
 */
export async function answerServer(
  { id, method }: Document,
  { slip }: Setting,
  { link, send }: { readonly link: Link; readonly send: (start: () => Sent) => Promise<void> },
): Promise<void> {
  if (link.isModern()) return;
  if (id === undefined) {
    if (slip === "answers notifications") await send(() => link.respond(null, { result: {} }));
    return;
  }
  if (slip === "answers no request") return;
  const error = { code: METHOD_NOT_FOUND, message: "Method not found" };
  const right = method === "ping" ? { result: {} } : { error };
  const outcome = slip === "answers with a result and an error" ? { result: {}, error } : right;
  await send(() => link.respond(slip === "answers another id" ? `${id}` + "0" : id, outcome));
}
