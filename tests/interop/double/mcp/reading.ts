/** What the test client cannot read of what it is answered, and what it takes for a failure. */
import { isEventStream } from "./inbox.ts";

/** What it does wrong as it reads an answer. */
export type ReadingSlip =
  | "reads JSON alone"
  | "reads event streams alone"
  | "chokes on comments"
  | "sends again what was accepted";

const blind: ReadonlySet<string | undefined> = new Set([
  "reads JSON alone",
  "reads event streams alone",
  "chokes on comments",
]);

/** Whether it does not see some answers, and asks again and again until it gives up. */
export function isBlind(slip: string | undefined): boolean {
  return blind.has(slip);
}

/** Whether it can read a body. */
export function canRead(response: Response, slip: string | undefined): boolean {
  if (slip === "reads JSON alone") return !isEventStream(response);
  return slip !== "reads event streams alone" || isEventStream(response) || response.status !== 200;
}

/** The lines of a stream, up to the first that it cannot read. */
export async function* readableLines(
  lines: AsyncIterable<string>,
  slip: string | undefined,
): AsyncGenerator<string, void, undefined> {
  for await (const line of lines) {
    if (slip === "chokes on comments" && line.startsWith(":")) return;
    yield line;
  }
}
