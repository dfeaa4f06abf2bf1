/**
 * Lines of a log, written behind the answers: gathered and sent together, because a write for each would cost more than
 * the request it tells of, and never waiting for a reader who is slow or gone.
 *
 * @module
 */
import type { ExchangeSummary } from "./recorder/recorder.ts";

/** Something worth a line in a log; what looks like a secret is redacted before. */
export type LogEvent =
  | ({ readonly event: "exchange" } & ExchangeSummary)
  | { readonly event: "error"; readonly message: string };

/**
 * A line for people.
 *
 * @param event What happened.
 */
export function describeEvent(event: LogEvent): string {
  if (event.event === "error") return `error   ${event.message}\n`;
  return `${event.status}  ${event.method.padEnd(6)} ${event.path}  ${event.durationMs.toFixed(1)} ms\n`;
}

/** A queue of lines on their way out. */
export interface LineQueue {
  /** Takes a line; returns at once. */
  readonly add: (line: string) => void;
  /** Sends what is left; gives up on a reader who takes too long. */
  readonly flush: () => Promise<void>;
}

/** The most that waits for a reader who is slow, in characters; what comes on top is lost. */
const MAX_QUEUED = 1024 * 1024;
/** How long lines are gathered, in milliseconds. */
const GATHER_MS = 50;
/** How long a reader may take for what is left at the end, in milliseconds. */
const FLUSH_MS = 200;

/**
 * Makes a queue.
 *
 * @param write Writes some of the bytes and says how many; what it throws means that nobody reads any more.
 * @param sleep Waits for so many milliseconds.
 */
export function createLineQueue(
  write: (bytes: Uint8Array) => Promise<number>,
  sleep: (ms: number) => Promise<void>,
): LineQueue {
  const encoder = new TextEncoder();
  let lines = "";
  let writing: Promise<void> | undefined;

  async function drain(gatherMs: number): Promise<void> {
    await sleep(gatherMs);
    while (lines !== "") {
      const bytes = encoder.encode(lines);
      lines = "";
      try {
        for (let at = 0; at < bytes.length;) at += await write(bytes.subarray(at));
      } catch {
        // Nobody reads any more.
      }
    }
    writing = undefined;
  }

  return {
    add: (line) => {
      if (lines.length < MAX_QUEUED) lines += line;
      writing ??= drain(GATHER_MS);
    },
    flush: async () => {
      writing ??= drain(0);
      await Promise.race([writing, sleep(FLUSH_MS)]);
    },
  };
}

/**
 * Where events go: none but errors if the program is to be quiet, as JSON or as lines for people.
 *
 * @param style How they are to look.
 * @param queue Takes them as lines.
 */
export function createLog(
  { json, quiet }: { readonly json: boolean; readonly quiet: boolean },
  queue: LineQueue,
): { readonly write: (event: LogEvent) => void; readonly flush: () => Promise<void> } {
  return {
    write: (event) => {
      if (!quiet || event.event === "error") queue.add(json ? `${JSON.stringify(event)}\n` : describeEvent(event));
    },
    flush: queue.flush,
  };
}
